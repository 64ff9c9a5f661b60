"""Who may use the console and decide on the command line; all of it audited.

Passwords are kept as argon2id, sessions and tokens as hashes; logins are throttled. Whom the hospital's own login
(OpenID Connect) sends has a name of its own, `oidc:<subject>`, and no password.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import argon2
from psycopg_pool import ConnectionPool

from pixl.domain.errors import ConfigurationError, PixlError
from pixl.domain.person import Person, Role
from pixl.ledger import audit
from pixl.ledger.audit import Event
from pixl.ledger.cipher import Cipher
from pixl.ledger.findings import Connection, transaction
from pixl.ledger.sql import read_queries

QUERIES = read_queries(Path(__file__).with_name("people.sql"))
NAME = re.compile(r"[a-z][a-z0-9._-]{0,62}")
PROVIDED = "oidc:"
"""How the name of a person goes on whom a provider vouches for: no name of our own has a colon."""
SUBJECT = re.compile(r"[!-~]{1,255}")
"""OpenID Connect Core 1.0, section 2: at most 255 ASCII characters, case-sensitive."""
TOKEN = "pixl_"  # noqa: S105  how each begins
TOKEN_DAYS = 30
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1000
"""Characters. Hashing a longer one would be work that anybody could give us."""
TOKEN_BYTES = 32
AT_ONCE = 4
"""How many passwords are compared at a time: each takes 64 MB."""
NAME_FAILURES = 5
ADDRESS_FAILURES = 50
THROTTLE_SECONDS = 15 * 60
"""How many logins may fail in this time, for one name and from one address, before no more are tried."""


class LoginRefused(PixlError):
    """The name or the password is wrong."""


class LoginsThrottled(LoginRefused):
    """Too many logins have failed; try again in a quarter of an hour."""


@dataclass(frozen=True, kw_only=True)
class Lifetimes:
    """How long a session lasts."""

    idle_seconds: float = 30 * 60
    longest_seconds: float = 12 * 60 * 60


@dataclass(frozen=True, kw_only=True)
class Vouched:
    """Whom an OpenID provider has sent."""

    issuer: str
    subject: str
    role: Role


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token of a person, as they are shown it."""

    id: int
    since: dt.datetime
    until: dt.datetime
    seen: dt.datetime | None


@dataclass(frozen=True, kw_only=True)
class Account:
    """A person as an admin is shown them."""

    person: Person
    since: dt.datetime
    password_since: dt.datetime
    removed_at: dt.datetime | None
    seen: dt.datetime | None
    """When a session of theirs was last used; None if there is none."""
    same_as: str | None
    """The account of our own that the same person has."""
    tokens: int
    """How many they have for the command line."""


