"""Siemens' CSA headers, version 2 (`SV10`): named fields, each with values in text, in a private element's blob."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MAGIC = b"SV10\4\3\2\1"
CHECK = 77
MAX_FIELDS, MAX_ITEMS = 1000, 10_000
_TAG = struct.Struct("<64si4siii")
_ITEM = struct.Struct("<iiii")
_COUNT = struct.Struct("<II")


@dataclass(frozen=True, kw_only=True)
class CsaField:
    """One field of a header."""

    name: str
    multiplicity: int
    vr: str
    items: tuple[bytes, ...]
    """With their padding; many at the end are empty."""


def read_csa(blob: bytes) -> tuple[CsaField, ...] | None:
    """Return the fields of a header; None if this is none, or one of another version, or broken."""
    if not blob.startswith(MAGIC[:4]):
        return None
    try:
        return tuple(_fields(blob))
    except (struct.error, ValueError):
        return None


def write_csa(fields: Sequence[CsaField]) -> bytes:
    """Return a header that holds these fields and nothing else."""
    parts = [MAGIC, _COUNT.pack(len(fields), CHECK)]
    for field in fields:
        name, vr = field.name.encode("ascii"), field.vr.encode("ascii")
        parts.append(_TAG.pack(name, field.multiplicity, vr, 0, len(field.items), CHECK))
        for item in field.items:
            parts += _ITEM.pack(len(item), len(item), CHECK, len(item)), item, bytes(-len(item) % 4)
    return b"".join(parts)


def _fields(blob: bytes) -> Iterator[CsaField]:
    position = len(MAGIC)
    count, _ = _COUNT.unpack_from(blob, position)
    position += _COUNT.size
    if count > MAX_FIELDS:
        raise ValueError
    for _ in range(count):
        name, multiplicity, vr, _, items, _ = _TAG.unpack_from(blob, position)
        position += _TAG.size
        if not 0 <= items <= MAX_ITEMS or not 0 <= multiplicity <= MAX_ITEMS:
            raise ValueError
        values = []
        for _ in range(items):
            value, position = _item(blob, position)
            values.append(value)
        yield CsaField(name=_text(name), multiplicity=multiplicity, vr=_text(vr)[:2], items=tuple(values))


def _item(blob: bytes, position: int) -> tuple[bytes, int]:
    _, length, _, _ = _ITEM.unpack_from(blob, position)
    begin = position + _ITEM.size
    if not 0 <= length <= len(blob) - begin:
        raise ValueError
    return blob[begin : begin + length], begin + length + -length % 4


def _text(value: bytes) -> str:
    return value.partition(b"\0")[0].decode("ascii")
