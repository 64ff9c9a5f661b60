"""What is known of a patient, and where in a text an identifier stands."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable
from dataclasses import dataclass


class Kind(enum.StrEnum):
    """What sort of identifier it is; the label that takes its place."""

    NAME = "NAME"
    DATE = "DATE"
    MRN = "MRN"
    NHS = "NHS"
    CHI = "CHI"
    PHONE = "PHONE"
    EMAIL = "EMAIL"
    URL = "URL"
    POSTCODE = "POSTCODE"
    ADDRESS = "ADDRESS"
    AGE = "AGE"
    ACCESSION = "ACCESSION"
    UID = "UID"
    HOSPITAL = "HOSPITAL"
    DEVICE = "DEVICE"
    NUMBER = "NUMBER"
    UNKNOWN = "UNKNOWN"
    """A word that no list and no rule calls safe."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Identifiers:
    """What is known of a patient and a study. Identifiable: its `repr` shows nothing of it."""

    names: tuple[str, ...] = ()
    """Of the patient and of relatives: `Long^Anna^^Mrs` as in DICOM, or as one writes them."""
    numbers: tuple[str, ...] = ()
    """MRN, NHS number, accession number and whatever else counts the patient or the study."""
    dates: tuple[dt.date, ...] = ()
    clinicians: tuple[str, ...] = ()
    mrn_shapes: tuple[str, ...] = ()
    """What hospital numbers look like here, whoever's they are: see `pixl.text.mrn`."""
    other: tuple[str, ...] = ()
    """Address, hospital, anything that is to go wherever it stands."""

    def __repr__(self) -> str:
        return "Identifiers()"


NOTHING_KNOWN = Identifiers()


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text that is an identifier, `text[start:end]`."""

    start: int
    end: int
    kind: Kind
    rule: str
    """Which rule saw it; shown to people, never a value."""
    certainty: float
    """Between 0 and 1."""


def settle(spans: Iterable[Span]) -> list[Span]:
    """Return spans in order that do not overlap: what overlaps becomes one, of the kind that is most certain."""
    settled: list[Span] = []
    for span in sorted(spans, key=_place):
        last = settled[-1] if settled else None
        if last is None or span.start >= last.end:
            settled.append(span)
        elif span.end > last.end or span.certainty > last.certainty:
            better = span if _weight(span) > _weight(last) else last
            settled[-1] = Span(last.start, max(last.end, span.end), better.kind, better.rule, better.certainty)
    return settled


def _place(span: Span) -> tuple[int, int]:
    return span.start, -span.end


def _weight(span: Span) -> tuple[bool, float, int]:
    """Return what decides between two that overlap: a known kind, certainty, length."""
    return span.kind is not Kind.UNKNOWN, span.certainty, span.end - span.start
