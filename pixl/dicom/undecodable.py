"""What reading with pydicom ends with where a file is not what it says: one list for all who hand files to it."""

from __future__ import annotations

from pydicom.errors import BytesLengthException, InvalidDicomError

BROKEN = (
    InvalidDicomError,
    BytesLengthException,
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What decoders and pydicom raise on data that they cannot read."""
