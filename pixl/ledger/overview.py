"""What pages ask of the ledger besides the review itself: counts, neighbours, who passed what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg_pool import ConnectionPool

from pixl.ledger.findings import Connection, transaction
from pixl.ledger.reviews import DecisionTaken
from pixl.ledger.sql import read_queries

QUERIES = read_queries(Path(__file__).with_name("overview.sql"))


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """How much of a project waits for a person."""

    project: str
    findings: int
    studies: int
    """Also those that are held and in which nothing was found."""
    reports: int
    oldest: dt.datetime
    """Since when the first of them is held."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """A study that two people have to pass before it leaves."""

    id: int
    """Of the finding that holds it."""
    study_id: int
    project: str
    since: dt.datetime
    stored: int | None
    needs: int
    people: tuple[str, ...]
    """Who has passed it."""
    others: int
    """What else of it waits."""


class Overview:
    """Answers questions. Every method is one transaction.

    Raises
    ------
    RetryLater
        From every method: Postgres did not answer.
    """

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self._pool = pool

    def facets(self) -> list[dict[str, Any]]:
        """Return each `project, subject_kind, checker, kind` that something was found of."""
        return self._rows("facets")

    def waiting(self) -> list[Waiting]:
        """Count what waits for a person, in each project."""
        return [Waiting(**row) for row in self._rows("waiting")]

    def group_count(self, group_id: int, fingerprint: bytes | None) -> tuple[int, int]:
        """Count the findings of a group that wait, and their studies and reports."""
        [row] = self._rows("group_count", group_id=group_id, fingerprint=fingerprint)
        return row["findings"], row["subjects"]

    def neighbours(self, finding_id: int, group_id: int, fingerprint: bytes | None) -> tuple[int | None, int | None]:
        """Return the findings of a group that wait before and after one of them."""
        [row] = self._rows("neighbours", id=finding_id, group_id=group_id, fingerprint=fingerprint)
        return row["before"], row["after"]

    def passed_by(self, finding_ids: Sequence[int]) -> Mapping[int, tuple[str, ...]]:
        """Return who has passed findings, as far as it was not undone."""
        rows = self._rows("passed_by", ids=list(finding_ids))
        return {row["finding_id"]: tuple(row["people"]) for row in rows}

    def releases(self, projects: Sequence[str] = (), *, limit: int = 200) -> list[Release]:
        """Return what waits for two people; what one of them has passed comes first."""
        rows = self._rows("releases", projects=list(projects) or None, limit=limit)
        return [Release(**{**row, "people": tuple(row["people"])}) for row in rows]

    def decision(self, decision_id: int) -> DecisionTaken | None:
        """Return one decision."""
        rows = self._rows("decision", id=decision_id)
        return DecisionTaken(**rows[0]) if rows else None

    def throughput(self) -> list[dict[str, Any]]:
        """Return `project, state, hour, day`: how many studies came to each end in the last hour and day."""
        return self._rows("throughput")

    def _rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        with transaction(self._pool) as connection:
            return connection.execute(QUERIES[query], values).fetchall()
