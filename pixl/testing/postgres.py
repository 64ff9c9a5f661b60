"""A Postgres of its own for tests: a new cluster on a free port, gone afterwards."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from pixl.stack.ports import free_port


@dataclass(frozen=True, kw_only=True)
class TemporaryPostgres:
    """A running cluster and how to reach it."""

    port: int
    password: str

    def conninfo(self, database: str = "postgres") -> str:
        """Return a connection string without the password, as PIXL's settings have it."""
        return f"host=127.0.0.1 port={self.port} dbname={database} user=pixl"

    def new_database(self, template: str = "template1") -> str:
        """Make a database that is like `template` (to which nobody is connected); return its connection string."""
        name = f"test_{secrets.token_hex(6)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        with psycopg.connect(self.conninfo(), password=self.password, autocommit=True) as connection:
            connection.execute(statement)
        return self.conninfo(name)


def postgres_bin() -> Path:
    """Return the folder of the newest Postgres server that Debian has installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise FileNotFoundError("no Postgres server: apt-get install postgresql")
    return found[-1].parent


@contextmanager
def temporary_postgres() -> Iterator[TemporaryPostgres]:
    """Run a cluster as the user `postgres` when we are root (which Postgres refuses), else as ourselves."""
    folder = Path(tempfile.mkdtemp(prefix="pixl-pg-"))
    owner = pwd.getpwnam("postgres").pw_uid if os.geteuid() == 0 else None
    password = secrets.token_hex(16)
    (folder / "password").write_text(password, encoding="utf-8")
    port = free_port()
    if owner is not None:
        shutil.chown(folder, "postgres")
        shutil.chown(folder / "password", "postgres")
    data = str(folder / "data")
    initdb = ["initdb", "-D", data, "-U", "pixl", "--auth=scram-sha-256", f"--pwfile={folder}/password", "-E", "UTF8"]
    subprocess.run(_program(*initdb, "--locale=C.UTF-8", "-N"), check=True, capture_output=True, user=owner, cwd="/")
    options = ["-p", str(port), "-k", str(folder), "-h", "127.0.0.1", "-F"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(_program("postgres", "-D", data, *options), user=owner, cwd="/", stderr=log)
    try:
        postgres = TemporaryPostgres(port=port, password=password)
        _wait(postgres)
        yield postgres
    finally:
        server.terminate()
        server.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def _program(name: str, *arguments: str) -> list[str]:
    return [str(postgres_bin() / name), *arguments]


def _wait(postgres: TemporaryPostgres, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(postgres.conninfo(), password=postgres.password, connect_timeout=2).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
