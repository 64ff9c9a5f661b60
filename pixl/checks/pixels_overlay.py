"""Overlays as pictures (PS3.3 section C.9.2): with data of their own, or in unused bits of the pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixl.checks.instance import DataSet
from pixl.checks.reading import tag_name
from pixl.dicom.part10 import ENCAPSULATED

FIRST, LAST = 0x6000, 0x601E
ROWS, COLUMNS, POSITION, DATA = 0x0010, 0x0011, 0x0102, 0x3000
PIXEL_DATA, PIXEL_ROWS, PIXEL_COLUMNS, ALLOCATED = 0x7FE00010, 0x00280010, 0x00280011, 0x00280100
US = 2
"""Bytes."""
WORDS = 16
"""Bits of samples that may hold an overlay."""
WHITE = 255


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """What an overlay draws, in any of its frames."""

    where: str
    """The element that holds it."""
    picture: NDArray[np.uint8]


def overlays(file: DataSet) -> Iterator[Overlay]:
    """Yield the overlays of a file that draw something."""
    for group in range(FIRST, LAST + 1, 2):
        base = group << 16
        if not _is_there(file, base):
            continue
        bits = _bits(file, base)
        if bits is not None and bits.any():
            picture = (bits * WHITE).astype(np.uint8)
            where = tag_name(base | DATA) if file.value_of(base | DATA) else "pixels"
            yield Overlay(where=where, picture=np.pad(picture, 4))


def has_overlays(file: DataSet) -> bool:
    """Whether there is any overlay, whatever it draws."""
    return any(_is_there(file, group << 16) for group in range(FIRST, LAST + 1, 2))


def _is_there(file: DataSet, base: int) -> bool:
    return base | ROWS in file.top or base | DATA in file.top


def _bits(file: DataSet, base: int) -> NDArray[np.bool_] | None:
    """Return where an overlay draws, its frames one over the other; None if there is no telling."""
    if file.value_of(base | DATA):
        return _own(file, base)
    return _embedded(file, number_of(file, base | POSITION))


def _own(file: DataSet, base: int) -> NDArray[np.bool_] | None:
    rows, columns = number_of(file, base | ROWS), number_of(file, base | COLUMNS)
    value = np.frombuffer(file.value_of(base | DATA), np.uint8)
    if file.file.encoding.big_endian and file.top[base | DATA].vr == "OW":
        value = value[: value.size // 2 * 2].reshape(-1, 2)[:, ::-1].ravel()
    bits = np.unpackbits(value, bitorder="little")
    frames = bits.size // (rows * columns) if rows * columns else 0
    if not frames:
        return None
    return np.asarray(bits[: frames * rows * columns].reshape(frames, rows, columns).any(0))


def _embedded(file: DataSet, position: int) -> NDArray[np.bool_] | None:
    rows, columns = number_of(file, PIXEL_ROWS), number_of(file, PIXEL_COLUMNS)
    if not position or number_of(file, ALLOCATED) != WORDS or ENCAPSULATED.fullmatch(file.file.transfer_syntax):
        return None
    order = ">" if file.file.encoding.big_endian else "<"
    value = file.value_of(PIXEL_DATA)
    samples = np.frombuffer(value[: len(value) // 2 * 2], f"{order}u2")
    frames = samples.size // (rows * columns) if rows * columns else 0
    if not frames:
        return None
    drawn = np.bitwise_or.reduce(samples[: frames * rows * columns].reshape(frames, rows, columns), axis=0)
    return np.asarray((drawn >> position) & 1 == 1)


def number_of(file: DataSet, tag: int) -> int:
    """Return the value of an outermost element of type US; 0 if there is none."""
    value = file.value_of(tag)
    return int.from_bytes(value, "big" if file.file.encoding.big_endian else "little") if len(value) == US else 0
