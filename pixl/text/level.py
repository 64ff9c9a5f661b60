"""Texts and lines in which no capital tells a name from a word: all small, all big. Neighbours have to tell."""

from __future__ import annotations

from pixl.text import lists
from pixl.text.cues import CREDENTIALS, CUES, FUNCTION_WORDS, NAMING, NEVER, RELATIONS, ROLES, TITLES, TOLD
from pixl.text.eponyms import is_eponym
from pixl.text.marks import Mark, Marks
from pixl.text.reading import Reading
from pixl.text.words import Is

LEVEL = Mark("a name where no capitals tell names from words", 0.5)
HOME = Mark("where somebody lives, works or was found", 0.5)
BEFORE = lists.section("cues.txt", "before people")
"""Before somebody, in short: `per Black`, `under Long`."""
BEHIND = lists.section("cues.txt", "behind people") | {""}
HOMES = lists.section("cues.txt", "homes")
"""Behind these, and `at` or `in`, stands a place."""
PLACES = lists.section("cues.txt", "named places")
AT = lists.section("cues.txt", "at")
DWELLINGS = lists.section("cues.txt", "dwellings")
"""What stands behind these, and `at` or `in`, is where somebody lives, whatever the words are."""
STOPS = lists.section("cues.txt", "no place")
ARTICLES = frozenset({"the", "a", "an"})
SIBLINGS = frozenset({"and", "or", "&"})
LONGEST = 9


def is_level(reading: Reading, i: int) -> bool:
    """Tell whether no capitals tell names from words where a word stands."""
    return reading.is_small or (reading.has(i, Is.UPPER) and reading.is_shouted(i))


def mark_level(marks: Marks) -> None:
    """Take ordinary words that are names where somebody is spoken of, and places."""
    reading = marks.reading
    for i in reading.places(Is.NAME):
        if marks.is_free(i) and is_level(reading, i) and not is_eponym(reading, i):
            if _is_announced(marks, i) or _is_joined(marks, i):
                marks.named[i] = LEVEL
            elif _is_full(marks, i):
                marks.named[i] = marks.named[i + 1] = LEVEL
    if HOMES.isdisjoint(reading.lows) and PLACES.isdisjoint(reading.lows):
        return
    for i, low in enumerate(reading.lows):
        if low in PLACES and i and is_level(reading, i) and _is_named_place(marks, i):
            marks.named[i] = HOME
        if low in HOMES and (is_level(reading, i) or low in DWELLINGS or low == "home"):
            _mark_home(marks, i)


def _is_named_place(marks: Marks, i: int) -> bool:
    """Take what stands before `school` or `road`, if it is a name or unknown; tell whether it is."""
    reading, at = marks.reading, i - 1
    while (
        at >= 0
        and i - at <= len(ARTICLES)
        and reading.gap(at) in {" ", "-"}
        and reading.has(at, Is.PERSON | Is.DOUBTFUL | Is.DIGITS)
    ):
        if _is_body(reading.lows[at]) or reading.lows[at] in NEVER:
            break
        marks.named.setdefault(at, HOME) if at not in marks.taken else None
        at -= 1
    return at < i - 1


def _is_announced(marks: Marks, i: int) -> bool:
    reading, before, low = marks.reading, marks.reading.low(i - 1), marks.reading.lows[i]
    if i == 0 or low in FUNCTION_WORDS or low in TITLES or low in CREDENTIALS or not reading.is_close(i - 1, " .:\n"):
        return False
    if (before in RELATIONS or before in NAMING or before in TOLD) and "." not in reading.gap(i - 1):
        return _is_plain_end(reading, i) or low not in NEVER
    if before in CUES and reading.low(i - 2) in CUES[before]:
        return _is_plain_end(reading, i) or not _is_body(low)
    if before in ROLES and before not in NEVER and before not in BEFORE:
        return not _is_body(low) and low not in NEVER
    return before in BEFORE and not _is_body(low) and low not in NEVER and _is_plain_end(reading, i)


def _is_plain_end(reading: Reading, i: int) -> bool:
    """Tell whether a clause ends behind a word, or goes on as it does behind a name."""
    return reading.gap(i)[:1] not in {" ", "-"} or reading.low(i + 1) in BEHIND


def _is_body(low: str) -> bool:
    return low in lists.descriptions() or low in lists.words("clinical.txt")


def _is_joined(marks: Marks, i: int) -> bool:
    """Tell whether `and` joins a word with a name."""
    reading = marks.reading
    joined = reading.low(i - 1) in SIBLINGS and (i - 2) in marks.named
    return joined and not _is_body(reading.lows[i]) and reading.lows[i] not in NEVER


def _is_full(marks: Marks, i: int) -> bool:
    """Tell whether a first name and a surname begin a sentence or stand behind `patient`."""
    reading = marks.reading
    if (
        not reading.has(i, Is.FIRST)
        or not reading.has(i + 1, Is.NAME)
        or reading.gap(i) != " "
        or not marks.is_free(i + 1)
    ):
        return False
    if reading.is_inside(i) and reading.low(i - 1) not in {"patient", "pt", "name", "for", "of", "re"}:
        return False
    surname = reading.lows[i + 1]
    return not _is_body(reading.lows[i]) and not _is_body(surname) and surname not in NEVER


def _mark_home(marks: Marks, i: int) -> None:
    """Take what stands behind `lives at`, up to the end of the clause."""
    reading, at = marks.reading, i + 1
    while (
        at < len(reading) and at - i <= len(ARTICLES) and reading.lows[at] in AT | ARTICLES | {"address", "given", "as"}
    ):
        at += 1
    asked = at > i + 1 or reading.gap(i).strip() == ":"
    counted = reading.lows[i] in DWELLINGS and (reading.has(at, Is.DIGITS | Is.SPOKEN) or reading.has(at, Is.CAPITAL))
    if not (asked or counted) or reading.low(at - 1) in {"with", "by"} or not reading.is_close(at - 1, " :"):
        return
    bold = reading.lows[i] in DWELLINGS
    last = at + LONGEST
    while at < min(last, len(reading)) and _may_be_home(marks, at, bold=bold):
        if marks.is_free(at):
            marks.named[at] = HOME
        if reading.gap(at) not in {" ", ", ", "'s ", "-", " - ", " & "}:
            return
        at += 1


def _may_be_home(marks: Marks, i: int, *, bold: bool) -> bool:
    reading, low = marks.reading, marks.reading.lows[i]
    if low == "and" and bold:
        return reading.has(i + 1, Is.CAPITAL)
    if low in STOPS or low in lists.words("clinical.txt"):
        return False
    return bold or (low not in lists.descriptions() and low not in NEVER - ARTICLES - AT)
