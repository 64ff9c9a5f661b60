"""A deployment with a real database and nothing else, and the command line as people use it."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pixl.domain.person import Role
from pixl.ledger import Ledger
from pixl.secrets import FileStore
from pixl.settings import HOUSE
from pixl.testing.extract import write_extract
from pixl.testing.identities import invent_patients
from pixl.testing.study import Study

PATIENTS = invent_patients(3, seed=5)


def study(number):
    return Study(
        number=number,
        patient=PATIENTS[number % 3].number,
        accession_number=f"RKXQ{number:06d}",
        study_uid=f"1.2.826.0.1.3680043.8.498.{number}",
        study_date=dt.date(2023, 1, 1 + number),
        modality="CT",
        kind="CT",
        description="",
        files=(),
        uids=(),
    )


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    """`pixl`, for one data folder and one database."""

    data: Path
    database: str
    postgres: object
    key: bytes

    def __call__(self, *arguments, code=0, typed=None, **env):
        done = subprocess.run(
            [sys.executable, "-m", "cli", *map(str, arguments)],
            env={"PATH": os.environ["PATH"], "COLUMNS": "160", **self.env, **env},
            cwd=HOUSE,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    @property
    def env(self):
        return {"PIXL_DATA": str(self.data), "PIXL_DATABASE": self.database}

    def status(self, *arguments):
        return json.loads(self("cohort", "status", "--json", *arguments))

    def ledger(self):
        return Ledger.open(self.database, password=self.postgres.password, key=self.key)

    def as_person(self, name, role=Role.RELEASER):
        """The options by which somebody decides; the account is made where there is none."""
        file = self.data / f"password-of-{name}"
        if not file.exists():
            file.touch(0o600)
            file.write_text(secrets.token_urlsafe(18))
            with self.ledger() as ledger:
                ledger.people.add(name, role, file.read_text(), by="test")
        return ["--by", name, "--password-file", file]

    def counts(self, project="demo"):
        return {name: count for name, count in self.status("-p", project)[-1]["counts"].items() if count}

    def in_another(self, folder, database):
        """The command line of another machine with the same ledger-key."""
        return command_line(folder, database, self.postgres, key=self.key)


def command_line(folder, database, postgres, key=None):
    store = FileStore(folder / "secrets")
    key = key or os.urandom(32).hex().encode()
    store.create("database-password", postgres.password.encode())
    store.create("ledger-key", key)
    return CommandLine(data=folder, database=database, postgres=postgres, key=key)


@pytest.fixture
def pixl(tmp_path, database, postgres):
    return command_line(tmp_path / "data", database, postgres)


@pytest.fixture
def extract(tmp_path):
    """Write an extract of the studies with these numbers; returns its folder."""

    def write(*numbers, name="extract", **options):
        studies = [study(number) for number in numbers]
        return write_extract(tmp_path / name, patients=PATIENTS, studies=studies, **options)

    return write


@pytest.fixture
def identifiers():
    """Everything about the invented patients that no message may show."""
    people = [text for one in PATIENTS for text in (one.mrn, one.nhs_number, one.family_name)]
    return [*people, *(text for n in range(30) for text in (study(n).accession_number, study(n).study_uid))]
