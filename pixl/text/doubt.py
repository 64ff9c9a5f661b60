"""Words of the dictionary that reports hardly have: safe only where they are written as words are."""

from __future__ import annotations

from pixl.text.cues import CAPITALISED, CREDENTIALS, RELATIONS, ROLES, WORKPLACES
from pixl.text.eponyms import is_eponym
from pixl.text.marks import Mark, Marks
from pixl.text.words import Is

LIKELY = Mark("a name rather than a word", 0.5)
KNOWN = CAPITALISED | CREDENTIALS | RELATIONS | ROLES | WORKPLACES


def mark_doubtful(marks: Marks) -> None:
    """Take such words with a capital, and where no capitals tell names from words: all small, all big."""
    reading = marks.reading
    for i in reading.places(Is.DOUBTFUL | Is.NAME):
        flags = reading.flags[i]
        if (
            flags & Is.NAME
            and flags & Is.CAPITAL
            and marks.is_free(i)
            and i - 1 in marks.unknown
            and ":" in reading.gap(i - 1)
        ):
            marks.named[i] = Mark("behind an unknown label", 0.6)
            continue
        if not flags & Is.DOUBTFUL or not marks.is_free(i) or reading.lows[i] in KNOWN:
            continue
        if _is_doubtful(marks, i) and not is_eponym(reading, i):
            if flags & Is.LIKELY:
                marks.named[i] = LIKELY
            else:
                marks.unknown.add(i)


def _is_doubtful(marks: Marks, i: int) -> bool:
    reading = marks.reading
    if reading.has(i, Is.CAPITAL):
        return True
    if not reading.has(i, Is.UPPER):
        return reading.is_small
    return reading.is_shouted(i) or (reading.has(i, Is.LIKELY) and reading.gap(i)[:1] != ":")
