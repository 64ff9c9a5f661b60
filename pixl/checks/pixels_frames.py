"""Pixel data as grey pictures in which a reader finds text: decoded, unwindowed, evened out, clips put together.

What a window of the viewer hides is text all the same: each neighbourhood gets a window of its own (CLAHE), over the
whole range of the samples. A clip is taken in pieces; of each, every neighbourhood is taken out of the frame in which
it shows most detail, as a focus stack is made. Text in one frame stands out there, and so it does if it is in all.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut
from pydicom.pixels.utils import iter_pixels, pixel_array

from pixl.dicom.undecodable import BROKEN
from pixl.domain.errors import InstanceFailed

Samples = NDArray[np.uint8] | NDArray[np.uint16]
"""Of one frame: grey, the whole range of the type used."""

PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
PIECE = 16
"""Frames of a clip that are put together."""
LIGHTNESS = (0.4, 0.3, 0.2, 0.1)
"""Weights of a pixel's strongest and weakest colour, red and green: no two of the colours that devices write in, and
none of those and black or white, come out the same."""
TAIL = 0.02
"""Percent of the samples that may lie beyond the window, at each end: a single pixel of metal must not take it all."""
ENOUGH = 1 << 16
"""Samples from which the window is taken."""
DETAIL, NEIGHBOURHOOD = 5, 13
"""Pixels."""
ALIKE = 0.3
"""Correlation of what two frames show at a place, from which on it may be the same text. Low: a frame too many is
blackened there, and no frame too few."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What is looked at: a frame, or several put together."""

    samples: Samples
    first: int = 0
    """The number of the first of its frames, from 0."""
    frames: tuple[Samples, ...] = ()
    origin: NDArray[np.uint8] | None = None
    """Of each pixel, out of which of its frames it is; None: there is one."""

    def frames_of(self, left: float, top: float, right: float, below: float) -> tuple[int, int]:
        """Return the numbers of the first and the last frame that show what the picture shows in a rectangle."""
        if not self.frames:
            return self.first, self.first
        here = np.s_[max(0, int(top)) : int(below) + 1, max(0, int(left)) : int(right) + 1]
        most = self._most(left, top, right, below)
        shown = _structure(self.frames[most][here])
        alike = [
            number for number, frame in enumerate(self.frames) if _likeness(shown, _structure(frame[here])) > ALIKE
        ]
        return self.first + min((most, *alike)), self.first + max((most, *alike))

    def frame_at(self, left: float, top: float, right: float, below: float) -> Samples:
        """Return the frame out of which most of a rectangle is."""
        return self.frames[self._most(left, top, right, below)] if self.frames else self.samples

    def _most(self, left: float, top: float, right: float, below: float) -> int:
        if self.origin is None:
            return 0
        part = self.origin[max(0, int(top)) : int(below) + 1, max(0, int(left)) : int(right) + 1]
        return int(np.bincount(part.ravel()).argmax()) if part.size else 0


