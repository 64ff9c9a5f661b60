"""What hides in bits of pixels that belong to no sample is cleared, and no sample changes."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.dicom.unused_bits import without_unused_bits


def words(*values, order="<"):
    return struct.pack(f"{order}{len(values)}H", *values)


def clean(pixels, **keywords):
    stored = keywords.get("stored", 12)
    given_bits = {"allocated": 16, "stored": stored, "high_bit": stored - 1, "signed": False} | keywords
    return without_unused_bits(b"head" + pixels + b"tail", 4, 4 + len(pixels), **given_bits)


@pytest.mark.parametrize(
    ("keywords", "before", "after"),
    [
        ({}, (0x0FFF, 0xF123), (0x0FFF, 0x0123)),
        ({"signed": True}, (0xF800, 0x0800, 0xA123, 0x7800), (0xF800, 0x0800, 0x0123, 0x0800)),
        ({"stored": 8}, (0x00FF, 0x4142), (0x00FF, 0x0042)),
        ({"stored": 6}, (0x00FF, 0x4142), (0x003F, 0x0002)),
        ({"high_bit": 15}, (0xABCD, 0x1230), (0xABC0, 0x1230)),
    ],
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_bits_of_no_sample_are_cleared(keywords, before, after, order):
    big = order == ">"
    assert clean(words(*before, order=order), big_endian=big, **keywords) == words(*after, order=order)


def test_bytes_have_unused_bits_too():
    assert clean(b"\xff\x41", allocated=8, stored=6) == b"\x3f\x01"


@pytest.mark.parametrize(
    "keywords",
    [{"stored": 16}, {"allocated": 32}, {"allocated": 1, "stored": 1}, {"stored": 0, "high_bit": 0}, {"high_bit": 3}],
)
def test_what_has_none_or_is_not_known_stays(keywords):
    assert clean(words(0xFFFF), **keywords) is None


def test_pixels_without_anything_to_clear_are_not_copied():
    assert clean(words(0x0FFF, 0)) is None
    assert clean(words(0xF800, 0x07FF), signed=True) is None


@given(st.lists(st.integers(0, 0xFFFF), min_size=1), st.integers(1, 15), st.booleans())
def test_no_sample_changes(values, stored, signed):
    after = clean(words(*values), stored=stored, signed=signed) or words(*values)
    mask = (1 << stored) - 1
    new = struct.unpack(f"<{len(values)}H", after)
    assert [value & mask for value in new] == [value & mask for value in values]
    assert all(value >> stored in ((0, (1 << 16 - stored) - 1) if signed else (0,)) for value in new)
