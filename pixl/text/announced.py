"""Names that something announces: a title, a role, `reported by`, a label."""

from __future__ import annotations

import re
from functools import cache

from pixl.text import lists
from pixl.text.cues import (
    CASED_TITLES,
    CREDENTIALS,
    CUES,
    FUNCTION_WORDS,
    LOOSE_LABELS,
    NEVER,
    PARTICLES,
    PERSON_VERBS,
    RELATIONS,
    SELDOM,
    SHORT_TITLES,
    SIGNERS,
    STRICT_LABELS,
    TITLES,
    WORD_TITLES,
    WORKPLACES,
)
from pixl.text.eponyms import is_eponym, is_in_phrase
from pixl.text.likeness import is_like
from pixl.text.marks import Mark, Marks
from pixl.text.spans import Kind
from pixl.text.words import Is

MOST_WORDS = 6
"""Of one name."""
SHORT = 3
"""Letters of initials."""
COLON = re.compile(r"\)?\s{0,3}(?:[:=|;]|[-\u2013]\s)\s{0,4}|\t\s{0,3}|\.{3,}\s?|\s?\(")
"""What stands between a label and its name."""
JOINERS = frozenset({"and", "&", "or"})
PEOPLE = frozenset({"patient", "doctor", "nurse"})
"""Roles that are surnames too."""
FAREWELLS = frozenset({"regards", "sincerely", "faithfully", "thanks", "wishes"})
BEFORE_TITLES = frozenset({"by", "with", "from", "under", "informed", "to"})
"""Before a title: somebody's name follows, whatever the word is."""
INITIALS = Mark("initials behind a label", 0.8)


def mark_announced(marks: Marks) -> None:
    """Look behind every word that announces a name, and at every owner of a clinic."""
    rules = ((Is.TITLE, _after_title), (Is.CUE, _after_cue), (Is.LABEL, _after_label))
    for i, flags in enumerate(marks.reading.flags[:-1]):  # nothing can follow the last word
        if flags & Is.ANNOUNCING:
            for flag, rule in rules:
                if flags & flag:
                    rule(marks, i)
            if flags & Is.OWNER and flags & Is.NAME:
                _owner(marks, i)


def mark_initials(marks: Marks) -> None:
    """Take the initials of who signs: at the end of a sentence, before a date."""
    reading = marks.reading
    for place, kind in marks.taken.items():
        i = place - 1
        if (
            kind is Kind.DATE
            and i >= 0
            and i not in marks.taken
            and marks.is_initials(i)
            and reading.is_close(i, " ,(")
        ):
            begins = not reading.is_inside(i) and reading.tokens[i].word.lower() not in NEVER
            if i == 0 or begins:
                marks.named[i] = Mark("initials before a date", 0.7)


def _after_title(marks: Marks, i: int) -> None:
    reading, low = marks.reading, marks.reading.lows[i]
    if not reading.is_close(i, ". \t\n\r" if low in SHORT_TITLES else " \t\n\r"):
        return
    if low in WORD_TITLES and not reading.is_big(i) and not reading.is_small:
        return
    if low == "fr" and reading.has(i - 1, Is.DIGITS):
        return
    if low in CASED_TITLES - {"mr", "ms", "miss"} and is_in_phrase(reading, i + 1):
        return
    ordinary = not reading.has(i + 1, Is.UNSAFE | Is.LETTER | Is.TITLE)
    if not ordinary or low not in CASED_TITLES or _is_person(marks, i, i + 1):
        _take(marks, i + 1, Mark("behind a title", 0.95), bold=True)


def _is_person(marks: Marks, title: int, i: int) -> bool:
    """Tell whether an ordinary word behind `Mr`, `Sister` or `Major` can be somebody's name."""
    reading, low = marks.reading, marks.reading.lows[i]
    if low in PARTICLES and (reading.is_small or reading.has(i + 1, Is.BIG)):
        return True
    if reading.has(i, Is.FIRST) and reading.has(i + 1, Is.PERSON) and reading.flags[i] & reading.flags[i + 1] & Is.BIG:
        return True
    if reading.has(title, Is.CAPITAL) and reading.is_big(i) and low not in FUNCTION_WORDS:
        return True
    return _is_announced(marks, title, i)


def _is_announced(marks: Marks, title: int, i: int) -> bool:
    """Tell the same by the word before the title, and by what the word itself is."""
    reading, low = marks.reading, marks.reading.lows[i]
    if low not in NEVER | FUNCTION_WORDS and reading.low(title - 1) in BEFORE_TITLES:
        return True
    if reading.is_small:
        return _is_small_person(marks, i)
    if low in NEVER or low in lists.descriptions():
        return False
    written_small = not reading.is_big(title)
    return reading.has(i, Is.NAME) if reading.has(title, Is.UPPER) or written_small else reading.is_big(i)


