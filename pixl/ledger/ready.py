"""Where a file READY is, and whether what it says is still so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from psycopg_pool import ConnectionPool

from pixl.domain.study import ExtractId
from pixl.ledger.findings import Connection, transaction
from pixl.ledger.sql import read_queries

QUERIES = read_queries(Path(__file__).with_name("ready.sql"))


@dataclass(frozen=True, kw_only=True)
class Marker:
    """The file READY of an extract at a destination."""

    extract: ExtractId
    destination: str

    @property
    def values(self) -> dict[str, object]:
        """For the queries."""
        return {**_values(self.extract), "destination": self.destination}


class Markers:
    """Keeps, for each READY that may be at a destination, the version of the extract that it speaks of.

    Every method may raise `RetryLater`: Postgres did not answer.
    """

    def __init__(self, pool: ConnectionPool[Connection]) -> None:
        self._pool = pool

    def version(self, extract: ExtractId) -> str:
        """Return what changes whenever a row, study or report of the extract does."""
        with transaction(self._pool) as connection:
            row = connection.execute(QUERIES["version"], _values(extract)).fetchone()
        if row is None:
            raise LookupError("an extract that is exported is in the ledger")
        return str(row["version"])

    @contextmanager
    def alone(self, extract: ExtractId) -> Iterator[None]:
        """Let nobody else write or remove the extract's READY meanwhile, in whichever process."""
        with transaction(self._pool) as connection:
            connection.execute(QUERIES["lock"], _values(extract))
            yield

    def note(self, marker: Marker, version: str) -> None:
        """Note a READY, before it is sent: it is followed even if the process dies on the way."""
        with transaction(self._pool) as connection:
            connection.execute(QUERIES["note"], {**marker.values, "version": version})

    def forget(self, marker: Marker) -> None:
        """Forget a READY, after it was removed."""
        with transaction(self._pool) as connection:
            connection.execute(QUERIES["forget"], marker.values)

    def stale(self, extract: ExtractId | None = None) -> list[Marker]:
        """Return every READY, or those of one extract, of which the extract is not what it was."""
        values = _values(extract) if extract else {"project": None, "generated_at": None}
        with transaction(self._pool) as connection:
            rows = connection.execute(QUERIES["stale"], values).fetchall()
        return [
            Marker(
                extract=ExtractId(project=row["project"], generated_at=row["generated_at"]),
                destination=row["destination"],
            )
            for row in rows
        ]


def _values(extract: ExtractId) -> dict[str, object]:
    return {"project": extract.project, "generated_at": extract.generated_at}
