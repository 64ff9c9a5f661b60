"""The checks of a study's series: which have still to be done, what they found, and what becomes of the study."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from pixl.domain.finding import Finding
from pixl.domain.review import Subject, SubjectKind, Tally
from pixl.domain.state import State
from pixl.ledger import audit
from pixl.ledger.audit import Event
from pixl.ledger.cipher import Cipher
from pixl.ledger.findings import Connection, Findings
from pixl.ledger.sql import read_queries
from pixl.queue import Job, Step

QUERIES = read_queries(Path(__file__).with_name("checking.sql"))


@dataclass(frozen=True, kw_only=True)
class SeriesOutput:
    """A series in orthanc-anon that has to be checked."""

    series: str
    """The pseudonymous Series Instance UID."""
    anon_id: str
    """What orthanc-anon calls it."""
    instances: int
    modality: str = ""
    manufacturer: str = ""


@dataclass(frozen=True, kw_only=True)
class Made:
    """What de-identification made of a study, and with what."""

    series: tuple[SeriesOutput, ...]
    policy: str
    """The policy's hash."""
    software: str
    findings: tuple[Finding, ...] = ()
    """What holds the study already."""


@dataclass(frozen=True, kw_only=True)
class SeriesCheck:
    """The check of one series, taken on by a worker."""

    id: int
    study_id: int
    project: str
    revision: int
    output: SeriesOutput
    tries: int
    """How often a service that it needs did not answer."""
    lost: int
    """How often it was begun and never ended: its worker was killed."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What becomes of a study of which everything has been checked."""

    state: State
    """Released, held or rejected."""
    reason: str | None = None
    look: Finding | None = None
    """What puts the study before a person, besides what was found."""
    needs: int = 1
    """How many different people have to pass `look`."""
    is_sample: bool = False
    """Whether nothing but chance puts it before a person."""


@dataclass(frozen=True, kw_only=True)
class Checks:
    """What the checkers of a series found."""

    findings: Iterable[Finding] = ()
    made_with: Mapping[str, str] = field(default_factory=dict)
    """What the checkers say of themselves: name -> version or hash."""
    instances: Sequence[str] = ()
    """The pseudonymous SOP Instance UIDs of what was checked."""


class Checking:
    """The parts of the ledger's transactions that are about checks."""

    def __init__(self, cipher: Cipher, findings: Findings) -> None:
        self._cipher = cipher
        self._findings = findings

    def plan(self, connection: Connection, study_id: int, made: Made, *, held: bool) -> None:
        """Write down what has to be checked, and what holds the study already."""
        values = {"study_id": study_id, "software": made.software, "policy": made.policy}
        connection.execute(QUERIES["add_made_with"], values)
        columns: dict[str, Sequence[Any]] = {
            "series": [one.series for one in made.series],
            "anon_ids": [one.anon_id for one in made.series],
            "instances": [one.instances for one in made.series],
            "modalities": [one.modality for one in made.series],
            "manufacturers": [one.manufacturer for one in made.series],
        }
        connection.execute(QUERIES["add_series"], {"study_id": study_id, **columns})
        row = connection.execute(QUERIES["project_of"], {"id": study_id}).fetchone()
        if row and made.findings:
            study = subject_of(study_id, row["project"], row["revision"])
            self._findings.add(connection, study, made.findings, opened=held)
        if row:
            self._note_policy(connection, row["project"], made)

    def _note_policy(self, connection: Connection, project: str, made: Made) -> None:
        """Take down in the audit trail that a project's studies are made with another policy or software now."""
        now = {"policy": made.policy, "software": made.software}
        last = connection.execute(QUERIES["last_policy"], {"project": project}).fetchone()
        if last is None or {name: last["details"].get(name) for name in now} != now:
            event = Event(who="orthanc-anon", what="policy-used", project=project, details=now)
            audit.append(connection, self._cipher, event)

    def jobs(self, connection: Connection, study_ids: Sequence[int]) -> list[Job]:
        """Return a job for each series of these studies that has still to be checked."""
        rows = connection.execute(QUERIES["waiting"], {"ids": list(study_ids)}).fetchall()
        return [Job(step=Step.CHECK, id=row["id"], study_id=row["study_id"], priority=row["priority"]) for row in rows]

    def study_of(self, connection: Connection, check_id: int) -> int:
        """Return the number of the study that a check belongs to."""
        row = connection.execute(QUERIES["study_of"], {"id": check_id}).fetchone()
        if row is None:
            raise LookupError("the ledger has no such check")
        study_id: int = row["study_id"]
        return study_id

    def begin(self, connection: Connection, check_id: int) -> SeriesCheck | None:
        """Take on the check of a series; None if there is nothing to be done any more."""
        row = connection.execute(QUERIES["begin"], {"id": check_id}).fetchone()
        if row is None:
            return None
        output = SeriesOutput(series=row["series"], anon_id=row["anon_id"], instances=row["instances"])
        return SeriesCheck(
            **{name: row[name] for name in ("id", "study_id", "project", "revision", "tries", "lost")}, output=output
        )

    def note_try(self, connection: Connection, check_id: int) -> int:
        """Count a try that a service did not answer in; return how many there were."""
        row = connection.execute(QUERIES["note_check_try"], {"id": check_id}).fetchone()
        return row["tries"] if row else 0

    def finish(
        self, connection: Connection, check: SeriesCheck, found: Checks, decide: Callable[[Tally], Ending]
    ) -> Ending | None:
        """Write down what was found in a series; return what becomes of the study if it was the last one.

        The study's row stays locked until the transaction ends, so that of its series only one is the last.
        """
        row = connection.execute(QUERIES["lock_study"], {"id": check.id}).fetchone()
        if row is None:
            return None
        series = subject_of(check.study_id, check.project, check.revision, series=check.output.series)
        self._findings.add(connection, series, found.findings)
        scope = {"study_id": check.study_id, "revision": check.revision}
        connection.execute(QUERIES["note_checks"], {**scope, "checks": Jsonb(dict(found.made_with))})
        connection.execute(QUERIES["add_files"], {"id": check.id, "instances": list(found.instances)})
        connection.execute(QUERIES["finish"], {"id": check.id})
        waiting = connection.execute(QUERIES["count_waiting"], scope).fetchone()
        if waiting and waiting["count"]:
            return None
        return self.end(connection, subject_of(check.study_id, check.project, check.revision), decide)

    def end(self, connection: Connection, study: Subject, decide: Callable[[Tally], Ending]) -> Ending:
        """Decide what becomes of a study by all that was found in it."""
        ending = decide(self._findings.tally(connection, study))
        if ending.look:
            self._findings.ask(connection, study, ending.look, needs=ending.needs, is_sample=ending.is_sample)
        return ending


def subject_of(study_id: int, project: str, revision: int, *, series: str | None = None) -> Subject:
    """Return a revision of a study, or of one of its series, as findings are about it."""
    kind = SubjectKind.SERIES if series else SubjectKind.STUDY
    return Subject(kind=kind, project=project, revision=revision, study_id=study_id, series=series)