def _is_small_person(marks: Marks, i: int) -> bool:
    """Tell the same where nothing is written with a capital."""
    reading, low = marks.reading, marks.reading.lows[i]
    plain = (low in NEVER and not reading.has(i, Is.FIRST)) or low in lists.descriptions()
    return not plain or reading.low(i + 1) in PERSON_VERBS | {"was", "has", "who"}


def _after_cue(marks: Marks, i: int) -> None:
    reading, word = marks.reading, marks.reading.lows[i]
    before = reading.low(i - 1)
    if before not in CUES[word]:
        if not _is_mistyped(before, word):
            return
        before = "typed"
    if not reading.is_close(i, " :\t\n\r.-"):
        return
    if len(word) == 1 and reading.gap(i - 1) != "/":
        return
    if before == "typed" and len(reading.tokens[i + 1].word) in (2, SHORT):
        marks.named[i + 1] = INITIALS
        return
    if reading.has(i + 1, Is.TITLE) and i + 2 < len(reading) and not reading.is_big(i + 1):
        _take(marks, i + 2, Mark("behind a title", 0.9), bold=not _is_plain(marks, i + 2))
        return
    ordinary = _is_plain(marks, i + 1) and not _has_initial(marks, i + 1)
    _take(marks, i + 1, Mark(f"behind '... {word}'", 0.9), bold=":" in reading.gap(i) and not ordinary)
    if marks.is_initials(i + 1):
        marks.named[i + 1] = INITIALS


@cache
def _is_mistyped(low: str, cue: str) -> bool:
    """Tell whether a word before `by` is one of those that announce a name, with a typing error."""
    return cue == "by" and low not in lists.safe() and any(is_like(low, known) for known in WRITING)


WRITING = ("typed", "dictated", "reported", "verified", "checked", "signed", "approved", "authorised")


def _is_plain(marks: Marks, i: int) -> bool:
    low = marks.reading.lows[i]
    return low in NEVER or low in SELDOM or low in lists.descriptions()


def _after_label(marks: Marks, i: int) -> None:
    reading = marks.reading
    if reading.gap(i) == "(" and reading.low(i + 1) == "s" and i + 2 < len(reading):
        i += 1
    between = reading.gap(i)
    farewell = reading.lows[i] in FAREWELLS and not between.strip(" ,\r\n") and between.strip(" ")
    if farewell or COLON.fullmatch(between):
        _after_colon(marks, i)
    elif between == " ":
        _after_role(marks, i)
    elif between == ", " and reading.lows[i] in RELATIONS and reading.has(i + 1, Is.FIRST) and reading.is_big(i + 1):
        _take(marks, i + 1, Mark("behind a relation", 0.8), bold=True)


def _after_colon(marks: Marks, i: int) -> None:
    reading, low = marks.reading, marks.reading.lows[i]
    asked = (low in STRICT_LABELS | {"s"} and reading.has(i + 1, Is.BIG)) or _has_initial(marks, i + 1)
    first = reading.has(i + 1, Is.FIRST) and reading.has(i + 1, Is.CAPITAL)
    bold = (asked or first or not _is_plain(marks, i + 1)) and not reading.is_small and low not in LOOSE_LABELS
    _take(marks, i + 1, Mark("behind a label", 0.9), bold=bold)
    word = reading.tokens[i + 1].word
    signed = low in SIGNERS and len(word) in (2, SHORT) and word.isupper()
    if signed or (marks.is_initials(i + 1) and (not reading.is_small or low in SIGNERS)):
        marks.named[i + 1] = INITIALS


def _after_role(marks: Marks, i: int) -> None:
    reading, low = marks.reading, marks.reading.lows[i]
    if low in SIGNERS and (marks.is_initials(i + 1) or (low == "reader" and len(reading.tokens[i + 1].word) == 2)):  # noqa: PLR2004
        marks.named[i + 1] = INITIALS
    elif is_eponym(reading, i + 1):
        return
    elif (reading.has(i + 1, Is.CAPITAL) and reading.has(i + 1, Is.PERSON)) or (
        reading.has(i + 1, Is.LETTER) and reading.has(i + 2, Is.NAME) and reading.has(i + 2, Is.BIG)
    ):
        _take(marks, i + 1, Mark("behind a role", 0.8), bold=False)
    elif low in RELATIONS and reading.is_big(i + 1) and not reading.tokens[i].word.isupper():
        _take(marks, i + 1, Mark("behind a relation", 0.8), bold=True)


