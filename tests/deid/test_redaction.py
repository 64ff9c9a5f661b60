"""What a reviewer wants removed is gone, and nothing else."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, RLELossless

from pixl.deid.redaction import Redactions, redact
from pixl.domain.errors import InstanceFailed
from pixl.domain.finding import Box

ROWS, COLUMNS, FRAMES = 12, 16, 2
FORM = {
    "Rows": ROWS,
    "Columns": COLUMNS,
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "BitsAllocated": 16,
    "BitsStored": 12,
    "HighBit": 11,
    "PixelRepresentation": 0,
}
BOX = Box(frame=0, left=3, top=2, width=5, height=4)


def nested(text):
    inner = Dataset()
    inner.TextValue = text
    return inner


@pytest.fixture
def picture(instance):
    pixels = np.random.default_rng(1).integers(100, 4000, (FRAMES, ROWS, COLUMNS), dtype=np.uint16)
    return instance(
        **FORM,
        NumberOfFrames=FRAMES,
        PixelData=pixels.tobytes(),
        StudyDescription="BATH SCAN",
        ContentSequence=[nested("one"), nested("two")],
    )


def read(data):
    return pydicom.dcmread(io.BytesIO(data))


def test_a_box_without_a_last_frame_is_black_in_every_frame_and_nothing_else_is(picture):
    before, after = read(picture).pixel_array, read(redact(picture, Redactions(boxes=(BOX,)))).pixel_array
    inside = np.zeros((ROWS, COLUMNS), dtype=bool)
    inside[2:6, 3:8] = True
    assert np.unique(after[:, inside]).size == 1
    assert (after[:, ~inside] == before[:, ~inside]).all()


@pytest.mark.parametrize("compressed", [False, True])
def test_a_box_is_black_in_the_frames_it_names_and_the_other_frames_are_the_same(instance, compressed):
    pixels = np.random.default_rng(2).integers(100, 4000, (6, ROWS, COLUMNS), dtype=np.uint16)
    data = instance(**FORM, NumberOfFrames=6, PixelData=pixels.tobytes())
    if compressed:
        data = rle(data)
    boxes = (dataclasses.replace(BOX, frame=2, last=3), Box(frame=5, last=5, left=0, top=0, width=2, height=2))
    after = read(redact(data, Redactions(boxes=boxes))).pixel_array
    assert (after[[0, 1, 4]] == pixels[[0, 1, 4]]).all()
    assert np.unique(after[2:4, 2:6, 3:8]).size == 1
    assert np.unique(after[5, :2, :2]).size == 1
    changed = after != pixels
    assert changed.sum() == 2 * 5 * 4 + 4


@pytest.mark.parametrize(("first", "last"), [(0, FRAMES), (1, 0), (-1, 0)])
def test_a_box_in_a_frame_that_is_not_there_fails(picture, first, last):
    with pytest.raises(InstanceFailed, match="a frame that is not there"):
        redact(picture, Redactions(boxes=(dataclasses.replace(BOX, frame=first, last=last),)))


def test_a_file_with_a_black_box_says_that_its_pixels_were_cleaned(picture):
    once = redact(picture, Redactions(boxes=(BOX,)))
    twice = redact(once, Redactions(boxes=(BOX,)))
    assert [code.CodeValue for code in read(twice).DeidentificationMethodCodeSequence] == ["113101"]


@pytest.mark.parametrize(
    "box",
    [
        Box(frame=0, left=-5, top=-5, width=6, height=6),
        Box(frame=0, left=15, top=11, width=99, height=99),
        Box(frame=7, left=50, top=50, width=2, height=2),
    ],
)
def test_a_box_that_leaves_the_picture_is_cut(picture, box):
    assert read(redact(picture, Redactions(boxes=(box,)))).pixel_array.shape == (FRAMES, ROWS, COLUMNS)


def rle(data):
    dataset = read(data)
    dataset.compress(RLELossless)
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def test_compressed_pixels_are_decoded_for_a_box(picture):
    after = read(redact(rle(picture), Redactions(boxes=(BOX,))))
    assert not after.file_meta.TransferSyntaxUID.is_compressed
    assert np.unique(after.pixel_array[:, 2:6, 3:8]).size == 1


def test_pixels_that_cannot_be_decoded_fail_and_are_not_let_through(picture):
    dataset = read(picture)
    dataset.compress(RLELossless)
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    with pytest.raises(InstanceFailed, match="decode"):
        redact(buffer.getvalue(), Redactions(boxes=(BOX,)))


def test_a_box_in_what_has_no_pixels_fails(instance):
    with pytest.raises(InstanceFailed, match="missing"):
        redact(instance(), Redactions(boxes=(BOX,)))


def test_an_element_is_removed_where_its_path_says(picture):
    after = read(redact(picture, Redactions(elements=("(0008,1030)", "(0040,A730)[2].(0040,A160)"))))
    assert "StudyDescription" not in after
    first, second = after.ContentSequence
    assert first.TextValue == "one"
    assert "TextValue" not in second


@pytest.mark.parametrize("path", ["(0010,4000)", "(0040,A730)[9].(0040,A160)", "(0040,A731)[1].(0040,A160)"])
def test_an_element_that_is_not_there_is_as_good_as_removed(picture, path):
    assert read(redact(picture, Redactions(elements=(path,)))) == read(picture)


@pytest.mark.parametrize("path", ["pixels", "", "(0040,A730)[1].TextValue"])
def test_what_is_no_path_fails(picture, path):
    with pytest.raises(InstanceFailed, match="no element"):
        redact(picture, Redactions(elements=(path,)))
