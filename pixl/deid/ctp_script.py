"""CTP's DicomPixelAnonymizer scripts, as regions by device. Pure: the file has been read.

A script is `{ signature } (left, top, width, height) ...`, what is outside of brackets being comments. All signatures
that match count here, not only the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pixl.deid.conditions import PATTERNS, TESTS, All, Any, Condition, Not, Test
from pixl.deid.regions import DeviceRegions, Rectangle
from pixl.dicom.names import tag_of
from pixl.domain.errors import ConfigurationError

SECTION = re.compile(r"\{([^{}]*)\}([^{]*)")
REGION = re.compile(r"\(\s*(\d{1,5})\s*,\s*(\d{1,5})\s*,\s*(\d{1,5})\s*,\s*(\d{1,5})\s*\)")
TOKEN = re.compile(r'\s*(?:([!*+()])|(?:\[([0-9a-fA-F]{4}),([0-9a-fA-F]{4})\]|(\w+))(?:\.(\w+)\("([^"]*)"\))?)\s*')
CONSTANTS: dict[str, Condition] = {"true": All(()), "false": Any(())}


def script_regions(text: str, path: Path) -> tuple[DeviceRegions, ...]:
    """Return what the sections of a script blacken.

    Raises
    ------
    ConfigurationError
        A signature or a region cannot be understood: it names the file and the section.
    """
    devices = []
    for number, found in enumerate(SECTION.finditer(text), start=1):
        try:
            regions = tuple(_regions(found[2]))
            condition = _Signature(found[1]).read()
        except ValueError as error:
            raise ConfigurationError(f"{path}: section {number}: not understood: {error}") from None
        if regions:
            devices.append(DeviceRegions(name=f"{path.name} section {number}", condition=condition, blank=regions))
    return tuple(devices)


def _regions(text: str) -> Iterator[Rectangle]:
    if text.count("(") != len(REGION.findall(text)):
        raise ValueError("a region is four numbers in parentheses")
    for left, top, width, height in REGION.findall(text):
        yield int(left), int(top), int(width), int(height)


class _Signature:
    """Reads a signature: `!` binds strongest, then `*` (and), then `+` (or)."""

    def __init__(self, text: str) -> None:
        self.tokens = list(self._split(text.strip()))
        self.position = 0

    def read(self) -> Condition:
        """Return the condition that the whole text is."""
        condition = self._either()
        if self.position < len(self.tokens):
            raise ValueError("there is more than one condition, and nothing that joins them")
        return condition

    def _split(self, text: str) -> Iterator[str | Condition]:
        position = 0
        while position < len(text):
            found = TOKEN.match(text, position)
            if not found:
                raise ValueError(f"unexpected {text[position]!r}")
            yield found[1] or _test(found)
            position = found.end()

    def _next_is(self, sign: str) -> bool:
        if self.position < len(self.tokens) and self.tokens[self.position] == sign:
            self.position += 1
            return True
        return False

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._next_is("+"):
            parts.append(self._both())
        return Any(tuple(parts))

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._next_is("*"):
            parts.append(self._one())
        return All(tuple(parts))

    def _one(self) -> Condition:
        if self._next_is("!"):
            return Not(self._one())
        if self._next_is("("):
            condition = self._either()
            if not self._next_is(")"):
                raise ValueError("a parenthesis is not closed")
            return condition
        if self.position == len(self.tokens) or isinstance(token := self.tokens[self.position], str):
            raise ValueError("a condition is missing")
        self.position += 1
        return token


def _test(found: re.Match[str]) -> Condition:
    _, group, element, name, method, value = found.groups()
    if name in CONSTANTS and method is None:
        return CONSTANTS[name]
    tag = int(group + element, 16) if group else tag_of(name)
    if tag is None:
        raise ValueError(f"unknown keyword {name!r}")
    if method not in TESTS:
        raise ValueError(f"there is no method {method!r}")
    if method in PATTERNS:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
    return Test(tag, method, value)
