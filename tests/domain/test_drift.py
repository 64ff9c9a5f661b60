import datetime as dt
import random

import pytest

from pixl.domain.drift import USUAL, Limits, drift
from pixl.domain.report import Day
from pixl.reports.certainty import certainty_of


def day(number, *, reports=100, flagged=2, words=15_000, masked=1200, seen=1000, agreed=980, findings=None):
    return Day(
        day=dt.date(2024, 1, 1) + dt.timedelta(days=number),
        reports=reports,
        flagged=flagged,
        words=words,
        masked=masked,
        seen=seen,
        agreed=agreed,
        certainty=0.97,
        findings={"name": 3} if findings is None else findings,
    )


BEFORE = [day(n) for n in range(10)]


def measures(today, before=BEFORE, limits=USUAL):
    return [one.measure for one in drift(today, before, limits)]


def test_a_day_like_the_others_is_no_drift():
    assert measures(day(20)) == []


@pytest.mark.parametrize(
    ("change", "measure"),
    [
        ({"flagged": 30}, "share of flagged reports"),
        ({"agreed": 700}, "agreement of the methods"),
        ({"masked": 100}, "masked stretches in 1,000 words"),
        ({"findings": {"name": 80}}, "name findings in 1,000 words"),
        ({"findings": {"name": 3, "phone": 40}}, "phone findings in 1,000 words"),
        ({"words": 3_000}, "words in a report"),
    ],
)
def test_what_has_changed_is_named(change, measure):
    assert measure in measures(day(20, **change))


def test_a_new_kind_of_report_says_what_is_usual():
    [found] = [one for one in drift(day(20, flagged=30), BEFORE) if one.measure.startswith("share")]
    assert str(found).startswith("share of flagged reports is 0.3; usual is 0 to ")


def test_too_few_days_or_reports_say_nothing():
    assert measures(day(20, flagged=100), BEFORE[:4]) == []
    assert measures(day(20, reports=5, flagged=5)) == []


def test_the_limit_can_be_set():
    today = day(20, flagged=9)
    assert measures(today, limits=Limits(sigmas=1)) != []
    assert "share of flagged reports" not in measures(today, limits=Limits(sigmas=50))


def test_days_that_come_later_do_not_count_as_history():
    assert measures(day(3, flagged=50)) == []


def test_chance_alone_seldom_raises_an_alarm():
    chance = random.Random(1)

    def any_day(number):
        reports = chance.randint(60, 300)
        words = sum(chance.randint(80, 220) for _ in range(reports))
        flagged = sum(chance.random() < 0.03 for _ in range(reports))
        names = sum(chance.random() < 0.0003 for _ in range(words // 10)) * 10
        seen = reports * 9
        agreed = sum(chance.random() < 0.98 for _ in range(seen))
        return day(
            number,
            reports=reports,
            flagged=flagged,
            words=words,
            masked=words // 12,
            seen=seen,
            agreed=agreed,
            findings={"name": names},
        )

    days = [any_day(n) for n in range(60)]
    alarms = sum(bool(drift(today, days[:n])) for n, today in enumerate(days))
    assert alarms <= 5


@pytest.mark.parametrize(
    ("confidences", "silent", "certainty"),
    [((), 0, 1.0), ((0.5,), 0, 0.5), ((0.5, 0.5), 0, 0.25), ((), 1, 0.5), ((1.0,), 0, 0.0), ((1.7, -3), 0, 0.0)],
)
def test_certainty_is_the_chance_that_all_findings_are_false_alarms(confidences, silent, certainty):
    assert certainty_of(confidences, silent=silent) == certainty