class People:
    """The people, and who of them is logged in. Every method is one transaction.

    Raises
    ------
    RetryLater
        From every method: Postgres did not answer.
    """

    def __init__(
        self, pool: ConnectionPool[Connection], cipher: Cipher, *, hasher: argon2.PasswordHasher | None = None
    ) -> None:
        self._pool, self._cipher = pool, cipher
        self._hasher = hasher or argon2.PasswordHasher()
        self._hashing = threading.BoundedSemaphore(AT_ONCE)

    # --- who there is

    def add(self, name: str, role: Role, password: str, *, by: str) -> None:
        """Let somebody log in.

        Raises
        ------
        ConfigurationError
            The name was given before, or is none; the password is too weak.
        """
        if not NAME.fullmatch(name):
            raise ConfigurationError("a name has small letters, digits, '.', '_' and '-', and begins with a letter")
        values = {"name": name, "role": role.value, "password": self._hash(name, password)}
        with transaction(self._pool) as connection:
            if not connection.execute(QUERIES["add"], values).fetchone():
                raise ConfigurationError(f"there is, or was, somebody called {name!r}: take another name")
            self._note(connection, by, "user-added", name, role=role.value)

    def set_password(self, name: str, password: str, *, by: str, but: str | None = None) -> None:
        """Give somebody another password; end their tokens, and their sessions but the one with the token `but`."""
        values = {"name": name, "password": self._hash(name, password)}
        with transaction(self._pool) as connection:
            _changed(connection, "set_password", values)
            connection.execute(QUERIES["end_sessions"], {"name": name, "but": _hashed(but) if but else None})
            connection.execute(QUERIES["end_tokens"], {"name": name})
            self._note(connection, by, "password-changed", name)

    def set_role(self, name: str, role: Role, *, by: str) -> None:
        """Give somebody another role."""
        with transaction(self._pool) as connection:
            _changed(connection, "set_role", {"name": name, "role": role.value})
            self._note(connection, by, "role-changed", name, role=role.value)

    def remove(self, name: str, *, by: str) -> None:
        """Let somebody log in no more, and end their sessions and tokens."""
        with transaction(self._pool) as connection:
            _changed(connection, "remove", {"name": name})
            connection.execute(QUERIES["end_sessions"], {"name": name, "but": None})
            connection.execute(QUERIES["end_tokens"], {"name": name})
            self._note(connection, by, "user-removed", name)

    def link(self, subject: str, name: str, *, by: str) -> None:
        """Say that whom the provider calls `subject` is the person with the account `name`.

        Raises
        ------
        ConfigurationError
            There is no such account, the subject has never logged in, or the account is somebody else's already.
        """
        values = {"name": f"{PROVIDED}{subject.removeprefix(PROVIDED)}", "same_as": name}
        with transaction(self._pool) as connection:
            if not connection.execute(QUERIES["link"], values).fetchone():
                raise ConfigurationError(
                    f"{values['name']} and {name} cannot be linked: the first has to have logged in once, the second "
                    "has to be an account of PIXL's own that is not linked to anybody else"
                )
            self._note(connection, by, "user-linked", values["name"], same_as=name)

    def all(self) -> list[Account]:
        """Return everybody, those that were removed last."""
        with transaction(self._pool) as connection:
            rows = connection.execute(QUERIES["people"]).fetchall()
        names = ("since", "password_since", "removed_at", "seen", "same_as", "tokens")
        return [Account(person=_person(row), **{name: row[name] for name in names}) for row in rows]

    # --- who is logged in

    def log_in(self, name: str, password: str, *, address: str) -> str:
        """Begin a session; return its token, which is nowhere else.

        Raises
        ------
        LoginRefused
            The name or the password is wrong; it does not say which, nor does the time it takes.
        LoginsThrottled
            Too many logins have failed, for this name or from this address.
        """
        kept = self.check(name, password, address=address)
        with transaction(self._pool) as connection:
            connection.execute(QUERIES["forgive"], {"who": self._cipher.fingerprint("login", name)})
            connection.execute(QUERIES["forget_failures"])
            if self._hasher.check_needs_rehash(kept):
                connection.execute(QUERIES["rehash"], {"name": name, "password": self._hasher.hash(password)})
            return self._begin(connection, name, way="password")

    def log_in_vouched(self, vouched: Vouched) -> str:
        """Begin a session of somebody whom the provider has sent, with the role that it gives them now.

        Raises
        ------
        LoginRefused
            An admin has removed this person, another provider has sent somebody of this name, or it is none.
        """
        if not SUBJECT.fullmatch(vouched.subject):
            raise LoginRefused("the provider's name for you is none that PIXL can keep; tell an admin")
        name = f"{PROVIDED}{vouched.subject}"
        values = {"name": name, "role": vouched.role.value, "issuer": vouched.issuer}
        with transaction(self._pool) as connection:
            if not connection.execute(QUERIES["vouched_for"], values).fetchone():
                raise LoginRefused("an admin of PIXL has removed this account, or it was another provider's")
            return self._begin(connection, name, way="oidc", role=vouched.role.value)

    def refused(self, vouched_name: str, why: str) -> None:
        """Put into the audit trail that somebody whom the provider knows was not let in."""
        with transaction(self._pool) as connection:
            self._note(connection, "somebody", "login-failed", vouched_name, way="oidc", reason=why)

    # --- who decides on the command line

    def prove(self, name: str, password: str, *, address: str, at: str) -> Person:
        """Return who has this name and password, for one command, which the audit trail tells of.

        Parameters
        ----------
        at
            What they are about to do, such as `review pass`.

        Raises what `log_in` raises.
        """
        self.check(name, password, address=address)
        with transaction(self._pool) as connection:
            row = connection.execute(QUERIES["person"], {"name": name}).fetchone()
            if row is None:
                raise LoginRefused
            connection.execute(QUERIES["forgive"], {"who": self._cipher.fingerprint("login", name)})
            self._note(connection, name, "proved", name, way="password", at=at)
        return _person(row)

    def prove_by_token(self, token: str, *, address: str, at: str) -> Person:
        """Return whose token it is, as `prove` does."""
        who = self._cipher.fingerprint("token", address)
        self._refuse_too_many(who, address)
        with transaction(self._pool) as connection:
            row = connection.execute(QUERIES["use_token"], {"token": _hashed(token)}).fetchone()
            if row:
                self._note(connection, row["name"], "proved", row["name"], way="token", at=at)
        if row is None:
            self._failed(None, who, address)
            raise LoginRefused("this token is none, or its time is over: make another one on your page of the console")
        return _person(row)

    def add_token(self, name: str, *, days: int = TOKEN_DAYS) -> str:
        """Make a token for the command line; return it, which is nowhere else."""
        token = f"{TOKEN}{secrets.token_urlsafe(TOKEN_BYTES)}"
        with transaction(self._pool) as connection:
            connection.execute(QUERIES["add_token"], {"token": _hashed(token), "name": name, "days": days})
            self._note(connection, name, "token-made", name)
        return token

    def tokens(self, name: str) -> list[Token]:
        """Return a person's tokens that can be used."""
        with transaction(self._pool) as connection:
            return [Token(**row) for row in connection.execute(QUERIES["tokens"], {"name": name})]

    def end_token(self, name: str, number: int) -> None:
        """Let one of a person's tokens count no longer."""
        with transaction(self._pool) as connection:
            if connection.execute(QUERIES["end_token"], {"id": number, "name": name}).fetchone():
                self._note(connection, name, "token-ended", name)

    def check(self, name: str, password: str, *, address: str) -> str:
        """Compare a password with the one that is kept, which is returned as it is kept; raises as `log_in`."""
        who = self._cipher.fingerprint("login", name)
        self._refuse_too_many(who, address)
        row = self._row(name)
        if not self._is_right(row["password"] if row else self._nobody, password) or row is None:
            self._failed(row["name"] if row else None, who, address)
            raise LoginRefused
        kept: str = row["password"]
        return kept

    def who(self, token: str, lifetimes: Lifetimes) -> Person | None:
        """Return whose session it is; None if it is none, or has been idle for too long."""
        values = {"token": _hashed(token), **vars(lifetimes)}
        with transaction(self._pool) as connection:
            row = connection.execute(QUERIES["use_session"], values).fetchone()
        return _person(row) if row else None

    def log_out(self, token: str, lifetimes: Lifetimes) -> None:
        """End a session, and whatever has been idle for too long."""
        with transaction(self._pool) as connection:
            connection.execute(QUERIES["forget_sessions"], vars(lifetimes))
            row = connection.execute(QUERIES["end_session"], {"token": _hashed(token)}).fetchone()
            if row:
                self._note(connection, row["name"], "logout", row["name"])

    # --- what they looked at

    def looked_up(self, person: Person, subject: str, *, project: str | None = None, what: str = "look-up") -> None:
        """Put into the audit trail that somebody was shown what is identifiable."""
        event = Event(who=person.name, what=what, project=project, subject=subject)
        with transaction(self._pool) as connection:
            audit.append(connection, self._cipher, event)

    def trail(self, *, project: str | None = None, before: int | None = None, limit: int = 100) -> list[audit.Entry]:
        """Return the newest events of the audit trail."""
        with transaction(self._pool) as connection:
            return audit.events(connection, project=project, before=before, limit=limit)

    # --- inside

    def _begin(self, connection: Connection, name: str, **details: str) -> str:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        connection.execute(QUERIES["add_session"], {"token": _hashed(token), "name": name})
        self._note(connection, name, "login", name, **details)
        return token

    @functools.cached_property
    def _nobody(self) -> str:
        """What a password is compared with where there is no such name, so that it takes as long."""
        return self._hasher.hash(secrets.token_hex(TOKEN_BYTES))

    def _row(self, name: str) -> dict[str, Any] | None:
        if not NAME.fullmatch(name):
            return None
        with transaction(self._pool) as connection:
            return connection.execute(QUERIES["person"], {"name": name}).fetchone()

    def _hash(self, name: str, password: str) -> str:
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise ConfigurationError(f"a password has at least {SHORTEST_PASSWORD} characters: a few words do well")
        if name in password.lower() or len(set(password)) < SHORTEST_PASSWORD // 2:
            raise ConfigurationError("this password is easy to guess: take a few words that do not belong together")
        return self._hasher.hash(password)

    def _is_right(self, kept: str, password: str) -> bool:
        try:
            with self._hashing:
                return self._hasher.verify(kept, password[: LONGEST_PASSWORD + 1])
        except argon2.exceptions.VerificationError:
            return False

    def _refuse_too_many(self, who: bytes, address: str) -> None:
        values = {"who": who, "address": address, "seconds": THROTTLE_SECONDS}
        with transaction(self._pool) as connection:
            failed = connection.execute(QUERIES["failures"], values).fetchone() or {}
        if failed["of_name"] >= NAME_FAILURES or failed["of_address"] >= ADDRESS_FAILURES:
            raise LoginsThrottled

    def _failed(self, name: str | None, who: bytes, address: str) -> None:
        with transaction(self._pool) as connection:
            connection.execute(QUERIES["add_failure"], {"who": who, "address": address})
            # What was given for a name that there is not may be a password: it is written nowhere.
            self._note(connection, name or "somebody", "login-failed", name or "unknown name")

    def _note(self, connection: Connection, who: str, what: str, name: str, **details: str) -> None:
        audit.append(connection, self._cipher, Event(who=who, what=what, subject=f"user {name}", details=details))


def _changed(connection: Connection, query: str, values: Mapping[str, Any]) -> None:
    if not connection.execute(QUERIES[query], values).fetchone():
        if values["name"].startswith(PROVIDED) and query != "remove":
            raise ConfigurationError("role and password of this person are the business of the hospital's own login")
        raise ConfigurationError(f"there is nobody called {values['name']!r} who may log in")


def _person(row: Mapping[str, Any]) -> Person:
    return Person(name=row["name"], role=Role(row["role"]))


def _hashed(token: str) -> bytes:
    """Return what the database knows of a token. It is random, so that a fast hash is as good as a slow one."""
    return hashlib.blake2b(token.encode("utf-8", errors="replace"), digest_size=TOKEN_BYTES).digest()
