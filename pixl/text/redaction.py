"""What takes the place of an identifier: a label, or a surrogate that is the same for the same person."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pixl.domain.pseudonym import Pseudonymiser, PseudonymQuery
from pixl.text import days, lists
from pixl.text.known import KnownNames, canonical_number, with_umlauts
from pixl.text.spans import NOTHING_KNOWN, Identifiers, Kind, Span
from pixl.text.words import OWNED, WORDS, Is

LABELS = "labels"
NAME = "name "
NUMBER = "number "
WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
HEX = 32
"""Digits of a pseudonym that a surrogate is made of."""
TEST_NUMBERS = "999"
"""NHS and CHI numbers that begin so belong to nobody (NHS Data Dictionary)."""


@dataclass(frozen=True, kw_only=True)
class Surrogates:
    """A style of output: invented values in place of the real ones, always the same ones in one project."""

    pseudonymiser: Pseudonymiser
    days: int
    """By which this patient's dates move, as those of the images do."""
    known: Identifiers = NOTHING_KNOWN
    """Makes one person of all the ways in which a known name is written."""


def redact(text: str, spans: Sequence[Span], style: str | Surrogates = LABELS) -> str:
    """Return a text with each span replaced.

    Parameters
    ----------
    text, spans
        The text, and what `find` has found in it: in order, not overlapping.
    style
        `"labels"` for `[NAME]`, or `Surrogates`.

    Raises
    ------
    RetryLater
        The pseudonymiser gave no answer.
    """
    new = [label(span) for span in spans] if isinstance(style, str) else _Writer(text, spans, style).replacements()
    parts, at = [], 0
    for span, replacement in zip(spans, new, strict=True):
        parts += [text[at : span.start], replacement]
        at = span.end
    return "".join([*parts, text[at:]])


def label(span: Span) -> str:
    """Return what stands in place of a span if nothing better does."""
    return f"[{span.kind}]"


class _Writer:
    """The surrogates of one text: all pseudonyms are asked for at once."""

    def __init__(self, text: str, spans: Sequence[Span], style: Surrogates) -> None:
        self.text = text
        self.spans = spans
        self.style = style
        self.people = KnownNames(with_umlauts((*style.known.names, *style.known.clinicians)))
        self.hashes: dict[str, str] = {}

    def replacements(self) -> list[str]:
        """Return what takes the place of each span."""
        asked = [key for span in self.spans for key in self._keys(span)]
        unique = list(dict.fromkeys(asked))
        if unique:
            queries = [PseudonymQuery(value=key, length=HEX) for key in unique]
            self.hashes = dict(zip(unique, self.style.pseudonymiser.pseudonyms(queries), strict=True))
        return [self._surrogate(span) for span in self.spans]

    def _value(self, span: Span) -> str:
        return self.text[span.start : span.end]

    def _keys(self, span: Span) -> list[str]:
        if span.kind is Kind.NAME:
            return [self._key(found[0]) for found in WORD.finditer(self._value(span))]
        if span.kind in SHAPED or span.kind in MADE_UP:
            return [self._number_key(span)]
        return []

    def _key(self, word: str) -> str:
        """Return what a word of a name is asked for with: the known name that it is, however it is written."""
        return NAME + self.people.canonical(word)

    def _number_key(self, span: Span) -> str:
        return NUMBER + canonical_number(self._value(span), self.style.known)

    def _surrogate(self, span: Span) -> str:
        value = self._value(span)
        if span.kind is Kind.NAME:
            return WORD.sub(lambda found: self._name(found[0]), value)
        if span.kind is Kind.DATE:
            return days.moved(value, self.style.days) or label(span)
        if span.kind in SHAPED:
            return _shaped(value, self.hashes[self._number_key(span)], SHAPED[span.kind])
        if span.kind in MADE_UP:
            return MADE_UP[span.kind](self.hashes[self._number_key(span)])
        return label(span)

    def _name(self, word: str) -> str:
        key = self._key(word)
        number = int(self.hashes[key], 16)
        if len(word) == 1:
            letter = chr(ord("a") + number % 26)
            return letter.upper() if word.isupper() else letter
        if WORDS[word].flags & Is.TITLE:
            return word
        names = _first() if WORDS[key.removeprefix(NAME)].flags & Is.FIRST else _surnames()
        name, owner = names[number % len(names)], OWNED.search(word)
        stem = word[: owner.start()] if owner else word
        name = name.upper() if stem.isupper() else name.title() if stem[:1].isupper() else name
        return name + (owner[0] if owner else "")


def _shaped(value: str, digits: str, start: str) -> str:
    """Return letters and digits of the same shape; what stands between them stays."""
    number, new, lead = int(digits, 16), [], list(start)
    for letter in value:
        if letter.isdigit():
            new.append(lead.pop(0) if lead else str(number % 10))
            number //= 10
        elif letter.isalpha():
            big = chr(ord("A") + number % 26)
            new.append(big if letter.isupper() else big.lower())
            number //= 26
        else:
            new.append(letter)
    return "".join(new)


SHAPED = dict.fromkeys((Kind.MRN, Kind.PHONE, Kind.ACCESSION, Kind.NUMBER, Kind.UID, Kind.DEVICE), "") | dict.fromkeys(
    (Kind.NHS, Kind.CHI), TEST_NUMBERS
)
"""Kinds whose surrogate has the same shape -> the digits with which it begins."""
MADE_UP: dict[Kind, Callable[[str], str]] = {
    Kind.EMAIL: lambda digits: f"{digits[:8]}@example.org",
    Kind.URL: lambda digits: f"https://example.org/{digits[:8]}",
    Kind.POSTCODE: lambda digits: f"ZZ{int(digits[0], 16) % 10}{int(digits[1], 16) % 10} {int(digits[2], 16) % 10}ZZ",
    Kind.AGE: lambda _digits: "90 or older",
}


def _first() -> Sequence[str]:
    return lists.in_order(lists.first_names())


def _surnames() -> Sequence[str]:
    return lists.in_order(lists.surnames())
