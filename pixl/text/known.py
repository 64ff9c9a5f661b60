"""What is known of a patient and study, found with its variants: spelling, errors, order, joined and split words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache

from pixl.text import lists
from pixl.text.cues import TITLES
from pixl.text.days import days_of
from pixl.text.likeness import LOOKS_LIKE, LOOKS_LIKE_DIGIT, distance, is_like
from pixl.text.mrn import mrn_spans
from pixl.text.patterns import date_spans
from pixl.text.reading import Token, read
from pixl.text.spans import Identifiers, Kind, Span, settle
from pixl.text.words import WORDS, Is, bare, fold

NAME_PARTS = re.compile(r"[^\W\d_]+(?:['\u2019`\u02bc][^\W\d_]+)*")
APOSTROPHES = re.compile(r"['\u2019`\u00b4\u02bc]")
NOT_ALNUM = re.compile(r"[\W_]+")
UMLAUTS = {"\u00e4": "ae", "\u00f6": "oe", "\u00fc": "ue", "\u00f8": "oe", "\u00e5": "aa"}
NUMBER_RUN = re.compile(r"[A-Za-z]{0,5}[\-/]?\d(?:[ \t\-./_]{0,2}\d)*(?:[\-/]?[A-Za-z]{1,3}\b)?")
SHORTEST_INSIDE = 5
"""Letters of a name that is found inside another word."""
WITHIN = 3
"""Characters between the words of one name."""
SHORTEST_NUMBER = 4
LONG_NUMBER = 9
"""Digits from which on two typing errors are allowed."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGIT = re.compile(r"\d+")


@cache
def namesakes() -> dict[str, frozenset[str]]:
    """Return first name -> the names by which the same person is called."""
    same: dict[str, frozenset[str]] = {}
    for group in lists.lines("namesakes.txt"):
        for name in group:
            same[name] = same.get(name, frozenset()) | frozenset(group)
    return same


