"""What the ledger knows of an extract as a whole, for its report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

from pixl.domain.errors import ConfigurationError
from pixl.domain.report import Day, ReportState
from pixl.domain.study import ExtractId
from pixl.ledger.findings import Findings, StoredFinding, transaction
from pixl.ledger.reports import Reports
from pixl.ledger.sql import read_queries

QUERIES = read_queries(Path(__file__).with_name("accounts.sql"))
Connection = psycopg.Connection[dict[str, Any]]


class Accounts:
    """Reads extracts as a whole."""

    def __init__(self, pool: ConnectionPool[Connection], findings: Findings, reports: Reports) -> None:
        self._pool = pool
        self._findings = findings
        self._reports = reports

    @contextmanager
    def read(self, extract: ExtractId) -> Iterator[Reading]:
        """Give an extract as it is at one moment: no later change is seen.

        Raises
        ------
        ConfigurationError
            There is no such extract.
        RetryLater
            Postgres did not answer.
        """
        statuses = self._reports.status(extract.project, extract.generated_at)
        with transaction(self._pool) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            values = {"project": extract.project, "generated_at": extract.generated_at}
            row = connection.execute(QUERIES["extract"], values).fetchone()
            if row is None:
                raise ConfigurationError(f"project {extract.project!r} has no extract {extract.slug}")
            days = self._days(connection, extract.project, row["id"])
            yield Reading(
                extract=extract,
                loaded_at=row["loaded_at"],
                rows=row["rows"],
                skipped=row["skipped"],
                reports=dict(statuses[0].counts) if statuses else {},
                report_days=tuple(days),
                _connection=connection,
                _findings=self._findings,
                _id=row["id"],
            )

    def _days(self, connection: Connection, project: str, extract_id: int) -> list[Day]:
        """Return what the project's reports were like until the extract's last one, so that it says the same later."""
        row = connection.execute(QUERIES["last_report"], {"extract_id": extract_id}).fetchone()
        until = row["day"] if row else None
        return self._reports.days_in(connection, project, until=until) if until else []


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One extract at one moment."""

    extract: ExtractId
    loaded_at: dt.datetime
    rows: int
    skipped: Mapping[str, int]
    reports: Mapping[ReportState, int]
    """The radiology reports of the extract; empty where none was asked for."""
    report_days: tuple[Day, ...]
    _connection: Connection = field(repr=False)
    _findings: Findings = field(repr=False)
    _id: int

    def all(self, query: str) -> list[dict[str, Any]]:
        """Return the rows of a query of `accounts.sql`."""
        return self._connection.execute(QUERIES[query], {"extract_id": self._id}).fetchall()

    def stream(self, query: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a query that may have millions."""
        with self._connection.cursor(name=query) as cursor:
            cursor.itersize = 5000
            yield from cursor.execute(QUERIES[query], {"extract_id": self._id})

    def failures(self) -> Iterator[StoredFinding]:
        """Yield the findings that stopped something. Identifiable."""
        return map(self._findings.read, self.stream("failures"))
