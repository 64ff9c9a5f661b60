"""Whether one word is another with typing errors."""

from __future__ import annotations

from functools import lru_cache

SHORT = 4
"""Letters; up to here every other letter makes another name."""
LONG = 8
"""Letters; from here on two errors are allowed."""
LOOKS_LIKE = str.maketrans("0123456789$|", "olzeasgtbqsl")
"""Digits that an OCR program, or a person, takes for a letter."""
LOOKS_LIKE_DIGIT = str.maketrans("oqilzsb", "0011258")
"""The other way round."""


def errors_allowed(length: int) -> int:
    """Return how many typing errors a name of so many letters may have."""
    if length < SHORT:
        return 0
    return 1 if length < LONG else 2


def is_like(word: str, name: str) -> bool:
    """Tell whether `word` is `name` but for typing errors: letters wrong, missing, doubled, or two swapped."""
    allowed = errors_allowed(len(name))
    if abs(len(word) - len(name)) > allowed or not allowed:
        return False
    if len(_letters(word) ^ _letters(name)) > 2 * allowed:
        return False
    return distance(word, name, allowed) <= allowed


@lru_cache(maxsize=8192)
def _letters(word: str) -> frozenset[str]:
    return frozenset(word)


def distance(one: str, other: str, most: int) -> int:
    """Return how many letters have to be changed, added, dropped or swapped with the next; `most` + 1 if it is more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
