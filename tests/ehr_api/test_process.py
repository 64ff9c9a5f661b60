"""The real process, a real database, a real safe haven, and the command line."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest
import yaml

from pixl.ledger import Ledger
from pixl.secrets import FileStore, new_secret
from pixl.testing.safe_haven import KEPT_AS, SafeHaven

pytestmark = pytest.mark.servers

BASE = "lungs/2023-12-07t14-08-58/parquet"
PROJECT = {
    "project": {"name": "lungs", "modalities": ["CT"]},
    "policy": "strict",
    "destination": {"dicom": "haven", "parquet": "haven"},
}


@pytest.fixture
def haven(tmp_path):
    with SafeHaven(tmp_path / "received", tmp_path / "haven") as running:
        yield running


@pytest.fixture
def env(tmp_path, postgres, database, haven, load):
    """A data folder, and the environment that leads to it."""
    store = FileStore(tmp_path / "secrets")
    for name in ("service-token", "ledger-key"):
        store.ensure(name, new_secret)
    store.create("database-password", postgres.password.encode())
    store.create(KEPT_AS, haven.password.encode())
    (tmp_path / "projects" / "policies").mkdir(parents=True)
    (tmp_path / "projects" / "policies" / "strict.yaml").write_text("{}")
    (tmp_path / "projects" / "lungs.yaml").write_text(yaml.safe_dump(PROJECT))
    (tmp_path / "destinations.yaml").write_text(yaml.safe_dump({"haven": haven.options()}))
    with Ledger.connect(database, store) as ledger:
        load(ledger, tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        **os.environ,
        "PIXL_DATA": str(tmp_path),
        "PIXL_PROJECTS": str(tmp_path / "projects"),
        "PIXL_DATABASE": database,
        "PIXL_EHR_PORT": str(port),
        "PIXL_RETRY_SECONDS": "0.2",
    }


@contextmanager
def ehr_api(env):
    process = subprocess.Popen([sys.executable, "-m", "ehr_api"], env=env, stderr=subprocess.PIPE, text=True)
    try:
        await_heart_beat(process, env)
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


def await_heart_beat(process, env):
    for _ in range(200):
        assert process.poll() is None, process.stderr.read()
        try:
            if httpx.get(url(env) + "/heart-beat", trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("ehr_api did not start")


def url(env):
    return f"http://127.0.0.1:{env['PIXL_EHR_PORT']}"


def pixl_export(env, *arguments):
    command = [sys.executable, "-m", "cli", "export", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_sends_the_tables_in_the_peers_layout(env, haven):
    with ehr_api(env):
        told = pixl_export(env, "lungs")
        assert told.returncode == 0, told.stderr
        again = pixl_export(env, "lungs", "--extract", "2023-12-07t14-08-58")
    assert again.returncode == 0
    assert "files of lungs 2023-12-07t14-08-58" in told.stdout
    there = {path.relative_to(haven.folder).as_posix() for path in haven.folder.rglob("*") if path.is_file()}
    assert {name for name in there if name.startswith(BASE)} == {
        f"{BASE}/{name}{suffix}"
        for name in ("omop/public/PERSON.parquet", "radiology/IMAGE_LINKER.parquet")
        for suffix in ("", ".sha256")
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["longs"], "no project 'longs'"), (["lungs", "--extract", "2024"], "it has: 2023-12-07t14-08-58")],
)
def test_what_is_not_there_is_wrong_use(env, arguments, message):
    with ehr_api(env):
        told = pixl_export(env, *arguments)
    assert told.returncode == 2
    assert message in told.stderr.replace("\n", " ")


def test_an_ehr_api_that_is_down_is_not_reachable(env):
    told = pixl_export(env, "lungs")
    assert told.returncode == 3
    assert "pixl status" in told.stderr


def test_an_export_that_fails_says_why(env, haven):
    (haven.folder / "lungs").write_text("in the way")
    with ehr_api(env):
        told = pixl_export(env, "lungs")
    assert told.returncode == 1
    assert "failed after 0 of 2 files" in told.stdout
    assert "folder" in told.stdout


def test_without_the_token_nothing_is_told(env):
    with ehr_api(env):
        for reply in (
            httpx.post(url(env) + "/exports", json={"project": "lungs"}, trust_env=False),
            httpx.get(url(env) + "/exports/1", trust_env=False, headers={"Authorization": "Bearer guess"}),
        ):
            assert reply.status_code == 401


def test_an_unknown_key_or_job_is_refused(env, tmp_path):
    token = FileStore(tmp_path / "secrets").get("service-token").decode()
    headers = {"Authorization": f"Bearer {token}"}
    with ehr_api(env), httpx.Client(base_url=url(env), headers=headers, trust_env=False) as client:
        assert client.post("/exports", json={"project": "lungs", "extrakt": "x"}).status_code == 422
        assert client.get("/exports/99").status_code == 404


def test_an_export_in_the_queue_is_done_when_the_process_is_killed_and_started_again(env, haven, tmp_path):
    token = FileStore(tmp_path / "secrets").get("service-token").decode()
    headers = {"Authorization": f"Bearer {token}"}
    with ehr_api(env) as process:
        job = httpx.post(url(env) + "/exports", json={"project": "lungs"}, headers=headers, trust_env=False).json()
        process.send_signal(signal.SIGKILL)
        process.wait()
    with ehr_api(env):
        for _ in range(300):
            now = httpx.get(f"{url(env)}/exports/{job['job']}", headers=headers, trust_env=False).json()
            if now["state"] == "done":
                break
            time.sleep(0.1)
    assert now["state"] == "done"
    assert now["done"] == now["total"] >= 2
    assert (haven.folder / f"{BASE}/radiology/IMAGE_LINKER.parquet").is_file()
