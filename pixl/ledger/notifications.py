"""What was told to whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool, PoolTimeout

from pixl.domain.errors import RetryLater
from pixl.domain.notice import Notice, Occasion, Told
from pixl.domain.state import State
from pixl.ledger.sql import read_queries

QUERIES = read_queries(Path(__file__).with_name("notifications.sql"))
Connection = psycopg.Connection[dict[str, Any]]
Key = tuple[str, str, dt.datetime | None]
"""Channel, project, and when the extract was made."""


class Notifications:
    """The record of messages that channels have taken."""

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self._pool = pool

    @contextmanager
    def turn(self) -> Iterator[Turn | None]:
        """Give the record to one process at a time; None where another one has it.

        Raises
        ------
        RetryLater
            Postgres did not answer.
        """
        try:
            with self._pool.connection() as connection:
                row = connection.execute(QUERIES["alone"]).fetchone()
                yield Turn(connection) if row and row["ours"] else None
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            raise RetryLater("the database does not answer; `pixl status` shows whether it is up") from error


class Turn:
    """The record, as long as it is this process's turn."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def told(self) -> dict[Key, dict[Occasion, Told]]:
        """Return what was said last of each extract, by channel."""
        found: dict[Key, dict[Occasion, Told]] = {}
        for row in self._connection.execute(QUERIES["last"]):
            key = (row["channel"], row["project"], row["generated_at"])
            said = Told(counts=_counts(row["counts"]), at=row["at"])
            found.setdefault(key, {})[Occasion(row["occasion"])] = said
        return found

    def add(self, channel: str, notice: Notice) -> None:
        """Record that `channel` has taken `notice`."""
        values: dict[str, Any] = {"channel": channel, "occasion": notice.occasion.value, "project": notice.project}
        values["generated_at"] = notice.generated_at
        counts = {state.value: count for state, count in notice.counts.items()}
        self._connection.execute(QUERIES["add"], {**values, "counts": Jsonb(counts)})


def _counts(saved: Mapping[str, int]) -> dict[State, int]:
    return {State(name): count for name, count in saved.items()}
