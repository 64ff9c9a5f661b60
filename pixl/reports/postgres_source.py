"""Reports from a Postgres database, by a query that belongs to the deployment: EMAP's star schema, OMOP's `note`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg.rows import dict_row
from pydantic import BaseModel, ConfigDict, Field

from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.domain.report import ReportKey, SourceReport
from pixl.reports.composing import check_columns, compose

CONNECT_SECONDS = 10
REFUSALS = (
    psycopg.errors.InvalidPassword,
    psycopg.errors.InvalidAuthorizationSpecification,
    psycopg.errors.InvalidCatalogName,
    psycopg.errors.SyntaxErrorOrAccessRuleViolation,
    psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.IndeterminateDatatype,
    psycopg.errors.DatatypeMismatch,
    psycopg.ProgrammingError,
)
"""What only a person can mend; what anything else of Postgres' means is tried again."""


class PostgresOptions(BaseModel):
    """How to reach the database, and what to ask it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["postgres"]
    host: str
    port: int = Field(default=5432, ge=1, le=65535)
    database: str
    user: str
    password_secret: str
    query: str
    """The file with the SQL, beside this one."""
    sslmode: Literal["verify-full", "verify-ca", "require", "prefer", "disable"] = "verify-full"
    ca: Path | None = None
    """PEM file; the system's certificates without one."""
    statement_seconds: float = Field(default=30, gt=0, le=3600)
    batch: int = Field(default=50, ge=1, le=1000)
    """Reports that are asked for at once."""
    per_minute: float | None = Field(default=None, gt=0)
    """Reports that are asked for in a minute, at most."""


class PostgresSource:
    """Asks one query over one connection, which cannot write.

    The query is read each time, and the password for each connection: what was wrong can be mended while it runs.
    """

    def __init__(self, name: str, options: PostgresOptions, *, query: Path, password: Callable[[], str]) -> None:
        self._name, self._options, self._password = name, options, password
        self._file = query
        self._connection: psycopg.Connection[dict[str, Any]] | None = None

    def find(self, keys: Sequence[ReportKey]) -> dict[ReportKey, SourceReport]:
        """Return what there is for these keys; raises as `Source.find` does."""
        values = {"mrns": [key.mrn for key in keys], "accession_numbers": [key.accession_number for key in keys]}
        query = read_query(self._file)
        try:
            connection = self._connected()
            with connection.transaction(), connection.cursor() as cursor:
                cursor.execute(query, values)
                check_columns([column.name for column in cursor.description or ()], str(self._file))
                return compose(cursor, keys)
        except psycopg.Error as error:
            self.close()
            raise self._reason(error) from None

    def close(self) -> None:
        """Close the connection; the next question opens another one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> psycopg.Connection[dict[str, Any]]:
        if self._connection is None or self._connection.closed:
            options = self._options
            milliseconds = int(options.statement_seconds * 1000)
            self._connection = psycopg.connect(
                host=options.host,
                port=options.port,
                dbname=options.database,
                user=options.user,
                password=self._password(),
                sslmode=options.sslmode,
                sslrootcert=str(options.ca or "system") if options.sslmode.startswith("verify") else None,
                connect_timeout=CONNECT_SECONDS,
                application_name="pixl reports",
                options=f"-c default_transaction_read_only=on -c statement_timeout={milliseconds}",
                keepalives_idle=10,
                keepalives_interval=5,
                keepalives_count=3,
                tcp_user_timeout=int((options.statement_seconds + CONNECT_SECONDS) * 1000),
                row_factory=dict_row,
                prepare_threshold=None,
                autocommit=True,
            )
            # Whatever the server is told by the query: the transaction that it runs in is begun read-only.
            self._connection.read_only = True
        return self._connection

    def _reason(self, error: psycopg.Error) -> Exception:
        """Return what an error of Postgres means. Its message is passed on only where it cannot hold a value."""
        if isinstance(error, psycopg.errors.QueryCanceled):
            seconds = f"{self._options.statement_seconds:g}"
            return RetryLater(f"source {self._name!r} took longer than {seconds} seconds (statement_seconds)")
        if "password authentication failed" in str(error):
            secret = self._options.password_secret
            return ConfigurationError(f"source {self._name!r} refuses its user or password: see the secret {secret!r}")
        if isinstance(error, REFUSALS):
            told = error.diag.message_primary if error.sqlstate and error.sqlstate.startswith("42") else None
            return ConfigurationError(f"{self._file}: source {self._name!r} refuses: {told or type(error).__name__}")
        return RetryLater(f"source {self._name!r} does not answer ({type(error).__name__})")


def read_query(path: Path) -> bytes:
    """Return a query, which must ask by the named parameters.

    Raises
    ------
    ConfigurationError
        It cannot be read, or does not use its parameters.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the report query {path} cannot be read: {type(error).__name__}") from None
    for name in ("%(mrns)s", "%(accession_numbers)s"):
        if name not in text:
            raise ConfigurationError(f"{path}: the query must use {name}, an array of text")
    return text.encode()
