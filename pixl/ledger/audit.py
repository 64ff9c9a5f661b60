"""Who did what: events that are chained, so that nobody can change, remove or add one later without it being seen."""

from __future__ import annotations

import datetime as dt
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from pixl.ledger.cipher import Cipher
from pixl.ledger.sql import read_queries

QUERIES = read_queries(Path(__file__).with_name("audit.sql"))
FIRST = b""
"""What the first event is chained to."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that somebody did. Holds no identifier of a patient."""

    who: str
    """A login, or the name of a process."""
    what: str
    """Such as `verdict`, `rule-added`, `released`, `policy-changed`, `login`."""
    project: str | None = None
    subject: str | None = None
    """What it was done to, such as `study 12`, `decision 4`, `extract 2023-12-07t14-08-58`."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Numbers, hashes and reasons, as JSON can hold them."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An event in its place in the chain."""

    position: int
    at: dt.datetime
    event: Event
    seal: bytes


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What checking the chain showed."""

    events: int
    head: str
    """The last seal, in hexadecimal digits. Kept elsewhere, it proves later that no end was cut off."""
    broken_at: int | None = None
    """The first position at which the chain does not hold."""

    @property
    def holds(self) -> bool:
        """Whether no event was changed, removed from between, or put in."""
        return self.broken_at is None


def append(
    connection: psycopg.Connection[dict[str, Any]],
    cipher: Cipher,
    *events: Event,
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
) -> None:
    """Add events in the transaction of `connection`: they happened when, and only when, it is committed.

    Others that append wait until then, so this comes last in a transaction. Positions make the order, not the clock.
    """
    connection.execute(QUERIES["lock"])
    last = connection.execute(QUERIES["last"]).fetchone() or {"position": 0, "seal": FIRST}
    position, seal = last["position"], bytes(last["seal"])
    for event in events:
        position += 1
        at = now()
        seal = _seal(cipher, seal, position, at, event)
        values = {"position": position, "at": at, "seal": seal, "details": Jsonb(dict(event.details))}
        values |= {"who": event.who, "what": event.what, "project": event.project, "subject": event.subject}
        connection.execute(QUERIES["append"], values)


def verify(connection: psycopg.Connection[dict[str, Any]], cipher: Cipher) -> Proof:
    """Follow the chain from its beginning."""
    with connection.cursor(name="audit") as cursor:
        return _follow(cipher, map(_entry, cursor.execute(QUERIES["all"])))


def events(
    connection: psycopg.Connection[dict[str, Any]],
    *,
    project: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Entry]:
    """Return the newest events, the newest first; `before` is the last position that was seen."""
    values = {"project": project, "before": before, "limit": limit}
    return [_entry(row) for row in connection.execute(QUERIES["events"], values)]


def _follow(cipher: Cipher, entries: Iterable[Entry]) -> Proof:
    seal, count = FIRST, 0
    for entry in entries:
        count += 1
        expected = _seal(cipher, seal, count, entry.at, entry.event)
        if entry.position != count or not hmac.compare_digest(expected, entry.seal):
            return Proof(events=count - 1, head=seal.hex(), broken_at=entry.position)
        seal = entry.seal
    return Proof(events=count, head=seal.hex())


def _seal(cipher: Cipher, before: bytes, position: int, at: dt.datetime, event: Event) -> bytes:
    said = [event.who, event.what, event.project, event.subject, dict(event.details)]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return cipher.fingerprint("audit", before.hex(), str(position), at.astimezone(dt.UTC).isoformat(), text)


def _entry(row: Mapping[str, Any]) -> Entry:
    event = Event(**{name: row[name] for name in ("who", "what", "project", "subject", "details")})
    return Entry(position=row["position"], at=row["at"], event=event, seal=bytes(row["seal"]))
