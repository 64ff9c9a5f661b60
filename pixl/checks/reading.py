"""Every element of a file in one pass, as the checkers need them. It shares no code with the engine's own walk.

What is read is raw: where a value lies, and what it is called. Nothing is decoded and nothing is skipped: the preamble,
the file meta information and what stands behind the data set are elements too, or lie between them.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import NamedTuple

from pixl.dicom.encoding import (
    EXPLICIT,
    IMPLICIT,
    ITEM,
    ITEM_END,
    LONG_VRS,
    MAX_DEPTH,
    SEQUENCE_END,
    SHORT_VRS,
    UNDEFINED,
    Encoding,
)
from pixl.dicom.errors import Malformed
from pixl.dicom.names import dictionary
from pixl.dicom.part10 import Part10
from pixl.dicom.skip import end_of_undefined

META_GROUP = 0x0002
PREAMBLE = 132
FIRST_ITEM = b"\xfe\xff\x00\xe0"
LONG = frozenset(vr.decode("ascii") for vr in LONG_VRS)
LITTLE, BIG = struct.Struct("<HH2sH"), struct.Struct(">HH2sH")
IMPLICIT_LITTLE = struct.Struct("<HHI")
ITEM_LITTLE, ITEM_BIG = struct.Struct("<HHI"), struct.Struct(">HHI")


class Element(NamedTuple):
    """An element: where it is, what it is called, and where its value lies."""

    place: str
    """The sequences and items that it is in, such as `(0040,A730)[1].`; empty at the outermost level."""
    tag: int
    vr: str
    """As it came; where that cannot be seen, or is UN, as the dictionary says; `UN` if that says nothing."""
    start: int
    end: int
    """Of the value."""

    @property
    def path(self) -> str:
        """What a finding calls it, such as `(0040,A730)[1].(0040,A160)`."""
        return f"{self.place}{tag_name(self.tag)}"


def tag_name(tag: int) -> str:
    """Return `(GGGG,EEEE)`."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def read_elements(file: Part10) -> list[Element]:
    """Return every element of a data set, a sequence before what is in it.

    Raises
    ------
    Malformed
        The data set cannot be read to its last byte.
    """
    found: list[Element] = []
    read_into(found, file)
    return found


def read_into(found: list[Element], file: Part10) -> None:
    """Add the elements of a data set to `found`, which holds what was read when this raises `Malformed`."""
    reader = _Reader(file.data, found)
    try:
        position = reader.data_set(file.start, len(file.data), _Level(file.encoding, "", 0))
    except (struct.error, IndexError):
        raise Malformed("the data set ends in an element's header", offset=len(file.data)) from None
    if position != len(file.data):
        raise Malformed("the data set ends before the file does", offset=position)


def read_meta(data: bytes) -> list[Element]:
    """Return the elements of the file meta information of a file."""
    found: list[Element] = []
    if data[PREAMBLE - 4 : PREAMBLE] == b"DICM":
        # What comes behind the group may be anything: another encoding, or deflated.
        with suppress(Malformed, struct.error):
            _Reader(data, found).data_set(PREAMBLE, len(data), _Level(EXPLICIT, "", 0), last=META_GROUP)
    return [element for element in found if element.tag >> 16 == META_GROUP]


class _Level(NamedTuple):
    """The data set or item that is being read."""

    encoding: Encoding
    place: str
    depth: int


class _Header(NamedTuple):
    """What stands before a value."""

    tag: int
    vr: str
    value: int
    """Where the value starts."""
    length: int


