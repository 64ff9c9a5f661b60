"""Comments inside compressed frames: JPEG and JPEG-LS (ISO 10918-1, 14495-1), JPEG 2000 (ISO 15444-1).

They are blanked, not cut out, so that every offset table stays right.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from pixl.dicom.windows import WINDOW, release

Span = tuple[int, int]
JPEG_START, JPEG_END = b"\xff\xd8", b"\xff\xd9"
J2K_START = b"\xff\x4f\xff\x51"
NEEDED = {0xE0: (b"JFIF\0",), 0xE8: (b"mrfx", b"SPIFF"), 0xEE: (b"Adobe",)}
"""Application segments that a decoder needs: density, colour transforms."""
LONGEST_NAME = 8
NOTHING = (b"\xff\xff\xff\xff",)
COMMENT = re.compile(rb"\xff[\xe0-\xef\xfe]")
COMMENTS = frozenset({0xFE, *range(0xE0, 0xF0)})
MARKER = 0xFF
NO_LENGTH = frozenset({0x00, 0x01, MARKER, *range(0xD0, 0xDA)})
"""Stuffing, restarts, start and end of image."""
SOT, SOD, COM, EOC = 0xFF90, 0xFF93, 0xFF64, 0xFFD9


def comments(data: bytes, start: int, end: int) -> list[Span]:
    """Return where the comments in encapsulated pixel data are, and what else no decoder needs.

    Parameters
    ----------
    data
        Little endian, as all encapsulated data are (PS3.5 annex A.4).
    start, end
        From the basic offset table's item to behind the sequence delimiter.
    """
    spans: list[Span] = []
    released = start
    for first, last in _fragments(data, start, end):
        spans += _comments(data, first, last)
        if last - released > WINDOW:
            release(data)
            released = last
    return spans


def without_comments(data: bytes, start: int, end: int) -> bytes | None:
    """Return the items of encapsulated pixel data with blanked comments; None if there is nothing to blank."""
    spans = comments(data, start, end)
    if not spans:
        return None
    clean = bytearray(data[start:end])
    for first, last in spans:
        clean[first - start : last - start] = bytes(last - first)
    return bytes(clean)


def _fragments(data: bytes, start: int, end: int) -> Iterator[Span]:
    """Yield where each fragment is; the first item is the basic offset table."""
    position = start
    while position + 8 <= end:
        tag, length = struct.unpack_from("<4sI", data, position)
        if tag != b"\xfe\xff\x00\xe0":
            return
        if position > start:
            yield position + 8, position + 8 + length
        position += 8 + length


def _comments(data: bytes, start: int, end: int) -> Iterator[Span]:
    if data[start : start + len(JPEG_START)] == JPEG_START:
        yield from _jpeg_comments(data, start + 2, end)
    elif data[start : start + len(J2K_START)] == J2K_START:
        yield from _j2k_comments(data, start + 2, end)


def _jpeg_comments(data: bytes, position: int, end: int) -> Iterator[Span]:
    """Yield the contents of comments and of application segments that no decoder needs, and what follows the end."""
    while position + 4 <= end:
        if data[position] != MARKER:
            # In entropy-coded data no marker of these kinds can occur (ISO 10918-1 B.1.1.5).
            found = COMMENT.search(data, position, end)
            if not found:
                break
            position = found.start()
        marker = data[position + 1]
        if marker in NO_LENGTH:
            position += 2 if marker != MARKER else 1
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        body, position = position + 4, min(position + 2 + length, end)
        if marker in COMMENTS and not data[body : body + LONGEST_NAME].startswith(NEEDED.get(marker, NOTHING)):
            yield body, position
    last = data.rfind(JPEG_END, position - 4, end)
    if last >= 0 and data[last + 2 : end].strip(b"\0"):
        yield last + 2, end


def _j2k_comments(data: bytes, position: int, end: int) -> Iterator[Span]:
    """Yield the contents of comments in the main header and in each tile-part's header."""
    tile_end = end
    while position + 4 <= end:
        marker, length = struct.unpack_from(">HH", data, position)
        if marker == EOC:
            return
        if marker == SOT and position + 12 <= end:
            (size,) = struct.unpack_from(">I", data, position + 6)
            tile_end = position + size if size else end
        if marker == SOD:
            if tile_end <= position:
                return
            position = tile_end
            continue
        if marker == COM:
            yield position + 6, min(position + 2 + length, end)
        position += 2 + length
