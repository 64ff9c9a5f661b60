"""What has been found out about the words of one text so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pixl.text import lists
from pixl.text.cues import CREDENTIALS, FUNCTION_WORDS, NEVER, NO_INITIALS, SELDOM, WORKPLACES
from pixl.text.eponyms import is_eponym
from pixl.text.reading import Reading
from pixl.text.spans import Kind, Span, settle
from pixl.text.words import Is


class Mark(NamedTuple):
    """Why a word is somebody's name."""

    rule: str
    certainty: float


UNKNOWN = Mark("no list knows this word", 0.5)


class Marks:
    """The words of a text that name somebody, and those that no list knows."""

    def __init__(self, reading: Reading, found: Sequence[Span]) -> None:
        self.reading = reading
        self.taken = _taken(reading, found)
        """Place of a word that another rule has found -> as what."""
        self.named: dict[int, Mark] = {}
        self.unknown: set[int] = set()

    def is_free(self, i: int) -> bool:
        """Tell whether nothing is known of a word yet."""
        return i not in self.named and i not in self.taken and i not in self.unknown

    def is_ordinary(self, i: int) -> bool:
        """Tell whether a word is none of those that name somebody with a capital."""
        low = self.reading.lows[i]
        if low == "french" and i and self.reading.has(i - 1, Is.DIGITS):
            return True
        if low in NEVER or low in SELDOM or low in CREDENTIALS:
            return True
        return low in lists.descriptions() or is_eponym(self.reading, i)

    def is_initials(self, i: int) -> bool:
        """Tell whether a word can be the initials of somebody, if something says that they stand here."""
        if i >= len(self.reading):
            return False
        word = self.reading.tokens[i].word
        if len(word) not in (2, 3) or not word.isalpha() or word.lower() in NO_INITIALS:
            return False
        return word.isupper() or (self.reading.is_small and word not in NEVER)

    def is_surname(self, i: int, first: int, *, bold: bool = False) -> bool:
        """Tell whether any word, since it stands behind a first name or initials, is a surname.

        Parameters
        ----------
        i, first
            The word, and where the name begins.
        bold
            Whether something announced a name here.
        """
        reading = self.reading
        if i <= first or reading.has(i - 1, Is.OWNER) or not self._follows(i, first):
            return False
        word, low, flags = reading.tokens[i].word, reading.lows[i], reading.flags[first]
        if (not word.isalpha() and not flags & Is.OWNER) or low in CREDENTIALS or low in FUNCTION_WORDS:
            return False
        certain = bold and flags & (Is.FIRST | Is.UNSAFE | Is.LETTER)
        if (low in NEVER or low in WORKPLACES) and reading.gap(i - 1) != "-" and not certain:
            return False
        if not bold and not (flags & (Is.FIRST | Is.UNSAFE) and flags & Is.BIG):
            return False
        return self._is_written_alike(i, first, bold=bold)

    def _follows(self, i: int, first: int) -> bool:
        """Tell whether nothing but initials stands between."""
        reading = self.reading
        if any(len(reading.tokens[j].word) > 1 for j in range(first + 1, i)):
            return False
        between = reading.gap(i - 1)
        if between in {". ", "."}:
            return len(reading.tokens[i - 1].word) == 1
        return between in {" ", "-"} or reading.is_wrapped(i - 1)

    def _is_written_alike(self, i: int, first: int, *, bold: bool) -> bool:
        reading, word = self.reading, self.reading.tokens[i].word
        if bold and reading.is_small:
            return True
        big = word.isupper() and len(word) > len("MR")
        if word[0].isupper() and (bold or big == reading.has(first, Is.UPPER)):
            return True
        if not word.isupper() or reading.lows[i] in NO_INITIALS:
            return False
        return first in self.named or not reading.is_inside(first)

    def spans(self) -> Iterator[Span]:
        """Yield a span for each word; those of one name as one."""
        span: Span | None = None
        last = -2
        for i in sorted(self.named.keys() | self.unknown):
            mark, kind, token = self.named.get(i, UNKNOWN), self._kind(i), self.reading.tokens[i]
            if span and last == i - 1 and kind is span.kind is Kind.NAME and self.reading.continues(last):
                span = Span(span.start, token.end, kind, span.rule, max(span.certainty, mark.certainty))
            else:
                if span:
                    yield span
                start = self._start(i) if kind is Kind.NAME else token.start
                span = Span(start, token.end, kind, mark.rule, mark.certainty)
            last = i
        if span:
            yield span

    def _start(self, i: int) -> int:
        """Return where a name begins, with the title before it."""
        reading = self.reading
        if reading.has(i - 1, Is.TITLE) and reading.gap(i - 1) in {" ", ". ", "."} and i - 1 not in self.taken:
            return reading.tokens[i - 1].start
        return reading.tokens[i].start

    def _kind(self, i: int) -> Kind:
        if i in self.named or self.reading.has(i, Is.NAME):
            return Kind.NAME
        return Kind.NUMBER if self.reading.has(i, Is.DIGITS) and not self.reading.has(i, Is.MIXED) else Kind.UNKNOWN


def _taken(reading: Reading, found: Sequence[Span]) -> dict[int, Kind]:
    """Return which words other rules have found already, as a whole."""
    taken: dict[int, Kind] = {}
    spans = settle(found)
    at = 0
    for i, token in enumerate(reading.tokens):
        while at < len(spans) and spans[at].end <= token.start:
            at += 1
        if at < len(spans) and spans[at].start <= token.start and token.end <= spans[at].end:
            taken[i] = spans[at].kind
    return taken
