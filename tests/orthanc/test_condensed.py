"""Several files without their pictures in one answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.dicom.condensed import Condensed
from pixl.domain.errors import RetryLater
from pixl.orthanc.condensed import pack, unpack

ANSWERS = st.lists(st.none() | st.builds(Condensed, header=st.binary(), pixels=st.text("0123456789abcdef")))


@given(ANSWERS)
def test_what_is_unpacked_is_what_was_packed(answers):
    assert unpack(pack(answers), len(answers)) == answers


@given(st.binary())
def test_any_other_bytes_are_an_error_that_is_tried_again(body):
    with pytest.raises(RetryLater):
        unpack(body, 3)


@pytest.mark.parametrize("body", [b"[[5, 1]]\nabcd", b"[[3, 1]]\nabcd", b"[null, null]\n", b"[]\n", b"{}\n", b"[[]]\n"])
def test_an_answer_that_is_not_whole_is_an_error_that_is_tried_again(body):
    with pytest.raises(RetryLater):
        unpack(body, 1)


def test_nothing_of_a_header_is_shown():
    assert "Ashbury" not in repr(Condensed(header=b"Ashbury", pixels="00"))
