"""The file around a data set: preamble, file meta information, transfer syntax (PS3.10 section 7)."""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache

from pixl.dicom.encoding import EXPLICIT, EXPLICIT_BIG, IMPLICIT, LONG_VRS, SHORT_VRS, UNDEFINED, Encoding
from pixl.dicom.errors import Malformed
from pixl.domain.errors import InstanceFailed

IMPLICIT_SYNTAX = "1.2.840.10008.1.2"
EXPLICIT_SYNTAX = "1.2.840.10008.1.2.1"
BIG_ENDIAN_SYNTAX = "1.2.840.10008.1.2.2"
DEFLATED_SYNTAX = "1.2.840.10008.1.2.1.99"
ENCAPSULATED = re.compile(r"1\.2\.840\.10008\.1\.2\.(4\.(5[0-7]|6[0-6]|70|8[01]|9[0-3]|10[0-8]|11[0-2]|20[1-3])|5)")
"""JPEG, JPEG-LS, JPEG 2000, MPEG, HEVC, JPEG XL, HTJ2K and RLE."""

VRS = LONG_VRS | SHORT_VRS

MAX_INFLATED = 1 << 30
"""Bytes; a deflated data set that becomes larger is taken for an attack."""
GROUP_LENGTH = bytes(128) + b"DICM" + b"\2\0\0\0UL\4\0"
"""The preamble, and how long the file meta information is, but for the number."""
IMPLEMENTATION_CLASS_UID = "2.25.226187467290514927354720941523287498113"
IMPLEMENTATION_VERSION = "PIXL 0.1"


@dataclass(frozen=True, kw_only=True, eq=False)
class Part10:
    """A DICOM file, taken apart."""

    transfer_syntax: str
    encoding: Encoding
    data: bytes
    """The data set is in here, from `start` on; inflated if it was deflated."""
    start: int
    deflated: bool


def read_part10(data: bytes) -> Part10:
    """Take a DICOM file apart; a data set without preamble or file meta information is recognised by its first tag.

    Raises
    ------
    Malformed
        This is no DICOM file, or its file meta information is broken.
    InstanceFailed
        The transfer syntax is unknown.
    """
    start = 132 if data[128:132] == b"DICM" else 0
    syntax, start = _read_meta(data, start)
    if syntax is None:
        syntax = _guess(data, start)
    encoding = _encoding_of(syntax)
    if syntax == DEFLATED_SYNTAX:
        return Part10(transfer_syntax=syntax, encoding=encoding, data=_inflate(data, start), start=0, deflated=True)
    return Part10(transfer_syntax=syntax, encoding=encoding, data=data, start=start, deflated=False)


def part10_head(transfer_syntax: str, sop_class_uid: str, sop_instance_uid: str) -> bytes:
    """Return an empty preamble, `DICM`, and the least file meta information there can be (PS3.10 table 7.1-1)."""
    before, after = _around_instance_uid(transfer_syntax, sop_class_uid)
    instance = _text_element(0x00020003, "UI", sop_instance_uid)
    return b"".join(
        (GROUP_LENGTH, struct.pack("<I", len(before) + len(instance) + len(after)), before, instance, after)
    )


@lru_cache(maxsize=64)
def _around_instance_uid(transfer_syntax: str, sop_class_uid: str) -> tuple[bytes, bytes]:
    """Return what comes before and after the one element that each instance has for itself."""
    before = EXPLICIT.element(EXPLICIT.key(0x00020001, "OB"), b"\0\1") + _text_element(0x00020002, "UI", sop_class_uid)
    after = (
        _text_element(0x00020010, "UI", transfer_syntax),
        _text_element(0x00020012, "UI", IMPLEMENTATION_CLASS_UID),
        _text_element(0x00020013, "SH", IMPLEMENTATION_VERSION),
    )
    return before, b"".join(after)


def deflate(data: bytes) -> bytes:
    """Return a data set deflated (RFC 1951, PS3.5 annex A.5), padded to an even length."""
    press = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    pressed = press.compress(data) + press.flush()
    return pressed + b"\0" * (len(pressed) % 2)


def _text_element(tag: int, vr: str, text: str) -> bytes:
    value = text.encode("ascii")
    pad = b"\0" if vr == "UI" else b" "
    return EXPLICIT.element(EXPLICIT.key(tag, vr), value + pad * (len(value) % 2))


def _read_meta(data: bytes, position: int) -> tuple[str | None, int]:
    """Return the transfer syntax that group 0002 names, and where that group ends."""
    syntax = None
    while data[position : position + 2] == b"\x02\x00":
        try:
            key, length = EXPLICIT.header(data, position)
            value = position + 8
            if key[4:6] in LONG_VRS:
                (length,) = EXPLICIT.long(data, position + 8)
                value = position + 12
        except struct.error:
            raise Malformed("the file ends in the file meta information", offset=position) from None
        if length == UNDEFINED or value + length > len(data) or key[4:6] not in VRS:
            raise Malformed("the file meta information is broken", offset=position)
        if key[:4] == b"\x02\x00\x10\x00":
            syntax = data[value : value + length].rstrip(b"\0 ").decode("latin-1")
        position = value + length
    return syntax, position


def _guess(data: bytes, start: int) -> str:
    """Return the syntax of a data set that no file meta information goes with: it starts with group 0004 or 0008."""
    first = data[start : start + 2]
    has_vr = data[start + 4 : start + 6] in VRS
    if first in (b"\x04\0", b"\x08\0"):
        return EXPLICIT_SYNTAX if has_vr else IMPLICIT_SYNTAX
    if first in (b"\0\x04", b"\0\x08") and has_vr:
        return BIG_ENDIAN_SYNTAX
    if start == 0:
        raise Malformed("this is not a DICOM file", offset=0)
    raise InstanceFailed("the file meta information names no transfer syntax (0002,0010)")


def _encoding_of(syntax: str) -> Encoding:
    if syntax in (EXPLICIT_SYNTAX, DEFLATED_SYNTAX) or ENCAPSULATED.fullmatch(syntax):
        return EXPLICIT
    if syntax == IMPLICIT_SYNTAX:
        return IMPLICIT
    if syntax == BIG_ENDIAN_SYNTAX:
        return EXPLICIT_BIG
    raise InstanceFailed("the transfer syntax (0002,0010) is not one that this engine knows")


def _inflate(data: bytes, start: int) -> bytes:
    press = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        inflated = press.decompress(data[start:], MAX_INFLATED)
    except zlib.error:
        raise Malformed("the deflated data set is broken", offset=start) from None
    if press.unconsumed_tail:
        raise Malformed(f"the deflated data set is larger than {MAX_INFLATED} bytes", offset=start)
    if not press.eof:
        raise Malformed("the deflated data set is cut off", offset=start)
    return inflated
