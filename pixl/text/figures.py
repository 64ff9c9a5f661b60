"""Numbers that no shape gives away: two with a slash, four digits without a unit, figures beside a name or a code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pixl.text import lists
from pixl.text.dates import SLASHED
from pixl.text.likeness import is_like
from pixl.text.marks import Mark, Marks
from pixl.text.reading import Reading
from pixl.text.spans import Kind, Span
from pixl.text.words import Is

UNITS = lists.section("cues.txt", "units")
"""Behind a number: it is a measure."""
MEASURED = lists.section("cues.txt", "measured")
"""Before a number: it is a result, or counts images."""
SHARES = lists.section("cues.txt", "shares")
"""Around two numbers with a slash: a share, a grade, a power, a time that has passed."""
ASKING = frozenset({"on", "from", "since", "until", "dated", "date", "lmp", "edd", "due", "seen", "clinic"})
"""Before 3/7 and 3/12: a date after all, not three days or three months."""
LENGTHS = ("/7", "/12")
BEHIND_CODE = frozenset({" ", "-", "/", " - ", " / ", ".", "#", " #", ":", ": "})
BEHIND_NAME = frozenset({" ", " (", "/", "-", ", ", "_"})
FIGURE = Mark("a number beside a name or a code", 0.5)
MEASURE_DIGITS = 3
MOST_DIGITS = 4
SHORT_CODE = 4
YEAR_OR_DAY = (1, 2, 4)
MONTHS = lists.section("cues.txt", "months")
CODES = frozenset({Kind.MRN, Kind.PHONE, Kind.NUMBER, Kind.NHS, Kind.CHI, Kind.ACCESSION, Kind.DEVICE})


ORDINAL = re.compile(r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)")
LATE = lists.section("cues.txt", "late ordinals")
SPOKEN_ORDINALS = lists.section("cues.txt", "ordinals") | LATE
DAY_CUES = frozenset({"on", "by", "from", "since", "until", "till", "before", "after", "of", "for"})
COUNTED = lists.section("cues.txt", "counted")
"""What ordinals count in a report."""
SCENE = lists.descriptions() - lists.section("cues.txt", "behind a day")


def slashed(reading: Reading) -> Iterator[Span]:
    """Yield two numbers with a slash that may be a day and a month, or a month and a year."""
    for i in reading.places(Is.DIGITS):
        if reading.has(i + 1, Is.DIGITS) and reading.gap(i) == "/":
            found = SLASHED.match(reading.text, reading.tokens[i].start)
            if found and not _is_share(reading, i, found[0]):
                yield Span(found.start(), found.end(), Kind.DATE, "two numbers with a slash", 0.6)


def _is_share(reading: Reading, i: int, written: str) -> bool:
    before = reading.low(i - 1)
    if before in SHARES or reading.low(i + 2) in SHARES:
        return True
    return written.endswith(LENGTHS) and before not in ASKING


def ordinals(reading: Reading) -> Iterator[Span]:
    """Yield days of a month that stand for themselves: `the 9th`, `on the twelfth`."""
    for i in reading.places(Is.DAY | Is.SPOKEN):
        low, written = reading.lows[i], reading.has(i, Is.DAY)
        if not (written or low in SPOKEN_ORDINALS) or _is_counting(reading, i):
            continue
        asked = reading.low(i - 1) == "the" and (low in LATE or reading.low(i - 2) in DAY_CUES)
        if written or asked:
            yield Span(reading.tokens[i].start, reading.tokens[i].end, Kind.DATE, "a day of the month", 0.6)


def _is_counting(reading: Reading, i: int) -> bool:
    """Tell whether an ordinal counts ribs, weeks, images; or stands in a row of such."""
    behind = reading.low(i + 1)
    if behind in {"and", "to", "or", "&"} or (reading.has(i + 1, Is.DIGITS) and reading.gap(i) != ". "):
        behind = reading.low(i + 3) if ORDINAL.fullmatch(reading.low(i + 2)) else reading.low(i + 2)
    if not behind:
        return False
    ends = reading.gap(i)[:1] in {".", ",", ";", ")", "\n", ":"}
    if ends:
        return bool(ORDINAL.fullmatch(behind)) or reading.low(i - 1) in COUNTED
    return (
        behind in COUNTED or behind.rstrip("s") in COUNTED or behind in lists.words("clinical.txt") or behind in SCENE
    )


def mark_figures(marks: Marks) -> None:
    """Take numbers of four digits that measure nothing, and numbers next to a code or a name."""
    places = marks.reading.places(Is.DIGITS)
    for i in (*places, *reversed(places)):
        flags = marks.reading.flags[i]
        if not flags & Is.UNSAFE and marks.is_free(i) and (_is_count(marks, i) or _is_beside(marks, i)):
            marks.unknown.add(i)


def is_measure(reading: Reading, i: int) -> bool:
    """Tell whether what stands around a number says that it is a measure or a count."""
    behind = reading.gap(i)[:2].strip()
    if behind[:1] in {"%", "\u00b0", "\u00b5", "\u00b1", "+"} or reading.low(i + 1) in UNITS:
        return True
    return reading.low(i - 1) in MEASURED or reading.low(i - 2) in MEASURED


def _is_count(marks: Marks, i: int) -> bool:
    """Tell whether a number has four digits, or begins with zero, and measures nothing."""
    reading, word = marks.reading, marks.reading.tokens[i].word
    if not word.isdigit() or len(word) < MEASURE_DIGITS or _is_decimal(reading, i):
        return False
    many = len(word) >= MOST_DIGITS and not reading.has(i, Is.TIME)
    return (many or word[0] == "0") and not is_measure(reading, i)


def _is_decimal(reading: Reading, i: int) -> bool:
    before = reading.gap(i - 1) if i else ""
    return (before == "." and reading.has(i - 1, Is.DIGITS)) or (
        reading.gap(i) == "." and reading.has(i + 1, Is.DIGITS)
    )


def _is_beside(marks: Marks, i: int) -> bool:
    reading = marks.reading
    if reading.low(i + 1) in UNITS or reading.gap(i)[:2].strip()[:1] in {"%", "\u00b0"}:
        return False
    return _is_code(marks, i, i - 1) or _is_code(marks, i, i + 1) or _is_behind_initials(marks, i)


def _is_code(marks: Marks, i: int, beside: int) -> bool:
    """Tell whether the word beside a number is part of a code."""
    reading = marks.reading
    if not 0 <= beside < len(reading) or reading.gap(min(i, beside)) not in BEHIND_CODE:
        return False
    if marks.taken.get(beside) in CODES:
        return reading.gap(min(i, beside)) in {" ", "-", "/", "."}
    if beside not in marks.unknown:
        return False
    if reading.has(beside, Is.NUMBER | Is.MIXED | Is.DIGITS):
        return reading.gap(min(i, beside)) != ": "
    if len(reading.lows[i]) in YEAR_OR_DAY and _is_month(reading.lows[beside]):
        return True
    return reading.has(beside, Is.UPPER) and len(reading.lows[beside]) <= SHORT_CODE


@cache
def _is_month(low: str) -> bool:
    """Tell whether a word is a month with typing errors."""
    return any(is_like(low, month) for month in MONTHS)


def _is_behind_initials(marks: Marks, i: int) -> bool:
    """Tell whether initials, or a name on its own, stand before a number: `JS 11.12`."""
    reading = marks.reading
    if i == 0 or i - 1 not in marks.named or reading.gap(i - 1) not in BEHIND_NAME:
        return False
    return len(reading.lows[i - 1]) <= SHORT_CODE or (_is_decimal(reading, i) and reading.gap(i - 1) == " (")
