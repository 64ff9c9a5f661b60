"""ehr_api, EMAP and CogStack are killed while 2,000 reports are de-identified; none is lost, none is doubled."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pyarrow.parquet as pq
import pytest
import yaml

from pixl.domain.report import ReportState
from pixl.domain.study import ExtractId, StudyRequest
from pixl.ledger import Ledger, Portion
from pixl.secrets import FileStore, new_secret
from pixl.settings import HOUSE
from pixl.stack import cluster
from pixl.stack.ports import free_port
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


def write_files(folder: Path, emap_port: int, cogstack_port: int, postgres) -> None:
    store = FileStore(folder / "secrets")
    for name in ("service-token", "ledger-key", "project-lungs"):
        store.ensure(name, new_secret)
    store.create("database-password", postgres.password.encode())
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


@pytest.fixture
def stack(tmp_path, postgres, database):
    """The processes that reports need, by name, and the environment that leads to them."""
    ports = {name: free_port(HOST) for name in ("emap", "cogstack", "hashing", "ehr")}
    write_files(tmp_path, ports["emap"], ports["cogstack"], postgres)
    cluster.create(tmp_path / "emap", "admin")
    env = {
        **os.environ,
        "PIXL_DATA": str(tmp_path),
        "PIXL_PROJECTS": str(tmp_path / "projects"),
        "PIXL_DATABASE": database,
        "PIXL_EHR_PORT": str(ports["ehr"]),
        "PIXL_HASHING_PORT": str(ports["hashing"]),
        "PIXL_RETRY_SECONDS": "0.2",
        "PIXL_MAX_TRIES": "100",
    }
    commands = {
        "emap": ("-m", "pixl.stack.run_postgres", str(tmp_path / "emap"), HOST, str(ports["emap"])),
        "cogstack": ("-m", "pixl.testing.cogstack", str(ports["cogstack"])),
        "hashing_api": ("-m", "hashing_api"),
        "ehr_api": ("-m", "ehr_api"),
    }
    with ExitStack() as started:
        yield (
            {name: started.enter_context(running(sys.executable, *line, env=env)) for name, line in commands.items()},
            env,
            ports,
        )


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


def wait_for(ledger, left, seconds=200):
    """Wait until no more than `left` reports are on their way."""
    deadline = time.monotonic() + seconds
    while ledger.reports.status("lungs")[0].in_flight > left:
        assert time.monotonic() < deadline, ledger.reports.status("lungs")
        time.sleep(0.2)


@pytest.mark.timeout(400)
def test_whatever_is_killed_no_report_is_lost_and_none_is_doubled(stack, tmp_path, database, postgres):
    processes, env, ports = stack
    fill(ports["emap"])
    with Ledger.connect(database, FileStore(tmp_path / "secrets")) as ledger:
        load(ledger)
        for left, victim in (
            (1_800, "cogstack"),
            (1_500, "emap"),
            (1_200, "ehr_api"),
            (900, "emap"),
            (700, "ehr_api"),
            (500, "cogstack"),
        ):
            wait_for(ledger, left)
            processes[victim].kill()
            time.sleep(0.5)
            processes[victim].start()
        wait_for(ledger, 0)

        [status] = ledger.reports.status("lungs")
        assert status.counts == {ReportState.RELEASED: REPORTS - MISSING, ReportState.MISSING: MISSING}
        assert sum(day.reports for day in ledger.reports.days("lungs")) == REPORTS - MISSING
        rows = Counter(row.procedure_occurrence_id for row in ledger.reports.rows(EXTRACT))
        assert rows == Counter(range(MISSING, REPORTS))
        with psycopg.connect(database, password=postgres.password) as connection:
            ends = "SELECT report_id, count(*) FROM report_event WHERE after IN ('released', 'missing') GROUP BY 1"
            assert {count for _, count in connection.execute(ends)} == {1}
            waiting = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'report' AND status <> 'succeeded'"
            assert connection.execute(waiting).fetchone() == (0,)

        told = subprocess.run(
            [sys.executable, "-m", "cli", "export", "lungs"],
            env=env,
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
