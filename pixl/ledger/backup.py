"""A backup of the ledger and its queue in one file, and the way back, with Postgres' own programs.

Identifiers are in the file as they are in the database: encrypted with the `ledger-key`, which is not in it.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pixl.domain.errors import ConfigurationError, ServiceUnavailable
from pixl.ledger.cipher import Cipher
from pixl.ledger.migration import known_versions
from pixl.ledger.sql import QUERIES

BINARIES = Path("/usr/lib/postgresql")
"""Where Debian keeps Postgres' programs, one folder a version."""
PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
CONNECT_SECONDS = 5
LOCK_SECONDS = 10
COPY = re.compile(r"COPY \S+ \((.*)\) FROM stdin;")
END = r"\."
"""What pg_restore writes before and after the rows of a table."""
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PGCONNECT_TIMEOUT": str(CONNECT_SECONDS)}


@dataclass(frozen=True, kw_only=True)
class Database:
    """A database and how to log in. Shows no password."""

    conninfo: str
    password: str

    def __repr__(self) -> str:
        return "Database(...)"

    @property
    def public_conninfo(self) -> str:
        """What may stand among a program's arguments, which everybody on the machine can read."""
        known: dict[str, Any] = {
            name: value for name, value in conninfo_to_dict(self.conninfo).items() if name != "password"
        }
        return make_conninfo(**known)

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection]:
        """Connect for a question.

        Raises
        ------
        ServiceUnavailable
            Postgres does not answer, or does not let us in.
        """
        try:
            with psycopg.connect(
                self.conninfo, password=self.password, connect_timeout=CONNECT_SECONDS, autocommit=True
            ) as connection:
                yield connection
        except psycopg.OperationalError:
            raise ServiceUnavailable(
                "the database does not answer; `pixl status` shows whether it is up, `pixl up` starts it"
            ) from None


def backup(database: Database, file: Path) -> None:
    """Write the whole ledger, as it is at this moment, to `file`, which only its owner can read.

    Raises
    ------
    ServiceUnavailable
        Postgres does not answer.
    ConfigurationError
        There is a file of this name, it cannot be written, or Postgres' programs are missing or too old.
    """
    if file.exists():
        raise ConfigurationError(f"{file} exists: give another name, or move it away; a backup replaces nothing")
    pg_dump = _program("pg_dump", _server_version(database))
    command = [pg_dump, "--format=custom", "--schema=public", "--no-owner", "--no-acl", "--no-password"]
    with _partial(file) as partial, partial.open("wb") as output:
        done = subprocess.run(
            [*command, f"--dbname={database.public_conninfo}"],
            env=_environment(database),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            check=False,
        )
        if done.returncode:
            raise ConfigurationError(f"the backup failed, nothing was written: {_first_error(done.stderr)}")
        os.fsync(output.fileno())


def check_backup(file: Path, key: bytes) -> None:
    """Raise unless `file` is a whole backup that this version of PIXL and this `ledger-key` can read.

    Raises
    ------
    ConfigurationError
        It is no backup, it is cut off, it was made by a newer PIXL, or with another key.
    """
    if not file.is_file():
        raise ConfigurationError(f"{file}: there is no such file; `pixl backup` makes one")
    pg_restore = _program("pg_restore")
    _run([pg_restore, "--list", str(file)], f"{file.name} is no backup, or one of a newer Postgres")
    _check_version(file)
    study = _first_row(file, "study")
    if study:
        Cipher(key).decrypt(bytes.fromhex(study["identifiers"].removeprefix(r"\\x")))
    _run([pg_restore, "--file=/dev/null", str(file)], f"{file.name} is cut off or damaged; take another one")


