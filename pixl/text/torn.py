"""Names that a line end, a role or an abbreviation hides: what is left of them beside what was found."""

from __future__ import annotations

from collections.abc import Callable

from pixl.text import lists
from pixl.text.cues import CREDENTIALS, FUNCTION_WORDS, NEVER, RELATIONS, STRICT_LABELS, TITLES
from pixl.text.level import is_level
from pixl.text.marks import Mark, Marks
from pixl.text.reading import Reading
from pixl.text.spans import Kind
from pixl.text.words import Is, is_safe

SPLIT = Mark("a name in two lines", 0.6)
REST = Mark("the rest of a name", 0.6)
SIGNED = Mark("initials at the end of a report", 0.6)
TAIL = Mark("what stands beside an address", 0.5)
ASKED = STRICT_LABELS | {"re", "name", "patient", "pt"}
WRITERS = frozenset({"typ", "typed", "typist", "typing", "trans", "transcribed", "dict", "dictated"})
TELEPHONES = frozenset({"tel", "telephone", "phone", "mobile", "mob"})
TALKS = frozenset({"agreed", "discussed", "discussion", "conversation", "call", "handover", "spoken"})
SURNAMED = frozenset({"nurse", "doctor", "porter", "warden", "coach", "priest", "head", "reader"})
"""Roles that are surnames too."""
PLACED = frozenset({Kind.ADDRESS, Kind.POSTCODE})
IN_ADDRESS = frozenset({", ", " ", ". ", ",\n", "-", " . ", ",", "\n"})
SHORTEST, LONGEST = 2, 3
"""Letters of initials."""


def mark_torn(marks: Marks) -> None:
    """Take what belongs to a name that was found, or to an address."""
    reading = marks.reading
    for i in reading.line_ends():
        if (reading.flags[i] | reading.flags[i + 1]) & (Is.PERSON | Is.LETTER):
            _split(marks, i)
    for i in [place - 1 for place, kind in marks.taken.items() if kind is Kind.DATE and place]:
        _before_date(marks, i)
    for words, rule in BY_WORD:
        if not words.isdisjoint(reading.lows):
            for i in [i for i, low in enumerate(reading.lows) if low in words]:
                rule(marks, i)
    if not PLACED.isdisjoint(marks.taken.values()):
        _beside_addresses(marks)


def _split(marks: Marks, i: int) -> None:
    """Take the halves of a name with a line end between them, and a surname on the line after its first name."""
    reading, between = marks.reading, marks.reading.gap(i)
    one, other = reading.lows[i], reading.lows[i + 1]
    if between in {"-\n", "\n", "-\r\n"}:
        whole = one + other
        named = whole in lists.first_names() or whole in lists.surnames()
        half = not is_safe(one) or not is_safe(other) or between != "\n"
        if (named and half and not is_safe(whole)) or (between != "\n" and i in marks.named):
            marks.named[i] = marks.named[i + 1] = SPLIT
            return
    titled = reading.has(i - 1, Is.TITLE) and i in marks.named
    follows = between.strip(".\r") == "\n" and reading.has(i + 1, Is.BIG) and (titled or reading.has(i + 1, Is.NAME))
    single = reading.has(i, Is.LETTER) and (reading.has(i - 1, Is.TITLE) or i - 1 in marks.named)
    ended = reading.gap(i + 1)[:1] in {".", ",", ""} and (titled or other not in lists.descriptions())
    first = i in marks.named and ended and (titled or reading.has(i, Is.FIRST))
    if follows and (single or first) and marks.is_free(i + 1) and other not in FUNCTION_WORDS:
        marks.named[i] = marks.named[i + 1] = SPLIT


def _surnamed(marks: Marks, i: int) -> None:
    """Take `nurse` behind a first name where no capitals tell the role from the surname."""
    found = i - 1 in marks.named or i - 1 in marks.unknown
    if i and found and marks.reading.gap(i - 1) == " " and is_level(marks.reading, i) and i not in marks.taken:
        marks.named[i] = REST


def _broken(marks: Marks, i: int) -> None:
    """Take the pieces of a name behind a title, if together they are a surname: `Dr Shu ttle worth`."""
    reading, whole = marks.reading, ""
    for at in range(i + 1, min(i + 2 + LONGEST, len(reading))):
        whole += reading.lows[at]
        if at > i + 1 and whole in lists.surnames():
            marks.named.update(dict.fromkeys(range(i + 1, at + 1), SPLIT))
        if reading.gap(at) != " " or reading.is_big(at) != (at == i + 1):
            return


