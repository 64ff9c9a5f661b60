"""Charts as numbers that a template draws as SVG: no script, no style of their own. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

WIDTH, HEIGHT = 720.0, 180.0
LEFT, BOTTOM = 44.0, 22.0
GAP = 0.18
"""How much of its place a column leaves free."""
LABELS = 8
"""At most so many under a chart."""
NICE = (1, 2, 5, 10)


@dataclass(frozen=True, kw_only=True)
class Rect:
    """A rectangle of a chart; `name` is also its class, by which the style sheet colours it."""

    x: float
    y: float
    width: float
    height: float
    name: str
    count: int
    title: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart of stacked columns over time."""

    rects: tuple[Rect, ...]
    ticks: tuple[tuple[float, int], ...]
    """Height and number of each line across."""
    labels: tuple[tuple[float, str], ...]
    names: tuple[str, ...]
    """What the colours stand for."""
    total: int
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    bottom: float = HEIGHT - BOTTOM


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar of parts that add up to its whole."""

    rects: tuple[Rect, ...]
    total: int
    width: float = field(default=1000.0)


def bar(parts: Mapping[str, int], *, most: int | None = None) -> Bar:
    """Return a bar whose parts are as wide as their counts; `most` is what the whole width would be."""
    total = sum(parts.values())
    scale, x, rects = 1000.0 / (most or total or 1), 0.0, []
    for name, count in parts.items():
        if count:
            width = count * scale
            title = f"{count:,} {name}"
            rects.append(Rect(x=x, y=0, width=width, height=10, name=name, count=count, title=title))
            x += width
    return Bar(rects=tuple(rects), total=total)


def columns(
    rows: Iterable[Mapping[str, Any]], names: Sequence[str], *, key: str, since: dt.date, until: dt.date
) -> Chart:
    """Return a column a day, of rows of (at, `key`, count); what is not in `names` is left out."""
    days = [since + dt.timedelta(days=number) for number in range((until - since).days + 1)]
    counts = {day: dict.fromkeys(names, 0) for day in days}
    for row in rows:
        day = row["at"].date()
        if day in counts and row[key] in counts[day]:
            counts[day][row[key]] += row["count"]
    top = _top(max((sum(of_day.values()) for of_day in counts.values()), default=0))
    rects = [rect for number, day in enumerate(days) for rect in _column(number, day, counts[day], len(days), top)]
    shown = tuple(name for name in names if any(of_day[name] for of_day in counts.values()))
    return Chart(
        rects=tuple(rects),
        ticks=tuple((_height(value, top), value) for value in sorted({0, top // 2 if top > 1 else top, top})),
        labels=tuple(_labels(days)),
        names=shown,
        total=sum(sum(of_day.values()) for of_day in counts.values()),
    )


def _column(number: int, day: dt.date, counts: Mapping[str, int], days: int, top: int) -> Iterable[Rect]:
    place = (WIDTH - LEFT) / days
    y = HEIGHT - BOTTOM
    for name, count in counts.items():
        if count:
            height = (HEIGHT - BOTTOM) * 0.94 * count / top
            y -= height
            x = LEFT + place * (number + GAP / 2)
            title = f"{day:%d %b %Y}: {count:,} {name}"
            yield Rect(x=x, y=y, width=place * (1 - GAP), height=height, name=name, count=count, title=title)


def _height(value: int, top: int) -> float:
    return (HEIGHT - BOTTOM) * (1 - 0.94 * value / (top or 1))


def _labels(days: Sequence[dt.date]) -> Iterable[tuple[float, str]]:
    step = -(-len(days) // LABELS)
    place = (WIDTH - LEFT) / len(days)
    for number in range(0, len(days), step):
        yield LEFT + place * (number + 0.5), f"{days[number]:%d %b}"


def _top(most: int) -> int:
    """Return the next round number."""
    size = 1
    while size * 10 < most:
        size *= 10
    return next((size * nice for nice in NICE if size * nice >= most), 1) or 1
