"""A text as words with their places, their neighbours, and what stands between them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from pixl.text import lists
from pixl.text.words import JOINED_WORD, WORD, WORDS, Is

WRAPPED = 40
"""Characters of a line that was broken because it was long."""
SENTENCE_END = re.compile(r"\s{2}|[\t.:;!?\n\r\u2022*\"\u201c(\[>]|\s-\s|^\s*-")
LINE_ENDS = frozenset({"\n", "-\n", ".\n", "\r\n", "-\r\n", " \n"})
SMALL_WORD = re.compile(r"[^\W\d_A-Z]{3}")
WITHIN_NAME = re.compile(r"[ \t]{0,2}(?:[.,'\u2019\-\u2013^/_]|\r?\n(?=[A-Z]))?[ \t]{0,2}")


class Token(NamedTuple):
    """A word as it is written."""

    word: str
    start: int
    end: int


_new = tuple.__new__
"""Makes a token without asking how many parts it has: there is one for every word."""


class Reading:
    """One text, word by word."""

    def __init__(self, text: str) -> None:
        shape = WORD if text.isascii() else JOINED_WORD
        self.text = text
        self.tokens = [_new(Token, (found[0], *found.span())) for found in shape.finditer(text)]
        known = [WORDS[token.word] for token in self.tokens]
        self.flags = [word.flags for word in known]
        """What is known of each word, see `Is`."""
        self.lows = [word.low for word in known]
        """Each word in small letters, without marks and endings."""
        self.is_small = not any(flags & Is.CAPITAL for flags in self.flags)
        """No word in it is written with a capital; abbreviations may be."""
        ends = [token.start for token in self.tokens[1:]]
        self._gaps = [text[token.end : end] for token, end in zip(self.tokens, [*ends, len(text)], strict=False)]
        self._telling = [i for i, flags in enumerate(self.flags) if flags]
        self._shouted: dict[int, bool] = {}
        self._places: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return len(self.tokens)

    def places(self, flags: int) -> list[int]:
        """Return which words have one of the flags."""
        found = self._places.get(flags)
        if found is None:
            found = self._places[flags] = [i for i in self._telling if self.flags[i] & flags]
        return found

    def low(self, i: int) -> str:
        """Return a word in small letters; nothing where there is none."""
        return self.lows[i] if 0 <= i < len(self.lows) else ""

    def lines(self) -> Iterator[range]:
        """Yield the words of each line that has any."""
        starts = [token.start for token in self.tokens]
        first = 0
        at = self.text.find("\n")
        while at >= 0:
            last = bisect_left(starts, at, first)
            if last > first:
                yield range(first, last)
            first = last
            at = self.text.find("\n", at + 1)
        if first < len(starts):
            yield range(first, len(starts))

    def line_ends(self) -> list[int]:
        """Return the last words of lines that another line follows."""
        return [i for i, between in enumerate(self._gaps[:-1]) if between in LINE_ENDS]

    def gap(self, i: int) -> str:
        """Return what stands behind a word, before the next; all that is left behind the last one."""
        return self._gaps[i]

    def has(self, i: int, flags: int) -> bool:
        """Tell whether there is such a word and it has one of the flags."""
        return 0 <= i < len(self.flags) and self.flags[i] & flags != 0

    def is_big(self, i: int) -> bool:
        """Tell whether a word begins with a capital."""
        return self.tokens[i].word[0].isupper()

    def is_shouted(self, i: int) -> bool:
        """Tell whether nothing but capitals is on a word's line."""
        start = self.text.rfind("\n", 0, self.tokens[i].start) + 1
        found = self._shouted.get(start)
        if found is None:
            end = self.text.find("\n", start)
            found = self._shouted[start] = not SMALL_WORD.search(self.text, start, end if end >= 0 else len(self.text))
        return found

    def is_close(self, i: int, allowed: str) -> bool:
        """Tell whether nothing but up to four of the allowed characters stand before the next word."""
        if i + 1 >= len(self.tokens):
            return False
        between = self.gap(i)
        return len(between) <= len("... ") and not between.strip(allowed)

    def is_inside(self, i: int) -> bool:
        """Tell whether a word stands inside a sentence, not at its beginning."""
        return i > 0 and not SENTENCE_END.search(self.gap(i - 1))

    def is_heading(self, i: int) -> bool:
        """Tell whether ordinary words beside this one are written with a capital too."""
        return any(self._is_headed(j) for j in (i - 1, i + 1) if 0 <= j < len(self.tokens))

    def _is_headed(self, i: int) -> bool:
        word = self.tokens[i].word
        return word[0].isupper() and len(word) > 1 and not self.flags[i] & Is.PERSON and self.is_inside(i)

    def is_wrapped(self, i: int) -> bool:
        """Tell whether a long line ends behind this word, so that a name may go on in the next."""
        end = self.tokens[i].end
        if i + 1 >= len(self.tokens) or self.gap(i) != "\n" or end - self.text.rfind("\n", 0, end) < WRAPPED:
            return False
        after = self.tokens[i + 1].end
        return self.lows[i + 1] not in lists.descriptions() and self.text[after : after + 1] != ":"

    def continues(self, i: int) -> bool:
        """Tell whether the word behind this one can belong to the same name."""
        if i + 1 >= len(self.tokens):
            return False
        between = self.gap(i)
        if between == " " or self.is_wrapped(i):
            return True
        if between != ",\n" and (not WITHIN_NAME.fullmatch(between) or "\n" in between):
            return False
        if "." in between:
            return len(self.tokens[i].word) == 1 or self.has(i, Is.TITLE)
        if "," in between:
            return self.has(i + 1, Is.PERSON | Is.LETTER) and self.has(i + 1, Is.BIG)
        return True


read = lru_cache(maxsize=4)(Reading)
"""Remembered, since several rules read the same text."""
