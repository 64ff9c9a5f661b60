"""Shapes of identifiers: where a shape alone, or with what stands before it, is enough.

A shape is looked for only around a word that may belong to it: most of a report has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pixl.text import ages, damaged, dates, lists, numbers, places
from pixl.text.cues import NO_INITIALS
from pixl.text.digits import is_chi, is_nhs
from pixl.text.figures import UNITS
from pixl.text.reading import Reading, read
from pixl.text.spans import Kind, Span, settle
from pixl.text.words import Is

Window = tuple[int, int]
FEWEST_OF_LONG = 6
FEWEST_DIGITS = 3
"""Of a number that may identify."""
NEAR = 3
LONGEST_BEFORE = 40
"""Characters before a date that may belong to it."""
"""Characters between the groups of one number."""
SPOKEN_DIGITS = 4
LETTERS_APART = 3
"""Letters, each by itself, that are a name: `S M I T H`."""
MIXED_APART = 5
BLANKS = " \n\t\r"
NOT_DIGITS = re.compile(r"\D")


@dataclass(frozen=True, slots=True)
class Rule:
    """One shape: what it finds is its first group, or all of it if it has none."""

    kind: Kind
    name: str
    shape: re.Pattern[str]
    certainty: float = 0.95

    def find(self, text: str, windows: Iterable[Window]) -> Iterator[Span]:
        """Yield where it is found."""
        for start, end in windows:
            for found in self.shape.finditer(text, start, end):
                group = found.lastindex or 0
                yield Span(found.start(group), found.end(group), self.kind, self.name, self.certainty)


def _compiled(shapes: Iterable[tuple[Kind, str]], how: str) -> tuple[Rule, ...]:
    return tuple(Rule(kind, f"{how} {kind.lower()}", re.compile(shape, re.IGNORECASE)) for kind, shape in shapes)


NUMBERS = (
    *_compiled(numbers.SHAPED, "shape of"),
    Rule(Kind.DATE, "two days", damaged.TWO_DAYS),
    Rule(Kind.DATE, "date before a colon", dates.BEFORE_A_COLON),
    Rule(Kind.DATE, "day and month", dates.ALONE, 0.7),
)
TIMES = (
    Rule(Kind.DATE, "month in Roman numerals", dates.ROMAN, 0.7),
    Rule(Kind.DATE, "week or feast", damaged.SPELT_DATE, 0.6),
    Rule(Kind.DATE, "month", dates.LONE_MONTH),
    Rule(Kind.DATE, "month with a capital", dates.WRITTEN_MONTH),
)
WITHOUT_YEAR = Rule(Kind.DATE, "date without year", dates.WITHOUT_YEAR)
CALLED_NUMBERS = _compiled(numbers.LABELLED, "labelled")
LABELS = lists.section("cues.txt", "labels of numbers")
LETTERS_BEFORE = re.compile(r"[a-z]*")
DAYS = (
    Rule(Kind.DATE, "day and month", dates.ALONE, 0.7),
    Rule(Kind.DATE, "date without year", dates.WITHOUT_YEAR),
)
OTHER_LANGUAGES = Rule(Kind.DATE, "date in another language", dates.IN_OTHER_LANGUAGES, 0.9)
FEASTS = Rule(Kind.DATE, "feast", dates.FEASTS)
FEAST_WORDS = lists.section("cues.txt", "feasts")
FOREIGN_MONTHS = lists.section("cues.txt", "months elsewhere")
LONG_NUMBERS = _compiled(numbers.LONG, "shape of")
LIKE_ADDRESS = Rule(Kind.ADDRESS, "like an address", damaged.ADDRESS, 0.6)
PLACES = (
    Rule(Kind.ADDRESS, "address", places.ADDRESS),
    LIKE_ADDRESS,
    Rule(Kind.HOSPITAL, "hospital", places.HOSPITAL, 0.8),
)
POSTCODES = (Rule(Kind.POSTCODE, "postcode", places.POSTCODE), Rule(Kind.ADDRESS, "address", places.ADDRESS))
AGES = (Rule(Kind.AGE, "age over 89", ages.AGE, 0.9), Rule(Kind.AGE, "age over 89, in doubt", damaged.AGE, 0.5))
LIKE_PLACES = (Rule(Kind.ADDRESS, "like an address", damaged.ADDRESS, 0.6),)
CODES = _compiled(numbers.RESEARCH, "labelled")
NETWORK = (Rule(Kind.EMAIL, "e-mail address", numbers.EMAIL), Rule(Kind.URL, "web address", numbers.URL))
INITIALS = (Rule(Kind.NAME, "initials, or a name with carets", numbers.INITIALS),)
DAMAGED_NUMBERS = (
    Rule(Kind.DATE, "damaged date", damaged.DATE, 0.6),
    Rule(Kind.POSTCODE, "damaged postcode", damaged.POSTCODE, 0.5),
)
DAMAGED_NET = (
    Rule(Kind.EMAIL, "damaged e-mail address", damaged.EMAIL, 0.6),
    Rule(Kind.URL, "damaged web address", damaged.URL, 0.6),
)
NAMED_NUMBER = Rule(Kind.MRN, "damaged number", damaged.NUMBER, 0.6)
COUNTING = frozenset({"no", "n0", "nr", "num", "number", "id"})
CARE_OF = Rule(Kind.ADDRESS, "care of somebody", damaged.CARE_OF, 0.6)
PATH = Rule(Kind.URL, "path of a file", damaged.PATH, 0.6)
WORDY: tuple[tuple[int, int, int, tuple[Rule, ...]], ...] = (
    (Is.PLACE, 80, 80, PLACES),
    (Is.PLACE, 45, 12, LIKE_PLACES),
    (Is.POST, 90, 12, POSTCODES),
    (Is.AGE, 30, 30, AGES),
    (Is.CODED, 0, 40, CODES),
)
"""What a word must be, how many characters before and behind it belong to the window, what is looked for there."""


def find_patterns(text: str) -> list[Span]:
    """Return what has the shape of an identifier.

    Numbers prove themselves by check digits or by what stands before them. Nothing is found for being unknown, so there
    are few false alarms.
    """
    return settle(pattern_spans(read(text)))


def pattern_spans(reading: Reading) -> Iterator[Span]:
    """Yield the same, unsettled."""
    text, every = reading.text, 0
    for flags in reading.flags:
        every |= flags
    for flag, before, after, rules in WORDY:
        if every & flag:
            windows = _around(text, _places(reading, flag), before, after)
            for rule in rules:
                yield from rule.find(text, windows)
    if every & (Is.TIME | Is.DIGITS) or not FEAST_WORDS.isdisjoint(reading.lows):
        yield from _times(reading)
    if every & Is.DIGITS:
        yield from _numbers(reading)
    yield from _network(text)
    yield from _damaged(reading)
    yield from _apart(reading)
    if every & Is.SPOKEN:
        yield from _spoken(reading)


def widened(text: str, span: Span) -> Span:
    """Return a date with what makes it more exact: `the Sunday after` Easter."""
    before = text[max(0, span.start - LONGEST_BEFORE) : span.start]
    found = dates.BEFORE.search(before) if before[-1:] in {" ", "-"} and before[-2:-1].isalpha() else None
    return replace(span, start=span.start - len(found[0])) if found and dates.TELLING.search(found[0]) else span


def date_spans(reading: Reading) -> Iterator[Span]:
    """Yield dates, and the numbers that stand where one could."""
    yield from _times(reading)
    yield from _numbers(reading)


def _times(reading: Reading) -> Iterator[Span]:
    text = reading.text
    windows = _around(text, _places(reading, Is.TIME), 45, 45)
    for start, end in windows:
        for found in dates.IN_WORDS.finditer(text, start, end):
            yield widened(text, Span(found.start(), found.end(), Kind.DATE, "date in words", 0.95))
    for rule in TIMES:
        for span in rule.find(text, windows):
            yield widened(text, span)
    windows = _around(text, _places(reading, Is.DAY), 45, 45)
    for rule in DAYS:
        yield from rule.find(text, windows)
    if not FEAST_WORDS.isdisjoint(reading.lows):
        places = [reading.tokens[i][1:] for i, low in enumerate(reading.lows) if low in FEAST_WORDS]
        for span in FEASTS.find(text, _around(text, places, 30, 30)):
            yield widened(text, span)
    if not FOREIGN_MONTHS.isdisjoint(reading.lows):
        yield from OTHER_LANGUAGES.find(text, [(0, len(text))])


def _numbers(reading: Reading) -> Iterator[Span]:
    text, clusters = reading.text, _clusters(reading)
    windows = _around(text, clusters, 12, 16)
    for start, end in windows:
        for found in dates.IN_DIGITS.finditer(text, start, end):
            yield Span(found.start(), found.end(), Kind.DATE, "date in digits", 0.95)
        yield from _checked(text, start, end)
    wide = _around(text, clusters, 36, 16)
    called = _called(reading, wide)
    for rule in CALLED_NUMBERS:
        yield from rule.find(text, called)
    yield from WITHOUT_YEAR.find(text, wide)
    for rule in NUMBERS:
        yield from rule.find(text, windows)
    long = [window for window in windows if sum(map(str.isdigit, text[slice(*window)])) >= FEWEST_OF_LONG]
    for rule in LONG_NUMBERS:
        yield from rule.find(text, long)


def _checked(text: str, start: int, end: int) -> Iterator[Span]:
    """Yield ten digits whose last one proves the others."""
    for found in numbers.TEN_DIGITS.finditer(text, start, end):
        digits = NOT_DIGITS.sub("", found[0])
        if is_chi(digits):
            yield Span(found.start(), found.end(), Kind.CHI, "CHI number, check digit", 1.0)
        elif is_nhs(digits):
            yield Span(found.start(), found.end(), Kind.NHS, "NHS number, check digit", 1.0)


def _network(text: str) -> Iterator[Span]:
    if "_" in text:
        for found in numbers.UNDERSCORED.finditer(text):
            yield Span(found.start(), found.end(), Kind.NUMBER, "words joined by an underscore", 0.7)
    for found in numbers.SOCIAL.finditer(text):
        yield Span(found.start(1), found.end(1), Kind.URL, "behind the name of a social network", 0.8)
    windows = _around(text, [found.span() for found in numbers.NET.finditer(text)], 60, 80)
    for rule in NETWORK:
        yield from rule.find(text, windows)
    if "/" in text or "^" in text:
        for start, end in _lines(text):
            yield from INITIALS[0].find(text, ((start, end),))


def _damaged(reading: Reading) -> Iterator[Span]:
    """Yield what a scan or a writer took apart."""
    text, low = reading.text, reading.text.lower()
    whole = ((0, len(text)),)
    if reading.places(Is.DIGITS):
        for rule in DAMAGED_NUMBERS:
            yield from rule.find(text, whole)
        counting = [reading.tokens[i][1:] for i, word in enumerate(reading.lows) if word in COUNTING]
        yield from NAMED_NUMBER.find(text, _around(text, counting, 12, 30))
    if "c/o" in low:
        yield from CARE_OF.find(text, whole)
    if "/" in low:
        yield from PATH.find(text, whole)
    if any(sign in low for sign in damaged.NET_SIGNS) or any(end in text for end in damaged.NET_ENDS):
        windows = _around(text, [found.span() for found in damaged.ASKS_FOR_NET.finditer(text)], 60, 60)
        for rule in DAMAGED_NET:
            yield from rule.find(text, windows)
    if not NINES.isdisjoint(reading.lows):
        apart = [reading.tokens[i][1:] for i in reading.places(Is.DIGITS) if _is_nine_apart(reading, i)]
        yield from AGES[1].find(text, _around(text, apart, 30, 30))


def _is_nine_apart(reading: Reading, i: int) -> bool:
    """Tell whether a nine stands apart from the second digit of an age, or beside a letter that looks like one."""
    low = reading.lows[i]
    return low in NINES and (low != "9" or (len(reading.low(i + 1)) == 1 and reading.gap(i) == " "))


NINES = frozenset({"9", "9l", "9i", "9o"})


def _lines(text: str) -> Iterator[Window]:
    """Yield the lines with a slash or a caret."""
    start = 0
    for line in text.splitlines(keepends=True):
        if "/" in line or "^" in line:
            yield start, start + len(line)
        start += len(line)


def _apart(reading: Reading) -> Iterator[Span]:
    """Yield words written letter by letter, and initials: `S M I T H`, `s-m-i-t-h`, `H.R-B.`."""
    start = 0
    tokens = reading.tokens
    while start < len(tokens):
        if len(tokens[start].word) > 1:
            start += 1
            continue
        end, between = start, reading.gap(start)
        while end < len(tokens) and len(tokens[end].word) == 1 and (end == start or _goes_on(reading, end, between)):
            end += 1
        letters = [token.word for token in tokens[start:end]]
        if end - start >= LETTERS_APART and _is_spelt(letters, between):
            yield Span(tokens[start].start, tokens[end - 1].end, Kind.NAME, "a name letter by letter", 0.8)
        elif end - start > 1 and between in {".", ". ", "-"} and _are_initials(letters):
            yield Span(tokens[start].start, tokens[end - 1].end, Kind.NAME, "initials with full stops", 0.6)
        start = max(end, start + 1)


def _goes_on(reading: Reading, end: int, between: str) -> bool:
    return reading.gap(end - 1) == between or (between == "." and reading.gap(end - 1) in {"-", ".-"})


def _is_spelt(letters: list[str], between: str) -> bool:
    if any(letter.isdigit() for letter in letters):
        return between == " " and len(letters) >= MIXED_APART
    return between.strip() in {"", "-", "_", "*", ",", "|"} or (
        len(letters) > LETTERS_APART and between in {". ", ".", ", ", "/"}
    )


def _are_initials(letters: list[str]) -> bool:
    joined = "".join(letters)
    return joined.isupper() and joined.lower() not in NO_INITIALS and joined.lower() not in DOTTED


DOTTED = lists.section("cues.txt", "dotted")
"""What is written with full stops too: i.v., p.m."""


def _spoken(reading: Reading) -> Iterator[Span]:
    """Yield numbers in words: four and more digits, or three and more of `the second of the first forty eight`."""
    start = 0
    for first in reading.places(Is.SPOKEN):
        if first < start:
            continue
        end = last = start = first
        counted = bare = 0
        while reading.has(end, Is.SPOKEN) or (counted and _links_numbers(reading, end)):
            if reading.has(end, Is.SPOKEN):
                counted, last = counted + 1, end + 1
                bare += reading.lows[end] in BARE_DIGITS
            end += 1
            if end >= len(reading) or not reading.is_close(end - 1, " ,-\n"):
                break
        if _is_spoken(reading, start, last, counted, bare):
            yield Span(reading.tokens[start].start, reading.tokens[last - 1].end, Kind.NUMBER, "a number in words", 0.8)
        start = max(last, start + 1)


def _links_numbers(reading: Reading, i: int) -> bool:
    return reading.low(i) in {"and", "of", "the"} and (reading.has(i + 1, Is.SPOKEN) or reading.has(i + 2, Is.SPOKEN))


def _is_spoken(reading: Reading, start: int, end: int, counted: int, bare: int) -> bool:
    if any("," in reading.gap(i) for i in range(start, end - 1)) and counted < SPOKEN_DIGITS:
        return False
    if counted < SPOKEN_DIGITS - 2 or reading.low(end) in UNITS:
        return False
    ordinals = sum(low in ORDINALS for low in reading.lows[start:end])
    if counted < SPOKEN_DIGITS - 1:
        return ordinals == counted and "of" in reading.lows[start:end]
    return ordinals < counted and (counted >= SPOKEN_DIGITS or bare != counted or "and" not in reading.lows[start:end])


BARE_DIGITS = lists.section("cues.txt", "bare digits")
ORDINALS = lists.section("cues.txt", "ordinals") | lists.section("cues.txt", "late ordinals")


def _places(reading: Reading, flag: int) -> list[Window]:
    return [reading.tokens[i][1:] for i in reading.places(flag)]


def _called(reading: Reading, windows: Iterable[Window]) -> list[Window]:
    """Return the windows that have a word which says what a number is."""
    lows, tokens = reading.lows, reading.tokens
    labels = [tokens[i].start for i, low in enumerate(lows) if low in LABELS]
    labels += [tokens[i].start for i in reading.places(Is.MIXED) if _letters_before(lows[i]) in LABELS]
    return [(start, end) for start, end in windows if any(start <= at < end for at in labels)]


def _letters_before(low: str) -> str:
    found = LETTERS_BEFORE.match(low)
    return found[0] if found else ""


def _clusters(reading: Reading) -> list[Window]:
    """Return where groups of digits stand that may be a number: three digits, or a slash between them."""
    clusters: list[Window] = []
    start = end = -1
    for word, first, last in (reading.tokens[i] for i in reading.places(Is.DIGITS)):
        if start >= 0 and _is_near(reading.text[end:first]):
            end = last
            continue
        if _is_number(reading.text[start:end]):
            clusters.append((start, end))
        start, end = first, first + len(word)
    if _is_number(reading.text[start:end]):
        clusters.append((start, end))
    return clusters


def _is_near(between: str) -> bool:
    """Tell whether what follows may belong to the same number: a few characters, or a month in Roman numerals."""
    return len(between) <= NEAR or (len(between) <= 2 * NEAR and between[0] == between[-1] and between[0] in "/.-")


def _is_number(cluster: str) -> bool:
    if "/" in cluster or len(cluster) > len("1234"):
        return True
    return sum(map(str.isdigit, cluster)) >= FEWEST_DIGITS and "." not in cluster


def _around(text: str, spans: list[Window], before: int, after: int) -> list[Window]:
    """Return windows around places, whole words, those that touch each other as one."""
    windows: list[Window] = []
    for start, end in spans:
        first, last = max(0, start - before), min(len(text), end + after)
        while first and text[first - 1] not in BLANKS:
            first -= 1
        while last < len(text) and text[last] not in BLANKS:
            last += 1
        if windows and first <= windows[-1][1]:
            windows[-1] = (windows[-1][0], max(last, windows[-1][1]))
        else:
            windows.append((first, last))
    return windows
