"""imaging_api as a process of its own: who is answered, and what it does while Postgres is away."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest

from pixl.ledger import migrate
from pixl.secrets import FileStore
from pixl.settings import HOUSE
from pixl.stack.ports import free_port
from pixl.testing.postgres import temporary_postgres

pytestmark = pytest.mark.servers

TOKEN = "the-token-of-the-services"


@contextmanager
def process(tmp_path, database, password):
    store = FileStore(tmp_path / "secrets")
    secrets = {"database-password": password, "ledger-key": "ab" * 32, "service-token": TOKEN}
    for name, value in {**secrets, "orthanc-raw-password": "r", "orthanc-anon-password": "a"}.items():
        store.ensure(name, value.encode)
    port = free_port()
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PIXL_")},
        "PIXL_DATA": str(tmp_path),
        "PIXL_DATABASE": database,
        "PIXL_IMAGING_PORT": str(port),
    }
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen([sys.executable, "-m", "imaging_api"], env=env, cwd=HOUSE, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
            yield running, client
    finally:
        running.terminate()
        running.wait(30)


def answer(client, path, status, seconds=30, **options):
    """Return the answer once it has this status."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            found = client.get(path, **options)
        except httpx.TransportError:
            found = None
        if found is not None and found.status_code == status:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


BEARER = {"Authorization": f"Bearer {TOKEN}"}


def test_it_starts_without_postgres_and_works_as_soon_as_it_is_there(tmp_path):
    port = free_port()
    database = f"host=127.0.0.1 port={port} dbname=pixl user=pixl"
    with process(tmp_path, database, "nobody-is-there") as (running, client):
        answer(client, "/heart-beat", 200)
        refused = answer(client, "/states", 503, headers=BEARER)
        assert "database" in refused.json()["detail"]
        assert "nobody-is-there" not in (tmp_path / "log").read_text()
        time.sleep(2)
        assert running.poll() is None


def test_states_are_told_to_those_with_the_token_only(tmp_path):
    with temporary_postgres() as postgres:
        database = postgres.new_database()
        migrate(database, postgres.password)
        with process(tmp_path, database, postgres.password) as (_, client):
            answer(client, "/heart-beat", 200)
            for headers in ({}, {"Authorization": "Bearer another"}, {"Authorization": f"Basic {TOKEN}"}):
                assert client.get("/states", headers=headers).status_code == 401
            assert client.get("/states", headers=BEARER).json() == []
            assert client.get("/docs").status_code == client.get("/openapi.json").status_code == 404
        assert postgres.password not in (tmp_path / "log").read_text()
        assert TOKEN not in (tmp_path / "log").read_text()


@pytest.mark.parametrize("name", ["service-token", "database-password", "ledger-key"])
def test_a_secret_that_is_missing_ends_it_with_its_name(tmp_path, name):
    with process(tmp_path, "host=127.0.0.1 port=1 dbname=pixl user=pixl", "p") as (running, _):
        running.terminate()
        running.wait(30)
    (tmp_path / "secrets" / name).unlink()
    env = {**os.environ, "PIXL_DATA": str(tmp_path), "PIXL_IMAGING_PORT": str(free_port())}
    done = subprocess.run(
        [sys.executable, "-m", "imaging_api"],
        env=env,
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert name in done.stderr
