"""What is sent of an original whose picture is as it was: all that stands before it, and a digest."""

from pathlib import Path

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from pixl.checks.instance import PIXELS, DataSet
from pixl.dicom.condensed import LARGEST_HEADER, condense, digest_of
from pixl.dicom.errors import Malformed
from pixl.testing.outputs import original

PICTURE = {"Rows": 2, "Columns": 4, "BitsAllocated": 16, "PixelData": bytes(range(16))}


def real(name):
    return Path(get_testdata_file(name)).read_bytes()


def values(file):
    return [(element.path, element.vr, file.data[element.start : element.end]) for element in file.elements]


@pytest.mark.parametrize("syntax", [None, ExplicitVRBigEndian, ImplicitVRLittleEndian])
def test_header_and_pixel_data_are_parted_in_every_native_encoding(syntax):
    data = original(**PICTURE, **({"syntax": syntax} if syntax else {}))
    short = condense(data)
    assert len(short.header) == len(data) - 16 - (8 if syntax == ImplicitVRLittleEndian else 12)
    assert data.startswith(short.header)
    assert short.pixels == digest_of(bytes(range(16)))


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small.dcm", "MR_small_bigendian.dcm", "SC_rgb_small_odd.dcm", "ExplVR_BigEnd.dcm"]
)
def test_of_real_files_every_element_but_the_picture_is_there(name):
    whole, short = DataSet(real(name), whole=True), condense(real(name))
    header = DataSet(short.header, whole=True)
    [picture] = [element for element in whole.elements if element.tag in PIXELS]
    assert short.pixels == digest_of(whole.data[picture.start : picture.end])
    assert values(header) == [pair for pair in values(whole) if pair[0] != picture.path]


@pytest.mark.parametrize("name", ["JPEG2000.dcm", "MR_small_RLE.dcm", "rtplan.dcm", "image_dfl.dcm"])
def test_what_is_compressed_deflated_or_no_picture_is_needed_whole(name):
    assert condense(real(name)) is None


def test_padding_behind_the_picture_is_sent_too():
    short = condense(original(**PICTURE, DataSetTrailingPadding=b"Ashbury "))
    assert short.header.endswith(b"Ashbury ")
    assert short.pixels == digest_of(PICTURE["PixelData"])


def test_a_file_with_anything_else_behind_the_picture_is_needed_whole():
    signature = pydicom.Dataset()
    signature.MACIDNumber = 1
    assert condense(original(**PICTURE, DigitalSignaturesSequence=[signature])) is None


def test_a_deflated_file_is_needed_whole():
    assert condense(original(**PICTURE, syntax=DeflatedExplicitVRLittleEndian)) is None


def test_a_picture_inside_a_sequence_is_not_mistaken_for_the_files_own():
    """An icon that reaches to the end of the file: who reads the header sees that it is cut off."""
    icon = pydicom.Dataset()
    icon.add_new(0x7FE00010, "OW", bytes(16))
    short = condense(original(IconImageSequence=[icon]))
    assert short is not None
    with pytest.raises(Malformed):
        DataSet(short.header, whole=True)


def test_a_header_that_is_huge_is_sent_in_pieces_with_its_file():
    assert condense(original(**PICTURE, TextValue="x" * LARGEST_HEADER)) is None


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_any_bytes_are_parted_whole_or_not_at_all(before, value):
    element = b"\xe0\x7f\x10\x00OW\0\0" + len(value).to_bytes(4, "little") + value
    short = condense(before + element)
    assert short is not None
    assert (before + element).startswith(short.header)
    assert condense(before) is None or condense(before).header != before
