"""`pixl fetch`, run as people run it, against a real Postgres."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.servers


def gate(pixl):
    with pixl.ledger() as ledger:
        return ledger.gate()


def test_fetching_is_stopped_and_started_and_says_so(pixl):
    assert "fetching is paused; `pixl fetch start`" in pixl("fetch", "stop")
    assert gate(pixl) == (True, None)
    assert "fetching is on, without a limit" in pixl("fetch", "start")
    assert gate(pixl) == (False, None)


def test_the_rate_is_set_shown_and_taken_away(pixl):
    assert "at most 30 studies a minute" in pixl("fetch", "rate", "30")
    assert "at most 30 studies a minute" in pixl("fetch", "rate")
    assert gate(pixl) == (False, 30)
    assert "without a limit" in pixl("fetch", "rate", "0")
    assert gate(pixl) == (False, None)


def test_the_rate_does_not_start_what_is_stopped(pixl):
    pixl("fetch", "stop")
    assert "paused" in pixl("fetch", "rate", "12.5")
    assert gate(pixl) == (True, 12.5)


@pytest.mark.parametrize("rate", ["nan", "inf", "1e-300", "1e300", "100001", "many", "-1"])
def test_a_rate_that_is_none_is_wrong_use_and_changes_nothing(pixl, rate):
    pixl("fetch", "rate", "30")
    pixl("fetch", "rate", rate, code=2)
    assert gate(pixl) == (False, 30)


def test_a_database_that_is_away_is_exit_code_3(pixl):
    away = "host=127.0.0.1 port=1 dbname=pixl user=pixl"
    pixl("fetch", "stop", code=3, PIXL_DATABASE=away)
