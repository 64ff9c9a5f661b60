"""Lines of text, where in an instance they are, and in which of its frames."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pixl.checks.instance import PIXELS, Instance
from pixl.checks.pixels_frames import Picture, pictures
from pixl.checks.pixels_ocr import Line, Reader
from pixl.checks.pixels_overlay import overlays
from pixl.checks.pixels_reading import read
from pixl.domain.finding import Box

WHERE = "pixels"
MOST_LINES = 200
"""Of one instance: a scanned document is held by any of them."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A line, and where it is."""

    line: Line
    where: str
    first: int = 0
    last: int | None = None
    """In no frame before, and in none after these was it seen; None: an overlay drew it, in whichever frames."""


def lines_of(instance: Instance, reader: Reader, scale: float | None) -> list[Seen]:
    """Return the lines in an instance's overlays and frames, each once.

    Raises
    ------
    InstanceFailed
        Its pixel data cannot be decoded.
    """
    return _merged(_all_lines(instance, reader, scale))


def _all_lines(instance: Instance, reader: Reader, scale: float | None) -> Iterator[Seen]:
    for overlay in overlays(instance.data_set):
        for line in read(reader, Picture(samples=overlay.picture), scale=scale):
            yield Seen(line=line, where=overlay.where)
    if PIXELS.isdisjoint(instance.data_set.top):
        return
    for picture in pictures(instance.data_set.raw):
        yield from lines_in(picture, reader, scale)


def lines_in(picture: Picture, reader: Reader, scale: float | None) -> Iterator[Seen]:
    """Yield the lines of one picture."""
    for line in read(reader, picture, scale=scale):
        place = line.left, line.top, line.left + line.width, line.top + line.height
        first, last = picture.frames_of(*place)
        yield Seen(line=line, where=WHERE, first=first, last=last)


def box_of(seen: Seen, margin: int) -> Box | None:
    """Return the rectangle of a line in the pixels, larger by a margin; None: it is in an overlay."""
    if seen.where != WHERE:
        return None
    line = seen.line
    left, top = max(0, int(line.left) - margin), max(0, int(line.top) - margin)
    return Box(
        frame=seen.first,
        last=seen.last,
        left=left,
        top=top,
        width=int(line.left + line.width) + 1 + margin - left,
        height=int(line.top + line.height) + 1 + margin - top,
    )


def _merged(every: Iterable[Seen]) -> list[Seen]:
    """Return what stands at a place only once, however many frames it is in."""
    found: dict[str, list[Seen]] = {}
    count = 0
    for one in every:
        same = found.setdefault(re.sub(r"\W", "", one.line.text.casefold()), [])
        number = next((number for number, other in enumerate(same) if _is_same_place(one, other)), None)
        if number is not None:
            same[number] = _both(same[number], one)
            continue
        same.append(one)
        count += 1
        if count >= MOST_LINES:
            break
    return [one for same in found.values() for one in same]


def _both(one: Seen, other: Seen) -> Seen:
    last = None if one.last is None or other.last is None else max(one.last, other.last)
    return replace(one, first=min(one.first, other.first), last=last)


def _is_same_place(one: Seen, other: Seen) -> bool:
    line, before = one.line, other.line
    reach = max(line.height, before.height)
    is_near = abs(line.left - before.left) < reach and abs(line.top - before.top) < reach
    return one.where == other.where and is_near
