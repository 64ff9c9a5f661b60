"""By how many days dates move."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.domain.date_shift import DateShift

NUMBERS = st.integers(0, 2**64 - 1)
LIVES = st.dates(dt.date(1900, 1, 1), dt.date(2040, 12, 31))


@given(NUMBERS, LIVES, LIVES)
def test_no_moved_date_is_another_day_of_a_life(number, one, other):
    if abs(one - other) <= dt.timedelta(days=45_656):
        assert one + dt.timedelta(days=DateShift().days(str(number))) != other


@given(NUMBERS, st.integers(-80_000, 80_000), st.integers(365, 80_000))
def test_the_days_are_between_the_two(number, first, choice):
    shift = DateShift(first=first, last=first + choice)
    assert first <= shift.days(str(number)) <= first + choice


@given(LIVES, NUMBERS)
def test_moved_dates_are_dates_that_every_program_knows(day, number):
    assert 1677 < (day + dt.timedelta(days=DateShift().days(str(number)))).year < 2262


def test_the_range_of_earlier_versions_moves_dates_by_the_days_of_earlier_versions():
    former = DateShift(first=-3650, last=-1)
    assert [former.days(str(number)) for number in (0, 1, 3649, 3650)] == [-1, -2, -3650, -1]
    assert not former.is_beyond_a_life
    assert not former.fault


@pytest.mark.parametrize(
    ("first", "last", "fault"),
    [
        (3650, 1, "the smaller number comes first"),
        (-10, 3650, "dates must move"),
        (0, 3650, "dates must move"),
        (1, 100_000, "at most 80000 days"),
        (1, 300, "at least 365 days between them"),
    ],
)
def test_what_would_not_hide_a_date_is_a_fault(first, last, fault):
    assert fault in DateShift(first=first, last=last).fault