class _Reader:
    def __init__(self, data: bytes, found: list[Element]) -> None:
        self.data = data
        self.found = found

    def data_set(self, position: int, end: int, level: _Level, *, last: int = 0xFFFF) -> int:
        """Read elements up to `end`, an item's delimiter or behind the group `last`; return where it stopped."""
        if level.depth > MAX_DEPTH:
            raise Malformed(f"nested deeper than {MAX_DEPTH}", offset=position)
        if level.encoding.implicit:
            return self._implicit(position, end, level)
        return self._explicit(position, end, level, last)

    # These two loops are what a check costs: they call nothing for a common element.
    def _explicit(self, position: int, end: int, level: _Level, last: int) -> int:
        data, append, make, place = self.data, self.found.append, Element, level.place
        header = (BIG if level.encoding.big_endian else LITTLE).unpack_from
        names, long = _VR_NAMES, level.encoding.long
        while position < end:
            group, number, vr_bytes, length = header(data, position)
            tag = group << 16 | number
            if tag == ITEM_END:
                return position + 8
            if group > last:
                return position
            vr = names.get(vr_bytes)
            if vr is None:
                raise Malformed("an element has no value representation", offset=position)
            value = position + 8
            if vr in LONG:
                (length,) = long(data, value)
                value += 4
                if vr == "SQ" or length == UNDEFINED or vr == "UN":
                    position = self._nested(_Header(tag, vr, value, length), end, level)
                    continue
            position = value + length
            if position > end:
                raise Malformed("an element is longer than what it is in", offset=value)
            append(make(place, tag, vr, value, position))
        return position

    def _implicit(self, position: int, end: int, level: _Level) -> int:
        data, append, make, place = self.data, self.found.append, Element, level.place
        header, vrs = IMPLICIT_LITTLE.unpack_from, _implicit_vrs()
        while position < end:
            group, number, length = header(data, position)
            tag = group << 16 | number
            if tag == ITEM_END:
                return position + 8
            vr = vrs.get(tag, "UN") if number else "UL"
            value = position + 8
            if vr == "SQ" or length == UNDEFINED or vr == "UN":
                position = self._nested(_Header(tag, vr, value, length), end, level)
                continue
            position = value + length
            if position > end:
                raise Malformed("an element is longer than what it is in", offset=value)
            append(make(place, tag, vr, value, position))
        return position

    def _nested(self, header: _Header, end: int, level: _Level) -> int:
        """Read a sequence, or what is encapsulated or unknown; return where the next element is."""
        tag, vr, value, length = header
        inner = IMPLICIT if vr == "UN" else level.encoding
        after = end_of_undefined(self.data, value, end, inner) if length == UNDEFINED else value + length
        if after > end:
            raise Malformed("an element is longer than what it is in", offset=value)
        is_sequence = vr == "SQ" or (vr == "UN" and length == UNDEFINED)
        known = _implicit_vrs().get(tag, "UN") if vr == "UN" else vr
        self.found.append(Element(level.place, tag, "SQ" if is_sequence else known, value, after))
        deeper = _Level(inner, f"{level.place}{tag_name(tag)}", level.depth + 1)
        if is_sequence:
            self._items(value, after, deeper)
        elif vr == "UN" and known in ("SQ", "UN") and self.data[value : value + len(FIRST_ITEM)] == FIRST_ITEM:
            self._perhaps_items(value, after, deeper)
        return after

    def _perhaps_items(self, value: int, after: int, level: _Level) -> None:
        """Read what looks like items of a sequence that nobody lists; if it is none, it stays a binary value."""
        place = len(self.found)
        try:
            self._items(value, after, level)
        except (Malformed, struct.error):
            del self.found[place:]
        else:
            self.found[place - 1] = self.found[place - 1]._replace(vr="SQ")

    def _items(self, position: int, end: int, level: _Level) -> None:
        item = (ITEM_BIG if level.encoding.big_endian else ITEM_LITTLE).unpack_from
        number = 0
        while position < end:
            group, element, length = item(self.data, position)
            tag, begin = group << 16 | element, position + 8
            if tag == SEQUENCE_END and begin == end:
                return
            if tag != ITEM:
                raise Malformed("what should be an item is none", offset=position)
            number += 1
            inside = _Level(level.encoding, f"{level.place}[{number}].", level.depth)
            after = end if length == UNDEFINED else begin + length
            if after > end:
                raise Malformed("an item is longer than its sequence", offset=position)
            position = self.data_set(begin, after, inside)
            if length != UNDEFINED and position != after:
                raise Malformed("an item ends before its length says", offset=position)


_VR_NAMES = {vr: vr.decode("ascii") for vr in LONG_VRS | SHORT_VRS}
_IMPLICIT_VRS: dict[int, str] = {}


def _implicit_vrs() -> dict[int, str]:
    if not _IMPLICIT_VRS:
        known = {tag: (vrs or ("UN",))[0] for tag, (vrs, _) in dictionary().items()}
        _IMPLICIT_VRS.update(known)
    return _IMPLICIT_VRS
