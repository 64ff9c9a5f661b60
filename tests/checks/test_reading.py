"""The checkers' own reader sees every element and refuses what it cannot read to the end."""

import struct
from pathlib import Path

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from pixl.checks.instance import DataSet
from pixl.checks.reading import read_elements, read_meta
from pixl.dicom.elements import elements
from pixl.dicom.errors import Malformed
from pixl.dicom.part10 import read_part10
from pixl.domain.errors import InstanceFailed
from pixl.testing.outputs import dicom

REAL_FILES = sorted((Path(pydicom.__file__).parent / "data" / "test_files").glob("*.dcm"))[:80]
SYNTAXES = [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]


def nested():
    inner, outer = Dataset(), Dataset()
    inner.PatientName = "Ashbury^J"
    outer.ReferencedPatientSequence = pydicom.Sequence([inner, inner])
    return pydicom.Sequence([outer])


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_encoding_gives_the_same_paths(syntax):
    file = DataSet(dicom(syntax=syntax, RequestAttributesSequence=nested()), whole=True)
    paths = [element.path for element in file.elements]
    assert "(0040,0275)[1].(0008,1120)[2].(0010,0010)" in paths
    assert len(paths) == len(BASE_PATHS)


BASE_PATHS = [*range(6), "request", "patients", "name", "name"]


@pytest.mark.parametrize("path", REAL_FILES, ids=lambda path: path.name)
def test_it_sees_what_the_other_reader_sees(path):
    data = path.read_bytes()
    try:
        part10 = read_part10(data)
        expected = [(element.tag, element.value, element.end) for element in elements(part10)]
        found = [(element.tag, element.start, element.end) for element in read_elements(part10)]
    except InstanceFailed:
        return
    assert set(expected) <= set(found)


def test_bytes_behind_a_sequence_s_delimiter_are_refused():
    delimiter = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    sequence = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, len(delimiter) + 8) + delimiter + b"Ashbury "
    with pytest.raises(Malformed):
        DataSet(dicom() + sequence, whole=True)


def test_bytes_behind_the_data_set_are_refused():
    with pytest.raises(InstanceFailed):
        DataSet(dicom() + struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + b"Ashbury ", whole=True)


def test_the_file_meta_information_is_read_whatever_follows_it():
    for syntax in SYNTAXES:
        data = dicom(syntax=syntax, meta={"SourceApplicationEntityTitle": "ASHBURY"})
        assert 0x00020016 in [element.tag for element in read_meta(data)]


def test_a_private_sequence_that_nobody_lists_is_read_too():
    block = Dataset()
    inner = Dataset()
    inner.PatientName = "Ashbury^J"
    block.private_block(0x0099, "MAKER", create=True).add_new(0x10, "SQ", pydicom.Sequence([inner]))
    data = dicom([block[0x0099, 0x0010], block[0x0099, 0x1010]], syntax=ImplicitVRLittleEndian)
    assert "(0099,1010)[1].(0010,0010)" in [element.path for element in DataSet(data, whole=True).elements]


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, 600), byte=st.binary(min_size=1, max_size=4), cut=st.integers(0, 300))
def test_broken_bytes_are_refused_and_nothing_else_happens(place, byte, cut):
    data = bytearray(dicom(RequestAttributesSequence=nested()))
    place = 132 + place % (len(data) - 132)
    data[place : place + len(byte)] = byte
    broken = bytes(data[: len(data) - cut])
    try:
        found = DataSet(broken, whole=True)
    except InstanceFailed:
        return
    assert all(element.start <= element.end <= len(found.data) for element in found.elements)
