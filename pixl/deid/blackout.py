"""Blackens regions of uncompressed pixel data, in the bytes, whatever their layout (PS3.3 C.7.6.3.1, PS3.5 8.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pixl.deid.picture import Picture
from pixl.deid.regions import Spans
from pixl.domain.errors import InstanceFailed

ALLOCATED = (8, 16, 32)
SIXTEEN = 16
PAIR = 4
"""Bytes of two pixels of YBR_FULL_422: two luminances and their common pair of chrominances."""
OF_ONE_SAMPLE = frozenset({"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"})
OF_THREE_SAMPLES = frozenset({"RGB", "YBR_FULL", "YBR_FULL_422"})


@dataclass(frozen=True, kw_only=True)
class Blackout:
    """What is blackened in each frame of one image."""

    picture: Picture
    spans: tuple[Spans, ...]
    devices: tuple[str, ...]
    """Which entries of the lists say so."""
    frames: tuple[range, ...] = ()
    """The frames in which each of the spans is blackened; empty: all of them in every frame."""

    def apply(self, value: bytes, vr: bytes) -> bytes:
        """Return pixel data with the regions blackened.

        Raises
        ------
        InstanceFailed
            How the pixels are stored is not known here, or not what the elements say.
        """
        picture = self.picture
        _check(picture)
        size = _frame_size(picture)
        if not 0 <= len(value) - size * picture.frames <= 1:
            raise InstanceFailed("(7fe0,0010) PixelData is not as long as its rows, columns and frames make it")
        swapped = picture.big_endian and picture.allocated == ALLOCATED[0] and vr == b"OW"
        pixels = bytearray(_swapped(value) if swapped else value)
        for frame in range(picture.frames):
            self._frame(pixels, frame * size, self._spans_in(frame))
        return _swapped(pixels) if swapped else bytes(pixels)

    def _spans_in(self, frame: int) -> tuple[Spans, ...]:
        if not self.frames:
            return self.spans
        return tuple(spans for spans, frames in zip(self.spans, self.frames, strict=True) if frame in frames)

    def _frame(self, pixels: bytearray, start: int, wanted: tuple[Spans, ...]) -> None:
        picture, black = self.picture, [_encoded(value, self.picture) for value in _black(self.picture)]
        if picture.photometric == "YBR_FULL_422":
            self._fill(pixels, start, picture.columns * 2, black[0] * 2 + black[1] + black[2], wanted, columns=2)
        elif picture.planar:
            plane = picture.rows * picture.columns * picture.allocated // 8
            for number, sample in enumerate(black):
                self._fill(pixels, start + number * plane, picture.columns * len(sample), sample, wanted)
        else:
            pixel = b"".join(black)
            self._fill(pixels, start, picture.columns * len(pixel), pixel, wanted)

    @staticmethod
    def _fill(
        pixels: bytearray, start: int, stride: int, unit: bytes, wanted: tuple[Spans, ...], *, columns: int = 1
    ) -> None:
        """Put `unit`, which is so many columns wide, wherever a span says so."""
        for spans in wanted:
            for row, parts in enumerate(spans):
                for begin, end in parts:
                    first, count = begin // columns, -(-end // columns) - begin // columns
                    at = start + row * stride + first * len(unit)
                    pixels[at : at + count * len(unit)] = unit * count


def _check(picture: Picture) -> None:
    """Raise if the layout is none that is known here."""
    samples = 1 if picture.photometric in OF_ONE_SAMPLE else 3
    known = picture.photometric in OF_ONE_SAMPLE | OF_THREE_SAMPLES
    if not known or samples != picture.samples:
        raise InstanceFailed("regions cannot be blackened: (0028,0004) PhotometricInterpretation is not known here")
    halved = picture.photometric == "YBR_FULL_422"
    odd = halved and (picture.columns % 2 or picture.planar or picture.allocated != ALLOCATED[0])
    if picture.allocated not in ALLOCATED or odd:
        raise InstanceFailed("regions cannot be blackened: (0028,0100) BitsAllocated is not known here")
    if not 0 < picture.stored <= picture.high_bit + 1 <= picture.allocated:
        raise InstanceFailed("regions cannot be blackened: (0028,0101) BitsStored and HighBit do not fit")


def _frame_size(picture: Picture) -> int:
    samples = 2 if picture.photometric == "YBR_FULL_422" else picture.samples
    return picture.rows * picture.columns * samples * picture.allocated // 8


def _black(picture: Picture) -> tuple[int, ...]:
    """Return the samples of a black pixel."""
    low = -(1 << picture.stored - 1) if picture.signed else 0
    match picture.photometric:
        case "MONOCHROME1":
            return (low + (1 << picture.stored) - 1,)
        case "MONOCHROME2":
            return (low,)
        case "PALETTE COLOR":
            return (_darkest(picture),)
        case "RGB":
            return (0, 0, 0)
    middle = 1 << picture.stored - 1
    return (0, middle, middle)


def _darkest(picture: Picture) -> int:
    """Return the sample for which a colour table has the darkest colour (PS3.3 section C.7.6.3.1.5)."""
    descriptor, *colours = picture.palette
    order = ">" if picture.big_endian else "<"
    if len(descriptor) != struct.calcsize("3H") or not all(colours):
        raise InstanceFailed("regions cannot be blackened: the colour table is missing, or segmented")
    count, first, _ = struct.unpack(f"{order}3H", descriptor)
    tables = [_entries(colour, count or 1 << SIXTEEN, order) for colour in colours]
    sums = [sum(entry) for entry in zip(*tables, strict=False)]
    return int(first) + sums.index(min(sums))


def _entries(colour: bytes, count: int, order: str) -> tuple[int, ...]:
    """Return a colour's entries, which have 8 or 16 bits."""
    if len(colour) >= 2 * count:
        return struct.unpack(f"{order}{count}H", colour[: 2 * count])
    return tuple(_swapped(colour) if order == ">" else colour)[:count]


def _encoded(value: int, picture: Picture) -> bytes:
    """Return the bytes of a sample."""
    shifted = value << picture.high_bit + 1 - picture.stored
    whole = shifted & (1 << picture.allocated) - 1
    return whole.to_bytes(picture.allocated // 8, "big" if picture.big_endian else "little")


def _swapped(value: bytes | bytearray) -> bytes:
    """Return 16-bit words with their bytes the other way round."""
    swapped = bytearray(len(value))
    swapped[::2], swapped[1::2] = value[1::2], value[::2]
    return bytes(swapped)
