"""Reports in Postgres: what was asked for, what became of it, and what the reports of each day were like."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg_pool import ConnectionPool

from pixl.domain.finding import Finding
from pixl.domain.report import Counted, Day, ReportKey, ReportState, found_by_reviewer, masked, report_may_follow
from pixl.domain.review import Subject, SubjectKind, Tally
from pixl.domain.study import ExtractId
from pixl.ledger.cipher import Cipher
from pixl.ledger.findings import Connection, Findings, transaction
from pixl.ledger.sql import read_queries
from pixl.queue.jobs import Job, Step, defer

QUERIES = read_queries(Path(__file__).with_name("reports.sql"))


@dataclass(frozen=True, kw_only=True, repr=False)
class Report:
    """A report of a project, as a worker needs it. Identifiable: its `repr` shows no identifier."""

    id: int
    project: str
    state: ReportState
    reason: str | None
    revision: int
    tries: int
    key: ReportKey
    study_uid: str | None
    study_date: dt.date | None
    participant_id: str | None
    output: str | None
    """The de-identified text, if there is one."""
    read: str | None
    """What the second method read: the same with labels, where the text has surrogates."""
    recheck: bool
    """Whether something was masked in `output`, which has only to be checked again."""
    certainty: float | None
    engine: str | None
    method: str | None
    policy: str | None
    image_identifier: str | None
    pseudo_study_uid: str | None
    found: int
    superseded: int

    def __repr__(self) -> str:
        return f"Report(id={self.id}, project={self.project!r}, state={self.state.value!r})"

    @property
    def subject(self) -> Subject:
        """What its findings are about."""
        return subject_of(self.id, self.project, self.revision)


@dataclass(frozen=True, kw_only=True, repr=False)
class Output:
    """What de-identification and the second method made of a report."""

    text: str
    read: str
    """What the second method read: the text with labels where it has surrogates."""
    certainty: float
    engine: str
    method: str
    policy: str
    image_identifier: str
    pseudo_study_uid: str | None
    found: int
    superseded: int
    findings: tuple[Finding, ...]
    """What the second method, and a silent engine, have to say about it."""
    flagged: bool
    counted: Counted

    def __repr__(self) -> str:
        return f"Output(certainty={self.certainty}, flagged={self.flagged})"


@dataclass(frozen=True, kw_only=True)
class ReportEnding:
    """What becomes of a report that was checked."""

    state: ReportState
    reason: str | None = None
    look: Finding | None = None
    """What puts it before a person, besides what was found."""
    needs: int = 1
    """How many different people have to pass `look`."""
    is_sample: bool = False
    """Whether it passed, and is put before a person by chance."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ReportRow:
    """A row of `radiology.parquet`, and which revision of which report it holds."""

    id: int
    revision: int
    procedure_occurrence_id: int
    image_identifier: str
    pseudo_study_uid: str | None
    text: str
    certainty: float
    engine: str
    method: str
    policy: str


@dataclass(frozen=True, kw_only=True)
class ReportStatus:
    """The state sum of the reports of one extract."""

    project: str
    generated_at: dt.datetime
    counts: Mapping[ReportState, int]
    several: int = 0
    """Under how many accession numbers the source had more than one report: all of them were read."""
    superseded: int = 0
    """How many older versions of reports were left out."""

    @property
    def requested(self) -> int:
        """How many different reports were asked for."""
        return sum(self.counts.values())

    @property
    def in_flight(self) -> int:
        """How many are still on their way to a verdict."""
        return self.counts.get(ReportState.REQUESTED, 0)


def subject_of(report_id: int, project: str, revision: int) -> Subject:
    """Return a revision of a report, as findings are about it."""
    return Subject(kind=SubjectKind.REPORT, project=project, revision=revision, report_id=report_id)


