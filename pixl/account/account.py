"""An extract in figures. Pure: rows of the ledger in, an account out."""

from __future__ import annotations

import datetime as dt
import enum
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pixl.domain.drift import USUAL, Drift, Limits, drifts
from pixl.domain.report import Day, ReportState
from pixl.domain.state import IN_FLIGHT, State
from pixl.domain.study import ExtractId


class Part(enum.StrEnum):
    """What became of a requested study; each is in exactly one part, so that the parts are the whole."""

    PASSED = "passed"
    FAILED_CHECK = "failed check"
    REJECTED = "rejected"
    NOT_FOUND = "not found"
    MISSING = "missing"
    ERROR = "error"
    ON_THE_WAY = "on the way"


MEANING = {
    Part.PASSED: "checked, released, and exported or about to be",
    Part.FAILED_CHECK: "a check or a reviewer stopped it, or it waits for a reviewer",
    Part.REJECTED: "the project's rules do not take it, or it was cancelled",
    Part.NOT_FOUND: "no archive knows it",
    Part.MISSING: "an archive knows it and did not deliver it",
    Part.ERROR: "it could not be processed",
    Part.ON_THE_WAY: "it is not at its end yet",
}
AT_THE_ARCHIVE = {State.REQUESTED, State.FETCHING}
LOOKED_AT = {State.CHECKING, State.HELD}


def part_of(state: State, before: State | None) -> Part:
    """Say which part a study is in, by its state and the one before."""
    match state:
        case State.RELEASED | State.EXPORTING | State.EXPORTED:
            return Part.PASSED
        case State.MISSING:
            return Part.NOT_FOUND
        case State.HELD:
            return Part.ERROR if before in AT_THE_ARCHIVE else Part.FAILED_CHECK
        case State.REJECTED:
            return Part.FAILED_CHECK if before in LOOKED_AT else Part.REJECTED
        case State.FAILED:
            return Part.MISSING if before in AT_THE_ARCHIVE else Part.ERROR
        case _:
            return Part.ON_THE_WAY


@dataclass(frozen=True, kw_only=True)
class FindingCount:
    """How often a checker found something, and what became of it."""

    checker: str
    kind: str
    outcome: str
    verdict: str
    """`pass`, `fail`, `redact`, `rule` or nothing yet."""
    count: int
    studies: int


@dataclass(frozen=True, kw_only=True)
class Review:
    """What one person said."""

    decision: str
    by: str
    decisions: int
    findings: int


@dataclass(frozen=True, kw_only=True)
class Account:
    """An extract in figures. Holds no identifier."""

    extract: ExtractId
    loaded_at: dt.datetime
    rows: int
    skipped: Mapping[str, int]
    """Reason -> rows that asked for nothing."""
    parts: Mapping[Part, int]
    states: Mapping[State, int]
    reasons: tuple[tuple[Part, str, int], ...]
    """Why studies did not pass: the most frequent first."""
    left_out: tuple[tuple[str, str, int], ...]
    """(`skipped` or `failed`, reason, files) of files that de-identification left out."""
    modalities: Mapping[str, int]
    """Files by modality."""
    devices: Mapping[str, int]
    """Files by manufacturer."""
    findings: tuple[FindingCount, ...]
    reviews: tuple[Review, ...]
    days: tuple[tuple[dt.date, Mapping[State, int]], ...]
    made_with: tuple[tuple[str, str], ...]
    """(what, version or hash) of software, policies, checkers, models and rules."""
    reports: Mapping[ReportState, int] = field(default_factory=dict)
    """Radiology reports of the extract; empty where the project asks for none."""
    report_days: tuple[Day, ...] = ()
    """What the project's radiology reports were like, day by day, until the last of the extract."""
    limits: Limits = USUAL
    """When a day of reports counts as unlike those before."""

    @property
    def requested(self) -> int:
        """How many different studies were asked for."""
        return sum(self.states.values())

    @property
    def files(self) -> int:
        """How many files came out."""
        return sum(self.modalities.values())

    @property
    def is_final(self) -> bool:
        """Whether nothing is on its way, not even to the destination, and nothing waits for a person."""
        waiting = self.reports.get(ReportState.REQUESTED, 0) + self.reports.get(ReportState.HELD, 0)
        return not waiting and not any(self.states.get(state) for state in {*IN_FLIGHT, State.HELD})

    @property
    def report_equation(self) -> str:
        """The sum that accounts for all radiology reports; empty where none was asked for."""
        counts = " + ".join(f"{self.reports.get(state, 0)} {state}" for state in ReportState)
        return f"{sum(self.reports.values())} radiology reports = {counts}" if self.reports else ""

    @property
    def drift(self) -> list[tuple[Day, Drift]]:
        """What was unlike the days before, day by day: the alarms."""
        return drifts(self.report_days, self.limits)

    @property
    def drift_state(self) -> str:
        """The state of the alarm, in a sentence; empty where there are no days."""
        if not self.report_days:
            return ""
        last = self.report_days[-1].day
        beyond = f"beyond {self.limits.sigmas:g} standard deviations"
        if any(day.day == last for day, _ in self.drift):
            return f"Drift alarm: the last day, {last}, is unlike the days before ({beyond})"
        return f"No drift alarm: the last day, {last}, is like the days before ({beyond}), or there are too few to say"

    @property
    def equation(self) -> str:
        """The sum that accounts for all of them."""
        shown = [part for part in Part if part is not Part.ON_THE_WAY or self.parts.get(part)]
        return f"{self.requested} requested = " + " + ".join(f"{self.parts.get(part, 0)} {part}" for part in shown)


def studies_summed(
    rows: Iterable[Mapping[str, Any]],
) -> tuple[Counter[Part], Counter[State], Counter[tuple[Part, str]], set[tuple[str, str]]]:
    """Count studies by part, state and reason; collect what they were made with."""
    parts: Counter[Part] = Counter()
    states: Counter[State] = Counter()
    reasons: Counter[tuple[Part, str]] = Counter()
    made: set[tuple[str, str]] = set()
    for row in rows:
        state, part = State(row["state"]), part_of_row(row)
        parts[part] += 1
        states[state] += 1
        if part is not Part.PASSED:
            reasons[part, row["reason"] or state] += 1
        made |= _made_with(row)
    return parts, states, reasons, made


def part_of_row(row: Mapping[str, Any]) -> Part:
    """Say which part a study is in, by its row."""
    return part_of(State(row["state"]), State(row["before"]) if row["before"] else None)


def _made_with(row: Mapping[str, Any]) -> set[tuple[str, str]]:
    if not row["software"]:
        return set()
    made = {("software", f"PIXL {row['software']}"), ("policy", row["policy"])}
    made |= {(f"checker {name}", str(version)) for name, version in row["checks"].items()}
    if row["rules"]:
        made.add(("review rules", f"version {row['rules']}"))
    return made
