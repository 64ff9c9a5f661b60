"""Everything that reports need is killed while 2,000 are de-identified; none is lost, none is doubled.

The ledger's Postgres, hashing_api and ehr_api run under the supervisor of a stack, which has to start them again; EMAP
and CogStack are other people's, and are started again by the test."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest
import yaml

from pixl.domain.errors import RetryLater
from pixl.domain.report import ReportState
from pixl.domain.study import ExtractId, StudyRequest
from pixl.ledger import Ledger, Portion, migrate
from pixl.secrets import FileStore, new_secret, open_store
from pixl.settings import HOUSE, Settings
from pixl.stack import bring_down, cluster, database, processes, supervision
from pixl.stack.credentials import PASSWORDS, text_of
from pixl.stack.layout import Layout
from pixl.stack.ports import free_port, keep_free_ports
from pixl.stack.programs import environment, programs
from pixl.testing import emap

pytestmark = [pytest.mark.servers, pytest.mark.flow]

HOST = "127.0.0.1"
REPORTS = 2_000
MISSING = 100
EXTRACT = ExtractId(project="lungs", generated_at=dt.datetime(2023, 12, 7, 14, 8, 58, tzinfo=dt.UTC))
PROJECT = {
    "project": {"name": "lungs", "modalities": ["CT"]},
    "policy": "research",
    "destination": {"dicom": "haven", "parquet": "haven"},
    "reports": {"source": "emap", "engines": ["cogstack", "rules"]},
}


SUPERVISED = ("postgres", "hashing_api", "ehr_api")
KILLED = (
    (1_850, "cogstack"),
    (1_700, "emap"),
    (1_550, "ehr_api"),
    (1_350, "postgres and its children"),
    (1_200, "hashing_api"),
    (1_000, "emap"),
    (850, "postgres"),
    (650, "ehr_api"),
    (500, "hashing_api"),
    (350, "cogstack"),
    (200, "postgres and its children"),
)
"""When how many reports are left on their way, what is killed."""


class Process:
    """A program that can be killed and started again."""

    def __init__(self, *command, env) -> None:
        self.command, self.env = command, env
        self.start()

    def start(self):
        self.running = subprocess.Popen(self.command, env=self.env, cwd=HOUSE, stderr=subprocess.DEVNULL)

    def kill(self):
        self.running.send_signal(signal.SIGKILL)
        self.running.wait()

    def stop(self):
        self.running.terminate()
        try:
            self.running.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def running(*command, env):
    process = Process(*command, env=env)
    try:
        yield process
    finally:
        process.stop()


def report(number):
    text = f"CT of Dr Quarshievik{number} on 03/02/2021, MRN QZ{number:08d}. No fracture. A cyst of {number % 30} mm."
    return emap.EmapReport(
        mrn=f"QZ{number:08d}",
        accession_number=f"RKX{number:06d}",
        parts={"NARRATIVE": text},
        names=("Anna", "", "Quarshievik"),
    )


def fill(port):
    for _ in range(100):
        try:
            connection = psycopg.connect(host=HOST, port=port, user="postgres", dbname="postgres", password="admin")
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            break
    with connection:
        emap.create(connection, "reader")
        emap.fill(connection, map(report, range(MISSING, REPORTS)))


def write_files(folder: Path, emap_port: int, cogstack_port: int) -> None:
    store = FileStore(folder / "secrets")
    for name in (*PASSWORDS, "ledger-key", "project-lungs"):
        store.ensure(name, new_secret)
    store.create("emap-password", b"reader")
    (folder / "projects").mkdir()
    (folder / "projects" / "policies").symlink_to(HOUSE / "projects" / "policies")
    (folder / "projects" / "lungs.yaml").write_text(yaml.safe_dump(PROJECT))
    (folder / "emap.sql").write_text(emap.QUERY.read_text())
    source = {"kind": "postgres", "host": HOST, "port": emap_port, "database": "postgres", "user": emap.READER}
    source |= {"password_secret": "emap-password", "query": "emap.sql", "sslmode": "disable", "batch": 20}
    engine = {"kind": "cogstack", "interface": "modelserve-process", "url": f"http://{HOST}:{cogstack_port}"}
    document = {"sources": {"emap": source}, "engines": {"cogstack": engine}}
    (folder / "reports.yaml").write_text(yaml.safe_dump(document))
    (folder / "destinations.yaml").write_text(
        yaml.safe_dump({"haven": {"kind": "folder", "path": str(folder / "haven")}})
    )
    (folder / "haven").mkdir()


def environment_of(folder: Path) -> dict[str, str]:
    keep_free_ports(folder, HOST)
    told = {"PIXL_DATA": str(folder), "PIXL_PROJECTS": str(folder / "projects")}
    return {**os.environ, **told, "PIXL_RETRY_SECONDS": "0.2", "PIXL_MAX_TRIES": "100"}


@contextmanager
def supervised(settings: Settings, env: dict[str, str]):
    """A stack without Orthanc: a supervisor with the ledger's Postgres, hashing_api and ehr_api."""
    layout = Layout(data=settings.data)
    layout.prepare()
    store = open_store(settings.secrets)
    cluster.create(layout.postgres, text_of(store, "database-admin-password"))
    wanted = [program for program in programs(settings) if program.name in SUPERVISED]
    supervisor = supervision.launch(layout, wanted, {**env, **environment(settings)})
    try:
        supervisor.start("postgres")
        database.prepare(settings, store, seconds=60)
        migrate(settings.database, text_of(store, "database-password"))
        supervisor.start("hashing_api")
        supervisor.start("ehr_api")
        yield supervisor
    finally:
        bring_down(settings)


