"""The role and the database of PIXL in its own cluster."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg
from psycopg import sql

from pixl.domain.errors import ConfigurationError, ServiceUnavailable
from pixl.domain.secret import SecretStore
from pixl.settings import Settings
from pixl.stack.credentials import text_of

STATEMENTS = Path(__file__).parent / "sql"
CONNECT_SECONDS = 3


def is_own(settings: Settings) -> bool:
    """Whether the database is that of this stack, not one that is somewhere else already."""
    host, port = settings.host, settings.ports.postgres
    return settings.database == f"host={host} port={port} dbname=pixl user=pixl"


def is_answering(settings: Settings, password: str) -> bool:
    """Whether the database lets PIXL in."""
    try:
        with psycopg.connect(settings.database, password=password, connect_timeout=CONNECT_SECONDS) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def prepare(settings: Settings, store: SecretStore, *, seconds: float) -> None:
    """Make the role and the database that are missing, as the cluster's administrator.

    Raises
    ------
    ServiceUnavailable
        Postgres does not answer within `seconds`.
    ConfigurationError
        Postgres does not take the administrator's password.
    """
    with _connect(settings, text_of(store, "database-admin-password"), seconds) as connection:
        password = sql.Literal(text_of(store, "database-password"))
        exists = connection.execute(_statement("role_exists")).fetchone()
        # Set each time: a password is changed by changing the secret.
        connection.execute(_statement("set_password" if exists else "create_role").format(password=password))
        if not connection.execute(_statement("database_exists")).fetchone():
            connection.execute(_statement("create_database"))


def _connect(settings: Settings, password: str, seconds: float) -> psycopg.Connection:
    end = time.monotonic() + seconds
    while True:
        try:
            return psycopg.connect(
                host=settings.host,
                port=settings.ports.postgres,
                user="postgres",
                dbname="postgres",
                password=password,
                connect_timeout=CONNECT_SECONDS,
                autocommit=True,
            )
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise ConfigurationError(
                    "Postgres refuses its administrator's password: the secret `database-admin-password` is not the "
                    "one this cluster was made with; put the right one back"
                ) from None
            if time.monotonic() > end:
                raise ServiceUnavailable("Postgres does not answer; `pixl logs postgres` says why") from None
            time.sleep(0.2)


def _statement(name: str) -> sql.SQL:
    return sql.SQL((STATEMENTS / f"{name}.sql").read_text(encoding="utf-8"))
