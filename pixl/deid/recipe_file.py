"""Filters of pydicom-deid recipes, as regions by device. Pure: the file has been read.

A `graylist` filter blackens its coordinates, a `blacklist` refuses, a `whitelist` does nothing here: what one filter
wants blackened, another cannot make safe. All filters that match count, not only the first. Header actions are not
run: the policy decides what happens to elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pixl.deid.conditions import All, Any, Condition, Not, Test
from pixl.deid.regions import DeviceRegions, Rectangle
from pixl.dicom.names import tag_of
from pixl.domain.errors import ConfigurationError

START = "FORMAT dicom"
COORDINATES = frozenset({"coordinates", "ctpcoordinates", "keepcoordinates", "ctpkeepcoordinates"})
FILTERS = frozenset({"graylist", "blacklist", "whitelist"})
EVERYTHING: Rectangle = (0, 0, 0xFFFF, 0xFFFF)
NUMBER = re.compile(r"\d{1,5}")
SIZE = 4
FROM_ULTRASOUND = "from:SequenceOfUltrasoundRegions"
NEVER_THERE = 0
COMPARISONS: dict[str, tuple[str, bool]] = {
    "contains": ("finds", True),
    "notcontains": ("finds", False),
    "equals": ("begins like", True),
    "notequals": ("begins like", False),
    "empty": ("is empty", True),
    "missing": ("is empty", True),
    "present": ("is empty", False),
    "notempty": ("is empty", False),
}
"""What a recipe calls a test -> ours, and whether it has to be true."""


@dataclass
class _Label:
    """A named criterion of a filter, as far as it has been read."""

    name: str
    kind: str
    condition: Condition | None = None
    blank: list[Rectangle] = field(default_factory=list)
    keep: list[Rectangle] = field(default_factory=list)
    ultrasound: bool = False

    @property
    def has_coordinates(self) -> bool:
        """Whether it says where something is blackened; for each picture, if it asks for nothing."""
        return bool(self.blank or self.keep or self.ultrasound)


def recipe_regions(text: str, path: Path) -> tuple[DeviceRegions, ...]:
    """Return what the filters of a recipe blacken or refuse.

    Raises
    ------
    ConfigurationError
        A line cannot be understood: it names the file and the line.
    """
    return tuple(
        _device(label)
        for label in _labels(text, path)
        if label.kind == "blacklist" or (label.kind == "graylist" and label.has_coordinates)
    )


def _device(label: _Label) -> DeviceRegions:
    """Return a label as an entry; one that blackens everything leaves alone what the same recipe keeps."""
    whole = EVERYTHING in label.blank
    keeps = bool(label.keep) or label.ultrasound
    return DeviceRegions(
        name=label.name,
        condition=label.condition,
        blank=tuple(part for part in label.blank if not (keeps and part == EVERYTHING)),
        blank_outside=tuple(label.keep),
        outside_ultrasound_regions=label.ultrasound,
        unless_kept=whole and not keeps,
        refuse="a blacklist of the recipe names it" if label.kind == "blacklist" else "",
    )


def _labels(text: str, path: Path) -> list[_Label]:
    labels: list[_Label] = []
    section = ""
    for number, line in _lines(text):
        word, _, rest = line.partition(" ")
        if word == "%filter" and rest.strip() not in FILTERS:
            raise ConfigurationError(f"{path}: line {number}: unknown filter; there are {', '.join(sorted(FILTERS))}")
        if word.startswith("%"):
            section = rest.strip() if word == "%filter" else ""
        elif section and word == "LABEL":
            labels.append(_Label(name=rest.strip(), kind=section))
        elif section:
            try:
                _add(labels[-1], line)
            except (IndexError, ValueError) as error:
                raise ConfigurationError(f"{path}: line {number}: not understood: {error}") from None
    for label in labels:
        if label.condition is None and not label.has_coordinates:
            raise ConfigurationError(f"{path}: LABEL {label.name}: neither criterion nor coordinates")
    return labels


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that say something, without comments."""
    for number, line in enumerate(text.splitlines(), start=1):
        told = line.partition("#")[0].strip()
        if told and told != START:
            yield number, told


def _add(label: _Label, line: str) -> None:
    """Add a line to a label: coordinates, or criteria that `+` (and) or `||` (or) joins to those before."""
    word, _, rest = line.partition(" ")
    if word == "keepcoordinates" and rest.strip() == FROM_ULTRASOUND:
        label.ultrasound = True
        return
    if word in COORDINATES:
        (label.keep if "keep" in word else label.blank).append(_rectangle(rest, sizes=word.startswith("ctp")))
        return
    either = line.startswith("||")
    condition = _criteria(line.lstrip("+|").strip())
    if label.condition is None:
        label.condition = condition
    else:
        label.condition = (Any if either else All)((label.condition, condition))


def _criteria(text: str) -> Condition:
    """Return what one line asks; on a line, and binds stronger than or."""
    return Any(tuple(All(tuple(map(_criterion, part.split(" + ")))) for part in text.split("||")))


def _criterion(text: str) -> Condition:
    comparison, _, rest = text.strip().partition(" ")
    name, _, value = rest.strip().partition(" ")
    if comparison not in COMPARISONS:
        raise ValueError(f"there is no criterion {comparison!r}")
    # The recipes that come with pydicom-deid ask for keywords that do not exist; for them, they are never there.
    tag = int(name, 16) if name.startswith("0x") else tag_of(name) or NEVER_THERE
    ours, wanted = COMPARISONS[comparison]
    try:
        re.compile(value.strip())
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    test = Test(tag, ours, value.strip())
    return test if wanted else Not(test)


def _rectangle(text: str, *, sizes: bool) -> Rectangle:
    """Return a rectangle given by its corners, or by its corner and sizes."""
    if text.strip() == "all":
        return EVERYTHING
    numbers = [int(part) for part in map(str.strip, text.split(",")) if NUMBER.fullmatch(part)]
    if len(numbers) != SIZE or text.count(",") != SIZE - 1:
        raise ValueError("coordinates are four numbers, or `all`")
    left, top, third, fourth = numbers
    return (left, top, third, fourth) if sizes else (left, top, max(third - left, 0), max(fourth - top, 0))
