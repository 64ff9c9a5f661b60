"""What goes wrong around PIXL, with real processes: the state, the reason, and that it goes on when it is mended."""

from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import contextmanager

import pytest
import yaml

from pixl.domain.state import State
from pixl.secrets import FileStore
from pixl.stack import Layout
from pixl.stack.supervision import Supervisor
from pixl.testing.site import PASSWORD_SECRET

pytestmark = [pytest.mark.servers, pytest.mark.flow]

SITE = {
    "studies": 5,
    "kinds": ["ct", "mr"],
    "everywhere": True,
    "settings": ("PIXL_MAX_TRIES=3", "PIXL_RETRY_SECONDS=0.5"),
}


@pytest.fixture(scope="module")
def loaded(deployment):
    deployment.pixl("cohort", "load", str(deployment.site.hospital.extract))
    [status] = deployment.wait()
    assert status.counts == {State.EXPORTED: 5}
    return deployment


@contextmanager
def stopped(folder, name):
    """A supervised process that stands still, as one that hangs does; it answers nobody."""
    pid = next(one.pid for one in Supervisor(Layout(data=folder)).processes() if one.name == name)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def run_again(deployment, *, from_start=True):
    """Let all five studies go their way once more."""
    states = [part for state in ("exported", "failed", "held", "rejected") for part in ("--state", state)]
    deployment.pixl("cohort", "retry", "demo", *states, *(["--from-start"] if from_start else []))


def reasons(deployment, state):
    with deployment.ledger() as ledger:
        return {reason for _, of, reason, _ in ledger.reasons() if of is state}


def all_exported(deployment):
    [status] = deployment.wait()
    return status.counts == {State.EXPORTED: 5}


def test_a_wrong_password_of_the_safe_haven_fails_the_studies_until_it_is_mended(loaded):
    secret = loaded.data / "secrets" / PASSWORD_SECRET
    right = secret.read_bytes()
    secret.write_bytes(b"another-one")
    shutil.rmtree(loaded.site.received / "demo")
    run_again(loaded)
    [status] = loaded.wait()
    assert status.counts == {State.FAILED: 5}
    [reason] = reasons(loaded, State.FAILED)
    assert "password" in reason
    secret.write_bytes(right)
    loaded.pixl("cohort", "retry", "demo")
    assert all_exported(loaded)
    assert len(list(loaded.site.received.rglob("*.zip"))) == 5


def test_a_destination_with_another_authoritys_certificate_gets_nothing(loaded):
    from pixl.testing.safe_haven import make_certificates

    file = loaded.data / "destinations.yaml"
    right = file.read_text()
    other = loaded.data / "other"
    other.mkdir()
    make_certificates(other)
    options = yaml.safe_load(right)
    options["ftps"]["ca"] = str(other / "ca.pem")
    file.write_text(yaml.safe_dump(options))
    shutil.rmtree(loaded.site.received / "demo")
    run_again(loaded)
    [status] = loaded.wait()
    assert status.counts == {State.FAILED: 5}
    assert "certificate" in next(iter(reasons(loaded, State.FAILED)))
    assert list(loaded.site.received.rglob("*.zip")) == []
    file.write_text(right)
    loaded.pixl("cohort", "retry", "demo")
    assert all_exported(loaded)


@pytest.mark.parametrize("name", ["hashing_api", "postgres", "orthanc-raw", "orthanc-anon"])
def test_a_process_of_ours_that_hangs_for_a_while_costs_no_study(loaded, name):
    run_again(loaded)
    with stopped(loaded.data, name):
        time.sleep(3)
    assert all_exported(loaded)


def test_a_safe_haven_that_is_away_fails_studies_with_its_reason_and_they_go_on_later(loaded):
    shutil.rmtree(loaded.site.received / "demo")
    loaded.site.stop()
    try:
        run_again(loaded)
        loaded.wait()
        assert reasons(loaded, State.FAILED)
    finally:
        loaded.site.start()
    loaded.pixl("cohort", "retry", "demo")
    assert all_exported(loaded)


def test_an_archive_that_is_away_fails_studies_with_its_reason(loaded):
    loaded.site.stop()
    try:
        run_again(loaded)
        [status] = loaded.wait()
        assert status.counts == {State.FAILED: 5}
        assert all("archive" in reason and "3 tries" in reason for reason in reasons(loaded, State.FAILED))
    finally:
        loaded.site.start()
    loaded.pixl("cohort", "retry", "demo")
    assert all_exported(loaded)


def test_a_project_whose_file_was_broken_fails_its_studies_and_names_the_key(loaded, tmp_path):
    from pixl.settings import HOUSE, SETTINGS_FILE

    assert "PIXL_PROJECTS" not in (loaded.data / SETTINGS_FILE).read_text()
    projects = tmp_path / "projects"
    shutil.copytree(HOUSE / "projects", projects)
    broken = projects / "demo.yaml"
    broken.write_text(broken.read_text().replace("on_failed_instance", "on_failled_instance"))
    loaded.stop()
    with (loaded.data / SETTINGS_FILE).open("a") as file:
        file.write(f"PIXL_PROJECTS={projects}\n")
    loaded.start()
    run_again(loaded)
    [status] = loaded.wait()
    assert status.counts == {State.FAILED: 5}
    [reason] = reasons(loaded, State.FAILED)
    assert "on_failled_instance" in reason
    shutil.copy(HOUSE / "projects" / "demo.yaml", broken)
    loaded.pixl("cohort", "retry", "demo")
    assert all_exported(loaded)


def test_a_key_that_is_missing_stops_everything_before_it_begins(deployment):
    store = FileStore(deployment.data / "secrets")
    key = deployment.data / "secrets" / "ledger-key"
    kept = key.read_bytes()
    key.unlink()
    done = deployment.pixl("cohort", "status", check=False)
    assert done.returncode == 2
    assert "ledger-key" in done.stderr
    store.create("ledger-key", kept)
