"""Long data piece by piece. What is mapped from a file is given back after each piece, so that memory stays small."""

from __future__ import annotations

from collections.abc import Iterator
from mmap import MADV_DONTNEED, mmap

WINDOW = 4 << 20
"""Bytes; even, so that no sample of a pixel is cut."""


def windows(data: object, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where each piece starts and ends."""
    for first in range(start, end, WINDOW):
        yield first, min(first + WINDOW, end)
        release(data)


def release(data: object) -> None:
    """Give back the memory behind what is mapped from a file; it is read again when it is asked for."""
    mapped = data.obj if isinstance(data, memoryview) else data
    if isinstance(mapped, mmap):
        mapped.madvise(MADV_DONTNEED)


def is_mapped(data: object) -> bool:
    """Whether data are mapped from a file, and may be larger than memory."""
    return isinstance(data, mmap)
