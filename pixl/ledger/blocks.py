"""The block list: patients and studies that are refused before an archive is asked for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from psycopg_pool import ConnectionPool

from pixl.ledger import audit
from pixl.ledger.audit import Event
from pixl.ledger.cipher import Cipher
from pixl.ledger.findings import Connection, transaction
from pixl.ledger.sql import read_queries

QUERIES = read_queries(Path(__file__).with_name("blocks.sql"))
Level = Literal["patient", "study"]
MARKS: dict[Level, str] = {"patient": "patient", "study": "uid"}
"""The level -> what kind of identifier the ledger takes its fingerprint of."""


@dataclass(frozen=True, kw_only=True)
class BlockCount:
    """How much is refused for one reason."""

    project: str | None
    """None is every project."""
    level: str
    reason: str
    count: int
    since: dt.datetime


class Blocks:
    """The block list. Holds keyed fingerprints only: nobody can read from it who is on it.

    Raises
    ------
    RetryLater
        From every method: Postgres did not answer.
    """

    def __init__(self, pool: ConnectionPool[Connection], cipher: Cipher) -> None:
        self._pool = pool
        self._cipher = cipher

    def add(self, level: Level, values: Iterable[str], *, project: str | None, reason: str, by: str) -> int:
        """Refuse what has these MRNs (`patient`) or Study Instance UIDs (`study`); return how many are new."""
        fingerprints = [self._cipher.fingerprint(MARKS[level], value) for value in values]
        scope = {"project": project, "level": level, "reason": reason, "by": by}
        with transaction(self._pool) as connection:
            added = len(connection.execute(QUERIES["add"], {**scope, "fingerprints": fingerprints}).fetchall())
            details = {"reason": reason, "level": level, "count": added}
            audit.append(connection, self._cipher, Event(who=by, what="blocked", project=project, details=details))
        return added

    def lift(self, *, project: str | None, reason: str, by: str) -> int:
        """Take what was put on the list for `reason` off it; return how many they were."""
        with transaction(self._pool) as connection:
            values = {"project": project, "reason": reason, "by": by}
            lifted = len(connection.execute(QUERIES["lift"], values).fetchall())
            details = {"reason": reason, "count": lifted}
            audit.append(connection, self._cipher, Event(who=by, what="block-lifted", project=project, details=details))
        return lifted

    def counts(self) -> list[BlockCount]:
        """Return how much is on the list, by project and reason."""
        with transaction(self._pool) as connection:
            return [BlockCount(**row) for row in connection.execute(QUERIES["counts"])]
