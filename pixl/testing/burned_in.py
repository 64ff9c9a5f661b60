"""Identifiers of invented people, burned into pictures; and whether they can still be read in what left."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset

SIDE, LEFT, TOP, STEP = 512, 16, 24, 24
"""Pixels: of the picture, and where its lines begin."""
EDGE = 3
LEGIBLE = 0.5
"""Correlation of a line's ink with what is at its place: a black box has none."""


def burn_in(dataset: Dataset, lines: Sequence[str]) -> None:
    """Enlarge a picture of 16 bits, and write lines in its top left corner as a device does: white."""
    pixels = dataset.pixel_array
    factor = SIDE // max(pixels.shape)
    large = np.zeros((SIDE, SIDE), pixels.dtype) + pixels.min()
    enlarged = np.kron(pixels, np.ones((factor, factor), pixels.dtype))
    large[: enlarged.shape[0], : enlarged.shape[1]] = enlarged
    for number, line in enumerate(lines):
        ink = _ink(line, number)
        large[ink > 0] = pixels.max()
    dataset.Rows, dataset.Columns = large.shape
    dataset.PixelData = large.tobytes()


def legible(paths: Iterable[Path], lines: Collection[tuple[int, str]]) -> set[str]:
    """Return those of the lines, each with its place from the top, that can still be read in ZIPs of DICOM files."""
    found: set[str] = set()
    for dataset in _pictures(paths):
        pixels = np.asarray(dataset.pixel_array, np.float64)
        found.update(line for number, line in lines if _likeness(pixels, _ink(line, number)) > LEGIBLE)
    return found


def _pictures(paths: Iterable[Path]) -> Iterator[Dataset]:
    for path in paths:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                dataset = pydicom.dcmread(io.BytesIO(archive.read(name)))
                is_one = int(dataset.get("NumberOfFrames") or 1) == 1 and dataset.get("SamplesPerPixel") == 1
                if is_one and (dataset.get("Rows"), dataset.get("Columns")) == (SIDE, SIDE):
                    yield dataset


def _ink(line: str, number: int) -> NDArray[np.uint8]:
    """Return where the picture is white because of a line."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.putText(mask, line, (LEFT, TOP + number * STEP), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1, 1)
    return mask


def _likeness(pixels: NDArray[np.float64], ink: NDArray[np.uint8]) -> float:
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    here = np.s_[rows[0] - EDGE : rows[-1] + EDGE, columns[0] - EDGE : columns[-1] + EDGE]
    one, other = pixels[here] - pixels[here].mean(), ink[here] - ink[here].mean()
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float((one * other).sum()) / lengths if lengths else 0.0
