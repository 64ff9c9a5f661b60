"""A frame of an instance as a PNG, under a window. Pure."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut
from pydicom.pixels.utils import pixel_array

from pixl.dicom.undecodable import BROKEN

LONGEST_EDGE = 2048
"""Pixels. A larger picture is thinned out; its boxes stay where they are, because they scale with it."""
COLOUR_DIMENSIONS = 3


class NoPicture(Exception):
    """These data cannot be shown as a picture."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """Which values are shown between black and white (PS3.3 C.11.2)."""

    centre: float
    width: float


@dataclass(frozen=True, kw_only=True, repr=False)
class Frame:
    """A decoded frame."""

    pixels: npt.NDArray[Any]
    """(rows, columns) of values after the modality LUT, or (rows, columns, 3) of bytes."""
    rows: int
    columns: int
    """Before it was thinned out."""
    window: Window
    """The one that the instance asks for, or one that shows all of it."""
    low: float
    high: float
    inverted: bool

    @property
    def is_colour(self) -> bool:
        """Whether a window means nothing to it."""
        return self.pixels.ndim == COLOUR_DIMENSIONS


def read_frame(data: bytes, number: int) -> Frame:
    """Decode a frame (from 0) of a Part 10 file.

    Raises
    ------
    NoPicture
        There is no such frame, or nothing here can decode it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(io.BytesIO(data))
            pixels = pixel_array(dataset, index=number) if "PixelData" in dataset else None
            if pixels is not None:
                return _frame(dataset, pixels)
    except (*BROKEN, MemoryError) as error:
        raise NoPicture(f"this cannot be shown as a picture ({type(error).__name__})") from None
    raise NoPicture("this instance has no pixels")


def png(frame: Frame, window: Window | None = None) -> bytes:
    """Return a frame as a PNG of 8 bits."""
    if frame.is_colour:
        return _encoded(frame.pixels.astype(np.uint8))
    shown = window or frame.window
    width = max(shown.width, 1e-9)
    levels = np.clip((frame.pixels - (shown.centre - width / 2)) * (255 / width), 0, 255)
    return _encoded((255 - levels if frame.inverted else levels).astype(np.uint8))


def _frame(dataset: pydicom.Dataset, pixels: npt.NDArray[Any]) -> Frame:
    rows, columns = pixels.shape[:2]
    step = -(-max(rows, columns) // LONGEST_EDGE)
    kept: npt.NDArray[Any] = pixels[::step, ::step]
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        kept = _as_bytes(apply_color_lut(kept, dataset))
    elif kept.ndim == COLOUR_DIMENSIONS:
        kept = _as_bytes(kept)
    else:
        kept = apply_modality_lut(kept, dataset).astype(np.float32)
    low, high = float(kept.min()), float(kept.max())
    return Frame(
        pixels=kept,
        rows=rows,
        columns=columns,
        window=_window(dataset, low, high),
        low=low,
        high=high,
        inverted=dataset.PhotometricInterpretation == "MONOCHROME1",
    )


def _as_bytes(pixels: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return pixels
    return (pixels // (int(pixels.max()) // 256 + 1)).astype(np.uint8)


def _window(dataset: pydicom.Dataset, low: float, high: float) -> Window:
    centre, width = _first(dataset.get("WindowCenter")), _first(dataset.get("WindowWidth"))
    if centre is None or width is None or width < 1 or not low - width < centre < high + width:
        return Window(centre=(low + high) / 2, width=max(high - low, 1.0))
    return Window(centre=centre, width=width)


def _first(value: Any) -> float | None:
    values = value if isinstance(value, (list, pydicom.multival.MultiValue)) else [value]
    try:
        return float(values[0])
    except (TypeError, ValueError, IndexError):
        return None


def _encoded(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Write a PNG (ISO/IEC 15948): each row is preceded by its filter, none."""
    rows, columns = pixels.shape[:2]
    colour_type = 2 if pixels.ndim == COLOUR_DIMENSIONS else 0
    lines = np.zeros((rows, pixels[0].size + 1), np.uint8)
    lines[:, 1:] = pixels.reshape(rows, -1)
    head = struct.pack(">IIBBBBB", columns, rows, 8, colour_type, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines.tobytes(), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
