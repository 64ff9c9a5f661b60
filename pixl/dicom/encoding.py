"""The three ways to encode data elements (PS3.5 section 7 and annex A)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

UNDEFINED = 0xFFFFFFFF
MAX_DEPTH = 64
"""Sequences in sequences; real objects have fewer than 20."""

ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
LONG_VRS = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
"""Their explicit header has a length of 32 bits at byte 8 (PS3.5 table 7.1-1)."""
_SHORT = b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US"
SHORT_VRS = frozenset(_SHORT.split())


@dataclass(frozen=True, kw_only=True, eq=False)
class Encoding:
    """How tags, representations and lengths are written."""

    name: str
    implicit: bool
    big_endian: bool
    key_size: int
    """Bytes of an element's header that say what it is: tag and VR, or the tag alone."""
    header: Callable[[bytes, int], tuple[bytes, int]]
    """The key at an offset, and the 16 bits (explicit) or 32 bits (implicit) after it."""
    item: Callable[[bytes, int], tuple[bytes, int]]
    """The tag and the length of the item, or delimiter, at an offset."""
    long: Callable[[bytes, int], tuple[int]]
    tag_pair: Callable[[bytes], tuple[int, int]]
    pack_tag: Callable[[int, int], bytes]
    pack_short: Callable[[int], bytes]
    pack_long: Callable[[int], bytes]

    def key(self, tag: int, vr: str) -> bytes:
        """Return the bytes an element starts with."""
        encoded = self.pack_tag(tag >> 16, tag & 0xFFFF)
        return encoded if self.implicit else encoded + vr.encode()

    def tag(self, key: bytes) -> int:
        """Return the tag in an element's first four bytes, as 0xGGGGEEEE."""
        group, element = self.tag_pair(key)
        return group << 16 | element

    def element(self, key: bytes, value: bytes) -> bytes:
        """Return a whole element; the value is of even length and, where 16 bits have to do, below 64 KiB."""
        if self.implicit:
            return key + self.pack_long(len(value)) + value
        if key[4:6] in LONG_VRS:
            return key + b"\0\0" + self.pack_long(len(value)) + value
        return key + self.pack_short(len(value)) + value

    def open_header(self, key: bytes, length: int) -> bytes:
        """Return the header of a sequence or another long element, of `length` or `UNDEFINED`."""
        return key + (b"" if self.implicit else b"\0\0") + self.pack_long(length)

    def item_header(self, tag: int, length: int) -> bytes:
        """Return an item's header or a delimiter, which have no VR in any encoding."""
        return self.pack_tag(tag >> 16, tag & 0xFFFF) + self.pack_long(length)


def _encoding(name: str, order: str, *, implicit: bool) -> Encoding:
    key_size = 4 if implicit else 6
    pair = struct.Struct(f"{order}HH")
    return Encoding(
        name=name,
        implicit=implicit,
        big_endian=order == ">",
        key_size=key_size,
        header=struct.Struct(f"{order}{key_size}s{'I' if implicit else 'H'}").unpack_from,
        item=struct.Struct(f"{order}4sI").unpack_from,
        long=struct.Struct(f"{order}I").unpack_from,
        tag_pair=pair.unpack_from,
        pack_tag=pair.pack,
        pack_short=struct.Struct(f"{order}H").pack,
        pack_long=struct.Struct(f"{order}I").pack,
    )


EXPLICIT = _encoding("explicit little endian", "<", implicit=False)
IMPLICIT = _encoding("implicit little endian", "<", implicit=True)
EXPLICIT_BIG = _encoding("explicit big endian", ">", implicit=False)


def tag_text(tag: int) -> str:
    """Return `(gggg,eeee)`."""
    return f"({tag >> 16:04x},{tag & 0xFFFF:04x})"
