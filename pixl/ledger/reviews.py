"""The review of what was found: what waits, grouped by what it shares; decisions on it; what became of it over time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from psycopg_pool import ConnectionPool

from pixl.domain.state import State
from pixl.domain.study import ExtractId
from pixl.ledger.cipher import Cipher
from pixl.ledger.decisions import Decided, Decisions, RuleKeys, Said, Selection
from pixl.ledger.findings import Connection, Findings, StoredFinding, transaction
from pixl.ledger.sql import read_queries

QUERIES = read_queries(Path(__file__).with_name("reviews.sql"))
RULES = read_queries(Path(__file__).with_name("decisions.sql"))
PAGE = 50
ANY = dict.fromkeys(("projects", "states", "after_since", "after_id", "limit"))
"""What leaves the query of studies unfiltered."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which findings are looked at; what is None or empty is any."""

    projects: tuple[str, ...] = ()
    subject_kinds: tuple[str, ...] = ()
    """`study`, `series`, `report`."""
    checker: str | None = None
    kind: str | None = None
    place: str | None = None
    device: str | None = None
    words: bytes | None = None
    """The fingerprint of the words."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Group:
    """Findings that wait and share device and element (and, if asked for, the words). Identifiable by its example."""

    group_id: int
    fingerprint: bytes | None
    """Of the words that they share; None where they may differ."""
    project: str
    subject_kind: str
    checker: str
    kind: str
    place: str
    device: str
    findings: int
    """How many wait: what one decision on the group settles."""
    subjects: int
    """In how many studies and reports."""
    example: StoredFinding
    """The oldest of them."""

    @property
    def cursor(self) -> tuple[int, int]:
        """Where the next page begins."""
        return self.findings, self.example.id

    @property
    def selection(self) -> Selection:
        """All that wait of the group, for a decision."""
        return Selection(group_id=self.group_id, fingerprint=self.fingerprint)


@dataclass(frozen=True, kw_only=True)
class StudyUnderReview:
    """A study as the queue shows it. Holds pseudonyms only."""

    id: int
    project: str
    state: State
    reason: str | None
    since: dt.datetime
    revision: int
    pseudo_study_uid: str | None
    anon_id: str | None
    """What orthanc-anon calls it."""
    stored: int | None
    findings: int
    """Of its present revision, also those that stop nothing."""
    open: int
    """Of those, how many wait."""
    checkers: tuple[str, ...]
    """Of those that wait."""

    @property
    def cursor(self) -> tuple[dt.datetime, int]:
        """Where the next page begins."""
        return self.since, self.id


@dataclass(frozen=True, kw_only=True)
class ReportUnderReview:
    """A held report as the queue shows it. Holds nothing identifiable."""

    id: int
    project: str
    reason: str | None
    since: dt.datetime
    certainty: float | None
    open: int
    """How many findings of its present revision wait."""


@dataclass(frozen=True, kw_only=True)
class SeriesUnderReview:
    """A series of a study, as orthanc-anon has it."""

    series: str
    anon_id: str
    instances: int
    state: str
    """`waiting` or `done`."""


@dataclass(frozen=True, kw_only=True)
class DecisionTaken:
    """A decision, as it was taken. `decision` is pass, fail, redact or undo."""

    id: int
    project: str
    decision: str
    reason: str
    by: str
    at: dt.datetime
    findings: int
    subjects: int
    undoes: int | None
    undone_by: int | None


@dataclass(frozen=True, kw_only=True, repr=False)
class Rule:
    """A rule of a project, with its words. Identifiable."""

    id: int
    project: str
    version: int
    checker: str | None
    kind: str | None
    place: str | None
    device: str | None
    words: tuple[str, ...] | None
    reason: str
    by: str
    at: dt.datetime
    revoked_at: dt.datetime | None
    revoked_by: str | None
    revoked_reason: str | None


@dataclass(frozen=True, kw_only=True)
class SampleCount:
    """The random sample of a project's studies, or of its reports: for `pixl.review.miss_rate`."""

    project: str
    kind: Literal["study", "report"]
    drawn: int
    looked_at: int
    missed: int


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """How far an extract is from being complete."""

    requested: int
    in_flight: int
    held: int
    exported: int

    @property
    def is_ready(self) -> bool:
        """Whether everything of it is at its end and nothing waits for a person."""
        return self.requested > 0 and not self.in_flight and not self.held


