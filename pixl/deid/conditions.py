"""What other tools' lists of regions ask of a picture: tests of its elements, joined by and, or, not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from pixl.deid.picture import Picture


class Condition(Protocol):
    """Something that is true of a picture or not."""

    def holds(self, picture: Picture) -> bool:
        """Whether it is true."""
        ...


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")  # is neither less nor greater than anything


def _found(text: str, pattern: str) -> bool:
    return bool(re.search(pattern, text, re.IGNORECASE))


TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda text, value: value in text,
    "containsIgnoreCase": lambda text, value: value.lower() in text.lower(),
    "startsWith": lambda text, value: text.startswith(value),
    "startsWithIgnoreCase": lambda text, value: text.lower().startswith(value.lower()),
    "endsWith": lambda text, value: text.endswith(value),
    "endsWithIgnoreCase": lambda text, value: text.lower().endswith(value.lower()),
    "equals": lambda text, value: text == value,
    "equalsIgnoreCase": lambda text, value: text.lower() == value.lower(),
    "matches": lambda text, value: bool(re.fullmatch(value, text)),
    "isLessThan": lambda text, value: _number(text) < _number(value),
    "isGreaterThan": lambda text, value: _number(text) > _number(value),
    "finds": _found,
    "begins like": lambda text, value: bool(re.match(value, text, re.IGNORECASE)),
    "is empty": lambda text, _: not text,
}
"""The first eleven as CTP calls them; what is not there is tested as an empty text."""
PATTERNS = frozenset({"matches", "finds", "begins like"})
"""Tests whose value is a regular expression."""


@dataclass(frozen=True)
class Test:
    """One element's text is compared with a value."""

    tag: int
    name: str
    value: str = ""

    def holds(self, picture: Picture) -> bool:
        """Whether the element's text, nothing if it is not there, is as it should be."""
        return TESTS[self.name](picture.texts.get(self.tag, ""), self.value)


@dataclass(frozen=True)
class All:
    """Each part is true."""

    parts: tuple[Condition, ...]

    def holds(self, picture: Picture) -> bool:
        """Whether each is."""
        return all(part.holds(picture) for part in self.parts)


@dataclass(frozen=True)
class Any:
    """One part is true."""

    parts: tuple[Condition, ...]

    def holds(self, picture: Picture) -> bool:
        """Whether one is."""
        return any(part.holds(picture) for part in self.parts)


@dataclass(frozen=True)
class Not:
    """The part is not true."""

    part: Condition

    def holds(self, picture: Picture) -> bool:
        """Whether it is not."""
        return not self.part.holds(picture)
