"""The file around a data set, whole and broken."""

import contextlib
import io
import zlib

import pydicom
import pytest
from pydicom.data import get_testdata_file

from pixl.dicom.encoding import EXPLICIT, EXPLICIT_BIG, IMPLICIT
from pixl.dicom.errors import Malformed
from pixl.dicom.part10 import deflate, part10_head, read_part10
from pixl.domain.errors import InstanceFailed


def bytes_of(name):
    with open(get_testdata_file(name), "rb") as file:  # noqa: PTH123
        return file.read()


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("CT_small.dcm", EXPLICIT),
        ("rtplan.dcm", IMPLICIT),
        ("MR_small_bigendian.dcm", EXPLICIT_BIG),
        ("image_dfl.dcm", EXPLICIT),
        ("ExplVR_BigEndNoMeta.dcm", EXPLICIT_BIG),
        ("JPEG2000.dcm", EXPLICIT),
    ],
)
def test_the_transfer_syntax_says_how_elements_are_encoded(name, encoding):
    assert read_part10(bytes_of(name)).encoding is encoding


def test_a_deflated_data_set_is_inflated_and_can_be_deflated_again():
    file = read_part10(bytes_of("image_dfl.dcm"))
    assert file.deflated
    assert zlib.decompress(deflate(file.data), -zlib.MAX_WBITS) == file.data


@pytest.mark.parametrize("data", [b"", b"\0" * 200, b"PK\3\4" * 100, b"{}", bytes(128) + b"DICM"])
def test_what_is_no_dicom_file_is_said_to_be_none(data):
    with pytest.raises(InstanceFailed):
        read_part10(data)


def test_broken_meta_information_fails_wherever_it_is_cut():
    data = bytes_of("CT_small.dcm")
    for length in range(132, 330):
        with contextlib.suppress(InstanceFailed):
            read_part10(data[:length])


def test_a_deflated_data_set_that_is_cut_off_or_broken_fails():
    data = bytes_of("image_dfl.dcm")
    for broken in (data[: len(data) // 2], data[:400] + b"\xff" * 50 + data[450:]):
        with pytest.raises(Malformed):
            read_part10(broken)


def test_the_head_is_what_pydicom_reads_and_names_no_sender():
    head = part10_head("1.2.840.10008.1.2.1", "1.2.840.10008.5.1.4.1.1.2", "2.25.1")
    meta = pydicom.dcmread(io.BytesIO(head)).file_meta
    assert meta.MediaStorageSOPInstanceUID == "2.25.1"
    assert meta.FileMetaInformationGroupLength == len(head) - 144
    assert "SourceApplicationEntityTitle" not in meta
