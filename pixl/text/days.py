"""Which day a written date is, and the same form for another day."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
PIECE = re.compile(r"\d+|[^\W\d_]+")
SHORT_MONTH = 3
CENTURY = 100
WHOLE = 3
"""Numbers of a date: day, month and year."""
COMPACT = 8
"""Digits of a date without anything between."""
LONG_YEAR = 4
MONTHS_OF_YEAR = 12
ANY_YEAR = 2001
"""For a date without a year, to move it by days."""
MIDDLE = 15
"""The day of a date without one."""
ORDINALS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def days_of(written: str) -> frozenset[dt.date]:
    """Return the days that a written date may mean: 03/04/21 is of March and of April."""
    pieces = PIECE.findall(written.lower())
    numbers = [int(piece) for piece in pieces if piece.isdecimal()]
    month = next((month_of(piece) for piece in pieces if month_of(piece)), 0)
    if month and len(numbers) > 1:
        return _days(((numbers[0], month, numbers[1]), (numbers[1], month, numbers[0])))
    whole = next((piece for piece in pieces if piece.isdecimal()), "")
    if len(whole) == COMPACT:
        return _days(
            ((int(whole[:2]), int(whole[2:4]), int(whole[4:])), (int(whole[6:]), int(whole[4:6]), int(whole[:4])))
        )
    if len(numbers) >= WHOLE:
        one, two, three = numbers[:3]
        return _days(((one, two, three), (two, one, three), (three, two, one)))
    return frozenset()


def month_of(word: str) -> int:
    """Return the number of a month that is written out or by its first letters; 0 if it is none."""
    word = word.lower()
    if len(word) < SHORT_MONTH or word == "monday":
        return 0
    return next((n for n, name in enumerate(MONTHS, 1) if name.startswith(word) or word == "sept" == name[:4]), 0)


def _days(candidates: Iterable[tuple[int, int, int]]) -> frozenset[dt.date]:
    found = set()
    for day, month, year in candidates:
        for century in (0,) if year >= CENTURY else (1900, 2000):
            try:
                found.add(dt.date(century + year, month, day))
            except ValueError:
                continue
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a written date, and whether it is the day, the month or the year."""

    role: str
    start: int
    end: int


def moved(written: str, days: int) -> str | None:
    """Return another day in the same written form; None if the form is not understood.

    Parameters
    ----------
    written
        A date; a time of day behind it stays.
    days
        By how many days it moves.
    """
    parts = _parts(written)
    values = {part.role: written[part.start : part.end] for part in parts}
    if "month" not in values:
        return None
    try:
        new = _day(values) + dt.timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    text, last = "", 0
    for part in parts:
        old = written[part.start : part.end]
        text += written[last : part.start] + _written(part.role, old, new)
        last = part.end
    return text + written[last:]


def _parts(written: str) -> list[_Part]:
    """Return day, month and year of a written date, as far as it has them, in the order in which they stand."""
    pieces = [(found[0], found.start(), found.end()) for found in PIECE.finditer(written)]
    if pieces and len(pieces[0][0]) == COMPACT and pieces[0][0].isdecimal():
        return _compact(pieces[0][0], pieces[0][1])
    month = next((piece for piece in pieces if month_of(piece[0])), None)
    numbers = [piece for piece in pieces if piece[0].isdecimal()]
    if month:
        return _with_word(month, numbers, pieces)
    if len(numbers) >= WHOLE:
        roles = ("year", "month", "day") if len(numbers[0][0]) == LONG_YEAR else ("day", "month", "year")
        if roles[0] == "day" and int(numbers[1][0]) > MONTHS_OF_YEAR:
            roles = ("month", "day", "year")
        return [_Part(role, start, end) for role, (_, start, end) in zip(roles, numbers, strict=False)]
    if len(numbers) == WHOLE - 1:
        pair = ("month", "year") if len(numbers[1][0]) == LONG_YEAR else ("day", "month")
        return [_Part(role, start, end) for role, (_, start, end) in zip(pair, numbers, strict=True)]
    return []


def _compact(digits: str, start: int) -> list[_Part]:
    sizes = (
        (("year", 4), ("month", 2), ("day", 2))
        if digits[:2] in {"18", "19", "20"}
        else (("day", 2), ("month", 2), ("year", 4))
    )
    parts = []
    for role, size in sizes:
        parts.append(_Part(role, start, start + size))
        start += size
    return parts


def _with_word(
    month: tuple[str, int, int], numbers: list[tuple[str, int, int]], pieces: list[tuple[str, int, int]]
) -> list[_Part]:
    """Return the parts of a date whose month is a word: what is longer than two digits, or comes last, is the year."""
    parts = [_Part("month", month[1], month[2])]
    year = next((number for number in numbers if len(number[0]) == LONG_YEAR), None)
    rest = [number for number in numbers if number is not year and len(number[0]) < LONG_YEAR]
    if rest:
        day = rest[0]
        parts.append(_Part("day", day[1], day[2]))
        suffix = next(
            (piece for piece in pieces if piece[1] == day[2] and piece[0].lower() in {"st", "nd", "rd", "th"}), None
        )
        if suffix:
            parts.append(_Part("suffix", suffix[1], suffix[2]))
        if year is None and len(rest) > 1 and rest[1][1] - day[2] < len(" September, "):
            year = rest[1]
    if year:
        parts.append(_Part("year", year[1], year[2]))
    return sorted(parts, key=lambda part: part.start)


def _day(values: dict[str, str]) -> dt.date:
    month = month_of(values["month"]) or int(values["month"])
    year = _whole_year(int(values.get("year", ANY_YEAR)))
    return dt.date(year, month, int(values.get("day", MIDDLE)))


def _whole_year(year: int) -> int:
    """Return the year that two digits mean. A moved one may need all four: of another century they would not say it."""
    if year >= CENTURY:
        return year
    return year + (2000 if year <= dt.date.max.year % CENTURY // 2 else 1900)


def _written(role: str, old: str, new: dt.date) -> str:
    """Return a part of the new date as the old one was written."""
    if role == "suffix":
        suffix = ORDINALS.get(new.day, "th")
        return suffix.upper() if old.isupper() else suffix
    if role == "month" and not old.isdecimal():
        name = MONTHS[new.month - 1]
        name = name[:SHORT_MONTH] if len(old) <= len("sept") and old.lower() not in MONTHS else name
        return name.upper() if old.isupper() else name.title() if old[0].isupper() else name
    number = {"day": new.day, "month": new.month, "year": new.year}[role]
    if role == "year" and len(old) < LONG_YEAR and _whole_year(number % CENTURY) == number:
        return f"{number % CENTURY:02}"
    return f"{number:0{len(old)}}" if old.startswith("0") or len(old) > 1 else str(number)
