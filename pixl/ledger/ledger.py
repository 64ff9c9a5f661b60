"""The ledger: every study's state, changed only by compare-and-set, together with the job that follows from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool, PoolTimeout

from pixl.domain.destination import Receipt
from pixl.domain.errors import CohortInvalid, ConfigurationError, RetryLater, StudyHeld
from pixl.domain.finding import Box
from pixl.domain.part import Part
from pixl.domain.review import Tally
from pixl.domain.secret import SecretStore
from pixl.domain.state import IN_FLIGHT, State, may_follow
from pixl.domain.study import ExtractId, StudyRequest
from pixl.ledger import audit
from pixl.ledger.accounts import Accounts
from pixl.ledger.audit import Event
from pixl.ledger.blocks import Blocks
from pixl.ledger.checking import Checking, Checks, Ending, Made, SeriesCheck
from pixl.ledger.cipher import Cipher
from pixl.ledger.decisions import QUERIES as DECISIONS
from pixl.ledger.decisions import Decisions
from pixl.ledger.findings import Findings, box_of
from pixl.ledger.notifications import Notifications
from pixl.ledger.overview import Overview
from pixl.ledger.participants import Given
from pixl.ledger.people import People
from pixl.ledger.ready import Markers
from pixl.ledger.reports import Reports
from pixl.ledger.reviews import Reviews
from pixl.ledger.sql import QUERIES
from pixl.ledger.trail import Trail
from pixl.queue.jobs import Job, Step, defer

Connection = psycopg.Connection[dict[str, Any]]

NO_KEY = ("", "")
"""Of a study of which neither the MRN nor the accession number is known."""
JOINED = "it is of a study that its project asks for in another row"
"""Why a request has ended of which only a series or an instance was known."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Study:
    """A study of a project, as a worker needs it. Identifiable: its `repr` shows no identifier."""

    id: int
    project: str
    state: State
    revision: int
    priority: int
    tries: int
    mrn: str
    accession_number: str
    study_uid: str | None
    study_date: dt.date | None
    participant_id: str | None
    parts: frozenset[Part]
    """What of it is asked for; none is all of it."""
    pseudo_study_uid: str | None
    anon_id: str | None
    instances: int | None
    stored: int | None
    reason: str | None
    fingerprint: str
    move_jobs: tuple[str, ...] = ()
    """What orthanc-raw calls the C-MOVEs that were last asked for."""

    @property
    def part_to_be_named(self) -> Part | None:
        """The series or instance that is all that is known of it, until an archive tells its study."""
        if self.study_uid or self.mrn or self.accession_number:
            return None
        return min(self.parts, key=str, default=None)

    def __repr__(self) -> str:
        return f"Study(id={self.id}, project={self.project!r}, state={self.state.value!r})"


@dataclass(frozen=True, kw_only=True)
class Note:
    """An instance, or several with one reason, that did not come along."""

    kind: str
    """`failed` or `skipped` by de-identification, `absent` where the archive did not have what was asked for."""
    reason: str
    instance: str | None = None
    count: int = 1


@dataclass(frozen=True, kw_only=True)
class Portion:
    """An extract to be loaded. Identifiable."""

    extract: ExtractId
    requests: Iterable[StudyRequest] = field(repr=False)
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Reason -> number of rows that ask for nothing."""
    priority: int = 0
    reports: bool = False
    """Whether the project asks for the radiology reports of its rows too."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What loading a cohort changed."""

    rows: int
    new_rows: int
    studies: int
    new_studies: int
    reopened: int
    """Studies known before, of which a row now asks for more series."""
    new_reports: int = 0
    """Reports that the project has not asked for before."""


@dataclass(frozen=True, kw_only=True)
class ExtractStatus:
    """The state sum of one extract, or of what was sent by hand (`generated_at` is None)."""

    project: str
    generated_at: dt.datetime | None
    counts: Mapping[State, int]
    rows: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)

    @property
    def requested(self) -> int:
        """How many different studies were asked for."""
        return sum(self.counts.values())

    @property
    def in_flight(self) -> int:
        """How many are still on their way."""
        return sum(count for state, count in self.counts.items() if state in IN_FLIGHT)


@dataclass(frozen=True, kw_only=True)
class StudyState:
    """Where a study is in one project."""

    project: str
    state: State
    reason: str | None
    since: dt.datetime


@dataclass(frozen=True, kw_only=True)
class Redaction:
    """Something that a reviewer wants removed from an instance: an element, or what is in a box of its frames."""

    instance: str
    """The pseudonymous SOP Instance UID."""
    path: str
    box: Box | None = None


