"""The audit trail for those who have no transaction of their own."""

from __future__ import annotations

from psycopg_pool import ConnectionPool

from pixl.ledger import audit
from pixl.ledger.audit import Entry, Event, Proof
from pixl.ledger.cipher import Cipher
from pixl.ledger.findings import Connection, transaction


class Trail:
    """Adds events, shows them, and proves that nobody has altered them.

    Raises
    ------
    RetryLater
        From every method: Postgres did not answer.
    """

    def __init__(self, pool: ConnectionPool[Connection], cipher: Cipher) -> None:
        self._pool = pool
        self._cipher = cipher

    def append(self, *events: Event) -> None:
        """Add events."""
        with transaction(self._pool) as connection:
            audit.append(connection, self._cipher, *events)

    def verify(self) -> Proof:
        """Follow the chain from its beginning."""
        with transaction(self._pool) as connection:
            return audit.verify(connection, self._cipher)

    def has_seal(self, head: str) -> bool:
        """Whether some event has this seal: one that was there when `verify` printed it is there still."""
        try:
            seal = bytes.fromhex(head)
        except ValueError:
            return False
        with transaction(self._pool) as connection:
            return connection.execute(audit.QUERIES["has_seal"], {"seal": seal}).fetchone() is not None

    def events(self, *, project: str | None = None, before: int | None = None, limit: int = 100) -> list[Entry]:
        """Return the newest events, the newest first; `before` is the last position that was seen."""
        with transaction(self._pool) as connection:
            return audit.events(connection, project=project, before=before, limit=limit)