def restore(database: Database, file: Path) -> None:
    """Replace all of the database's ledger by that of `file`, in one transaction.

    Raises
    ------
    ServiceUnavailable
        Postgres does not answer.
    ConfigurationError
        It could not be done; the database is as it was.
    """
    version = _server_version(database)
    psql = [_program("psql", version), "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1"]
    # Not pg_restore's own --clean: it drops what the file knows, and fails on tables of a newer PIXL.
    replace = ["--single-transaction", "--command=DROP SCHEMA IF EXISTS public CASCADE", "--file=-"]
    with subprocess.Popen(
        [*psql, *replace, database.public_conninfo],
        env={**_environment(database), "PGOPTIONS": f"-c lock_timeout={LOCK_SECONDS}s -c client_min_messages=error"},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as loader:
        script = [_program("pg_restore", version), "--no-owner", "--no-acl", "--file=-", str(file)]
        reader = subprocess.run(script, stdout=loader.stdin, stderr=subprocess.PIPE, check=False, env=ENVIRONMENT)
        # psql commits at the end of its input, which is not reached before the script is known to be whole.
        if reader.returncode and loader.poll() is None:
            loader.kill()
        _, errors = loader.communicate()
    if reader.returncode or loader.returncode:
        reason = _first_error(errors) or _first_error(reader.stderr)
        raise ConfigurationError(f"{file.name} could not be restored, the database is as it was: {reason}")


def is_empty(database: Database) -> bool:
    """Whether no cohort was ever loaded into this database."""
    with database.connect() as connection:
        if not _first(connection, "has_ledger"):
            return True
        return not _first(connection, "holds_something")


def others_connected(database: Database) -> int:
    """Return how many other connections the database has: of PIXL's processes, here or on other machines."""
    with database.connect() as connection:
        return int(_first(connection, "others_connected"))


def projects_of(database: Database) -> list[str]:
    """Return the projects that the ledger knows."""
    with database.connect() as connection:
        return [row[0] for row in connection.execute(QUERIES["projects"])]


def _check_version(file: Path) -> None:
    row = _first_row(file, "pixl_migration")
    if row is None:
        raise ConfigurationError(f"{file.name} is a backup of another database, not of PIXL's ledger")
    version, known = row["version_num"], known_versions()
    if version not in known:
        raise ConfigurationError(
            f"{file.name} was made by another version of PIXL (its ledger is at {version}, this PIXL knows up to "
            f"{known[-1]}): restore it with that version"
        )


def _first(connection: psycopg.Connection, query: str) -> Any:
    row = connection.execute(QUERIES[query]).fetchone()
    return row[0] if row else None


def _server_version(database: Database) -> int:
    with database.connect() as connection:
        return connection.info.server_version // 10_000


def _program(name: str, version: int = 0) -> str:
    """Return Postgres' program of the server's version, or else of the newest one that is installed."""
    found = {int(path.parts[-3]): path for path in BINARIES.glob(f"*/bin/{name}") if path.parts[-3].isdigit()}
    best = version if version in found else max(found, default=0)
    if best < version or not found:
        wanted = f"postgresql-client-{version}" if version else "postgresql-client"
        raise ConfigurationError(f"{name} of Postgres {version or ''} is not installed: `apt-get install {wanted}`")
    return str(found[best])


def _environment(database: Database) -> dict[str, str]:
    return {**ENVIRONMENT, "PGPASSWORD": database.password}


@contextmanager
def _partial(file: Path) -> Iterator[Path]:
    """Give a name to write to that becomes `file` when all went well, and is gone when not."""
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        file.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
        try:
            yield partial
            # Unlike a rename, a link replaces nothing.
            file.hardlink_to(partial)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from None


def _first_row(file: Path, table: str) -> dict[str, str] | None:
    """Return the first row of a table in a backup, if it has one, without reading the rest."""
    command = [_program("pg_restore"), "--data-only", f"--table={table}", "--file=-", str(file)]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as reader:
        try:
            lines = (line.decode("utf-8", errors="replace").rstrip("\n") for line in reader.stdout or ())
            header = next(filter(None, map(COPY.fullmatch, lines)), None)
            row = next(lines, END) if header else END
        finally:
            reader.kill()
    return None if header is None or row == END else dict(zip(header[1].split(", "), row.split("\t"), strict=True))


def _run(command: list[str], failure: str) -> str:
    done = subprocess.run(command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        raise ConfigurationError(f"{failure} ({_first_error(done.stderr)})")
    return done.stdout.decode("utf-8", errors="replace")


def _first_error(output: bytes) -> str:
    """Return the first line of what a program complained of: the ones after it may hold parts of a row."""
    lines = output.decode("utf-8", errors="replace").splitlines()
    return re.sub(r"^\S*(pg_dump|pg_restore|psql)(:\S+:\d+)?: (error: |ERROR:  )*", "", lines[0]) if lines else ""