class KnownNames:
    """The names of one patient, or of those who treat them, in the forms in which they may be written."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.parts: frozenset[str] = frozenset(
            form for name in names for part in parts_of(name) for form in _forms(part)
        )
        self.namesakes = frozenset(same for part in self.parts for same in namesakes().get(part, ())) - self.parts
        self.joined = frozenset(joined for name in names for joined in _joined(parts_of(name)))
        self.initials = frozenset(initials for name in names for initials in _initials(parts_of(name)))
        self.letters = frozenset(part[0] for part in self.parts)
        self._long = tuple(part for part in self.parts if len(part) >= SHORTEST_INSIDE)
        self._verdicts: dict[str, float] = {}

    def certainty(self, word: str) -> float:
        """Return how certain it is that a word is one of these names; 0 if it is not."""
        found = self._verdicts.get(word)
        if found is None:
            found = self._verdicts[word] = self._judge(word)
        return found

    def canonical(self, word: str) -> str:
        """Return the known name that a word is, but for typing errors; the word itself if it is none."""
        low = WORDS[word].low
        if low in self.parts or not self.certainty(word):
            return low
        return min((part for part in self.parts if is_like(low, part)), default=low)

    def _judge(self, word: str) -> float:
        low = WORDS[word].low
        if low in self.parts or low in self.joined:
            return 1.0
        if low != word.lower() and APOSTROPHES.sub("", fold(word)) in self.parts:
            return 1.0
        if word.isupper() and low in self.initials and (len(low) > len("AB") or low not in lists.safe()):
            return 0.7
        if low in self.namesakes:
            return 0.8
        return 0.9 if self._has_digits(word, low) or self._is_like_one(low) else 0.0

    def _has_digits(self, word: str, low: str) -> bool:
        """Tell whether a name or initials are glued to digits."""
        letters = low.strip("0123456789")
        glued = letters in self.parts or (word[0].isupper() and letters in self.initials)
        return letters != low and glued

    def _is_like_one(self, low: str) -> bool:
        if low in lists.safe():
            return False
        if not low.isalpha():
            low = low.translate(LOOKS_LIKE)
        if any(part in low for part in self._long):
            return True
        return any(is_like(low, part) for part in self.parts)

    def is_split(self, first: str, second: str) -> bool:
        """Tell whether two words next to each other are one of these names."""
        return (bare(first) + bare(second)) in self.parts


def parts_of(name: str) -> list[str]:
    """Return the words of a name, in the order that DICOM or a person gives them, without titles."""
    words = [APOSTROPHES.sub("'", fold(part)) for part in NAME_PARTS.findall(name.replace("^", " ").replace("=", " "))]
    return [word for word in words if word not in TITLES or len(words) == 1]


def _forms(part: str) -> Iterator[str]:
    """Yield what one part of a name may be written as."""
    whole = part.replace("'", "")
    if len(whole) > 1:
        yield whole
    yield from (piece for piece in part.split("'") if len(piece) > len("O'"))


def _joined(parts: list[str]) -> Iterator[str]:
    plain = [part.replace("'", "") for part in parts if len(part) > 1]
    for one in plain:
        yield from (one + other for other in plain if other != one)


def _initials(parts: list[str]) -> Iterator[str]:
    letters = "".join(part[0] for part in parts)
    if len(letters) > 1:
        yield from (
            letters,
            letters[::-1],
            letters[1:] + letters[0],
            letters[0] + letters[-1],
            letters[-1] + letters[0],
        )


class Known:
    """Identifiers, made ready to be looked for in many texts."""

    def __init__(self, identifiers: Identifiers) -> None:
        self.people = KnownNames(with_umlauts((*identifiers.names, *identifiers.clinicians)))
        self.numbers = tuple(KnownNumber(number) for number in map(_alnum, identifiers.numbers) if number)
        self.mrn_shapes = identifiers.mrn_shapes
        self.dates = frozenset(identifiers.dates)
        self.compact_dates = frozenset(form for day in identifiers.dates for form in _compact(day))
        self.other = tuple(value for value in map(_alnum, identifiers.other) if len(value) >= SHORTEST_NUMBER)
        self.places = frozenset(
            part
            for value in identifiers.other
            for part in parts_of(value)
            if len(part) >= WITHIN and part not in lists.safe()
        )

    def spans(self, text: str, found: Iterable[Span]) -> Iterator[Span]:
        """Yield where anything known stands; dates are among those that were found."""
        tokens = read(text).tokens
        if self.people.parts or self.places:
            yield from self._names(text, tokens)
        if self.numbers:
            yield from self._numbers(text)
        if self.mrn_shapes:
            yield from mrn_spans(text, self.mrn_shapes)
        if self.dates:
            yield from self._dates(text, found)
        if self.other:
            yield from _phrases(text, self.other)

    def _names(self, text: str, tokens: Sequence[Token]) -> Iterator[Span]:
        people = self.people
        for i, token in enumerate(tokens):
            certainty = people.certainty(token.word)
            if certainty:
                yield Span(*self._with_initials(tokens, i), Kind.NAME, "known name", certainty)
            elif self.places and bare(token.word) in self.places:
                yield Span(token.start, token.end, Kind.ADDRESS, "known place", 0.9)
            elif i and _gap(tokens[i - 1], token) and people.is_split(tokens[i - 1].word, token.word):
                yield Span(tokens[i - 1].start, token.end, Kind.NAME, "known name in two words", 0.9)
            elif len(token.word) == 1 and i and self._are_initials(text, tokens, i):
                yield Span(tokens[i - 1].start, token.end, Kind.NAME, "known initials", 0.8)

    def _are_initials(self, text: str, tokens: Sequence[Token], i: int) -> bool:
        """Tell whether this letter and the one before it, with full stops, are initials."""
        last = tokens[i - 1]
        both = last.word + tokens[i].word
        dotted = "." in text[last.end : tokens[i].start] and len(last.word) == 1
        return dotted and both.isupper() and both.lower() in self.people.initials

    def _with_initials(self, tokens: Sequence[Token], i: int) -> tuple[int, int]:
        """Return the place of a name with the initials next to it."""
        start, end = tokens[i].start, tokens[i].end
        j = i - 1
        while j >= 0 and _gap(tokens[j], tokens[j + 1]) and self._is_initial(tokens[j].word):
            start, j = tokens[j].start, j - 1
        j = i + 1
        while j < len(tokens) and _gap(tokens[j - 1], tokens[j]) and self._is_initial(tokens[j].word):
            end, j = tokens[j].end, j + 1
        return start, end

    def _is_initial(self, word: str) -> bool:
        return len(word) == 1 and word.isupper() and fold(word) in self.people.letters

    def _numbers(self, text: str) -> Iterator[Span]:
        reading = read(text)
        runs = [found.span() for found in NUMBER_RUN.finditer(text)]
        runs += [reading.tokens[i][1:] for i, flags in enumerate(reading.flags) if flags & Is.DIGITS]
        for start, end in runs:
            written = _alnum(text[start:end])
            if len(written) >= SHORTEST_NUMBER and any(number.is_written(written) for number in self.numbers):
                yield Span(start, end, Kind.MRN, "known number", 1.0)

    def _dates(self, text: str, found: Iterable[Span]) -> Iterator[Span]:
        for span in found:
            if span.kind is Kind.DATE and self.dates & days_of(text[span.start : span.end]):
                yield Span(span.start, span.end, Kind.DATE, "known date", 1.0)
        for run in RUN_OF_DIGITS.finditer(text):
            if run[0] in self.compact_dates:
                yield Span(run.start(), run.end(), Kind.DATE, "known date", 1.0)


RUN_OF_DIGITS = re.compile(r"(?<!\d)\d{6}(?:\d\d)?(?!\d)")
prepared = lru_cache(maxsize=64)(Known)


def find_known(text: str, known: Identifiers) -> list[Span]:
    """Return what is known of this patient and study, wherever it stands in the text."""
    return settle(prepared(known).spans(text, date_spans(read(text)) if known.dates else ()))


def with_umlauts(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return names with the other way to write their umlauts: Mueller for Müller."""
    more = tuple(_spelt_out(name) for name in names if not name.isascii())
    return (*names, *more)


