"""Hospital numbers are found by the shapes that a project names."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.text import Identifiers, find, find_known, wrong_with

SHAPES = Identifiers(mrn_shapes=("RJ1-#######", "@@ ## ##"))


@pytest.mark.parametrize("written", ["RJ1-0098776", "rj1 0098776", "RJ10098776", "AB 12 34", "ab1234"])
def test_a_number_of_a_shape_is_found_in_any_case_and_with_other_separators(written):
    [span] = find_known(f"Seen {written}, knee.", SHAPES)
    assert (span.kind, f"Seen {written}, knee."[span.start : span.end]) == ("MRN", written)


@pytest.mark.parametrize("written", ["RJ1-009877", "RJ1-00987766", "XRJ1-0098776", "A12 34"])
def test_a_number_of_another_shape_is_not_one(written):
    assert not find_known(f"Seen {written}, knee.", SHAPES)


@pytest.mark.parametrize(
    ("shape", "message"),
    [("H###", "at least 4"), ("(a+)+####", "is made of"), ("", "is made of"), ("#" * 41, "at most")],
)
def test_what_is_wrong_with_a_shape_is_said(shape, message):
    assert message in str(wrong_with(shape))


@given(st.text(string.ascii_letters + string.digits + "#@ /._-", min_size=4, max_size=34))
def test_every_shape_finds_what_it_describes(drawn):
    shape = f"H{drawn}####X"
    assert wrong_with(shape) is None
    written = shape.replace("#", "7").replace("@", "k")
    text = f"Seen {written} today"
    covered = {place for span in find(text, Identifiers(mrn_shapes=(shape,))) for place in range(span.start, span.end)}
    assert set(range(5, 5 + len(written))) <= covered
