"""Pieces of a line become one, what was read twice becomes one, and a picture is cut into tiles that overlap."""

from itertools import pairwise

import pytest

pytest.importorskip("onnxruntime", reason="needs the extra ocr: pip install 'pixl[ocr]'")
pytest.importorskip("cv2", reason="needs the extra ocr: pip install 'pixl[ocr]'")

from pixl.checks.pixels_ocr import OVERLAP, TILE, Line, _starts
from pixl.checks.pixels_reading import _joined, _without_doubles


def line(text, left, top, width=40, height=10, *, score=0.9, turned=0):
    return Line(text=text, score=score, left=left, top=top, width=width, height=height, turned=turned)


def test_pieces_side_by_side_are_one_line():
    (one,) = _joined([line("1950", 80, 101), line("DOB:", 0, 100, 30), line("07/03/", 36, 99)])
    assert (one.text, one.left, one.width) == ("DOB: 07/03/ 1950", 0, 120)


@pytest.mark.parametrize("other", [line("B", 80, 100), line("B", 42, 112), line("B", 42, 96, 10, 40, turned=90)])
def test_what_is_far_off_or_of_another_height_is_another_line(other):
    assert len(_joined([line("A", 0, 100), other])) == 2


def test_an_upright_line_is_put_together_in_the_direction_in_which_it_is_read():
    pieces = [
        line("DOB:", 5, 70, 8, 30, turned=270),
        line("2002", 5, 0, 8, 30, turned=270),
        line("15/", 5, 38, 8, 28, turned=90),
    ]
    assert [one.text for one in _joined(pieces)] == ["DOB: 15/ 2002"]


def test_of_two_readings_the_longer_stays():
    assert [one.text for one in _without_doubles([line("ston", 62, 100, 20), line("Quarrstone", 0, 99, 90)])] == [
        "Quarrstone"
    ]


@pytest.mark.parametrize("length", [1, TILE, TILE + 1, 3000, 10_000])
def test_tiles_cover_a_picture_and_overlap(length):
    starts = _starts(length)
    assert starts[0] == 0
    assert starts[-1] + TILE >= length
    assert all(after - before <= TILE - OVERLAP for before, after in pairwise(starts))
