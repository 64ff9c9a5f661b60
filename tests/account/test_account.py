from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pixl.account import Part, part_of
from pixl.account.account import studies_summed
from pixl.domain.state import FOLLOWS, State

WAYS = [(before, after) for before, afters in FOLLOWS.items() for after in afters] + [(None, State.REQUESTED)]


def row(before, state):
    made = {"software": None, "policy": None, "checks": {}, "rules": 0}
    return {"state": state.value, "before": before.value if before else None, "reason": "a reason", **made}


@given(st.lists(st.sampled_from(WAYS)))
def test_the_parts_are_the_whole_whatever_way_studies_went(ways):
    parts, states, reasons, _ = studies_summed([row(*way) for way in ways])
    assert parts.total() == states.total() == len(ways)
    assert reasons.total() == len(ways) - parts[Part.PASSED]


def test_a_study_that_a_check_or_a_reviewer_stopped_has_failed_a_check():
    assert part_of(State.REJECTED, State.CHECKING) is Part.FAILED_CHECK
    assert part_of(State.REJECTED, State.HELD) is Part.FAILED_CHECK
    assert part_of(State.HELD, State.CHECKING) is Part.FAILED_CHECK


def test_a_study_that_the_filters_do_not_take_is_rejected():
    assert part_of(State.REJECTED, State.DEIDENTIFYING) is Part.REJECTED


def test_a_study_that_the_archive_did_not_deliver_is_missing_and_one_that_it_does_not_know_is_not_found():
    assert part_of(State.FAILED, State.FETCHING) is Part.MISSING
    assert part_of(State.FAILED, State.DEIDENTIFYING) is Part.ERROR
    assert part_of(State.MISSING, State.FETCHING) is Part.NOT_FOUND


def test_every_state_has_a_part():
    for state, before in itertools.product(State, [None, *State]):
        assert part_of(state, before) in Part
