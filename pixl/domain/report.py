"""Radiology reports: their states, what a project says of them, and the ports of sources and engines."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pixl.domain.finding import Finding, Part


class ReportState(enum.StrEnum):
    """Where a report of a project is on its way to the safe haven. A report is always in exactly one state."""

    REQUESTED = "requested"
    MISSING = "missing"
    HELD = "held"
    RELEASED = "released"
    REJECTED = "rejected"
    FAILED = "failed"
    EXPORTED = "exported"


REPORTS_IN_FLIGHT = frozenset({ReportState.REQUESTED})
"""The states in which a worker has something to do. A released report waits for `pixl export`."""

REPORT_FOLLOWS: dict[ReportState, frozenset[ReportState]] = {
    ReportState.REQUESTED: frozenset(
        {ReportState.MISSING, ReportState.HELD, ReportState.RELEASED, ReportState.REJECTED, ReportState.FAILED}
    ),
    ReportState.MISSING: frozenset({ReportState.REQUESTED, ReportState.REJECTED}),
    ReportState.HELD: frozenset({ReportState.REQUESTED, ReportState.RELEASED, ReportState.REJECTED}),
    ReportState.RELEASED: frozenset(
        {ReportState.REQUESTED, ReportState.EXPORTED, ReportState.HELD, ReportState.REJECTED}
    ),
    ReportState.REJECTED: frozenset({ReportState.REQUESTED, ReportState.HELD}),
    ReportState.FAILED: frozenset({ReportState.REQUESTED, ReportState.REJECTED}),
    ReportState.EXPORTED: frozenset({ReportState.REQUESTED}),
}


def report_may_follow(before: ReportState, after: ReportState) -> bool:
    """Whether a report may go from `before` to `after`."""
    return after in REPORT_FOLLOWS[before]


@dataclass(frozen=True, kw_only=True, repr=False)
class ReportKey:
    """By what a source finds a report. Identifiable: its `repr` shows nothing."""

    mrn: str
    accession_number: str

    def __repr__(self) -> str:
        return "ReportKey()"


@dataclass(frozen=True, kw_only=True, repr=False)
class SourceReport:
    """What a source has for a key: all that will be read, and what it knows of the patient. Identifiable."""

    text: str
    found: int = 1
    """How many reports there were, each counted once whatever its versions."""
    superseded: int = 0
    """How many older versions were left out."""
    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    dates: tuple[dt.date, ...] = ()
    clinicians: tuple[str, ...] = ()
    other: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"SourceReport(found={self.found}, superseded={self.superseded})"


Style = Literal["labels", "surrogates"]


@dataclass(frozen=True, kw_only=True)
class ReportKeys:
    """What a project says of its reports."""

    source: str
    """A name in the deployment's reports file."""
    engines: tuple[str, ...] = ("rules",)
    """In order; `rules` is added behind an engine of another machine."""
    second: str = "shapes"
    """What reads the output. Never one of `engines`."""
    style: Style = "labels"
    flag_below: float = 0.8
    """The certainty under which a report waits for a person."""
    mrn_shapes: tuple[str, ...] = ()
    """What hospital numbers look like: `RJ1-#######`."""
    max_characters: int = 200_000
    drift_limit: float = 4.0
    """Standard deviations from the days before, beyond which a day is unlike them."""
    auto: bool = False
    """Whether `pixl export` sends what is released while other reports of the extract still wait for a person."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What the metrics of a day add up."""

    words: int
    """Of the output."""
    masked: int
    """Stretches that the engines masked."""
    seen: int
    """What the second method saw in the text before it was masked."""
    agreed: int
    """How much of that was masked."""


@dataclass(frozen=True, kw_only=True)
class Day:
    """The reports of a project and day."""

    day: dt.date
    reports: int
    flagged: int
    words: int
    masked: int
    seen: int
    agreed: int
    certainty: float
    """The mean."""
    findings: Mapping[str, int] = field(default_factory=dict, hash=False)
    """Kind -> how often the second method found it in the output."""

    @property
    def agreement(self) -> float:
        """How much of what the second method saw in the texts had been masked."""
        return self.agreed / self.seen if self.seen else 1.0

    @property
    def share_flagged(self) -> float:
        """How many of the reports were flagged, from 0 to 1."""
        return self.flagged / self.reports if self.reports else 0.0

    @property
    def length(self) -> float:
        """Words a report."""
        return self.words / self.reports if self.reports else 0.0

    def rate(self, kind: str) -> float:
        """Return how many findings of a kind there were per 1,000 words."""
        return 1000 * self.findings.get(kind, 0) / self.words if self.words else 0.0


def kinds_of(days: Sequence[Day]) -> list[str]:
    """Return the kinds of finding that occur in some days."""
    return sorted({kind for day in days for kind in day.findings})


def masked(text: str, findings: Sequence[Finding]) -> str:
    """Return `text` with the words of findings masked, wherever the stretch stands that they were found in.

    Raises
    ------
    ValueError
        A finding's words are not there: what was to be masked would leave.
    """
    places = sorted({place for finding in findings for place in _places(text, finding)})
    parts, at = [], 0
    for start, end, kind in places:
        if start >= at:
            parts += [text[at:start], f"[{kind.upper()}]"]
        at = max(at, end)
    return "".join([*parts, text[at:]])


def found_by_reviewer(words: str) -> Finding:
    """Return what a person found in a report that no method did, to be masked wherever these words stand."""
    return Finding(
        checker="reviewer",
        kind="words",
        reason="a reviewer wants these words masked",
        where="report",
        value=words,
        parts=(Part(word=words, kind="redacted", offset=0),),
        confidence=1.0,
    )


def _places(text: str, finding: Finding) -> Iterator[tuple[int, int, str]]:
    """Yield where the parts of a finding are in the text: at each place where the finding's value is."""
    at = text.find(finding.value) if finding.value else -1
    if at < 0 or not finding.parts:
        raise ValueError("what is to be masked is not in the text")
    while at >= 0:
        for part in finding.parts:
            yield at + part.offset, at + part.offset + len(part.word), part.kind
        at = text.find(finding.value, at + 1)
