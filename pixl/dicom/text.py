"""Text in its character set (PS3.5 section 6.1), for values that have to be understood; the others stay bytes."""

from __future__ import annotations

import warnings

from pydicom.charset import convert_encodings, decode_bytes, python_encoding

ESCAPE = b"\x1b"
DELIMITERS = {0x5C, 0x5E, 0x3D}
"""Behind these an ISO 2022 value starts anew (PS3.5 section 6.1.2.5.3)."""


def decode(value: bytes, character_set: bytes) -> str:
    """Return the text of a value, without its padding, in the character set that (0008,0005) gives as bytes.

    What cannot be decoded becomes U+FFFD: the result is for hashing and comparing, it is not written back.
    """
    value = value.strip(b"\0 ")
    if value.isascii() and ESCAPE not in value:
        return value.decode("ascii").strip()
    names = [name.strip() for name in character_set.decode("latin-1").strip("\0 ").split("\\")]
    known = [name for name in names if name in python_encoding]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return decode_bytes(value, convert_encodings(known or [""]), DELIMITERS).strip()
        except (LookupError, UnicodeDecodeError):
            return value.decode("utf-8", "replace").strip()
