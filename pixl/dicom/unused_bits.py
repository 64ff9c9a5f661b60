"""Bits of stored pixels that belong to no sample: above the high bit, and below the lowest (PS3.5 section 8.1.1)."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np

BYTE = 8
SIXTEEN = 16


def without_unused_bits(
    data: bytes,
    start: int,
    end: int,
    *,
    allocated: int,
    stored: int,
    high_bit: int,
    signed: bool,
    big_endian: bool = False,
) -> bytes | None:
    """Return the pixel data in `data[start:end]`, uncompressed, with cleared unused bits; None if none are set.

    The bits above a signed sample may repeat its sign. Samples of other sizes than 8 and 16 bits stay as they are.
    """
    if allocated not in (BYTE, SIXTEEN) or not 0 < stored <= high_bit + 1 <= allocated or stored == allocated:
        return None
    if high_bit + 1 == stored and _are_small(
        data, start, end, allocated=allocated, stored=stored, signed=signed, big_endian=big_endian
    ):
        return None
    if allocated == SIXTEEN and signed and high_bit < BYTE:
        clean_words = _short_signed_words(data[start:end], high_bit, high_bit + 1 - stored, big_endian=big_endian)
        return clean_words if clean_words != data[start:end] else None
    clean: bytearray | None = None
    step = allocated // BYTE
    for number in range(step):
        used, table = _byte(high_bit - BYTE * number, high_bit + 1 - stored - BYTE * number, signed=signed)
        place = step - 1 - number if big_endian else number
        if len(used) < 1 << BYTE and (part := data[start + place : end : step]).translate(None, used):
            clean = clean or bytearray(data[start:end])
            clean[place::step] = part.translate(table)
    return bytes(clean) if clean else None


def _are_small(
    data: bytes, start: int, end: int, *, allocated: int, stored: int, signed: bool, big_endian: bool
) -> bool:
    """Whether no sample is larger or smaller than one of `stored` bits: this is all that most images cost."""
    kind = f"{'>' if big_endian else '<'}{'i' if signed else 'u'}{allocated // BYTE}"
    samples = np.frombuffer(data, kind, (end - start) // (allocated // BYTE), start)
    if not samples.size or (end - start) % (allocated // BYTE):
        return False
    # The bits above a negative sample repeat its sign; above a sample of which they do not, they are zero.
    return bool(
        np.maximum.reduce(samples) < 1 << stored and (not signed or np.minimum.reduce(samples) >= -(1 << stored - 1))
    )


def _short_signed_words(pixels: bytes, high: int, low: int, *, big_endian: bool) -> bytes:
    """Return 16-bit words whose sample is in their lower byte alone: rare, so word by word."""
    order: Literal["big", "little"] = "big" if big_endian else "little"
    used, above = (1 << high + 1) - (1 << low), (1 << SIXTEEN) - (1 << high + 1)
    clean = bytearray(pixels)
    for place in range(0, len(pixels) - 1, 2):
        word = int.from_bytes(pixels[place : place + 2], order)
        sign = above if word & above == above and word >> high & 1 else 0
        clean[place : place + 2] = (word & used | sign).to_bytes(2, order)
    return bytes(clean)


@lru_cache(maxsize=64)
def _byte(high: int, low: int, *, signed: bool) -> tuple[bytes, bytes]:
    """Return the values that a byte may have, and what becomes of each, if bits `low` to `high` are the sample's."""
    used = sum(1 << bit for bit in range(max(low, 0), min(high, BYTE - 1) + 1))
    above = sum(1 << bit for bit in range(max(high + 1, 0), BYTE))
    has_sign = signed and 0 <= high < BYTE - 1
    table = bytes(
        value & used | (above if has_sign and value >> high & 1 and value & above == above else 0)
        for value in range(256)
    )
    return bytes(value for value in range(256) if table[value] == value), table