class Reviews:
    """What waits for people, and what they decide. Every method is one transaction.

    Raises
    ------
    RetryLater
        From every method: Postgres did not answer.
    """

    def __init__(self, pool: ConnectionPool[Connection], cipher: Cipher, decisions: Decisions) -> None:
        self._pool = pool
        self._cipher = cipher
        self._findings = Findings(pool, cipher)
        self._decisions = decisions

    # --- what waits

    def groups(
        self,
        filters: Filters | None = None,
        *,
        by_words: bool = False,
        after: tuple[int, int] | None = None,
        limit: int = PAGE,
    ) -> list[Group]:
        """Return what waits, by device and element (and, `by_words`, by the same words): the most first.

        `after` is the `cursor` of the last group of the page before.
        """
        filters = filters or Filters()
        with transaction(self._pool) as connection:
            rows = connection.execute(QUERIES["group_ids"], _filter_values(filters)).fetchall()
            values = {
                "group_ids": [row["id"] for row in rows],
                "by_words": by_words,
                "words": filters.words,
                "after_findings": after[0] if after else None,
                "after_example": after[1] if after else None,
                "limit": limit,
            }
            found = connection.execute(QUERIES["groups"], values).fetchall()
        return [self._group(row) for row in found]

    def findings(
        self, group_id: int, *, fingerprint: bytes | None = None, after: int = 0, limit: int = PAGE
    ) -> list[StoredFinding]:
        """Return what waits of a group; `after` is the number of the last finding of the page before."""
        values = {"group_id": group_id, "fingerprint": fingerprint, "after": after, "limit": limit}
        return self._read("findings", values)

    def some(self, ids: Sequence[int]) -> list[StoredFinding]:
        """Return findings by their numbers."""
        return self._read("some", {"ids": list(ids)})

    def open(self, projects: Sequence[str] = (), *, after: int = 0, limit: int = 1000) -> list[StoredFinding]:
        """Return whatever waits, in the order of its numbers."""
        return self._read("open", {"projects": list(projects) or None, "after": after, "limit": limit})

    def studies(
        self,
        projects: Sequence[str] = (),
        *,
        states: Sequence[State] = (State.HELD,),
        after: tuple[dt.datetime, int] | None = None,
        limit: int = PAGE,
    ) -> list[StudyUnderReview]:
        """Return studies in some states, those that wait longest first; also those held before any check."""
        since, number = after or (None, 0)
        values = {"projects": list(projects) or None, "states": list(states), "limit": limit}
        rows = self._rows("studies", {**values, "id": None, "after_since": since, "after_id": number})
        return [_study(row) for row in rows]

    def reports(self, projects: Sequence[str] = (), *, limit: int = PAGE) -> list[ReportUnderReview]:
        """Return held reports, those that wait longest first."""
        rows = self._rows("reports", {"projects": list(projects) or None, "limit": limit})
        return [ReportUnderReview(**row) for row in rows]

    def study(self, study_id: int) -> tuple[StudyUnderReview, list[SeriesUnderReview]]:
        """Return a study and its series.

        Raises
        ------
        LookupError
            There is none.
        """
        with transaction(self._pool) as connection:
            row = connection.execute(QUERIES["studies"], {**ANY, "id": study_id}).fetchone()
            if row is None:
                raise LookupError(f"there is no study {study_id}")
            series = connection.execute(QUERIES["series"], {"id": study_id, "revision": row["revision"]}).fetchall()
        return _study(row), [SeriesUnderReview(**one) for one in series]

    # --- decisions

    def decide(self, chosen: Selection, said: Said, *, expected: int | None = None) -> Decided:
        """Decide on findings; their studies and reports go on if nothing more of them waits.

        Parameters
        ----------
        expected
            How many findings the reviewer was told that this is about.

        Raises
        ------
        ReviewStale
            They are not that many any more, or somebody else has decided.
        ReviewRefused
            This cannot be decided so; the message says why.
        """
        return self.decide_all([(chosen, said, expected)])[0]

    def decide_all(self, decisions: Sequence[tuple[Selection, Said, int | None]]) -> list[Decided]:
        """Take several decisions, all or none; where the studies went is told with the last one.

        Raises what `decide` raises.
        """
        with transaction(self._pool) as connection:
            return self._decisions.decide(connection, decisions)

    def mask(self, report_id: int, words: str, *, by: str, reason: str) -> Decided:
        """Have words masked, wherever they stand in a held report, that a person saw there and no method found.

        When nothing else of the report waits, it is made without them and checked again.

        Raises
        ------
        ReviewRefused
            The report is not held, or these words are not in it.
        """
        with transaction(self._pool) as connection:
            return self._decisions.mask(connection, report_id, words, by=by, reason=reason)

    def undo(self, decision_id: int, *, by: str, reason: str) -> Decided:
        """Take a decision back, by another one.

        Raises
        ------
        ReviewRefused
            It was undone before, or what it was about has left or is being made anew.
        """
        with transaction(self._pool) as connection:
            return self._decisions.undo(connection, decision_id, by=by, reason=reason)

    def add_rule(self, project: str, keys: RuleKeys, *, by: str, reason: str) -> tuple[int, Decided]:
        """Have a project ignore findings from now on; returns the rule's number, and what it settled at once."""
        with transaction(self._pool) as connection:
            return self._decisions.add_rule(connection, project, keys, by=by, reason=reason)

    def revoke_rule(self, rule_id: int, *, by: str, reason: str) -> None:
        """Let a rule hold no longer."""
        with transaction(self._pool) as connection:
            self._decisions.revoke_rule(connection, rule_id, by=by, reason=reason)

    def rules(self, project: str | None = None) -> list[Rule]:
        """Return the rules of a project, or of all, with their words; also those that were revoked."""
        with transaction(self._pool) as connection:
            rows = connection.execute(RULES["all_rules"], {"project": project}).fetchall()
        return [self._rule(row) for row in rows]

    # --- what was said, and what became of it

    def verdicts(self, finding_id: int) -> list[DecisionTaken]:
        """Return what was said of a finding, in order."""
        return self._decisions_of("verdicts", {"id": finding_id})

    def decisions_of_study(self, study_id: int) -> list[DecisionTaken]:
        """Return what was said of a study's findings, in order."""
        return self._decisions_of("decisions_of", {"study_id": study_id, "report_id": None})

    def decisions_of_report(self, report_id: int) -> list[DecisionTaken]:
        """Return what was said of a report's findings, in order."""
        return self._decisions_of("decisions_of", {"study_id": None, "report_id": report_id})

    def decisions(
        self, projects: Sequence[str] = (), *, before: int | None = None, limit: int = PAGE
    ) -> list[DecisionTaken]:
        """Return what was said, the newest first; `before` is the last number of the page before."""
        values = {"projects": list(projects) or None, "before": before, "limit": limit}
        return self._decisions_of("decisions", values)

    def by_checker(self, projects: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Count findings: `project, checker, kind, outcome, decision, by_rule, open, count`."""
        return self._rows("by_checker", {"projects": list(projects) or None})

    def states_over_time(
        self, projects: Sequence[str] = (), *, since: dt.datetime, unit: str = "day"
    ) -> list[dict[str, Any]]:
        """Count how many studies came into each state: `at, state, count`; `unit` is hour, day or month."""
        return self._rows("states_over_time", {"projects": list(projects) or None, "since": since, "unit": unit})

    def decisions_over_time(
        self, projects: Sequence[str] = (), *, since: dt.datetime, unit: str = "day"
    ) -> list[dict[str, Any]]:
        """Count the findings that were decided: `at, decision, count`."""
        return self._rows("decisions_over_time", {"projects": list(projects) or None, "since": since, "unit": unit})

    def samples(self, projects: Sequence[str] = ()) -> list[SampleCount]:
        """Count the random samples of what passed, and what was missed in them."""
        return [SampleCount(**row) for row in self._rows("samples", {"projects": list(projects) or None})]

    def readiness(self, extract: ExtractId) -> Readiness:
        """Say how far an extract is from being complete."""
        values = {"project": extract.project, "generated_at": extract.generated_at}
        return Readiness(**self._rows("extract_ready", values)[0])

    def study_rows(self, project: str, generated_at: dt.datetime | None = None) -> Iterator[dict[str, Any]]:
        """Yield every study of an extract (or project) with its state, reason, pseudonyms, export and what made it."""
        return self._stream("study_rows", {"project": project, "generated_at": generated_at})

    def finding_rows(self, project: str, generated_at: dt.datetime | None = None) -> Iterator[StoredFinding]:
        """Yield every finding of an extract's (or project's) studies, at their present revisions. Identifiable."""
        rows = self._stream("finding_rows", {"project": project, "generated_at": generated_at})
        return (self._findings.read(row) for row in rows)

    # --- inside

    def _rows(self, query: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        with transaction(self._pool) as connection:
            return connection.execute(QUERIES[query], values).fetchall()

    def _stream(self, query: str, values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        with transaction(self._pool) as connection, connection.cursor(name=query) as cursor:
            cursor.itersize = 5000
            yield from cursor.execute(QUERIES[query], values)

    def _read(self, query: str, values: Mapping[str, Any]) -> list[StoredFinding]:
        return [self._findings.read(row) for row in self._rows(query, values)]

    def _decisions_of(self, query: str, values: Mapping[str, Any]) -> list[DecisionTaken]:
        return [DecisionTaken(**row) for row in self._rows(query, values)]

    def _group(self, row: Mapping[str, Any]) -> Group:
        names = ("group_id", "project", "subject_kind", "checker", "kind", "place", "device", "findings", "subjects")
        words = bytes(row["words"]) if row["words"] is not None else None
        return Group(**{name: row[name] for name in names}, fingerprint=words, example=self._findings.read(row))

    def _rule(self, row: Mapping[str, Any]) -> Rule:
        named = {name: value for name, value in row.items() if name not in ("payload", "fingerprint")}
        return Rule(**named, words=tuple(self._cipher.decrypt(row["payload"])) if row["payload"] else None)


def _study(row: Mapping[str, Any]) -> StudyUnderReview:
    return StudyUnderReview(**{**row, "state": State(row["state"]), "checkers": tuple(row["checkers"])})


def _filter_values(filters: Filters) -> dict[str, Any]:
    return {
        "projects": list(filters.projects) or None,
        "subject_kinds": list(filters.subject_kinds) or None,
        **{name: getattr(filters, name) for name in ("checker", "kind", "place", "device")},
    }
