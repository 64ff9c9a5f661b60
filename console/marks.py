"""What looks like an identifier, marked in the value or report that it was found in. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pydicom.datadict import dictionary_description

from pixl.domain.finding import Finding
from pixl.ledger.findings import StoredFinding

AROUND = 60
"""Characters shown before and after what is marked, of a long value."""
LAST_TAG = re.compile(r".*\(([0-9A-Fa-f]{4}),([0-9A-Fa-f]{4})\)")
LONGEST = 400


@dataclass(frozen=True, kw_only=True, repr=False)
class Piece:
    """A stretch of text, marked if it has a kind. Identifiable."""

    text: str
    kind: str = ""
    finding: int | None = None
    """Of a report: which finding it belongs to."""
    waits: bool = True


def pieces(finding: Finding, *, short: bool = False) -> list[Piece]:
    """Return a finding's value with its words marked; `short` leaves out what is far from them."""
    places = [(part.offset, part.offset + len(part.word), part.kind, None, True) for part in finding.parts]
    whole = finding.value or ", ".join(part.word for part in finding.parts)
    if not finding.value or not any(start >= 0 for start, *_ in places):
        return [Piece(text=_cut(whole, short=short), kind=finding.kind)] if whole else []
    found = list(_split(whole, [place for place in places if place[0] >= 0]))
    return [_shortened(piece, number, len(found)) for number, piece in enumerate(found)] if short else found


def report(text: str, findings: Sequence[StoredFinding]) -> list[Piece]:
    """Return a report with every place marked at which a finding's words are."""
    places = [place for stored in findings for place in _places(text, stored)]
    return list(_split(text, places))


def name_of(place: str) -> str:
    """Return what DICOM calls the element that a path leads to; other places are their own name."""
    found = LAST_TAG.fullmatch(place)
    if not found:
        return place
    try:
        return dictionary_description(int(found[1] + found[2], 16))
    except KeyError:
        return "private or unknown element"


def _places(text: str, stored: StoredFinding) -> Iterator[tuple[int, int, str, int | None, bool]]:
    finding = stored.finding
    at = text.find(finding.value) if finding.value else -1
    while at >= 0:
        for part in finding.parts:
            start = at + max(part.offset, 0)
            yield start, start + len(part.word), part.kind, stored.id, stored.open
        at = text.find(finding.value, at + 1)


def _split(text: str, places: Iterable[tuple[int, int, str, int | None, bool]]) -> Iterator[Piece]:
    at = 0
    for start, end, kind, finding, waits in sorted(places, key=lambda place: place[:2]):
        if start < at or start >= end:
            continue
        if start > at:
            yield Piece(text=text[at:start])
        yield Piece(text=text[start:end], kind=kind or "word", finding=finding, waits=waits)
        at = end
    if at < len(text):
        yield Piece(text=text[at:])


def _shortened(piece: Piece, number: int, count: int) -> Piece:
    if piece.kind or len(piece.text) <= 2 * AROUND:
        return piece
    head = "" if number == 0 else piece.text[:AROUND]
    tail = "" if number == count - 1 else piece.text[-AROUND:]
    return Piece(text=f"{head} ... {tail}")


def _cut(text: str, *, short: bool) -> str:
    return f"{text[:LONGEST]} ..." if short and len(text) > LONGEST else text
