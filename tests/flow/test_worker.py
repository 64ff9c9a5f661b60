"""When a job is tried again."""

from __future__ import annotations

import datetime as dt

import pytest
from procrastinate.jobs import Job

from pixl.domain.errors import NotBefore, RetryLater, StudyFailed
from pixl.flow.worker import BackOff

NOON = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
JOB = Job(id=1, lock=None, queueing_lock=None, queue="fetch", task_name="fetch", attempts=1)
A_DAY = dt.timedelta(days=1)


@pytest.mark.parametrize("ahead", [dt.timedelta(0), A_DAY, -A_DAY])
def test_a_job_is_put_off_by_the_clock_of_postgres_whatever_the_machines_own_says(ahead):
    back_off = BackOff(10, now=lambda: NOON + ahead)
    back_off.compare(NOON)
    decision = back_off.get_retry_decision(exception=RetryLater(), job=JOB)
    assert decision.retry_at == NOON + dt.timedelta(seconds=20)
    opens = NotBefore("not yet", NOON + ahead + dt.timedelta(hours=8))
    assert back_off.get_retry_decision(exception=opens, job=JOB).retry_at == NOON + dt.timedelta(hours=8)


def test_a_jump_of_the_clock_of_both_changes_no_pause():
    clock = [NOON]
    back_off = BackOff(10, now=lambda: clock[0])
    back_off.compare(NOON)
    clock[0] -= A_DAY
    decision = back_off.get_retry_decision(exception=RetryLater(), job=JOB)
    assert decision.retry_at - clock[0] == dt.timedelta(seconds=20)


def test_what_cannot_succeed_later_is_not_tried_again():
    assert BackOff(10).get_retry_decision(exception=StudyFailed(), job=JOB) is None
