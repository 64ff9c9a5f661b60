"""Finds where a value of undefined length ends, without recursion."""

from __future__ import annotations

import struct

from pixl.dicom.encoding import (
    IMPLICIT,
    ITEM,
    ITEM_END,
    LONG_VRS,
    MAX_DEPTH,
    SEQUENCE_END,
    SHORT_VRS,
    UNDEFINED,
    Encoding,
    tag_text,
)
from pixl.dicom.errors import Malformed
from pixl.dicom.windows import WINDOW, release


def end_of_undefined(data: bytes, position: int, end: int, encoding: Encoding) -> int:
    """Return where the value that starts at `position` ends, its delimiter included.

    Works for sequences and for encapsulated pixel data: fragments are items of defined length.

    Raises
    ------
    Malformed
        It does not end before `end`, or nests deeper than `MAX_DEPTH`.
    """
    open_values = [encoding]  # one entry a sequence or item of undefined length that is open
    began = released = position
    try:
        while open_values:
            position = _step(data, position, end, open_values)
            if len(open_values) > 2 * MAX_DEPTH:
                raise Malformed(f"nested deeper than {MAX_DEPTH}", offset=position)
            if position - released > WINDOW:
                release(data)
                released = position
    except struct.error:
        raise Malformed("a value of undefined length has no end", offset=began) from None
    return position


def _step(data: bytes, position: int, end: int, open_values: list[Encoding]) -> int:
    """Pass over one header, and over its value if that has a length; return where the next header is."""
    if position + 8 > end:
        raise struct.error
    encoding = open_values[-1]
    tag = encoding.tag(data[position : position + 4])
    if tag in (ITEM, ITEM_END, SEQUENCE_END):
        (length,) = encoding.long(data, position + 4)
        if tag != ITEM:
            open_values.pop()
            return position + 8
        value, inner = position + 8, encoding
    else:
        value, length, inner = value_of(data, position, encoding)
    if length == UNDEFINED:
        open_values.append(inner)
        return value
    if value + length > end:
        raise Malformed(f"{tag_text(tag)} is longer than what it is in", offset=position)
    return value + length


def value_of(data: bytes, position: int, encoding: Encoding) -> tuple[int, int, Encoding]:
    """Return where the value of the element at `position` starts, its length, and how what it holds is encoded."""
    key, length = encoding.header(data, position)
    if encoding.implicit:
        return position + 8, length, encoding
    vr = key[4:6]
    if vr in LONG_VRS:
        # What is sent as UN is implicit little endian inside (PS3.5 section 6.2.2).
        return position + 12, encoding.long(data, position + 8)[0], IMPLICIT if vr == b"UN" else encoding
    if vr not in SHORT_VRS:
        raise Malformed(f"{tag_text(encoding.tag(key))} has no value representation", offset=position)
    return position + 8, length, encoding
