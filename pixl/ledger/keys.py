"""Notices that a key is not the one that the ledger, and what has left, was made with."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import psycopg

from pixl.domain.errors import ConfigurationError, ServiceUnavailable
from pixl.ledger.cipher import Cipher
from pixl.ledger.sql import read_queries

LEDGER_KEY = "ledger-key"
PROJECT_KEY = "project-"
CHECK_BYTES = 16
CONNECT_SECONDS = 5
QUERIES = read_queries(Path(__file__).with_name("keys.sql"))


def check_value(name: str, key: bytes) -> bytes:
    """Return 16 bytes by which the key is known again: of no use without it, and the same for no other name."""
    if name == LEDGER_KEY:
        key = key.strip().lower()  # hexadecimal digits, which mean the same in either case
    derived = blake2b(key, person=b"pixl key check").digest()  # a key of any length
    return blake2b(name.encode("utf-8"), key=derived, digest_size=CHECK_BYTES).digest()


class KeyChecks:
    """What one transaction sees of the keys that were used; `open_key_checks` gives it."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def is_used(self, name: str) -> bool:
        """Whether there was such a key already, so that a new one would not be the same."""
        return self._value(name) is not None or self._has_made_something(name)

    def is_right(self, name: str, key: bytes) -> bool:
        """Whether `key` is the one that was used; any is, where none was."""
        kept = self._value(name)
        if kept is not None:
            return hmac.compare_digest(kept, check_value(name, key))
        return name != LEDGER_KEY or self._decrypts(key)

    def remember(self, name: str, key: bytes) -> None:
        """Take down the check value of a key that has none yet."""
        if self._value(name) is None:
            self._connection.execute(QUERIES["remember"], [name, check_value(name, key)])

    def _value(self, name: str) -> bytes | None:
        row = self._connection.execute(QUERIES["check_value"], [name]).fetchone()
        return bytes(row[0]) if row else None

    def _has_made_something(self, name: str) -> bool:
        """Look at what a version of PIXL that took down no check values may have left."""
        if name == LEDGER_KEY:
            return self._identifiers() is not None
        row = self._connection.execute(QUERIES["has_pseudonyms"], {"project": name.removeprefix(PROJECT_KEY)})
        return row.fetchone() == (True,)

    def _decrypts(self, key: bytes) -> bool:
        cipher, sealed = Cipher(key), self._identifiers()
        try:
            if sealed is not None:
                cipher.decrypt(sealed)
        except ConfigurationError:
            return False
        return True

    def _identifiers(self) -> bytes | None:
        row = self._connection.execute(QUERIES["any_identifiers"]).fetchone()
        return bytes(row[0]) if row else None


@contextmanager
def open_key_checks(conninfo: str, password: str) -> Iterator[KeyChecks]:
    """Open a transaction that no other one of its kind runs beside; what it took down is kept unless it fails.

    Raises
    ------
    ConfigurationError
        The database does not have this version's schema.
    ServiceUnavailable
        The database does not answer.
    """
    try:
        with psycopg.connect(conninfo, password=password, connect_timeout=CONNECT_SECONDS) as connection:
            connection.execute(QUERIES["lock"])
            yield KeyChecks(connection)
    except psycopg.OperationalError as error:
        raise ServiceUnavailable("the database does not answer; look at `pixl status`") from error
    except psycopg.errors.UndefinedTable:
        raise ConfigurationError("the database is not that of this version of PIXL: `pixl down`, `pixl up`") from None
