"""How long a cohort takes from the parquet to the queue: `python -m bench.cohort [rows]`.

The command line is the real one, a process of its own for each command; Postgres is a real server of this machine. The
stages of the load are timed once more in this process, on a second database.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pixl.cohort import copy_public, read_cohort
from pixl.ledger import Ledger, migrate
from pixl.secrets import open_store
from pixl.settings import Settings
from pixl.testing.extract import big_extract
from pixl.testing.postgres import TemporaryPostgres, temporary_postgres

ROWS = 100_000
AIM = {"seconds": 20.0, "peak_mb": 500, "status_seconds": 1.0}
COMMANDS = {
    "load": ("load", "EXTRACT"),
    "load_again": ("load", "EXTRACT"),
    "status": ("status",),
    "status_json": ("status", "--json"),
    "cancel": ("cancel", "demo", "--yes"),
    "retry": ("retry", "demo", "--state", "rejected"),
}
"""What is run, one after the other, on the same ledger."""


def settings_in(folder: Path, postgres: TemporaryPostgres) -> Settings:
    """A deployment with an empty ledger of its own."""
    secrets = folder / "secrets"
    secrets.mkdir(parents=True, mode=0o700)
    for name, value in {"database-password": postgres.password, "ledger-key": os.urandom(32).hex()}.items():
        (secrets / name).touch(mode=0o600)
        (secrets / name).write_text(value, encoding="ascii")
    database = postgres.new_database()
    migrate(database, postgres.password)
    return Settings.from_env({"PIXL_DATA": str(folder), "PIXL_DATABASE": database})


def measured(command: list[str], settings: Settings) -> dict[str, Any]:
    """Run the command line and return its wall time, its CPU time and its largest resident set."""
    env = {**os.environ, "PIXL_DATA": str(settings.data), "PIXL_DATABASE": settings.database, "COLUMNS": "100"}
    before = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "cli", "cohort", *command], env=env, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"pixl cohort {command[0]} ended with {process.returncode}")
    return {
        "seconds": round(time.perf_counter() - before, 2),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_mb": round(usage.ru_maxrss / 1024),
    }


@contextmanager
def timed(stages: dict[str, float], name: str) -> Iterator[None]:
    before = time.perf_counter()
    yield
    stages[name] = round(time.perf_counter() - before, 2)


def stages_of(extract: Path, settings: Settings) -> dict[str, float]:
    """Time what `pixl cohort load` does, stage by stage, in this process."""
    stages: dict[str, float] = {}
    with timed(stages, "read"):
        cohort = read_cohort(extract, known_projects=["demo"])
    with Ledger.connect(settings.database, open_store(settings.secrets)) as ledger, timed(stages, "ledger"):
        ledger.load(cohort.extracts[0].extract, cohort.extracts[0].requests)
    with timed(stages, "copy_public"):
        copy_public(cohort, settings.data / "extracts")
    return stages


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as temporary, temporary_postgres() as postgres:
        folder = Path(temporary)
        extract = big_extract(folder / "extract", rows=rows)
        settings = settings_in(folder / "data", postgres)
        figures = {
            name: measured([str(extract) if part == "EXTRACT" else part for part in command], settings)
            for name, command in COMMANDS.items()
        }
        stages = stages_of(extract, settings_in(folder / "again", postgres))
    for name, one in figures.items():
        print(f"{name:12} {one['seconds']:>7.2f} s {one['cpu_seconds']:>7.2f} CPU s {one['peak_mb']:>5} MB")
    print("stages of the load: " + ", ".join(f"{name} {seconds} s" for name, seconds in stages.items()))
    print(f"aim: {AIM['seconds']:g} s and {AIM['peak_mb']} MB for the load of {ROWS:,} rows")
    result = {"bench": "cohort", "rows": rows, "rows_per_second": round(rows / figures["load"]["seconds"]), "aim": AIM}
    print(json.dumps({**result, "stages": stages, **figures}))


if __name__ == "__main__":
    main()
