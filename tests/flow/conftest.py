"""Whole deployments, each with an invented hospital and a safe haven of its own."""

from __future__ import annotations

import csv
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pixl.domain.errors import RetryLater
from pixl.domain.person import Role
from pixl.ledger import ExtractStatus, Ledger
from pixl.secrets import open_store
from pixl.settings import HOUSE, Settings
from pixl.stack import bring_down, bring_up
from pixl.testing.site import Site, make_site


@dataclass(frozen=True, kw_only=True)
class Deployment:
    site: Site

    @property
    def data(self) -> Path:
        return self.site.data

    @property
    def settings(self) -> Settings:
        return Settings.from_env({"PIXL_DATA": str(self.data)})

    def start(self) -> None:
        bring_up(self.settings, open_store(self.settings.secrets), os.environ)
        self.site.start()

    def stop(self) -> None:
        bring_down(self.settings)
        self.site.stop()

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        with Ledger.connect(self.settings.database, open_store(self.settings.secrets)) as ledger:
            yield ledger

    def pixl(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments],
            env={**os.environ, "PIXL_DATA": str(self.data), "COLUMNS": "160"},
            cwd=HOUSE,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done

    def statuses(self) -> list[ExtractStatus]:
        with self.ledger() as ledger:
            return ledger.status()

    def reports_in_flight(self) -> int:
        with self.ledger() as ledger:
            return sum(one.in_flight for one in ledger.reports.status())

    def wait(self, seconds: float = 240) -> list[ExtractStatus]:
        """Return the state sums when nothing is in flight any more."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                found = self.statuses()
            except RetryLater:
                found = []
            if found and not any(one.in_flight for one in found) and not self.reports_in_flight():
                return found
            if time.monotonic() > deadline:
                raise AssertionError(f"still in flight: {found}\n{self.pixl('cohort', 'status', check=False).stdout}")
            time.sleep(0.3)

    def pass_all(self) -> int:
        """Pass whatever the checks held, by a sheet that is marked and read back; return how many rows it had."""
        sheet = self.data / "review.csv"
        sheet.unlink(missing_ok=True)
        self.pixl("review", "export", str(sheet), "--groups")
        with sheet.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        if rows:
            with sheet.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, rows[0])
                writer.writeheader()
                writer.writerows({**row, "verdict": "pass", "why": "an invented picture"} for row in rows)
            self.pixl("review", "import", str(sheet), *self.as_person("ann"))
        sheet.unlink()
        return len(rows)

    def as_person(self, name: str) -> list[str]:
        """Return the options by which somebody decides who may release; the account is made where there is none."""
        file = self.data / f"password-of-{name}"
        if not file.exists():
            file.touch(0o600)
            file.write_text(secrets.token_urlsafe(18))
            with self.ledger() as ledger:
                ledger.people.add(name, Role.RELEASER, file.read_text(), by="test")
        return ["--by", name, "--password-file", str(file)]

    def pid_of(self, name: str) -> int:
        shown = json.loads(self.pixl("status", "--json", check=False).stdout)
        return next(each["pid"] for each in shown if each["name"] == name)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("needs to be allowed to mount a tmpfs")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def deployment_of(*, disks: Mapping[str, int] | None = None, **options) -> Iterator[Deployment]:
    """A running deployment; `disks` are folders of its data folder with a disk of their own, of so many megabytes."""
    # Not pytest's folder: Postgres, which will not run as root, could not enter it.
    data = Path(tempfile.mkdtemp(prefix="pixl-flow-"))
    with ExitStack() as mounted:
        mounted.callback(shutil.rmtree, data, ignore_errors=True)
        for name, megabytes in (disks or {}).items():
            mounted.enter_context(small_disk(data / name, megabytes))
        yield from _running(data, options)


def _running(data: Path, options: dict) -> Iterator[Deployment]:
    deployment = Deployment(site=make_site(data, **options))
    try:
        deployment.start()
        yield deployment
    finally:
        deployment.stop()
        kept = os.environ.get("PIXL_KEEP_LOGS")
        if kept:
            shutil.copytree(data / "logs", Path(kept) / data.name, dirs_exist_ok=True)


@pytest.fixture(scope="module")
def deployment(request):
    with deployment_of(**getattr(request.module, "SITE", {"studies": 24})) as running:
        yield running
