"""Siemens' CSA headers, read and written."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.dicom.csa import CsaField, read_csa, write_csa

FIELDS = (
    CsaField(name="B_value", multiplicity=1, vr="IS", items=(b"1000\0\0\0", b"", b"")),
    CsaField(name="SliceNormalVector", multiplicity=3, vr="FD", items=(b"0.5\0", b"-1\0", b"0\0")),
)


def test_what_is_written_is_read():
    assert read_csa(write_csa(FIELDS)) == FIELDS
    assert read_csa(write_csa(())) == ()


def test_what_is_behind_a_name_and_between_fields_is_not_read():
    blob = bytearray(write_csa(FIELDS))
    blob[16 + 10 : 16 + 20] = b"SMITH^JOHN"  # behind the NUL that ends the first name
    assert read_csa(bytes(blob) + b"SMITH") == FIELDS
    assert b"SMITH" not in write_csa(read_csa(bytes(blob)))


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"SV10",
        b"text",
        write_csa(FIELDS)[:-40],
        write_csa(FIELDS).replace(struct.pack("<iiii", 4, 4, 77, 4), struct.pack("<iiii", 4, 1 << 30, 77, 4)),
        write_csa(FIELDS).replace(struct.pack("<iiii", 4, 4, 77, 4), struct.pack("<iiii", 4, -4, 77, 4)),
        b"SV10\4\3\2\1" + struct.pack("<II", 1 << 31, 77),
        write_csa(FIELDS).replace(b"B_value", b"B_v\xe9lue"),
    ],
)
def test_what_is_broken_is_no_header(blob):
    assert read_csa(blob) is None


@given(st.binary(max_size=400))
def test_no_bytes_are_more_than_a_header_or_none(junk):
    for blob in (junk, b"SV10\4\3\2\1" + struct.pack("<II", 3, 77) + junk):
        assert read_csa(blob) is None or isinstance(read_csa(blob), tuple)