@dataclass(frozen=True, kw_only=True)
class Stack:
    """All that reports need, by name, and what can be killed of it."""

    settings: Settings
    env: dict[str, str]
    supervisor: supervision.Supervisor
    others: dict[str, Process]

    def pid_of(self, name: str) -> int:
        return next(one.pid for one in self.supervisor.processes() if one.name == name)

    def kill(self, victim: str) -> None:
        """Kill a process; the supervisor starts its own again, we the others."""
        if victim in self.others:
            self.others[victim].kill()
            time.sleep(0.5)
            self.others[victim].start()
        elif victim == "postgres and its children":
            for pid in processes.working_in(Layout(data=self.settings.data).postgres):
                processes.send(pid, signal.SIGKILL)
        else:
            os.kill(self.pid_of(victim), signal.SIGKILL)


@pytest.fixture
def stack(tmp_path):
    ports = {"emap": free_port(HOST), "cogstack": free_port(HOST)}
    write_files(tmp_path, ports["emap"], ports["cogstack"])
    env = environment_of(tmp_path)
    cluster.create(tmp_path / "emap", "admin")
    commands = {
        "emap": ("-m", "pixl.stack.run_postgres", str(tmp_path / "emap"), HOST, str(ports["emap"])),
        "cogstack": ("-m", "pixl.testing.cogstack", str(ports["cogstack"])),
    }
    with ExitStack() as started:
        others = {
            name: started.enter_context(running(sys.executable, *line, env=env)) for name, line in commands.items()
        }
        fill(ports["emap"])
        settings = Settings.from_env({"PIXL_DATA": str(tmp_path), "PIXL_PROJECTS": str(tmp_path / "projects")})
        supervisor = started.enter_context(supervised(settings, env))
        yield Stack(settings=settings, env=env, supervisor=supervisor, others=others)


def load(ledger):
    requests = (
        StudyRequest(
            project="lungs",
            procedure_occurrence_id=number,
            mrn=f"QZ{number:08d}",
            accession_number=f"RKX{number:06d}",
            study_date=dt.date(2021, 2, 3),
        )
        for number in range(REPORTS)
    )
    ledger.load_all([Portion(extract=EXTRACT, requests=requests, reports=True)])


def in_flight(ledger):
    """Return how many reports are on their way; all of them while nobody can say."""
    try:
        return ledger.reports.status("lungs")[0].in_flight
    except RetryLater:
        return REPORTS


def wait_for(ledger, left, seconds=240):
    """Wait until no more than `left` reports are on their way."""
    deadline = time.monotonic() + seconds
    while in_flight(ledger) > left:
        assert time.monotonic() < deadline, f"more than {left} reports are still on their way"
        time.sleep(0.2)


@pytest.mark.timeout(600)
def test_whatever_is_killed_no_report_is_lost_and_none_is_doubled(stack, tmp_path):
    store = open_store(stack.settings.secrets)
    with Ledger.connect(stack.settings.database, store) as ledger:
        load(ledger)
        before = {name: stack.pid_of(name) for name in SUPERVISED}
        for left, victim in KILLED:
            wait_for(ledger, left)
            stack.kill(victim)
        wait_for(ledger, 0)
        after = {name: stack.pid_of(name) for name in SUPERVISED}
        assert before.items().isdisjoint(after.items()), "one was not killed and started again"

        [status] = ledger.reports.status("lungs")
        assert status.counts == {ReportState.RELEASED: REPORTS - MISSING, ReportState.MISSING: MISSING}
        assert sum(day.reports for day in ledger.reports.days("lungs")) == REPORTS - MISSING
        rows = Counter(row.procedure_occurrence_id for row in ledger.reports.rows(EXTRACT))
        assert rows == Counter(range(MISSING, REPORTS))
        with psycopg.connect(stack.settings.database, password=text_of(store, "database-password")) as connection:
            ends = "SELECT report_id, count(*) FROM report_event WHERE after IN ('released', 'missing') GROUP BY 1"
            assert {count for _, count in connection.execute(ends)} == {1}
            waiting = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'report' AND status <> 'succeeded'"
            assert connection.execute(waiting).fetchone() == (0,)

        told = subprocess.run(
            [sys.executable, "-m", "cli", "export", "lungs"],
            env=stack.env,
            cwd=HOUSE,
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stdout + told.stderr
        table = pq.read_table(next((tmp_path / "haven").rglob("radiology.parquet")))
        assert sorted(table["procedure_occurrence_id"].to_pylist()) == list(range(MISSING, REPORTS))
        assert len(set(table["image_identifier"].to_pylist())) == REPORTS - MISSING
        assert not any("Quarshievik" in text or "QZ0" in text for text in table["image_report"].to_pylist())
        assert ledger.reports.status("lungs")[0].counts[ReportState.EXPORTED] == REPORTS - MISSING