def pictures(data: bytes) -> Iterator[Picture]:
    """Yield the pictures in which all text of a file's frames can be seen; none if it has no pixel data.

    Raises
    ------
    InstanceFailed
        The pixel data cannot be decoded, so nobody knows what they show.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(io.BytesIO(data), force=True)
            if any(keyword in dataset for keyword in PIXELS):
                yield from _pictures(dataset)
    except BROKEN:
        # What a decoder says may quote what it was reading.
        raise InstanceFailed("its pixel data cannot be decoded") from None
    except MemoryError:
        raise InstanceFailed("its pixel data do not fit into memory") from None


def picture_of(samples: NDArray[np.generic]) -> Picture:
    """Return grey samples as a picture."""
    return _together([samples], 0)


def _pictures(dataset: Dataset) -> Iterator[Picture]:
    piece: list[NDArray[np.generic]] = []
    first = 0
    for frame in _frames(dataset):
        piece.append(_grey(frame, dataset))
        if len(piece) == PIECE:
            yield _together(piece, first)
            first, piece = first + len(piece), []
    if piece:
        yield _together(piece, first)


def _frames(dataset: Dataset) -> Iterator[NDArray[np.generic]]:
    """Yield the decoded frames, one at a time."""
    frames = iter_pixels(dataset)
    try:
        first = next(frames)
    except ValueError:
        # pydicom 3.0 cannot iterate over JPEG 2000 whose sign is not what the elements say; all at once it can.
        every = pixel_array(dataset)
        is_one = int(dataset.get("NumberOfFrames") or 1) == 1
        yield from [every] if is_one else every
        return
    yield first
    yield from frames


def _grey(frame: NDArray[np.generic], dataset: Dataset) -> NDArray[np.generic]:
    """Return a frame of one sample a pixel. What is dark and what is light does not matter here."""
    if dataset.get("PhotometricInterpretation") == "PALETTE COLOR":
        frame = apply_color_lut(frame, dataset)
    if frame.ndim == 2:  # noqa: PLR2004  rows and columns
        return frame
    # Plane by plane: along the last axis, which is short, numpy is ten times slower.
    red, green, blue = (np.ascontiguousarray(frame[..., number]) for number in range(3))
    strongest, weakest = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    mixed = np.zeros(red.shape, np.float32)
    for plane, weight in zip((strongest, weakest, red, green), LIGHTNESS, strict=True):
        mixed += plane * np.float32(weight)
    return np.asarray(mixed, frame.dtype)


def _together(piece: list[NDArray[np.generic]], first: int) -> Picture:
    """Return one picture of the frames of a piece."""
    frames = _windowed(piece)
    if len(frames) == 1:
        return Picture(samples=frames[0], first=first)
    best = np.full(frames[0].shape, -1, np.float32)
    picture, origin = frames[0].copy(), np.zeros(frames[0].shape, np.uint8)
    for number, frame in enumerate(frames):
        detail = _detail(frame)
        better = detail > best
        picture[better], best[better], origin[better] = frame[better], detail[better], number
    return Picture(samples=picture, first=first, frames=tuple(frames), origin=origin)


def _windowed(piece: list[NDArray[np.generic]]) -> list[Samples]:
    """Return frames of which the samples take the whole range of 8 or 16 bits, all with the same window."""
    step = max(1, round((sum(frame.size for frame in piece) / ENOUGH) ** 0.5))
    sample = np.concatenate([np.asarray(frame[::step, ::step], np.float64).ravel() for frame in piece])
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        raise ValueError
    low, high = np.percentile(sample, (TAIL, 100 - TAIL))
    if high - low <= 0:
        low, high = float(sample.min()), float(sample.max())
    span = max(float(high - low), 1e-9)
    if piece[0].dtype == np.uint8 and span > 255 * 0.8:
        return [np.asarray(frame, np.uint8) for frame in piece]
    is_byte = piece[0].dtype.itemsize == 1
    top, form = (255, np.uint8) if is_byte else (65535, np.uint16)
    return [
        np.clip((np.nan_to_num(frame.astype(np.float32)) - np.float32(low)) * np.float32(top / span), 0, top).astype(
            form
        )
        for frame in piece
    ]


def _detail(frame: Samples) -> NDArray[np.float32]:
    """Return how much fine structure is around each pixel."""
    plain = frame.astype(np.float32)
    fine = cv2.absdiff(plain, cv2.blur(plain, (DETAIL, DETAIL)))
    return np.asarray(cv2.blur(fine, (NEIGHBOURHOOD, NEIGHBOURHOOD)), np.float32)


def _structure(part: Samples) -> NDArray[np.float32]:
    """Return the strokes of a cutting: what is left without all that is broader."""
    plain = cv2.blur(part.astype(np.float32), (2, 2))
    return np.asarray(plain - cv2.blur(plain, (NEIGHBOURHOOD, NEIGHBOURHOOD)), np.float32)


def _likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the correlation of two cuttings' strokes."""
    lengths = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    return float((one * other).sum()) / lengths if lengths else 0.0
