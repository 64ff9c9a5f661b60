"""Reads a picture at the scale at which small and faint text is read best, and keeps what is text.

Where the first look sees something small that it cannot read, or reads only a bit of, a second look is taken at that
place, enlarged. That costs little: such places are few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from pixl.checks.pixels_frames import Picture, Samples
from pixl.checks.pixels_ocr import Grey, Line, Reader
from pixl.checks.pixels_words import is_text

SCALES = ((0.2, 2.0), (1.2, 1.25))
"""Megapixels, and how much a picture of so many is enlarged: small text is seen better so."""
CLOSER, LARGEST, SMALLEST = 24, 3.0, 0.5
"""Pixels of height to which a line is brought at the second look; how much it is at most enlarged, or reduced."""
SHORT, SURE = 8, 0.8
"""Characters, and score: what reads as less gets a second look."""
AROUND, ABOVE = 8, 1.0
"""How many times its height to each side, and above and below, a place is looked at."""
PLACES = 8
"""Second looks at one picture, at most: grain looks like text everywhere."""
CONTRAST, GRID = 3.0, 8
"""How much local contrast is raised at most, and in how many parts a side (CLAHE)."""
FLAT = 2
"""Grey levels: what differs by less from the darkest of the picture is empty margin."""
SAME = 0.5
"""Of the smaller of two boxes."""
PIECE_SCORE = 0.8
"""A piece that is too short to be a text by itself may be one of a line that is."""
GAP = 1.2
"""Of the height, between two pieces of a line."""
TURN, HALF = 90, 180

Rectangle = tuple[int, int, int, int]
"""Left, top, right, below."""


def read(reader: Reader, picture: Picture, *, scale: float | None = None) -> list[Line]:
    """Return the lines of text in a picture, from top to bottom, in its own pixels.

    Parameters
    ----------
    scale
        How much it is enlarged; None: as is best for its size, with a second look at what is small or unclear.
    """
    left, top, right, below = _content(picture.samples)
    even = even_out(picture.samples[top:below, left:right])
    seen = [_moved(line, left, top) for line in _look(reader, even, scale or _scale(even))]
    if scale is None:
        for place, factor in _places(seen, picture.samples.shape):
            seen += _look_closer(reader, picture, place, factor)
    found = _joined(_without_doubles(line for line in seen if _is_piece(line)))
    lines = [line for line in found if is_text(line.text, line.score, is_turned=line.turned != 0)]
    return sorted(lines, key=lambda line: (line.top, line.left))


def even_out(samples: Samples) -> Grey:
    """Return a picture of 8 bits in which each neighbourhood uses the range: a window for each place."""
    even = cv2.createCLAHE(CONTRAST, (GRID, GRID)).apply(samples)
    return np.asarray(even // (1 if even.dtype == np.uint8 else 1 << 8), np.uint8)


def _scale(picture: Grey) -> float:
    megapixels = picture.size / 1e6
    return next((scale for most, scale in SCALES if megapixels <= most), 1.0)


def _content(samples: Samples) -> Rectangle:
    """Return the part of a picture that is not empty margin."""
    depth = 1 if samples.dtype == np.uint8 else 1 << 8
    shown = samples > int(samples.min()) + FLAT * depth
    rows, columns = np.flatnonzero(shown.any(1)), np.flatnonzero(shown.any(0))
    if not rows.size:
        return 0, 0, samples.shape[1], samples.shape[0]
    top, left = max(0, int(rows[0]) - GRID), max(0, int(columns[0]) - GRID)
    return left, top, int(columns[-1]) + 1 + GRID, int(rows[-1]) + 1 + GRID


def _look(reader: Reader, picture: Grey, factor: float) -> list[Line]:
    if factor != 1:
        picture = np.asarray(cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), np.uint8)
    return [
        replace(
            line,
            left=line.left / factor,
            top=line.top / factor,
            width=line.width / factor,
            height=line.height / factor,
        )
        for line in reader.lines(picture)
    ]


def _look_closer(reader: Reader, picture: Picture, place: Rectangle, factor: float) -> list[Line]:
    left, top, right, below = place
    even = even_out(_as_bytes(picture.frame_at(*place)[top:below, left:right]))
    return [_moved(line, left, top) for line in _look(reader, even, factor)]


def _as_bytes(part: Samples) -> Grey:
    """Return a cutting in 8 bits under a window of its own: evening out 16 bits takes longer than reading it."""
    if part.dtype == np.uint8:
        return np.asarray(part, np.uint8)
    low, high = int(part.min()), int(part.max())
    return np.asarray((part - np.uint16(low)) * np.float32(255 / max(high - low, 1)), np.uint8)


def _places(seen: list[Line], shape: tuple[int, ...]) -> list[tuple[Rectangle, float]]:
    """Return where a second look may show more, and how much larger: around what does not read as a whole line."""
    places: list[tuple[Rectangle, float]] = []
    for line in sorted(seen, key=lambda one: one.score, reverse=True):
        is_read = len(line.text) >= SHORT and line.score >= SURE
        if is_read or any(_is_inside(line, place) for place, _ in places):
            continue
        size = min(line.width, line.height)
        places.append((_around(line, size, shape), min(max(CLOSER / size, SMALLEST), LARGEST)))
        if len(places) == PLACES:
            break
    return places


def _around(line: Line, size: float, shape: tuple[int, ...]) -> Rectangle:
    across, along = (AROUND, ABOVE) if line.width >= line.height else (ABOVE, AROUND)
    return (
        max(0, int(line.left - across * size)),
        max(0, int(line.top - along * size)),
        min(shape[1], int(line.left + line.width + across * size) + 1),
        min(shape[0], int(line.top + line.height + along * size) + 1),
    )


def _moved(line: Line, left: int, top: int) -> Line:
    return replace(line, left=line.left + left, top=line.top + top)


def _is_inside(line: Line, place: Rectangle) -> bool:
    left, top, right, below = place
    return left <= line.left and top <= line.top and line.left + line.width <= right and line.top + line.height <= below


def _is_piece(line: Line) -> bool:
    if not any(character.isalnum() for character in line.text):
        return False
    return line.score >= PIECE_SCORE or is_text(line.text, line.score, is_turned=line.turned != 0)


def _without_doubles(lines: Iterable[Line]) -> list[Line]:
    """Leave out what was read twice: what has more characters, and is surer, stays."""
    kept: list[Line] = []
    for line in sorted(lines, key=lambda one: len(one.text) * one.score, reverse=True):
        if not any(max(_overlap(line, other), _overlap(other, line)) > SAME for other in kept):
            kept.append(line)
    return kept


def _overlap(line: Line, other: Line) -> float:
    """Return how much of `line` is in `other`."""
    width = min(line.left + line.width, other.left + other.width) - max(line.left, other.left)
    height = min(line.top + line.height, other.top + other.height) - max(line.top, other.top)
    return width * height / (line.width * line.height) if width > 0 < height else 0.0


def _joined(pieces: list[Line]) -> list[Line]:
    """Return lines of which the pieces stand one behind the other."""
    lines: list[list[Line]] = []
    for piece in sorted(pieces, key=lambda one: (one.left, one.top)):
        line = next((line for line in lines if any(_follows(piece, other) for other in line)), None)
        if line is None:
            lines.append([piece])
        else:
            line.append(piece)
    return [_one(line) for line in lines]


def _follows(piece: Line, other: Line) -> bool:
    """Whether two pieces are of one line: side by side and of one height, or the same upright."""
    if _is_upright(piece) != _is_upright(other):
        return False
    one, two = ((line.left, line.top, line.width, line.height) for line in (piece, other))
    if _is_upright(piece):
        one, two = ((top, left, height, width) for left, top, width, height in (one, two))
    gap = max(one[0], two[0]) - min(one[0] + one[2], two[0] + two[2])
    shared = min(one[1] + one[3], two[1] + two[3]) - max(one[1], two[1])
    return gap < GAP * min(one[3], two[3]) and shared > SAME * max(one[3], two[3])


def _is_upright(line: Line) -> bool:
    return line.turned % HALF == TURN


def _one(pieces: list[Line]) -> Line:
    """Return the line that pieces make, read in the direction in which most of it is."""
    if len(pieces) == 1:
        return pieces[0]
    weights = {turned: sum(len(one.text) for one in pieces if one.turned == turned) for turned in (0, 90, 180, 270)}
    turned = max(weights, key=lambda angle: weights[angle])
    ordered = sorted(pieces, key=lambda one: one.top if turned % HALF == TURN else one.left, reverse=turned >= HALF)
    left, top = min(one.left for one in pieces), min(one.top for one in pieces)
    return Line(
        text=" ".join(_texts(ordered)),
        score=sum(one.score * len(one.text) for one in pieces) / sum(len(one.text) for one in pieces),
        left=left,
        top=top,
        width=max(one.left + one.width for one in pieces) - left,
        height=max(one.top + one.height for one in pieces) - top,
        turned=turned,
    )


def _texts(lines: list[Line]) -> Iterator[str]:
    for line in lines:
        yield line.text
