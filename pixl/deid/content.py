"""Content items of structured reports by their concept (PS3.15 section E.3.4, table E.3.4-1). Pure.

What the table removes goes with everything below it. What it wants cleaned or replaced is treated as the rules for
attributes say, and so is what it does not name. A reference that it removes stays, with the project's own UID: it tells
nothing of anybody, and what was true across files stays true. Ages go even if the patient's characteristics stay: of
somebody over 89, a number tells more than `090Y`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pixl.dicom.encoding import ITEM, ITEM_END, SEQUENCE_END, UNDEFINED, Encoding
from pixl.dicom.skip import end_of_undefined, value_of

Concept = tuple[str, str, str]
"""Value type, and the scheme and value of the code that names the concept."""

CONTENT_SEQUENCES = frozenset({0x0040A730, 0x00400555})
"""Content and acquisition context."""
VALUE_TYPE, CONCEPT_NAME, CODE_VALUE, SCHEME = 0x0040A040, 0x0040A043, 0x00080100, 0x00080102
REFERENCES = frozenset({"COMPOSITE", "IMAGE", "WAVEFORM", "UIDREF"})
SUBJECT_AGE: Concept = ("NUM", "DCM", "121033")


@dataclass(frozen=True, kw_only=True)
class ContentItem:
    """One line of the table."""

    concept: Concept
    basic: str
    options: Mapping[str, str]

    def goes(self, options: Iterable[str]) -> bool:
        """Whether an item of this concept is removed under these options."""
        kept = any(option in self.options for option in options)
        return self.basic == "X" and not kept and self.concept[0] not in REFERENCES


def read_items(text: str) -> tuple[ContentItem, ...]:
    """Return the lines of table E.3.4-1 from our CSV form of it."""
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return tuple(
        ContentItem(
            concept=(row["type"], row["scheme"], row["code"]),
            basic=row["basic"],
            options=dict(pair.split("=") for pair in row["options"].split()),
        )
        for row in csv.DictReader(lines)
    )


def unwanted_items(table: Iterable[ContentItem], options: tuple[str, ...]) -> frozenset[Concept]:
    """Return what is removed under the profile with these options; nothing without the profile."""
    if not options:
        return frozenset()
    return frozenset({SUBJECT_AGE} | {item.concept for item in table if item.goes(options)})


def concept_of(data: bytes, begin: int, end: int, encoding: Encoding) -> Concept | None:
    """Return the concept of the content item between two places, if it names one."""
    found: dict[int, str] = {}
    for tag, value, after, inner in _elements(data, begin, end, encoding):
        if tag == VALUE_TYPE:
            found[tag] = _text(data, value, after)
        elif tag == CONCEPT_NAME:
            found |= _code(data, value, after, inner)
            break
    return (
        (found.get(VALUE_TYPE, ""), found[SCHEME], found[CODE_VALUE]) if found.keys() >= {SCHEME, CODE_VALUE} else None
    )


def _code(data: bytes, begin: int, end: int, encoding: Encoding) -> dict[int, str]:
    """Return scheme and value of the code in the first item of a sequence."""
    if begin + 8 > end or encoding.tag(encoding.item(data, begin)[0]) != ITEM:
        return {}
    return {
        tag: _text(data, value, after)
        for tag, value, after, _ in _elements(data, begin + 8, end, encoding)
        if tag in (CODE_VALUE, SCHEME)
    }


def _elements(data: bytes, position: int, end: int, encoding: Encoding) -> Iterator[tuple[int, int, int, Encoding]]:
    """Yield tag, where the value begins and ends, and its items' encoding, up to the end of the item."""
    while position < end:
        tag = encoding.tag(encoding.header(data, position)[0])
        if tag in (ITEM, ITEM_END, SEQUENCE_END):
            return
        value, length, inner = value_of(data, position, encoding)
        position = end_of_undefined(data, value, end, inner) if length == UNDEFINED else value + length
        yield tag, value, position, inner


def _text(data: bytes, begin: int, end: int) -> str:
    return bytes(data[begin:end]).strip(b"\0 ").decode("latin-1")
