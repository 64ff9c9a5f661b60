"""A further worker: only its queues, no API, and an end in good order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest

from imaging_api.further import steps_of
from pixl.domain.errors import ConfigurationError
from pixl.ledger import migrate
from pixl.queue import Step
from pixl.secrets import FileStore
from pixl.settings import HOUSE
from pixl.testing.postgres import temporary_postgres


def test_queues_are_known_by_their_names():
    assert steps_of(["check", "fetch"]) == {Step.CHECK, Step.FETCH}
    with pytest.raises(ConfigurationError, match="did you mean 'check'"):
        steps_of(["checks"])
    with pytest.raises(ConfigurationError, match="no queue 'parquet'"):
        steps_of(["parquet"])


def is_at_work(database, password):
    """Whether a worker has told the queue of itself."""
    with psycopg.connect(database, password=password) as connection:
        return connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone() != (0,)


@pytest.mark.servers
def test_it_works_until_it_is_told_to_stop(tmp_path):
    with temporary_postgres() as postgres:
        database = postgres.new_database()
        migrate(database, postgres.password)
        store = FileStore(tmp_path / "secrets")
        secrets = {"database-password": postgres.password, "ledger-key": "ab" * 32, "service-token": "token"}
        for name, value in {**secrets, "orthanc-raw-password": "r", "orthanc-anon-password": "a"}.items():
            store.ensure(name, value.encode)
        env = {name: value for name, value in os.environ.items() if not name.startswith("PIXL_")}
        log = tmp_path / "log"
        with log.open("wb") as output:
            worker = subprocess.Popen(
                [sys.executable, "-m", "cli", "worker", "--queues", "check"],
                env={**env, "PIXL_DATA": str(tmp_path), "PIXL_DATABASE": database},
                cwd=HOUSE,
                stdout=output,
                stderr=output,
            )
        try:
            while worker.poll() is None and not is_at_work(database, postgres.password):
                time.sleep(0.1)
            assert worker.poll() is None, log.read_text()
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(20) == 0, log.read_text()
        finally:
            worker.kill()
            worker.wait()


def test_a_queue_that_is_none_ends_it_with_2(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "imaging_api", "--queues", "chekc"],
        env={"PATH": os.environ["PATH"], "PIXL_DATA": str(tmp_path)},
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "did you mean 'check'" in done.stderr
