"""A file without its picture: everything before the pixel data, and a digest of their value as it is stored.

Made without reading the file: what stands before the pixel data is for the reader of the header to judge.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

import xxhash

LARGEST_HEADER = 1 << 20
"""Bytes; of what has more of a header the whole is sent, a piece at a time."""


class _Form(NamedTuple):
    """How elements with a long length are written (PS3.5 section 7.1)."""

    pixels: bytes
    """(7FE0,0010)."""
    padding: bytes
    """(FFFC,FFFC), which may come behind it."""
    header: struct.Struct
    is_explicit: bool


FORMS = (
    _Form(b"\xe0\x7f\x10\x00", b"\xfc\xff\xfc\xff", struct.Struct("<4x2s2xI"), is_explicit=True),
    _Form(b"\x7f\xe0\x00\x10", b"\xff\xfc\xff\xfc", struct.Struct(">4x2s2xI"), is_explicit=True),
    _Form(b"\xe0\x7f\x10\x00", b"\xfc\xff\xfc\xff", struct.Struct("<4xI"), is_explicit=False),
)


@dataclass(frozen=True, kw_only=True)
class Condensed:
    """What is left of a file whose last element are uncompressed pixel data. Identifiable, if the file is."""

    header: bytes = field(repr=False)
    """All but the pixel data."""
    pixels: str
    """The digest of their value."""


def digest_of(value: bytes | memoryview) -> str:
    """Return what tells one picture from another that is not its forgery: XXH3-128, in hexadecimal digits."""
    return xxhash.xxh3_128_hexdigest(value)


def condense(data: bytes) -> Condensed | None:
    """Return a file without its picture; None if that is compressed, or anything but padding comes behind it.

    What looks like pixel data to the end of the file may be a part of another value. Who reads the header sees that it
    is cut off then, and has to ask for the file.
    """
    for form in FORMS:
        place = data.find(form.pixels, 0, LARGEST_HEADER)
        while place >= 0:
            end = _end(data, place, form)
            if end == len(data) or (end and data.startswith(form.padding, end) and _end(data, end, form) == len(data)):
                value = memoryview(data)[place + form.header.size : end]
                return Condensed(header=data[:place] + data[end:], pixels=digest_of(value))
            place = data.find(form.pixels, place + 1, LARGEST_HEADER)
    return None


def _end(data: bytes, place: int, form: _Form) -> int | None:
    """Return where the element at a place ends, None if it is none of that form."""
    if place + form.header.size > len(data):
        return None
    *vr, length = form.header.unpack_from(data, place)
    if form.is_explicit and vr[0] not in (b"OW", b"OB"):
        return None
    end: int = place + form.header.size + length
    return end
