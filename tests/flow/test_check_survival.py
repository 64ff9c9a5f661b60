"""Workers of the checks are killed, again and again, while they check a hundred studies."""

from __future__ import annotations

import collections
import datetime as dt
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pixl.domain.state import State
from pixl.domain.study import ExtractId, StudyRequest
from pixl.ledger import Made, SeriesOutput
from pixl.ledger.findings import transaction
from pixl.queue import Step
from tests.conftest import LEDGER_KEY

pytestmark = [pytest.mark.servers, pytest.mark.flow]

STUDIES = 100
SERIES = 2
KILLS = 8
WORKER = Path(__file__).with_name("stand_in_worker.py")
EXTRACT = ExtractId(project="lungs", generated_at=dt.datetime(2026, 5, 4, tzinfo=dt.UTC))


def begin(ledger):
    rows = [
        StudyRequest(project="lungs", procedure_occurrence_id=n, mrn=f"M{n}", accession_number=f"A{n}")
        for n in range(STUDIES)
    ]
    ledger.load(EXTRACT, rows)
    series = tuple(SeriesOutput(series=f"2.25.{n}", anon_id=f"s{n}", instances=3) for n in range(SERIES))
    made = Made(series=series, policy="p", software="1")
    for number in range(1, STUDIES + 1):
        for before, after in [
            (State.REQUESTED, State.FETCHING),
            (State.FETCHING, State.CACHED),
            (State.CACHED, State.DEIDENTIFYING),
        ]:
            ledger.advance(number, after, before={before})
        ledger.advance(number, State.CHECKING, before={State.DEIDENTIFYING}, made=made, then=Step.CHECK)


def start(database, postgres):
    worker = subprocess.Popen([sys.executable, str(WORKER)], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    told = {"database": database, "password": postgres.password, "key": LEDGER_KEY.decode()}
    worker.stdin.write(json.dumps(told).encode())
    worker.stdin.close()
    return worker


def wait(ledger, seconds=150):
    deadline = time.monotonic() + seconds
    while ledger.status()[0].counts.get(State.CHECKING):
        assert time.monotonic() < deadline, ledger.status()
        time.sleep(0.5)


def test_every_study_ends_in_one_state_and_the_sum_is_whole_whoever_is_killed(ledger, database, postgres):
    begin(ledger)
    workers = [start(database, postgres) for _ in range(2)]
    chance = random.Random(7)
    try:
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.5, 2.5))
            victim = chance.randrange(len(workers))
            workers[victim].kill()
            workers[victim].wait()
            workers[victim] = start(database, postgres)
        wait(ledger)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    [status] = ledger.status()
    assert (status.requested, set(status.counts)) == (STUDIES, {State.RELEASED, State.HELD})
    with transaction(ledger._pool) as connection:
        held = [row["id"] for row in connection.execute("SELECT id FROM study WHERE state = 'held' ORDER BY id")]
        found = connection.execute(
            "SELECT study_id, series, kind FROM finding JOIN finding_group ON group_id = finding_group.id"
        )
        findings = collections.Counter((row["study_id"], row["series"], row["kind"]) for row in found)
        exports = connection.execute(
            "SELECT count(*) AS n FROM procrastinate_jobs WHERE task_name = 'export'"
        ).fetchone()
    must = {number for number in range(1, STUDIES + 1) if number % 10 in (0, 1)}
    # A worker's death is never a pass; it may hold a study only if it died over the same series again and again.
    assert set(held) == must
    assert set(findings.values()) == {1}
    assert exports["n"] == status.counts[State.RELEASED]