def _has_initial(marks: Marks, i: int) -> bool:
    """Tell whether a single letter stands behind a word: `Ward O`."""
    return marks.reading.has(i + 1, Is.LETTER) and marks.reading.gap(i) == " "


def _owner(marks: Marks, i: int) -> None:
    reading = marks.reading
    if reading.gap(i) == " " and reading.lows[i + 1] in WORKPLACES and reading.lows[i] not in NEVER:
        marks.named[i] = Mark("whose clinic, list or team", 0.85)


def _take(marks: Marks, first: int, mark: Mark, *, bold: bool) -> None:
    """Take the words of a name; a bold rule takes any word that can stand there, another one only names."""
    reading, at = marks.reading, first
    while at < len(reading) and at - first < MOST_WORDS and (at == first or reading.continues(at - 1)):
        begins = at == first
        fits = _may_name(marks, at, bold=bold and begins, small=begins or _is_small(marks, first))
        if not fits and not marks.is_surname(at, first, bold=bold) and not _is_third(marks, at, first, bold=bold):
            break
        if not begins or not reading.has(at, Is.TITLE):
            marks.named[at] = mark
        at += 1
    if at == first + 1 and reading.lows[first] in WORD_TITLES | PEOPLE:
        marks.named[first] = mark
    plural = bold and reading.low(first - 1) == "drs"
    joined = at > first and at + 1 < len(reading) and reading.tokens[at].word.lower() in JOINERS
    if joined and _may_name(marks, at + 1, bold=plural, small=_is_small(marks, first)):
        _take(marks, at + 1, mark, bold=plural)


def _is_third(marks: Marks, at: int, first: int, *, bold: bool) -> bool:
    """Tell whether a word is the surname behind two first names."""
    return at == first + 2 and bold and marks.reading.has(first, Is.FIRST) and marks.is_surname(at, at - 1, bold=bold)


def _is_small(marks: Marks, i: int) -> bool:
    """Tell whether a name is written without capitals."""
    return marks.reading.tokens[i].word.islower()


def _may_name(marks: Marks, i: int, *, bold: bool, small: bool) -> bool:
    """Tell whether a word can be part of a name that was announced."""
    reading, flags, low = marks.reading, marks.reading.flags[i], marks.reading.lows[i]
    if flags & Is.DIGITS:
        return False
    particle = low in PARTICLES and reading.has(i + 1, Is.PERSON | Is.BIG) and low not in NEVER
    if particle or flags & (Is.UNSAFE | Is.LETTER) or (bold and _may_begin(marks, i)):
        return True
    if len(low) == 1 and small and low.isalpha() and reading.gap(i) in {" ", ". ", "."}:
        return reading.has(i + 1, Is.NAME) and (low != "a" or reading.gap(i) != " ")
    if flags & Is.TITLE and flags & Is.BIG and low in TITLES:
        return i + 1 < len(reading)
    if low in NEVER or low in CREDENTIALS:
        return False
    return _may_stand_in_name(marks, i, bold=bold, small=small)


def _may_stand_in_name(marks: Marks, i: int, *, bold: bool, small: bool) -> bool:
    reading, flags = marks.reading, marks.reading.flags[i]
    if reading.lows[i] in PARTICLES and i + 1 < len(reading):
        return reading.has(i + 1, Is.PERSON | Is.BIG) or reading.lows[i + 1] in PARTICLES
    if bold and (flags & Is.BIG or reading.is_small):
        return True
    return bool(flags & Is.NAME) and (small or bool(flags & Is.BIG))


def _may_begin(marks: Marks, i: int) -> bool:
    """Tell whether a word can be a name where nothing else than one is expected."""
    reading, flags, low = marks.reading, marks.reading.flags[i], marks.reading.lows[i]
    if len(low) == 1:
        return low.isalpha() and low != "a"
    if low in PEOPLE:
        return (reading.is_big(i) and not flags & Is.UPPER) or not reading.continues(i)
    if low in FUNCTION_WORDS or (flags & Is.FIRST and low in NEVER):
        return bool(flags & Is.FIRST and low in NEVER)
    if flags & Is.UPPER and flags & Is.FIRST and reading.has(i + 1, Is.PERSON) and reading.has(i + 1, Is.UPPER):
        return True
    if flags & Is.UPPER and len(low) <= SHORT and low not in NEVER:
        return True
    return (reading.is_big(i) and not flags & Is.UPPER) or _has_initial(marks, i)