class Ledger:
    """The record of everything, in Postgres.

    Every method is one transaction. A study's state changes only from a state in which its caller thought it was, so
    two workers on one study cannot both win; the job that follows is added in the same transaction, so that neither
    can be there without the other.

    Raises
    ------
    RetryLater
        From every method: Postgres did not answer.
    """

    def __init__(self, pool: ConnectionPool[Connection], cipher: Cipher) -> None:
        self._pool = pool
        self._cipher = cipher
        self.findings = Findings(pool, cipher)
        self.reports = Reports(pool, cipher, self.findings)
        self.people = People(pool, cipher)
        self.overview = Overview(pool)
        self._checking = Checking(cipher, self.findings)
        self.markers = Markers(pool)
        self.notifications = Notifications(pool)
        self.accounts = Accounts(pool, self.findings, self.reports)
        self.audit = Trail(pool, cipher)
        self.blocks = Blocks(pool, cipher)
        self.reviews = Reviews(pool, cipher, Decisions(cipher, self.findings, self._take_on, self.reports))

    @classmethod
    def open(cls, conninfo: str, *, password: str, key: bytes, size: int = 8) -> Ledger:
        """Connect with a pool of up to `size` connections; Postgres may still be on its way up."""
        pool = ConnectionPool(
            conninfo,
            kwargs={"row_factory": dict_row, "password": password, "connect_timeout": 5, "options": "-c timezone=UTC"},
            connection_class=psycopg.Connection[dict[str, Any]],
            check=ConnectionPool.check_connection,
            min_size=0,
            max_size=size,
            timeout=10,
            open=True,
        )
        return cls(pool, Cipher(key))

    @classmethod
    def connect(cls, conninfo: str, secrets: SecretStore, *, size: int = 2) -> Ledger:
        """Connect with the password and the key of the secret store."""
        password = secrets.get("database-password").decode().strip()
        return cls.open(conninfo, password=password, key=secrets.get("ledger-key"), size=size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    # --- loading a cohort

    def load(
        self,
        extract: ExtractId,
        requests: Iterable[StudyRequest],
        *,
        skipped: Mapping[str, int] | None = None,
        priority: int = 0,
        allow_older: bool = False,
        dry_run: bool = False,
    ) -> Loaded:
        """Record an extract's rows and enqueue the studies that its project has not asked for before.

        Raises
        ------
        CohortInvalid
            The project has loaded a newer extract already, or its studies or participant_ids are others there.
        """
        one = Portion(extract=extract, requests=requests, skipped=skipped or {}, priority=priority)
        return self.load_all([one], allow_older=allow_older, dry_run=dry_run)[0]

    def load_all(
        self,
        portions: Sequence[Portion],
        *,
        allow_older: bool = False,
        dry_run: bool = False,
        before_commit: Callable[[], object] = lambda: None,
    ) -> list[Loaded]:
        """Do what `load` does for several extracts: all of them, or none.

        Parameters
        ----------
        before_commit
            Is called once all are accepted; where it fails, nothing is loaded. Not called in a dry run.

        Raises
        ------
        CohortInvalid
            A project has loaded a newer extract already, or its studies or participant_ids are others there.
        """
        with self._transaction() as connection:
            for portion in portions:
                self._refuse_older(connection, portion.extract, allow_older=allow_older)
            loaded = [self._load(connection, portion) for portion in portions]
            if dry_run:
                connection.rollback()
                return loaded
            before_commit()
        if any(one.new_studies for one in loaded):
            self._analyze()
        return loaded

    def _load(self, connection: Connection, portion: Portion) -> Loaded:
        given = self._stage(connection, portion.requests)
        connection.execute(QUERIES["one_load"], {"project": portion.extract.project})
        if given.by_patient:
            given.compare(portion.extract.project, self._known(connection, portion.extract.project))
        loaded = self._merge(connection, portion)
        connection.execute(QUERIES["unstage"])
        return loaded

    def _refuse_older(self, connection: Connection, extract: ExtractId, *, allow_older: bool) -> None:
        """Refuse an extract that is older than the newest; one that was loaded before may be loaded again."""
        scope = {"project": extract.project, "generated_at": extract.generated_at}
        newest = _one(connection, "newest_extract", project=extract.project)["generated_at"]
        if allow_older or not newest or extract.generated_at >= newest:
            return
        if not connection.execute(QUERIES["find_extract"], scope).fetchone():
            raise CohortInvalid(
                f"this extract was made at {extract.generated_at:%Y-%m-%d %H:%M:%S}, but project {extract.project!r} "
                f"has loaded one of {newest:%Y-%m-%d %H:%M:%S}; load the newest extract, or say --allow-older if you "
                "mean it"
            )

    def _known(self, connection: Connection, project: str) -> Iterator[Mapping[str, str | None]]:
        """Yield the identifiers of a project's studies, a few at a time: a project may have many."""
        with connection.cursor(name="known") as cursor:
            for row in cursor.execute(QUERIES["identifiers"], {"project": project}):
                yield self._cipher.decrypt(row["identifiers"])

    def _stage(self, connection: Connection, requests: Iterable[StudyRequest]) -> Given:
        """Put the rows of a load aside; return what they say of participants."""
        given = Given()
        connection.execute(QUERIES["stage"])
        with connection.cursor().copy(QUERIES["copy_staged"]) as copy:
            copy.set_types(["bytea", "bytea", "bytea", "bytea", "int8", "bytea", "bytea", "bytea"])
            for request in requests:
                copy.write_row(self._row(request))
                given.note(request)
        return given

    def _row(self, request: StudyRequest) -> tuple[Any, ...]:
        part = request.part
        text = str(part) if part else ""
        by_part = self._part_fingerprint(part.uid) if part and part.uid else None
        is_known_by_part = by_part is not None and request.is_known_by_part
        return (
            by_part
            if by_part and is_known_by_part
            else self._fingerprint(request.mrn, request.accession_number or request.study_uid or ""),
            self._uid_fingerprint(request.study_uid),
            by_part if is_known_by_part else self._nameless(request.study_uid),
            self._cipher.encrypt(_identifiers(request)),
            request.procedure_occurrence_id,
            self._cipher.fingerprint("series", text) if text else b"",
            self._cipher.encrypt(text) if text else None,
            by_part,
        )

    def _merge(self, connection: Connection, portion: Portion) -> Loaded:
        scope = {"project": portion.extract.project}
        learned = self._match(connection, scope)
        extract = {**scope, "generated_at": portion.extract.generated_at, "skipped": Jsonb(dict(portion.skipped))}
        extract_id = _one(connection, "add_extract", **extract)["id"]
        new = _one(connection, "add_studies", priority=portion.priority, **scope)["count"]
        reopened = connection.execute(QUERIES["more_series"]).fetchall()
        new_rows = _one(connection, "add_rows", extract_id=extract_id)["count"]
        self._ask_again(connection, reopened, "more series are asked for")
        again = {row["id"] for row in reopened}
        self._join_named(connection, scope)
        doubtful = [row for row in learned if row["state"] in (State.HELD, State.MISSING) and row["id"] not in again]
        self._ask_again(connection, doubtful, "the cohort now gives its study UID")
        count = _one(connection, "count_staged")
        reports = (
            self.reports.add_staged(connection, portion.extract.project, portion.priority) if portion.reports else 0
        )
        return Loaded(
            rows=count["rows"],
            new_rows=new_rows,
            studies=count["studies"],
            new_studies=new,
            reopened=len(reopened) + len(doubtful),
            new_reports=reports,
        )

    def _match(self, connection: Connection, scope: Mapping[str, str]) -> list[dict[str, Any]]:
        """Find the studies of the rows that the project knows; return those that learned their UID by it."""
        connection.execute(QUERIES["analyze_staged"])
        connection.execute(QUERIES["stage_uids"])
        connection.execute(QUERIES["adopt_rows"], scope)
        connection.execute(QUERIES["adopt_studies"], scope)
        strangers = connection.execute(QUERIES["strangers"], scope).fetchall()
        if strangers:
            numbers = ", ".join(str(row["procedure_occurrence_id"]) for row in strangers)
            raise CohortInvalid(
                "the project knows the study UID of these rows under another MRN or accession number; correct them: "
                f"procedure_occurrence_id {numbers}"
            )
        learned = connection.execute(QUERIES["learn"], scope).fetchall()
        connection.execute(QUERIES["match_uids"], scope)
        connection.execute(QUERIES["match_others"], scope)
        connection.execute(QUERIES["match_parts"], scope)
        return learned

    def _join_named(self, connection: Connection, scope: Mapping[str, str]) -> None:
        """Let requests of which only a part was known join the studies that this load names for them."""
        for row in connection.execute(QUERIES["named_parts"], scope).fetchall():
            self._join(connection, row["ids"], _one(connection, "locked", id=row["study_id"]))

    def _join(self, connection: Connection, ids: Sequence[int], study: Mapping[str, Any]) -> None:
        """Give the rows of requests to a study, which is asked for again if they want more of it."""
        scope = {"ids": list(ids), "study_id": study["id"]}
        if _one(connection, "wants_more", **scope)["more"]:
            self._ask_again(connection, [study], "more series are asked for")
        self._merge_into(connection, scope)

    def _merge_into(self, connection: Connection, scope: Mapping[str, Any]) -> None:
        connection.execute(QUERIES["give_rows"], scope)
        connection.execute(QUERIES["merge"], {**scope, "reason": JOINED})

    def join(self, study_id: int, study_uid: str, uids: Collection[str]) -> bool:
        """Take note of which study it is that a request is of, of which only a part was known.

        The project's other requests of which only parts are known, and of which the archive has told that they are of
        the same study, join it too: all of them are one study from now on.

        Parameters
        ----------
        uids
            Of series, or of instances, that the study has.

        Returns
        -------
        bool
            Whether this request goes on as the study. Else its rows are those of a study that its project has.
        """
        with self._transaction() as connection:
            project = _one(connection, "study", id=study_id)["project"]
            connection.execute(QUERIES["one_load"], {"project": project})
            me = _one(connection, "locked", id=study_id)
            if State(me["state"]) is not State.FETCHING or me["merged_into"]:
                return False
            marks = {"project": project, "uid_fingerprint": self._uid_fingerprint(study_uid), "id": study_id}
            fingerprints = [self._part_fingerprint(uid) for uid in uids]
            others = connection.execute(QUERIES["parts_of_study"], {**marks, "fingerprints": fingerprints}).fetchall()
            known = connection.execute(QUERIES["by_uid"], marks).fetchone()
            ids = [row["id"] for row in others]
            if known:
                self._join(connection, [study_id, *ids], known)
                return False
            self._merge_into(connection, {"ids": ids, "study_id": study_id})
            learned = self._learned(connection, study_id, study_uid, NO_KEY)
            connection.execute(QUERIES["name"], {"id": study_id, **learned})
            return True

    def _ask_again(self, connection: Connection, studies: Sequence[Mapping[str, Any]], reason: str) -> None:
        _move(connection, studies, lambda _: State.REQUESTED, reason=reason, new_revision=True)
        defer(connection, *(_job(Step.FETCH, study) for study in studies))

    def _analyze(self) -> None:
        with self._transaction() as connection:
            connection.execute(QUERIES["analyze"])

    # --- a study's way

    def study(self, study_id: int) -> Study:
        """Return a study with its identifiers, for the worker that handles it."""
        with self._transaction() as connection:
            row = _one(connection, "study", id=study_id)
        known = self._cipher.decrypt(row["identifiers"])
        parts = () if row["whole"] else {self._cipher.decrypt(part) for part in row["series"]}
        return Study(
            **{name: row[name] for name in ("id", "project", "revision", "priority", "tries", "pseudo_study_uid")},
            **{name: known[name] for name in ("mrn", "accession_number", "study_uid", "participant_id")},
            anon_id=row["anon_id"],
            instances=row["instances"],
            stored=row["stored"],
            reason=row["reason"],
            state=State(row["state"]),
            study_date=dt.date.fromisoformat(known["study_date"]) if known["study_date"] else None,
            parts=frozenset(map(Part.read, parts)),
            fingerprint=row["fingerprint"].hex(),
            move_jobs=tuple(row["move_jobs"]),
        )

    def advance(
        self,
        study_id: int,
        after: State,
        *,
        before: Collection[State],
        reason: str | None = None,
        then: Step | None = None,
        notes: Sequence[Note] | None = None,
        study_uid: str | None = None,
        key: tuple[str, str] = NO_KEY,
        receipt: tuple[str, Receipt] | None = None,
        made: Made | None = None,
        **fields: Any,
    ) -> bool:
        """Take a study on, unless it is not in one of `before` any more; add the job `then`.

        Parameters
        ----------
        notes
            What this step left out; replaces what it left out before.
        study_uid
            The study's own UID, once the archive has told it.
        key
            Its MRN and accession number, for a study of which the cohort told its UID only.
        receipt
            The destination's name, and what arrived there.
        made
            What de-identification made of it: what has to be checked.
        **fields
            `pseudo_study_uid`, `image_identifier`, `anon_id`, `instances`, `stored`; `keep_tries` where a step only
            begins, so that its tries go on being counted.

        Returns
        -------
        bool
            False if the study was in another state: somebody else has taken it on, and the caller stops.

        Raises
        ------
        StudyHeld
            The project has this study already, by another row.
        """
        with self._transaction() as connection:
            if study_uid is not None:
                fields |= self._learned(connection, study_id, study_uid, key)
            try:
                row = self._set(connection, study_id, before=before, after=after, reason=reason, **fields)
            except psycopg.errors.UniqueViolation:
                raise StudyHeld(
                    "its project asks for the same study in another row; give the study's UID in every row"
                ) from None
            if row is None:
                return False
            if notes is not None:
                _replace_notes(connection, study_id, notes, kinds=NOTES_OF.get(after, LEFT_OUT))
            if receipt is not None:
                _record_export(connection, study_id, row["revision"], *receipt)
                details = {"revision": row["revision"], "destination": receipt[0], "sha256": receipt[1].sha256}
                self._audit(connection, "exported", row["project"], study_id, details)
            if made is not None:
                self._checking.plan(connection, study_id, made, held=after is State.HELD)
            if then is not None:
                defer(connection, *self._jobs(connection, then, [{"id": study_id, **row}]))
            return True

    def _audit(
        self, connection: Connection, what: str, project: str, study_id: int, details: Mapping[str, Any]
    ) -> None:
        event = Event(who="imaging_api", what=what, project=project, subject=f"study {study_id}", details=details)
        audit.append(connection, self._cipher, event)

    def begin_check(self, check_id: int) -> SeriesCheck | None:
        """Take on the check of a series; None if there is nothing to be done any more."""
        with self._transaction() as connection:
            return self._checking.begin(connection, check_id)

    def finish_check(self, check: SeriesCheck, found: Checks, decide: Callable[[Tally], Ending]) -> State | None:
        """Write down what was found in a series; return where its study goes on to if it was the last one."""
        with self._transaction() as connection:
            ending = self._checking.finish(connection, check, found, decide)
            if ending is None:
                return None
            row = self._set(
                connection, check.study_id, before={State.CHECKING}, after=ending.state, reason=ending.reason
            )
            if row is not None and ending.state is State.RELEASED:
                defer(connection, _job(Step.EXPORT, {"id": check.study_id, **row}))
                details = {"revision": check.revision, "by": "the project's gate"}
                self._audit(connection, "released", check.project, check.study_id, details)
            return ending.state

    def note_check_try(self, check_id: int) -> int:
        """Count a try of a series' check in which a service did not answer; return how many there were."""
        with self._transaction() as connection:
            return self._checking.note_try(connection, check_id)

    def study_of_check(self, check_id: int) -> int:
        """Return the number of the study that the check of a series belongs to."""
        with self._transaction() as connection:
            return self._checking.study_of(connection, check_id)

    def why_blocked(self, study: Study) -> str | None:
        """Return why a study must not be asked for, if it is on the block list."""
        uid = self._uid_fingerprint(study.study_uid)
        values = {"project": study.project, "fingerprint": bytes.fromhex(study.fingerprint), "uid_fingerprint": uid}
        values["patient"] = self._cipher.fingerprint("patient", study.mrn)
        with self._transaction() as connection:
            row = connection.execute(DECISIONS["blocked"], values).fetchone()
        return row["reason"] if row else None

    def redactions(self, study_id: int) -> list[Redaction]:
        """Return what reviewers want removed from a study when it is de-identified."""
        with self._transaction() as connection:
            rows = connection.execute(DECISIONS["redactions"], {"study_id": study_id}).fetchall()
        return [Redaction(instance=row["instance"], path=row["path"], box=box_of(row["box"])) for row in rows]

    def _take_on(self, connection: Connection, studies: Sequence[Mapping[str, Any]], after: State, reason: str) -> None:
        """Take studies on that a decision was about, with the job that follows."""
        _move(connection, studies, lambda _: after, reason=reason, new_revision=after is State.CACHED)
        step = NEXT_STEP.get(after)
        if step is not None:
            defer(connection, *self._jobs(connection, step, studies))

    def _jobs(self, connection: Connection, step: Step, studies: Sequence[Mapping[str, Any]]) -> list[Job]:
        if step is Step.CHECK:
            return self._checking.jobs(connection, [study["id"] for study in studies])
        return [_job(step, study) for study in studies]

    def note_moves(self, study_id: int, jobs: Sequence[str]) -> None:
        """Remember which C-MOVEs run for a study, so that a restart follows them instead of asking again."""
        with self._transaction() as connection:
            connection.execute(QUERIES["note_moves"], {"id": study_id, "move_jobs": list(jobs)})

    def note_try(self, study_id: int, reason: str, *, before: Collection[State], count: bool = True) -> None:
        """Say why a step of a study has to be tried again; `count` it unless waiting is no failure."""
        values = {"id": study_id, "reason": reason, "before": list(before), "count": int(count)}
        with self._transaction() as connection:
            connection.execute(QUERIES["note_try"], values)

    def _learned(
        self, connection: Connection, study_id: int, study_uid: str, key: tuple[str, str]
    ) -> dict[str, bytes | None]:
        known = {**self._cipher.decrypt(_one(connection, "study", id=study_id)["identifiers"]), "study_uid": study_uid}
        if not known["mrn"] and not known["accession_number"]:
            known["mrn"], known["accession_number"] = key
        return {
            "uid_fingerprint": self._uid_fingerprint(study_uid),
            "fingerprint": self._fingerprint(known["mrn"], known["accession_number"] or study_uid),
            "identifiers": self._cipher.encrypt(known),
        }

    def _set(
        self, connection: Connection, study_id: int, *, before: Collection[State], after: State, **fields: Any
    ) -> dict[str, Any] | None:
        _check_may_follow(before, after)
        values = dict.fromkeys(
            ("reason", "pseudo_study_uid", "image_identifier", "anon_id", "instances", "stored", *LEARNED)
        )
        values |= {
            "id": study_id,
            "before": list(before),
            "after": after,
            "keep_tries": False,
            **fields,
        }
        return connection.execute(QUERIES["advance"], values).fetchone()

    def retry(
        self,
        project: str,
        *,
        states: Collection[State],
        generated_at: dt.datetime | None = None,
        from_start: bool = False,
    ) -> int:
        """Let studies go on: failed ones from where they stopped, others from the start. Returns how many."""
        scope = {"project": project, "states": list(states), "generated_at": generated_at}
        with self._transaction() as connection:
            rows = connection.execute(QUERIES["chosen"], scope).fetchall()
            go_on = _from_the_start if from_start else _where_to_go_on
            _move(connection, rows, lambda row: go_on(row)[0], reason="retried", new_revision=True)
            defer(connection, *(_job(go_on(row)[1], row) for row in rows))
        return len(rows)

    def cancel(self, project: str, *, generated_at: dt.datetime | None = None) -> int:
        """Reject what is still on its way, but for what is being exported at this moment. Returns how many."""
        states = IN_FLIGHT - {State.EXPORTING}
        scope = {"project": project, "states": list(states), "generated_at": generated_at}
        with self._transaction() as connection:
            rows = connection.execute(QUERIES["chosen"], scope).fetchall()
            _move(connection, rows, lambda _: State.REJECTED, reason="cancelled")
        return len(rows)

    def rescue(self, *, older_seconds: float) -> int:
        """Give a job to each study on its way that has none (there should be none). Returns how many had none.

        Jobs that would wait for a clock that was set back, or for a worker that died before it was, go on too.
        """
        with self._transaction() as connection:
            connection.execute(QUERIES["clamp_heartbeats"])
            connection.execute(QUERIES["wake_late"])
            rows = connection.execute(QUERIES["stranded"], {"older_seconds": older_seconds}).fetchall()
            for step in set(NEXT_STEP.values()):
                stranded = [row for row in rows if NEXT_STEP[State(row["state"])] is step]
                defer(connection, *self._jobs(connection, step, stranded))
        return len(rows)

    # --- what people ask

    def status(self, project: str | None = None) -> list[ExtractStatus]:
        """Return the state sum of each extract."""
        with self._transaction() as connection:
            extracts = connection.execute(QUERIES["extracts"], {"project": project}).fetchall()
            rows = connection.execute(QUERIES["status"], {"project": project}).fetchall()
        counts: dict[tuple[str, dt.datetime | None], dict[State, int]] = {
            (extract["project"], extract["generated_at"]): {} for extract in extracts
        }
        for row in rows:
            counts.setdefault((row["project"], row["generated_at"]), {})[State(row["state"])] = row["count"]
        about = {(extract["project"], extract["generated_at"]): extract for extract in extracts}
        return [
            ExtractStatus(
                project=key[0],
                generated_at=key[1],
                counts=states,
                rows=about[key]["rows"] if key in about else 0,
                skipped=about[key]["skipped"] if key in about else {},
            )
            for key, states in counts.items()
        ]

    def reasons(self, project: str | None = None, *, limit: int = 20) -> list[tuple[str, State, str, int]]:
        """Return (project, state, reason, how many), the most frequent first."""
        with self._transaction() as connection:
            rows = connection.execute(QUERIES["reasons"], {"project": project, "limit": limit}).fetchall()
        return [(row["project"], State(row["state"]), row["reason"], row["count"]) for row in rows]

    def events(self, study_id: int) -> list[tuple[dt.datetime, str | None, str, str | None]]:
        """Return a study's history: (when, before, after, reason)."""
        with self._transaction() as connection:
            rows = connection.execute(QUERIES["events"], {"id": study_id}).fetchall()
        return [(row["at"], row["before"], row["after"], row["reason"]) for row in rows]

    def notes(self, study_id: int) -> list[Note]:
        """Return what de-identification left out of a study, and why."""
        with self._transaction() as connection:
            return [Note(**row) for row in connection.execute(QUERIES["notes"], {"id": study_id})]

    # --- how hard the archive is asked

    def set_gate(self, *, paused: bool | None = None, per_minute: float | None = None, unlimited: bool = False) -> None:
        """Pause or go on; set the rate in studies a minute, or none."""
        change = per_minute is not None or unlimited
        with self._transaction() as connection:
            connection.execute(QUERIES["set_gate"], {"paused": paused, "per_minute": per_minute, "change_rate": change})

    def gate(self) -> tuple[bool, float | None]:
        """Return whether fetching is paused, and the rate in studies a minute."""
        with self._transaction() as connection:
            row = _one(connection, "gate")
        return row["paused"], row["per_minute"]

    def pass_gate(self) -> float | None:
        """Take a turn to ask the archive: None if it is ours, else the seconds after which to ask again."""
        with self._transaction() as connection:
            if connection.execute(QUERIES["pass_gate"]).fetchone():
                return None
            wait = _one(connection, "gate_wait")
        return 1.0 if wait["paused"] else min(max(wait["seconds"], 0.01), 1.0)

    # --- what orthanc-raw asks (the `Desk` of its plugin)

    def cursor(self) -> int:
        """Return how far the change log of orthanc-raw has been read."""
        with self._transaction() as connection:
            seq: int = _one(connection, "cursor")["seq"]
        return seq

    def study_arrived(self, *, study_uid: str, mrn: str, accession_number: str, cursor: int) -> None:
        """Let every project that waits for this study go on now; remember `cursor`. Both, or neither."""
        with self._transaction() as connection:
            for row in self._same_study(connection, study_uid, mrn, accession_number):
                if row["state"] == State.MISSING:
                    self._ask_again(connection, [row], "it has arrived")
                elif row["state"] in (State.REQUESTED, State.FETCHING):
                    connection.execute(QUERIES["wake"], {"id": row["id"]})
            connection.execute(QUERIES["set_cursor"], {"seq": cursor})

    def set_cursor(self, cursor: int) -> None:
        """Remember how far the change log has been read, where nothing of it concerned a study."""
        with self._transaction() as connection:
            connection.execute(QUERIES["set_cursor"], {"seq": cursor})

    def states_of(self, *, study_uid: str, mrn: str, accession_number: str) -> list[StudyState]:
        """Return where the study is, in each project that asked for it."""
        with self._transaction() as connection:
            rows = self._same_study(connection, study_uid, mrn, accession_number)
        return [
            StudyState(project=row["project"], state=State(row["state"]), reason=row["reason"], since=row["since"])
            for row in rows
        ]

    def in_flight(self, *, study_uid: str, mrn: str, accession_number: str) -> bool:
        """Whether orthanc-raw has to keep the study for somebody."""
        found = self.states_of(study_uid=study_uid, mrn=mrn, accession_number=accession_number)
        return any(study.state in IN_FLIGHT for study in found)

    def request_by_hand(self, *, project: str, study_uid: str, mrn: str, accession_number: str) -> None:
        """Send a study that is in orthanc-raw to a project, also if the project has had it before."""
        request = StudyRequest(
            project=project,
            procedure_occurrence_id=0,
            mrn=mrn,
            accession_number=accession_number,
            study_uid=study_uid,
        )
        marks = {
            "project": project,
            "fingerprint": self._fingerprint(mrn, accession_number or study_uid),
            "uid_fingerprint": self._uid_fingerprint(study_uid),
        }
        with self._transaction() as connection:
            known = self._same_study(connection, study_uid, mrn, accession_number)
            known = [study for study in known if study["project"] == project]
            if known:
                ended = [study for study in known if State(study["state"]) not in IN_FLIGHT]
                self._ask_again(connection, ended, "sent by hand")
                return
            values = {**marks, "identifiers": self._cipher.encrypt(_identifiers(request)), "priority": BY_HAND}
            row = connection.execute(QUERIES["add_by_hand"], values).fetchone()
            if row is not None:
                defer(connection, _job(Step.FETCH, {"id": row["id"], "priority": BY_HAND, **marks}))

    def _same_study(
        self, connection: Connection, study_uid: str, mrn: str, accession_number: str
    ) -> list[dict[str, Any]]:
        marks = {
            "fingerprint": self._fingerprint(mrn, accession_number or study_uid),
            "uid_fingerprint": self._uid_fingerprint(study_uid),
        }
        return connection.execute(QUERIES["same_study"], marks).fetchall()

    # --- parquet

    def extract_of(self, project: str, slug: str | None) -> ExtractId:
        """Return a project's extract by its slug, or its newest.

        Raises
        ------
        ConfigurationError
            The project has no such extract.
        """
        with self._transaction() as connection:
            rows = connection.execute(QUERIES["extracts"], {"project": project}).fetchall()
        extracts = [ExtractId(project=project, generated_at=row["generated_at"]) for row in rows]
        chosen = [extract for extract in extracts if slug in (None, extract.slug)]
        if not chosen:
            known = ", ".join(extract.slug for extract in extracts) or "none"
            raise ConfigurationError(f"project {project!r} has no such extract; it has: {known}")
        return chosen[-1]

    def linker_rows(self, extract: ExtractId) -> Iterator[tuple[int, str]]:
        """Yield (procedure_occurrence_id, pseudonymous Study Instance UID) of every exported study of an extract."""
        with self._transaction() as connection, connection.cursor(name="linker") as cursor:
            scope = {"project": extract.project, "generated_at": extract.generated_at}
            for row in cursor.execute(QUERIES["linker"], scope):
                yield row["procedure_occurrence_id"], row["pseudo_study_uid"]

    def request_parquet_export(self, extract: ExtractId) -> int:
        """Ask for an extract's parquet to be exported; returns the number by which to follow it."""
        with self._transaction() as connection:
            scope = {"project": extract.project, "generated_at": extract.generated_at}
            extract_id = _one(connection, "find_extract", **scope)["id"]
            export_id: int = _one(connection, "add_parquet_export", extract_id=extract_id)["id"]
            defer(connection, Job(step=Step.PARQUET, id=export_id))
        return export_id

    def note_parquet_try(self, export_id: int, reason: str) -> int:
        """Count a try of a parquet export in which a service did not answer; return how many there were."""
        with self._transaction() as connection:
            tries: int = _one(connection, "note_parquet_try", id=export_id, reason=reason)["tries"]
        return tries

    def parquet_export(self, export_id: int) -> dict[str, Any] | None:
        """Return `id, project, generated_at, state, reason, done, total, files` of a parquet export."""
        with self._transaction() as connection:
            return connection.execute(QUERIES["parquet_export"], {"id": export_id}).fetchone()

    def set_parquet_export(
        self, export_id: int, *, state: str, done: int, total: int, files: Sequence[str], reason: str | None = None
    ) -> None:
        """Say how far a parquet export is: `queued`, `running`, `done` or `failed`."""
        values = {"id": export_id, "state": state, "reason": reason, "done": done, "total": total}
        with self._transaction() as connection:
            connection.execute(QUERIES["set_parquet_export"], {**values, "files": Jsonb(list(files))})

    # --- inside

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._pool.connection() as connection:
                yield connection
        except psycopg.errors.DiskFull as error:
            raise RetryLater("the database's disk is full; make room on it") from error
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            raise RetryLater("the database does not answer; `pixl status` shows whether it is up") from error

    def _fingerprint(self, mrn: str, accession_number: str) -> bytes:
        return self._cipher.fingerprint("study", mrn, accession_number)

    def _nameless(self, study_uid: str | None) -> bytes | None:
        return self._fingerprint("", study_uid) if study_uid else None

    def _part_fingerprint(self, uid: str) -> bytes:
        return self._cipher.fingerprint("part", uid)

    def _uid_fingerprint(self, study_uid: str | None) -> bytes | None:
        return self._cipher.fingerprint("uid", study_uid) if study_uid else None


LOST = ""
"""The `anon_id` of a study whose images are no longer where the ledger thought: it has to start anew."""

LEFT_OUT = ("failed", "skipped")
NOTES_OF = {State.CACHED: ("absent",)}
"""The kinds of notes that a step makes, by the state that it leads to; others are de-identification's."""

LEARNED = ("fingerprint", "uid_fingerprint", "identifiers")
"""What the archive may tell of a study that its cohort did not."""

BY_HAND = 10
"""The priority of what a person sends by hand: somebody is waiting for it."""

NEXT_STEP = {
    State.REQUESTED: Step.FETCH,
    State.FETCHING: Step.FETCH,
    State.CACHED: Step.DEIDENTIFY,
    State.DEIDENTIFYING: Step.DEIDENTIFY,
    State.CHECKING: Step.CHECK,
    State.RELEASED: Step.EXPORT,
    State.EXPORTING: Step.EXPORT,
}


def _from_the_start(_: Mapping[str, Any]) -> tuple[State, Step]:
    return State.REQUESTED, Step.FETCH


def _where_to_go_on(row: Mapping[str, Any]) -> tuple[State, Step]:
    stopped_in = State(row["stopped_in"]) if row["state"] == State.FAILED and row["stopped_in"] else None
    match stopped_in:
        case _ if row["anon_id"] == LOST:
            return State.REQUESTED, Step.FETCH
        case State.RELEASED | State.EXPORTING:
            return State.RELEASED, Step.EXPORT
        case State.CACHED | State.DEIDENTIFYING | State.CHECKING:
            return State.CACHED, Step.DEIDENTIFY
        case _:
            return State.REQUESTED, Step.FETCH


def _check_may_follow(before: Iterable[State], after: State) -> None:
    for state in before:
        if state is not after and not may_follow(state, after):
            raise ValueError(f"a study may not go from {state} to {after}")


def _move(
    connection: Connection,
    studies: Iterable[Mapping[str, Any]],
    after: Callable[[Mapping[str, Any]], State],
    *,
    reason: str,
    new_revision: bool = False,
) -> None:
    """Take many studies, which this transaction has locked, to the state that `after` tells; set by set, not each."""
    groups: dict[tuple[State, State], list[int]] = {}
    for study in studies:
        groups.setdefault((State(study["state"]), after(study)), []).append(study["id"])
    for (before, to), ids in groups.items():
        _check_may_follow({before}, to)
        if before is not to:
            # What is only to be exported is still what was checked.
            counts = new_revision and to is not State.RELEASED
            values = {"ids": ids, "before": before, "after": to, "reason": reason, "new_revision": int(counts)}
            connection.execute(QUERIES["move"], values)


def _job(step: Step, row: Mapping[str, Any]) -> Job:
    lock = row["fingerprint"].hex() if step is Step.FETCH else None
    return Job(step=step, id=row["id"], priority=row["priority"], lock=lock)


def _identifiers(request: StudyRequest) -> dict[str, str | None]:
    return {
        "mrn": request.mrn,
        "accession_number": request.accession_number,
        "study_uid": request.study_uid,
        "study_date": request.study_date.isoformat() if request.study_date else None,
        "participant_id": request.participant_id,
    }


def _one(connection: Connection, query: str, **values: Any) -> dict[str, Any]:
    row = connection.execute(QUERIES[query], values).fetchone()
    if row is None:
        raise LookupError(f"the ledger has no such {query}")
    return row


def _replace_notes(connection: Connection, study_id: int, notes: Sequence[Note], kinds: Sequence[str]) -> None:
    connection.execute(QUERIES["forget_notes"], {"id": study_id, "kinds": list(kinds)})
    values = [
        {"id": study_id, "kind": note.kind, "instance": note.instance, "reason": note.reason, "count": note.count}
        for note in notes
    ]
    if values:
        connection.cursor().executemany(QUERIES["add_note"], values)


def _record_export(connection: Connection, study_id: int, revision: int, destination: str, receipt: Receipt) -> None:
    values = {"id": study_id, "revision": revision, "destination": destination}
    values |= {"name": receipt.name, "size": receipt.size, "sha256": receipt.sha256}
    connection.execute(QUERIES["record_export"], values)