class Reports:
    """The reports of a ledger. The methods that take a connection are parts of a caller's transaction.

    Raises
    ------
    RetryLater
        From every method without a connection: Postgres did not answer.
    """

    def __init__(self, pool: ConnectionPool[Connection], cipher: Cipher, findings: Findings) -> None:
        self._pool, self._cipher, self._findings = pool, cipher, findings

    # --- a report's way

    def add_staged(self, connection: Connection, project: str, priority: int) -> int:
        """Ask for the report of each row of the load that runs, where the project has not; return how many."""
        row = connection.execute(QUERIES["add_staged"], {"project": project, "priority": priority}).fetchone()
        return row["count"] if row else 0

    def report(self, report_id: int) -> Report:
        """Return a report with its identifiers, for the worker that handles it."""
        with transaction(self._pool) as connection:
            row = connection.execute(QUERIES["report"], {"id": report_id}).fetchone()
        if row is None:
            raise LookupError("the ledger has no such report")
        return self._report(row)

    def finish(self, report: Report, output: Output, decide: Callable[[Tally], ReportEnding]) -> ReportState | None:
        """Write down what became of a report, with all that was found in it and the day's metrics; all or nothing.

        Returns
        -------
        ReportState or None
            Where it went; None if somebody else has taken it on meanwhile, and nothing was written.
        """
        with transaction(self._pool) as connection:
            row = connection.execute(QUERIES["lock"], {"id": report.id}).fetchone()
            if row is None or (row["state"], row["revision"]) != (ReportState.REQUESTED, report.revision):
                return None
            self._findings.close(connection, report.subject)
            self._findings.add(connection, report.subject, output.findings)
            ending = decide(self._findings.tally(connection, report.subject))
            if ending.look:
                sample = ending.is_sample
                self._findings.ask(connection, report.subject, ending.look, needs=ending.needs, is_sample=sample)
            connection.execute(QUERIES["finish"], self._values(report, output, ending))
            if not report.recheck:
                self._count(connection, report.project, output)
            return ending.state

    def end(self, report: Report, state: ReportState, reason: str) -> bool:
        """Let a report end without an output: missing, failed or rejected. False if somebody else has taken it on."""
        _check_may_follow(ReportState.REQUESTED, state)
        values = {"id": report.id, "revision": report.revision, "state": state.value, "reason": reason}
        with transaction(self._pool) as connection:
            return connection.execute(QUERIES["end"], values).fetchone() is not None

    def note_try(self, report_id: int, reason: str) -> int:
        """Count a try in which a service did not answer; return how many there were."""
        with transaction(self._pool) as connection:
            row = connection.execute(QUERIES["note_try"], {"id": report_id, "reason": reason}).fetchone()
        return row["tries"] if row else 0

    # --- what people decide

    def settle(self, connection: Connection, report_id: int) -> ReportState | None:
        """Take a held report on by what has been said of its findings: part of the transaction of the decision.

        Failed: it is rejected. All that held it passed: it is released. Something is to be redacted: that is masked in
        the output, which the second method then reads again, as a new revision.

        Returns
        -------
        ReportState or None
            Where it went; None if it goes on waiting, or was not held.
        """
        row = connection.execute(QUERIES["lock"], {"id": report_id}).fetchone()
        if row is None or row["state"] != ReportState.HELD:
            return None
        subject = subject_of(report_id, row["project"], row["revision"])
        match self._findings.tally(connection, subject):
            case Tally(failed=failed) if failed:
                return self._move(connection, row, ReportState.REJECTED, "it failed review")
            case Tally(waiting=waiting) if waiting:
                return None
            case Tally(redact=redact) if redact:
                return self._check_again(connection, subject, row)
            case _:
                return self._move(connection, row, ReportState.RELEASED, "it passed review")

    def mark(self, connection: Connection, report_id: int, words: str) -> int | None:
        """Note what a person found in a held report; return the finding, None if it is not held or not there."""
        row = connection.execute(QUERIES["lock"], {"id": report_id}).fetchone()
        if (
            row is None
            or row["state"] != ReportState.HELD
            or any(words not in text for text in self._opened(row["output"]))
        ):
            return None
        subject = subject_of(report_id, row["project"], row["revision"])
        [group] = self._findings.add(connection, subject, [found_by_reviewer(words)])
        newest = connection.execute(QUERIES["newest"], {"id": report_id, "group_id": group}).fetchone()
        return newest["id"] if newest else None

    def reopen(self, connection: Connection, report_id: int) -> bool:
        """Hold a report again whose decision was undone; False if it has gone too far for that."""
        row = connection.execute(QUERIES["lock"], {"id": report_id}).fetchone()
        if row is None or row["state"] not in (ReportState.RELEASED, ReportState.REJECTED) or row["output"] is None:
            return False
        self._move(connection, row, ReportState.HELD, "a decision was undone")
        connection.execute(QUERIES["reopen"], {"id": report_id, "revision": row["revision"]})
        return True

    def retry(self, project: str, *, states: Collection[ReportState], generated_at: dt.datetime | None = None) -> int:
        """Let reports begin anew. Returns how many."""
        with transaction(self._pool) as connection:
            rows = self._chosen(connection, project, states, generated_at)
            self._close(connection, rows)
            connection.execute(QUERIES["again"], {"ids": [row["id"] for row in rows], "reason": "retried"})
            defer(connection, *map(_job, rows))
        return len(rows)

    def cancel(self, project: str, *, generated_at: dt.datetime | None = None) -> int:
        """Reject what is still on its way, or was released and has not left. Returns how many."""
        states = {ReportState.REQUESTED, ReportState.RELEASED}
        with transaction(self._pool) as connection:
            rows = self._chosen(connection, project, states, generated_at)
            connection.execute(QUERIES["reject"], {"ids": [row["id"] for row in rows], "reason": "cancelled"})
        return len(rows)

    def rescue(self, *, older_seconds: float) -> int:
        """Give a job to each report on its way that has none (there should be none). Returns how many had none."""
        with transaction(self._pool) as connection:
            rows = connection.execute(QUERIES["stranded"], {"older_seconds": older_seconds}).fetchall()
            defer(connection, *map(_job, rows))
        return len(rows)

    # --- what people ask

    def status(self, project: str | None = None, generated_at: dt.datetime | None = None) -> list[ReportStatus]:
        """Return the state sum of the reports of each extract that has any."""
        values = {"project": project, "generated_at": generated_at}
        extracts: dict[tuple[str, dt.datetime], list[dict[str, Any]]] = {}
        with transaction(self._pool) as connection:
            for row in connection.execute(QUERIES["status"], values):
                extracts.setdefault((row["project"], row["generated_at"]), []).append(row)
        return [
            ReportStatus(
                project=project,
                generated_at=generated_at,
                counts={ReportState(row["state"]): row["count"] for row in rows},
                several=sum(row["several"] for row in rows),
                superseded=sum(row["superseded"] for row in rows),
            )
            for (project, generated_at), rows in extracts.items()
        ]

    def reasons(self, project: str | None = None, *, limit: int = 20) -> list[tuple[str, ReportState, str, int]]:
        """Return (project, state, reason, how many), the most frequent first."""
        with transaction(self._pool) as connection:
            rows = connection.execute(QUERIES["reasons"], {"project": project, "limit": limit}).fetchall()
        return [(row["project"], ReportState(row["state"]), row["reason"], row["count"]) for row in rows]

    def events(self, report_id: int) -> list[tuple[dt.datetime, str | None, str, str | None]]:
        """Return a report's history: (when, before, after, reason)."""
        with transaction(self._pool) as connection:
            rows = connection.execute(QUERIES["events"], {"id": report_id}).fetchall()
        return [(row["at"], row["before"], row["after"], row["reason"]) for row in rows]

    def days(self, project: str, *, limit: int = 90) -> list[Day]:
        """Return what the reports of a project's last days were like, the oldest first."""
        with transaction(self._pool) as connection:
            return self.days_in(connection, project, until=None, limit=limit)

    def days_in(self, connection: Connection, project: str, *, until: dt.date | None, limit: int = 90) -> list[Day]:
        """Return the same within a transaction, no day after `until`."""
        values = {"project": project, "until": until, "limit": limit}
        rows = connection.execute(QUERIES["days"], values).fetchall()
        return [Day(**{**row, "certainty": row["certainty"] / (row["reports"] or 1)}) for row in reversed(rows)]

    # --- the block list

    def why_blocked(self, report: Report) -> str | None:
        """Return why a report must not leave, if its patient or study is on the block list."""
        with transaction(self._pool) as connection:
            return next(iter(self._blocked(connection, report.project, report.id).values()), None)

    def refuse_blocked(self, project: str) -> int:
        """Reject what was released and is on the block list by now. Returns how many."""
        with transaction(self._pool) as connection:
            blocked = self._blocked(connection, project, None)
            if blocked:
                values = {"ids": list(blocked), "reason": "on the block list"}
                connection.execute(QUERIES["reject"], values)
        return len(blocked)

    # --- parquet

    def rows(self, extract: ExtractId) -> Iterator[ReportRow]:
        """Yield the reports of an extract that may leave, one for each of its rows."""
        scope = {"project": extract.project, "generated_at": extract.generated_at}
        with transaction(self._pool) as connection, connection.cursor(name="reports") as cursor:
            blocks = self._blocks(connection, extract.project)
            for row in cursor.execute(QUERIES["rows"], scope):
                text, _ = self._opened(row.pop("output"))
                marks = {row.pop("fingerprint"), row.pop("uid_fingerprint"), self._patient(row.pop("identifiers"))}
                if marks.isdisjoint(blocks):
                    yield ReportRow(**row, text=text)

    def mark_exported(self, extract: ExtractId, destination: str, sent: Sequence[tuple[int, int]]) -> None:
        """Write down which revisions of which reports have arrived."""
        values = {
            "project": extract.project,
            "generated_at": extract.generated_at,
            "destination": destination,
            "ids": [report_id for report_id, _ in sent],
            "revisions": [revision for _, revision in sent],
        }
        with transaction(self._pool) as connection:
            connection.execute(QUERIES["record_exports"], values)
            connection.execute(QUERIES["mark_exported"], values)

    # --- inside

    def _report(self, row: Mapping[str, Any]) -> Report:
        known = self._cipher.decrypt(row["identifiers"])
        text, read = self._opened(row["output"]) if row["output"] else (None, None)
        names = ("id", "project", "reason", "revision", "tries", "recheck", "certainty", "engine", "method", "policy")
        more = ("image_identifier", "pseudo_study_uid", "found", "superseded")
        return Report(
            **{name: row[name] for name in (*names, *more)},
            state=ReportState(row["state"]),
            key=ReportKey(mrn=known["mrn"], accession_number=known["accession_number"]),
            study_uid=known["study_uid"],
            study_date=dt.date.fromisoformat(known["study_date"]) if known["study_date"] else None,
            participant_id=known["participant_id"],
            output=text,
            read=read,
        )

    def _blocks(self, connection: Connection, project: str) -> dict[bytes, str]:
        rows = connection.execute(QUERIES["blocks"], {"project": project})
        return {bytes(row["fingerprint"]): row["reason"] for row in rows}

    def _blocked(self, connection: Connection, project: str, report_id: int | None) -> dict[int, str]:
        """Return the reports that are on the block list, with the reason: one, or all that are released."""
        blocks = self._blocks(connection, project)
        if not blocks:
            return {}
        found = {}
        for row in connection.execute(QUERIES["marks"], {"project": project, "id": report_id}):
            marks = (self._patient(row["identifiers"]), row["fingerprint"], *row["uids"])
            reasons = [blocks[mark] for mark in marks if mark in blocks]
            if reasons:
                found[row["id"]] = reasons[0]
        return found

    def _patient(self, identifiers: bytes) -> bytes:
        return self._cipher.fingerprint("patient", self._cipher.decrypt(identifiers)["mrn"])

    def _sealed(self, text: str, read: str) -> bytes:
        return self._cipher.encrypt([text] if text == read else [text, read])

    def _opened(self, sealed: bytes) -> tuple[str, str]:
        texts = self._cipher.decrypt(sealed)
        return texts[0], texts[-1]

    def _values(self, report: Report, output: Output, ending: ReportEnding) -> dict[str, Any]:
        _check_may_follow(ReportState.REQUESTED, ending.state)
        names = (
            "certainty",
            "engine",
            "method",
            "policy",
            "image_identifier",
            "pseudo_study_uid",
            "found",
            "superseded",
        )
        return {
            **{name: getattr(output, name) for name in names},
            "id": report.id,
            "state": ending.state.value,
            "reason": ending.reason,
            "output": self._sealed(output.text, output.read),
            "words": output.counted.words,
        }

    def _count(self, connection: Connection, project: str, output: Output) -> None:
        counted = output.counted
        values = {"project": project, "flagged": int(output.flagged), "certainty": output.certainty}
        values |= {"words": counted.words, "masked": counted.masked, "seen": counted.seen, "agreed": counted.agreed}
        connection.execute(QUERIES["add_day"], values)
        kinds = Counter(finding.kind for finding in output.findings)
        if kinds:
            columns = {"kinds": list(kinds), "counts": list(kinds.values())}
            connection.execute(QUERIES["add_day_findings"], {"project": project, **columns})

    def _move(self, connection: Connection, row: Mapping[str, Any], state: ReportState, reason: str) -> ReportState:
        _check_may_follow(ReportState(row["state"]), state)
        connection.execute(QUERIES["move"], {"id": row["id"], "state": state.value, "reason": reason})
        self._close(connection, [row])
        return state

    def _check_again(self, connection: Connection, subject: Subject, row: Mapping[str, Any]) -> ReportState:
        values = {"report_id": subject.report_id, "revision": subject.revision}
        found = [self._findings.read(one).finding for one in connection.execute(QUERIES["redacted"], values)]
        try:
            texts = [masked(text, [one for one in found if one.parts]) for text in self._opened(row["output"])]
        except ValueError as reason:
            return self._move(connection, row, ReportState.REJECTED, str(reason))
        again = {"id": row["id"], "reason": "a reviewer had something masked", "output": self._sealed(*texts)}
        connection.execute(QUERIES["check_again"], again)
        self._close(connection, [row])
        defer(connection, _job(row))
        return ReportState.REQUESTED

    def _chosen(
        self,
        connection: Connection,
        project: str,
        states: Collection[ReportState],
        generated_at: dt.datetime | None,
    ) -> list[dict[str, Any]]:
        scope = {"project": project, "states": [state.value for state in states], "generated_at": generated_at}
        return connection.execute(QUERIES["chosen"], scope).fetchall()

    def _close(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        connection.execute(QUERIES["close"], {"ids": [row["id"] for row in rows]})


def _job(row: Mapping[str, Any]) -> Job:
    return Job(step=Step.REPORT, id=row["id"], priority=row["priority"])


def _check_may_follow(before: ReportState, after: ReportState) -> None:
    if not report_may_follow(before, after):
        raise ValueError(f"a report may not go from {before} to {after}")
