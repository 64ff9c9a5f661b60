"""Words with a capital in a row: what stands beside an unknown one, or behind `at` or `lives in`, goes with it."""

from __future__ import annotations

from collections.abc import Iterator

from pixl.text import lists
from pixl.text.cues import CAPITALISED, CREDENTIALS, FUNCTION_WORDS, NEVER, RELATIONS, ROLES, TITLES
from pixl.text.eponyms import is_eponym
from pixl.text.marks import Mark, Marks
from pixl.text.spans import Kind
from pixl.text.words import Is

JOINTS = frozenset({" ", "-", " & ", "' ", "\u2019 "})
LINKS = frozenset({"of", "and", "the", "on", "upon", "le", "la", "de", "under", "in"})
BEHIND = lists.section("cues.txt", "whereabouts")
"""Before the name of a place, a school, an employer: `lives at`, `works for`."""
NOUNS = lists.section("cues.txt", "places of people")
"""What such a name ends with: Band, Church, Ltd."""
RUN = Mark("a capital beside a name or an unknown word", 0.5)
PLACE = Mark("where somebody lives, works or was found", 0.6)
SHORTEST = 2


def mark_runs(marks: Marks) -> None:
    """Take the words of a row with capitals where one of them is a name or unknown, or where a place would stand."""
    for run in _runs(marks):
        if len(run) > 1:
            _mark_run(marks, run)
        elif _is_whereabouts(marks, run[0]) and _is_odd(marks, run[0]):
            marks.named[run[0]] = PLACE


def _runs(marks: Marks) -> Iterator[list[int]]:
    """Yield the places of words with a capital that stand in a row, with `of` and `the` between them."""
    reading, run = marks.reading, list[int]()
    for i in reading.places(Is.CAPITAL):
        if run and not _is_joined(marks, run[-1], i):
            yield run
            run = []
        run.append(i)
    if run:
        yield run


def _is_joined(marks: Marks, last: int, i: int) -> bool:
    reading = marks.reading
    if i - last > SHORTEST or reading.gap(last) not in JOINTS or reading.gap(i - 1) not in JOINTS:
        return False
    return i - last == 1 or reading.lows[last + 1] in LINKS


def _mark_run(marks: Marks, run: list[int]) -> None:
    reading = marks.reading
    placed = _is_whereabouts(marks, run[0]) or reading.lows[run[-1]] in NOUNS or reading.low(run[-1] + 1) in NOUNS
    inside = [i for i in run if reading.is_inside(i)]
    odd = [i for i in inside if _is_odd(marks, i)]
    if not odd or (placed and all(reading.lows[i] in lists.descriptions() for i in run)):
        return
    first = run if placed or _begins(marks, run) else inside
    for i in first:
        if marks.is_free(i) and (placed or _may_go(marks, i)):
            marks.named[i] = PLACE if placed else RUN


def _begins(marks: Marks, run: list[int]) -> bool:
    """Tell whether the first word of a row, which begins a sentence, belongs to it: `Ulna Whyte`."""
    reading, i = marks.reading, run[0]
    if run[1] != i + 1 or reading.lows[i] in NEVER or reading.lows[i] in CAPITALISED:
        return False
    return reading.has(run[1], Is.UNSAFE) and reading.has(run[1], Is.NAME) and not is_eponym(reading, run[1])


def _is_odd(marks: Marks, i: int) -> bool:
    """Tell whether a word is found already, or one that only names begin with a capital."""
    if i in marks.named or i in marks.unknown:
        return True
    return marks.taken.get(i) in {Kind.NAME, Kind.ADDRESS} or (
        marks.is_free(i) and _may_go(marks, i) and not _is_plain(marks, i)
    )


def _is_plain(marks: Marks, i: int) -> bool:
    reading, low = marks.reading, marks.reading.lows[i]
    return low in lists.plain() and not reading.has(i, Is.NAME)


def _may_go(marks: Marks, i: int) -> bool:
    reading, low = marks.reading, marks.reading.lows[i]
    if (
        low in CAPITALISED
        or low in ROLES
        or low in TITLES
        or low in RELATIONS
        or low in CREDENTIALS
        or low in FUNCTION_WORDS
    ):
        return False
    return low not in NEVER and low not in lists.words("clinical.txt") and not is_eponym(reading, i)


def _is_whereabouts(marks: Marks, i: int) -> bool:
    """Tell whether what stands before a row of capitals asks for a place."""
    reading, at = marks.reading, i - 1
    if not reading.is_inside(i):
        return False
    if reading.low(at) in {"the", "a", "an"}:
        at -= 1
    return reading.low(at) in BEHIND or (
        reading.low(at) in LINKS | {"at", "to", "from"} and reading.low(at - 1) in BEHIND
    )
