from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from pixl.domain.notice import Notice, Occasion, Told, due
from pixl.domain.state import State

NOW = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
COUNTS = st.dictionaries(st.sampled_from(State), st.integers(1, 5), min_size=1)


def said(counts, told=None, now=NOW):
    notice = Notice(occasion=Occasion.DIGEST, project="lungs", generated_at=NOW, counts=counts)
    return {one.occasion for one in due(notice, told or {}, tuple(Occasion), now)}


def told_of(counts, *occasions, at=NOW):
    return {occasion: Told(counts=counts, at=at) for occasion in occasions}


def test_a_digest_does_not_wait_for_a_clock_that_was_set_back():
    before = told_of({State.HELD: 1}, Occasion.DIGEST, at=NOW + dt.timedelta(days=400))
    assert Occasion.DIGEST in said({State.HELD: 2}, before)


def test_held_studies_are_told_of_once_nothing_moves_any_more():
    assert Occasion.READY_FOR_REVIEW not in said({State.HELD: 2, State.FETCHING: 1})
    assert Occasion.READY_FOR_REVIEW in said({State.HELD: 2, State.EXPORTED: 1})


def test_an_extract_is_exported_only_when_nothing_is_held():
    assert Occasion.EXPORTED not in said({State.EXPORTED: 5, State.HELD: 1})
    assert Occasion.EXPORTED in said({State.EXPORTED: 5, State.REJECTED: 1})


def test_it_is_released_while_it_leaves():
    assert Occasion.RELEASED in said({State.EXPORTING: 1, State.EXPORTED: 4})
    assert Occasion.RELEASED not in said({State.EXPORTING: 1, State.CHECKING: 1})


def test_a_failure_is_told_of_again_only_if_there_are_more():
    before = told_of({State.FAILED: 2}, Occasion.ERRORED)
    assert Occasion.ERRORED not in said({State.FAILED: 2}, before)
    assert Occasion.ERRORED not in said({State.FAILED: 1, State.EXPORTED: 1}, before)
    assert Occasion.ERRORED in said({State.FAILED: 3}, before)


def test_a_digest_comes_once_a_day_and_only_if_something_has_changed():
    before = told_of({State.EXPORTED: 1}, Occasion.DIGEST)
    later = NOW + dt.timedelta(hours=25)
    assert Occasion.DIGEST not in said({State.EXPORTED: 2}, before)
    assert Occasion.DIGEST not in said({State.EXPORTED: 1}, before, later)
    assert Occasion.DIGEST in said({State.EXPORTED: 2}, before, later)


@given(counts=COUNTS, hours=st.integers(0, 100))
def test_the_same_figures_are_never_told_twice(counts, hours):
    assert said(counts, told_of(counts, *Occasion), NOW + dt.timedelta(hours=hours)) == set()