def _before_date(marks: Marks, i: int) -> None:
    """Take two or three capitals behind a sentence, if a date ends the line: `No change. DO 4apr21`."""
    reading = marks.reading
    word = reading.tokens[i].word
    if not SHORTEST <= len(word) <= LONGEST or not word.isupper() or reading.gap(i) != " ":
        return
    if not i or not marks.is_free(i) or reading.gap(i - 1).strip(" ") != "." or not word.isalpha():
        return
    at = i + 1
    while marks.taken.get(at + 1) is Kind.DATE and "\n" not in reading.gap(at):
        at += 1
    if at + 1 >= len(reading) or "\n" in reading.gap(at):
        marks.named[i] = SIGNED


def _is_asked(reading: Reading, i: int) -> bool:
    return reading.lows[i] in ASKED and reading.gap(i).strip(" ") == ":"


def _labelled(marks: Marks, i: int) -> None:
    """Take the initials of a writer, and every word of a name of which one was found."""
    reading = marks.reading
    if i + 1 >= len(reading):
        return
    if _is_asked(reading, i) and reading.is_big(i + 1) and i + 2 < len(reading) and reading.gap(i + 1) in {" ", ", "}:
        pair = (i + 1, i + 2)
        free = [j for j in pair if marks.is_free(j) and reading.lows[j] not in CREDENTIALS]
        if len(free) == 1 and any(j in marks.named or j in marks.unknown for j in pair):
            marks.named[free[0]] = REST


def _written(marks: Marks, i: int) -> None:
    """Take the initials of a writer: `Typ: ph`."""
    reading = marks.reading
    if i + 1 < len(reading) and reading.gap(i).strip(" ") == ":" and marks.is_free(i + 1):
        word = reading.tokens[i + 1].word
        if SHORTEST <= len(word) <= LONGEST and word.isalpha():
            marks.named[i + 1] = SIGNED


def _between(marks: Marks, i: int) -> None:
    """Take two names behind `agreed between`."""
    reading = marks.reading
    if reading.low(i - 1) not in TALKS or reading.low(i + 2) != "and":
        return
    for j in (i + 1, i + 3):
        if reading.has(j, Is.NAME) and marks.is_free(j):
            marks.named[j] = REST


def _relation(marks: Marks, i: int) -> None:
    """Take who a relation is, if a telephone number follows."""
    reading = marks.reading
    if i > 1 and reading.low(i - 2) == "is" and reading.low(i - 3) in RELATIONS and marks.is_free(i - 1):
        marks.named[i - 1] = REST


def _beside_addresses(marks: Marks) -> None:
    """Take the words behind and the numbers before an address, up to the end of the line or what is clinical."""
    reading = marks.reading
    for i in range(len(reading) - 1):
        if (
            _is_placed(marks, i)
            and reading.gap(i) in IN_ADDRESS
            and marks.is_free(i + 1)
            and _may_go_on(reading, i + 1)
        ):
            marks.named[i + 1] = TAIL
    for i in range(len(reading) - 1, 0, -1):
        if _is_placed(marks, i) and reading.gap(i - 1) in {", ", " "} and marks.is_free(i - 1):
            numbered = reading.has(i - 1, Is.DIGITS)
            if numbered or (_may_go_on(reading, i - 1) and reading.is_big(i - 1)):
                marks.named[i - 1] = TAIL


def _is_placed(marks: Marks, i: int) -> bool:
    return marks.taken.get(i) in PLACED or marks.named.get(i) is TAIL


def _may_go_on(reading: Reading, i: int) -> bool:
    low = reading.lows[i]
    if low in NEVER or low in FUNCTION_WORDS or low in lists.descriptions() or low in lists.words("clinical.txt"):
        return False
    return reading.has(i, Is.BIG) or (is_level(reading, i) and reading.gap(i - 1) in {", ", ",\n"})


BY_WORD: tuple[tuple[frozenset[str], Callable[[Marks, int], None]], ...] = (
    (ASKED, _labelled),
    (TITLES, _broken),
    (SURNAMED, _surnamed),
    (WRITERS, _written),
    (frozenset({"between"}), _between),
    (TELEPHONES, _relation),
)
"""Words that ask for a rule."""
