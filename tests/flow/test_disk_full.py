"""The disk of an Orthanc becomes full while a cohort is on its way."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager

import pytest

from pixl.domain.state import State

pytestmark = [pytest.mark.servers, pytest.mark.flow]

STUDIES = 4
SITE = {
    "studies": STUDIES,
    "kinds": ["ct-series"],
    "everywhere": True,
    "settings": ("PIXL_MAX_TRIES=3", "PIXL_RETRY_SECONDS=0.5"),
    "disks": {"orthanc-raw": 300, "orthanc-anon": 300},
}
LEFT_MB = 70
"""Enough for one study of a hundred images, and not for two."""


@contextmanager
def almost_full(folder):
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(folder).free - LEFT_MB * 2**20)
    try:
        yield
    finally:
        ballast.unlink()


def processes(deployment):
    return {each["name"]: each for each in json.loads(deployment.pixl("status", "--json", check=False).stdout)}


def failed_for_a_reason(deployment):
    """How many studies have failed; none has vanished, and each failure says why."""
    [status] = deployment.wait(60)
    assert status.requested == STUDIES
    assert set(status.counts) <= {State.FAILED, State.EXPORTED}
    with deployment.ledger() as ledger:
        assert all(reason for _, state, reason, _ in ledger.reasons() if state is State.FAILED)
    return status.counts.get(State.FAILED, 0)


def test_studies_that_find_a_full_disk_fail_with_a_reason_and_all_arrive_once_there_is_room(deployment):
    before = processes(deployment)
    with almost_full(deployment.data / "orthanc-raw"):
        deployment.pixl("cohort", "load", str(deployment.site.hospital.extract))
        at_raw = failed_for_a_reason(deployment)
    with almost_full(deployment.data / "orthanc-anon"):
        deployment.pixl("cohort", "retry", "demo")
        at_anon = failed_for_a_reason(deployment)
    assert at_raw
    assert at_anon
    deployment.pixl("cohort", "retry", "demo")
    [status] = deployment.wait(60)
    assert status.counts == {State.EXPORTED: STUDIES}
    assert len(list(deployment.site.received.rglob("*.zip"))) == STUDIES
    after = processes(deployment)
    assert all(each["answering"] for each in after.values())
    assert {each["pid"] for each in after.values()} == {each["pid"] for each in before.values()}
