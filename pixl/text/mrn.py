"""Hospital numbers by the shape that a deployment says they have: `RJ1-#######`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from pixl.text.spans import Kind, Span

DIGIT, LETTER = "#", "@"
FEWEST_DIGITS = 4
"""Of a shape: fewer are a measure as well."""
LONGEST = 40
SHAPE = re.compile(r"[A-Za-z0-9#@ /._\-]+")
OPTIONAL = frozenset(" /._-")


def wrong_with(shape: str) -> str | None:
    """Return what is wrong with a shape, in words for who wrote it; None if nothing is."""
    if not SHAPE.fullmatch(shape) or len(shape) > LONGEST:
        return f"is made of # (a digit), @ (a letter), letters, digits, blanks and / . _ -, at most {LONGEST} of them"
    if shape.count(DIGIT) < FEWEST_DIGITS:
        return f"has at least {FEWEST_DIGITS} digits, written #: fewer are a measure as well"
    return None


def mrn_spans(text: str, shapes: tuple[str, ...]) -> Iterator[Span]:
    """Yield where numbers of these shapes stand, in any case, with or without what separates their parts."""
    for found in _compiled(shapes).finditer(text):
        yield Span(found.start(), found.end(), Kind.MRN, "shape of a hospital number", 0.95)


@lru_cache(maxsize=16)
def _compiled(shapes: tuple[str, ...]) -> re.Pattern[str]:
    """Return one expression for all shapes, the longest first."""
    inner = "|".join("".join(_parts(shape)) for shape in sorted(shapes, key=len, reverse=True))
    return re.compile(rf"(?<![^\W_])(?:{inner})(?![^\W_])", re.IGNORECASE)


def _parts(shape: Iterable[str]) -> Iterator[str]:
    for sign in shape:
        if sign in OPTIONAL:
            yield r"[\s/._\-]?"
        else:
            yield {DIGIT: r"\d", LETTER: "[a-z]"}.get(sign, re.escape(sign))