def _spelt_out(name: str) -> str:
    return "".join(UMLAUTS.get(letter, letter) for letter in name.lower())


def _gap(one: Token, other: Token) -> bool:
    return other.start - one.end <= WITHIN


def _alnum(text: str) -> str:
    return NOT_ALNUM.sub("", text).lower()


class KnownNumber:
    """A number, with letters in it or not, as it may be written."""

    def __init__(self, number: str) -> None:
        self.whole = number
        self.digits = _digits(number)
        self.errors = 0 if len(self.digits) <= SHORTEST_NUMBER else 1 if len(self.digits) < LONG_NUMBER else 2

    def is_written(self, written: str) -> bool:
        """Tell whether letters and digits are this number, or hold it, but for typing errors."""
        if written == self.whole:
            return True
        if len(self.whole) <= SHORTEST_NUMBER or len(written) <= SHORTEST_NUMBER:
            return False
        if self.whole in written or (len(written) > SHORTEST_INSIDE and written in self.whole):
            return True
        if not self.errors or len(written) + self.errors < len(self.digits):
            return False
        digits = _digits(written)
        return self.digits in digits or distance(digits, self.digits, self.errors) <= self.errors


def canonical_number(written: str, known: Identifiers) -> str:
    """Return the known number that is written here, but for typing errors; its letters and digits if it is none."""
    plain = _alnum(written)
    numbers = (KnownNumber(number) for number in map(_alnum, known.numbers) if number)
    return next((number.whole for number in numbers if number.is_written(plain)), plain)


def _digits(value: str) -> str:
    """Return the digits, and the letters that stand for one among them."""
    return "".join(DIGIT.findall(value.strip(LETTERS).translate(LOOKS_LIKE_DIGIT)))


def _compact(day: dt.date) -> Iterator[str]:
    for form in ("%d%m%Y", "%Y%m%d", "%d%m%y", "%y%m%d", "%m%d%Y"):
        yield day.strftime(form)


def _phrases(text: str, values: tuple[str, ...]) -> Iterator[Span]:
    """Yield where a value stands, whatever is between its letters and digits."""
    places = [place for place, letter in enumerate(text) if letter.isalnum()]
    plain = "".join(text[place].lower()[:1] for place in places)
    for value in values:
        at = plain.find(value)
        while at >= 0:
            yield Span(places[at], places[at + len(value) - 1] + 1, Kind.ADDRESS, "known value", 1.0)
            at = plain.find(value, at + 1)
