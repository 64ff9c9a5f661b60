"""What checkers found, in Postgres: written in bulk, values encrypted, grouped by what findings share."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from pixl.domain.errors import RetryLater
from pixl.domain.finding import Box, Decision, Finding, Outcome, Part
from pixl.domain.review import ALWAYS_ASKED, ReviewRule, RuleBook, Subject, SubjectKind, Tally, place_of
from pixl.ledger.cipher import Cipher
from pixl.ledger.sql import read_queries

Connection = psycopg.Connection[dict[str, Any]]
QUERIES = read_queries(Path(__file__).with_name("findings.sql"))

LONGEST_VALUE = 10_000
"""Characters of a value that are kept for the reviewer."""
COLUMN_TYPES = (
    *("int8", "int8", "int8", "int4", "text", "text", "text", "text", "text", "float4", "int4[]"),
    *("bytea", "bytea", "int2", "bool", "int8", "text"),
)


@dataclass(frozen=True, kw_only=True, repr=False)
class StoredFinding:
    """A finding as the ledger has it. Identifiable: its `repr` shows no value."""

    id: int
    group_id: int
    subject: Subject
    finding: Finding
    place: str
    fingerprint: bytes
    open: bool
    """Whether it waits for a decision."""
    needs: int
    """How many different people have to pass it."""
    decision: Decision | None
    rule_id: int | None
    """The rule that passed it."""
    at: dt.datetime

    def __repr__(self) -> str:
        return f"StoredFinding(id={self.id}, {self.finding!r})"


@dataclass(frozen=True, kw_only=True)
class _Past:
    """What was said before of what is found now."""

    rules: RuleBook
    passed: frozenset[tuple[Any, ...]]
    opened: bool


@contextmanager
def transaction(pool: ConnectionPool[Connection]) -> Iterator[Connection]:
    """Yield a connection in a transaction; a database that is away is `RetryLater`."""
    try:
        with pool.connection() as connection:
            yield connection
    except psycopg.errors.DiskFull as error:
        raise RetryLater("the database's disk is full; make room on it") from error
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
        raise RetryLater("the database does not answer; `pixl status` shows whether it is up") from error


class Findings:
    """Writes and reads findings, by the pool and the cipher of a ledger.

    The methods that take a connection are parts of a caller's transaction.
    """

    def __init__(self, pool: ConnectionPool[Connection], cipher: Cipher) -> None:
        self._pool = pool
        self._cipher = cipher

    def add(
        self,
        connection: Connection,
        subject: Subject,
        findings: Iterable[Finding],
        *,
        rules: RuleBook | None = None,
        needs: int = 1,
        opened: bool | None = None,
    ) -> list[int]:
        """Write what was found in a subject; what holds it waits for a decision, unless a rule passes it.

        What is found in a study begins to wait when the study becomes held (a trigger sees to it), in a report at once.

        Parameters
        ----------
        rules
            Those of the project; None reads them.
        needs
            How many different people have to pass each.
        opened
            Whether what holds the subject waits from now on; None: as above.

        Returns
        -------
        list[int]
            The numbers of the groups that they belong to, in the order of the findings.
        """
        written = list(findings)
        if not written:
            return []
        rules = rules or self.rules(connection, subject.project)
        groups = self._groups(connection, subject, written)
        past = _Past(
            rules=rules,
            passed=self._passed(connection, subject),
            opened=subject.report_id is not None if opened is None else opened,
        )
        with connection.cursor().copy(QUERIES["copy_findings"]) as copy:
            copy.set_types(COLUMN_TYPES)
            for finding in written:
                copy.write_row(self._row(subject, finding, groups[_key(finding)], past, needs))
        return [groups[_key(finding)] for finding in written]

    def ask(self, connection: Connection, subject: Subject, look: Finding, *, needs: int, is_sample: bool) -> None:
        """Put a study or report before people by `look`; `is_sample`: by chance, which only the ledger knows."""
        [group] = self.add(connection, subject, [look], needs=needs)
        if is_sample:
            values = {"study_id": subject.study_id, "report_id": subject.report_id, "revision": subject.revision}
            connection.execute(QUERIES["add_sample"], {**values, "group_id": group})

    def close(self, connection: Connection, subject: Subject, *, only_older: bool = False) -> None:
        """Let nothing of a subject wait for a decision any more; `only_older`: of its earlier revisions."""
        values = {"study_id": subject.study_id, "report_id": subject.report_id, "revision": subject.revision}
        connection.execute(QUERIES["close_older" if only_older else "close_all"], values)

    def tally(self, connection: Connection, subject: Subject) -> Tally:
        """Count what was found in a revision of a study (with all its series) or report."""
        name, values = _whose(subject)
        return tally_of(connection.execute(QUERIES[f"tally_{name}"], values).fetchall())

    def rules(self, connection: Connection, project: str) -> RuleBook:
        """Return the rules by which a project ignores findings."""
        rows = connection.execute(QUERIES["rules"], {"project": project}).fetchall()
        version = connection.execute(QUERIES["rules_version"], {"project": project}).fetchone()
        return RuleBook((ReviewRule(**row) for row in rows), version=version["version"] if version else 0)

    def of(self, subject: Subject, *, limit: int = 1000) -> list[StoredFinding]:
        """Return what was found in a revision of a study (with all its series) or report: what waits first."""
        name, values = _whose(subject)
        with transaction(self._pool) as connection:
            rows = connection.execute(QUERIES[f"of_{name}"], {**values, "limit": limit}).fetchall()
        return [self.read(row) for row in rows]

    def read(self, row: Mapping[str, Any]) -> StoredFinding:
        """Read a row of `finding` that was joined with its group."""
        payload = self._cipher.decrypt(row["payload"]) if row["payload"] else {}
        kind = SubjectKind(row["subject_kind"])
        subject = Subject(
            kind=kind,
            project=row["project"],
            revision=row["revision"],
            study_id=row["study_id"],
            report_id=row["report_id"],
            series=row["series"] if kind is SubjectKind.SERIES else None,
        )
        return StoredFinding(
            **{name: row[name] for name in ("id", "group_id", "place", "open", "needs", "rule_id", "at")},
            subject=subject,
            finding=_finding(row, payload),
            fingerprint=bytes(row["fingerprint"]),
            decision=Decision(row["decision"]) if row["decision"] else None,
        )

    def fingerprint(self, finding: Finding) -> bytes:
        """Return the keyed hash by which findings of the same words are found."""
        return self.fingerprint_of([part.word for part in finding.parts] or [finding.value])

    def fingerprint_of(self, words: Sequence[str]) -> bytes:
        """Return the keyed hash of words: the same in any order, case and spacing."""
        normal = sorted({" ".join(word.casefold().split()) for word in words})
        return self._cipher.fingerprint("words", *normal)

    def _groups(
        self, connection: Connection, subject: Subject, findings: Sequence[Finding]
    ) -> dict[tuple[str, str, str, str], int]:
        keys = sorted({_key(finding) for finding in findings})
        columns = zip(("checkers", "kinds", "places", "devices"), map(list, zip(*keys, strict=True)), strict=True)
        values = {"project": subject.project, "subject_kind": subject.kind.value, **dict(columns)}
        rows = connection.execute(QUERIES["groups"], values).fetchall()
        if len(rows) < len(keys):
            connection.execute(QUERIES["add_groups"], values)
            rows = connection.execute(QUERIES["groups"], values).fetchall()
        return {(row["checker"], row["kind"], row["place"], row["device"]): row["id"] for row in rows}

    def _passed(self, connection: Connection, subject: Subject) -> frozenset[tuple[Any, ...]]:
        """Return the marks of what people passed in earlier revisions: they are not asked twice."""
        if subject.revision == 1:
            return frozenset()
        name, values = _whose(subject)
        values |= {"always_asked": list(ALWAYS_ASKED)}
        rows = connection.execute(QUERIES[f"passed_{name}"], values).fetchall()
        return frozenset((row["group_id"], row["path"], row["instance"], bytes(row["fingerprint"])) for row in rows)

    def _row(self, subject: Subject, finding: Finding, group: int, past: _Past, needs: int) -> tuple[Any, ...]:
        mark = self.fingerprint(finding)
        checker, kind, place, device = _key(finding)
        rule, passed = None, False
        if finding.outcome is Outcome.HOLD:
            marks = {"checker": checker, "kind": kind, "place": place, "device": device}
            rule = past.rules.rule_for(**marks, fingerprint=mark)
            passed = (group, _storable(finding.where), _storable(finding.instance), mark) in past.passed
        waits = finding.outcome is Outcome.HOLD and rule is None and not passed
        return (
            *(group, subject.study_id, subject.report_id, subject.revision),
            *(_storable(finding.series or subject.series), _storable(finding.instance)),
            *(_storable(finding.where), _storable(finding.reason)),
            *(finding.outcome.value, finding.confidence, _numbers(finding.box), mark),
            *(self._payload(finding), needs, waits and past.opened, rule, "pass" if passed else None),
        )

    def _payload(self, finding: Finding) -> bytes | None:
        if not finding.value and not finding.parts:
            return None
        parts = [[part.word, part.kind, part.offset] for part in finding.parts]
        return self._cipher.encrypt({"value": finding.value[:LONGEST_VALUE], "parts": parts})


def tally_of(rows: Iterable[Mapping[str, Any]]) -> Tally:
    """Add up rows of (checker, outcome, decision, ruled, count)."""
    counts: Counter[str] = Counter()
    checkers: dict[str, set[str]] = {"waiting": set(), "rejects": set()}
    for row in rows:
        name = _what_it_does(row)
        counts[name] += row["count"]
        checkers.setdefault(name, set()).add(row["checker"])
    return Tally(
        **counts, waiting_for=tuple(sorted(checkers["waiting"])), rejected_by=tuple(sorted(checkers["rejects"]))
    )


def _what_it_does(row: Mapping[str, Any]) -> str:
    match row["decision"], row["outcome"]:
        case ("fail", _):
            return "failed"
        case ("redact", _):
            return "redact"
        case ("pass", _):
            return "settled"
        case (_, "reject"):
            return "rejects"
        case (_, "note"):
            return "notes"
        case _:
            return "ruled" if row["ruled"] else "waiting"


def _whose(subject: Subject) -> tuple[str, dict[str, Any]]:
    if subject.report_id is not None:
        return "report", {"report_id": subject.report_id, "revision": subject.revision}
    return "study", {"study_id": subject.study_id, "revision": subject.revision}


def _key(finding: Finding) -> tuple[str, str, str, str]:
    place, device = _storable(place_of(finding.where)), _storable(finding.device or "")
    return _storable(finding.checker), _storable(finding.kind), place, device


@overload
def _storable(text: str) -> str: ...
@overload
def _storable(text: None) -> None: ...
def _storable(text: str | None) -> str | None:
    """Return a text as Postgres takes it: what a device writes may hold zeros and halves of characters."""
    return text if text is None else text.replace("\0", "").encode("utf-8", errors="replace").decode()


def _numbers(box: Box | None) -> list[int] | None:
    if box is None:
        return None
    last = () if box.last is None else (box.last,)
    return [box.frame, box.left, box.top, box.width, box.height, *last]


def box_of(numbers: Sequence[int] | None) -> Box | None:
    """Return a box as it was written; before it knew its last frame, it had five numbers."""
    if numbers is None:
        return None
    frame, left, top, width, height, *last = numbers
    return Box(frame=frame, left=left, top=top, width=width, height=height, last=last[0] if last else None)


def _finding(row: Mapping[str, Any], payload: Mapping[str, Any]) -> Finding:
    parts = tuple(Part(word=word, kind=kind, offset=offset) for word, kind, offset in payload.get("parts", ()))
    return Finding(
        **{name: row[name] for name in ("checker", "kind", "reason", "instance", "series", "confidence")},
        where=row["path"],
        outcome=Outcome(row["outcome"]),
        value=payload.get("value", ""),
        parts=parts,
        device=row["device"] or None,
        box=box_of(row["box"]),
    )
