"""The commands about a cohort and its ledger, on a whole stack with a hospital and a safe haven."""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.flow

SITE = {"studies": 8}


def sums(deployment):
    return [(one.project, one.requested, dict(one.counts)) for one in deployment.wait()]


def wait_for_jobs_at_work(deployment, seconds=30):
    """Return once workers hold studies that wait for their turn to be fetched."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if any(state == "fetching" for one in deployment.statuses() for state, count in one.counts.items() if count):
            return
        time.sleep(0.2)
    raise AssertionError("nothing is being fetched")


def test_a_ledger_that_is_restored_takes_up_its_work_where_it_stood(deployment):
    dump = deployment.data / "backups" / "before.dump"
    deployment.pixl("fetch", "stop")
    deployment.pixl("cohort", "load", str(deployment.site.hospital.extract))
    wait_for_jobs_at_work(deployment)
    deployment.pixl("backup", str(dump))
    deployment.pixl("fetch", "start")
    first = sums(deployment)

    refused = deployment.pixl("restore", str(dump), "--force", check=False)
    assert refused.returncode == 2
    assert "pixl down" in refused.stderr

    deployment.pixl("down")
    assert "up" in deployment.pixl("restore", str(dump), "--force").stdout
    deployment.pixl("up")
    assert all(one.in_flight == one.requested for one in deployment.statuses())
    deployment.pixl("fetch", "start")
    assert sums(deployment) == first
