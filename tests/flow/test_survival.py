"""Every process is killed in turn while a cohort runs; nothing is lost and nothing is exported twice."""

from __future__ import annotations

import os
import re
import signal
import time
import zipfile
from collections import Counter

import psycopg
import pytest

from pixl.domain.state import FINAL, State
from pixl.secrets import open_store

pytestmark = [pytest.mark.servers, pytest.mark.flow]

SITE = {"studies": 72, "settings": ("PIXL_MAX_TRIES=30",)}
VICTIMS = ("imaging_api", "orthanc-anon", "orthanc-raw", "hashing_api", "postgres", "ehr_api")


def in_flight(deployment):
    return sum(one.in_flight for one in deployment.statuses())


@pytest.fixture(scope="module")
def killed(deployment):
    """The deployment after a cohort during which each process was killed; slowly enough that each dies at work."""
    deployment.pixl("fetch", "rate", "120")
    deployment.pixl("cohort", "load", str(deployment.site.hospital.extract))
    pids = {}
    for victim in VICTIMS:
        time.sleep(1.5)
        pids[victim] = deployment.pid_of(victim)
        os.kill(pids[victim], signal.SIGKILL)
        time.sleep(2.5)
    deployment.pixl("fetch", "rate", "0")
    deployment.wait(400)
    deployment.pass_all()  # secondary captures wait for a person
    deployment.wait()
    return deployment, pids


@pytest.mark.timeout(600)
def test_a_killed_process_is_started_again(killed):
    deployment, pids = killed
    assert {name: deployment.pid_of(name) for name in pids}.items() & pids.items() == set()


def test_every_study_is_in_exactly_one_final_state_and_the_sum_is_whole(killed):
    deployment, _ = killed
    [status] = deployment.statuses()
    assert status.requested == 72
    assert sum(status.counts.get(state, 0) for state in FINAL) == 72
    places = {place: len(studies) for place, studies in deployment.site.expected().items()}
    assert status.counts == {State.EXPORTED: places["vna"] + places["pacs"], State.MISSING: places["nowhere"]}


def test_each_export_happened_exactly_once(killed):
    deployment, _ = killed
    arrived = sorted(path.stem for path in deployment.site.received.rglob("*.zip"))
    password = open_store(deployment.settings.secrets).get("database-password").decode()
    with psycopg.connect(deployment.settings.database, password=password) as connection:
        rows = connection.execute("SELECT name, count(*) FROM study_export GROUP BY name").fetchall()
    assert {count for _, count in rows} == {1}
    assert sorted(name.split("/")[-1].removesuffix(".zip") for name, _ in rows) == arrived
    log = (deployment.site.folder / "logs" / "safe-haven.log").read_text(encoding="utf-8")
    renamed = Counter(re.findall(r"RNTO \S*/(\S+\.zip) ", log))
    assert set(renamed.values()) <= {1}
    assert sorted(name.removesuffix(".zip") for name in renamed) == arrived


def test_nothing_half_sent_is_left(killed):
    deployment, _ = killed
    assert [path.name for path in deployment.site.received.rglob("*.partial")] == []
    for path in deployment.site.received.rglob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None


def test_every_instance_of_an_exported_study_arrived(killed):
    deployment, _ = killed
    sent = sum(len(s.files) for place in ("vna", "pacs") for s in deployment.site.expected()[place])
    arrived = 0
    for path in deployment.site.received.rglob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            arrived += len(archive.namelist())
    assert arrived == sent
