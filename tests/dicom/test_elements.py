"""The walk over raw elements, with pydicom as the oracle."""

import contextlib
import io
import struct
import time
import warnings
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file

from pixl.dicom.elements import elements
from pixl.dicom.encoding import EXPLICIT, UNDEFINED
from pixl.dicom.errors import Malformed
from pixl.dicom.part10 import read_part10
from pixl.domain.errors import InstanceFailed

FOLDER = Path(get_testdata_file("CT_small.dcm")).parent
HEAD = bytes(128) + b"DICM" + EXPLICIT.element(b"\x02\0\x10\0UI", b"1.2.840.10008.1.2.1\0")
NAMES = (
    "CT_small.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_implicit.dcm",
    "rtplan.dcm",
    "rtstruct.dcm",
    "image_dfl.dcm",
    "JPEG2000.dcm",
    "test-SR.dcm",
    "nested_priv_SQ.dcm",
    "UN_sequence.dcm",
    "liver_1frame.dcm",
    "reportsi.dcm",
)


def tags_of(dataset, path=()):
    for element in dataset:
        yield (*path, element.tag)
        if element.VR == "SQ":
            for item in element.value:
                yield from tags_of(item, (*path, element.tag))


@pytest.mark.parametrize("name", NAMES)
def test_the_walk_finds_what_pydicom_finds(name):
    data = (FOLDER / name).read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = sorted(tags_of(pydicom.dcmread(io.BytesIO(data), force=True)))
    found = sorted((*one.path, one.tag) for one in elements(read_part10(data)))
    assert found == expected


@pytest.mark.parametrize("name", ["rtplan.dcm", "test-SR.dcm", "nested_priv_SQ.dcm"])
def test_a_file_that_is_cut_anywhere_is_read_or_fails_in_a_way_that_is_foreseen(name):
    data = (FOLDER / name).read_bytes()[:3000]
    for length in range(len(data)):
        with contextlib.suppress(InstanceFailed):
            list(elements(read_part10(data[:length])))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
def test_junk_is_read_or_fails_in_a_way_that_is_foreseen(junk):
    with contextlib.suppress(Malformed):
        list(elements(read_part10(HEAD + junk)))


def test_lengths_beyond_the_file_fail():
    for length in (4, 0x7FFFFFFF, 0xFFFFFFFE):
        with pytest.raises(Malformed, match=r"\(0042,0011\)"):
            list(elements(read_part10(HEAD + b"\x42\0\x11\0OB\0\0" + struct.pack("<I", length) + b"ab")))


def nested(depth, *, undefined):
    """Return `depth` sequences in each other."""
    if undefined:
        return (b"\x08\0\x40\x11SQ\0\0" + b"\xff" * 4 + b"\xfe\xff\0\xe0" + b"\xff" * 4) * depth
    value = b""
    for _ in range(depth):
        item = b"\xfe\xff\0\xe0" + struct.pack("<I", len(value)) + value
        value = b"\x08\0\x40\x11SQ\0\0" + struct.pack("<I", len(item)) + item
    return value


@pytest.mark.parametrize("undefined", [True, False])
def test_ten_thousand_sequences_in_each_other_fail_at_once(undefined):
    begun = time.monotonic()
    with pytest.raises(Malformed, match="nested deeper"):
        list(elements(read_part10(HEAD + nested(10_000, undefined=undefined))))
    assert time.monotonic() - begun < 5


def test_a_sequence_that_never_ends_fails():
    with pytest.raises(Malformed, match="no end"):
        list(elements(read_part10(HEAD + nested(3, undefined=True))))


def test_an_error_never_shows_a_value():
    data = HEAD + b"\x10\0\x10\0PN\xff\0Smith"
    with pytest.raises(Malformed) as error:
        list(elements(read_part10(data)))
    assert "Smith" not in str(error.value)
    assert error.value.path == "(0010,0010)"
    assert UNDEFINED > error.value.offset >= 0
