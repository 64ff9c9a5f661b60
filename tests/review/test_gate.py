"""What becomes of a study: every gate, with everything that may have been found."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixl.domain.review import ReleaseKeys, ReviewRule, RuleBook, Tally, after_review, place_of
from pixl.domain.state import State
from pixl.review import LOOK, ending

COUNTS = st.builds(
    Tally,
    notes=st.integers(0, 2),
    waiting=st.integers(0, 2),
    settled=st.integers(0, 2),
    ruled=st.integers(0, 2),
    rejects=st.integers(0, 2),
    failed=st.integers(0, 2),
    redact=st.integers(0, 2),
)
GATES = st.sampled_from(["checks", "review", "two-person"])


def end(tally, gate="checks", *, rate=0.0, draw=0.5):
    return ending(tally, ReleaseKeys(gate=gate, sample_rate=rate), draw=draw)


def test_what_nothing_was_found_in_is_released():
    assert end(Tally(notes=3, ruled=2, settled=1)).state is State.RELEASED


def test_what_holds_it_is_told_by_the_checkers_names():
    found = end(Tally(waiting=2, waiting_for=("known-values", "rules")))
    assert (found.state, found.look) == (State.HELD, None)
    assert found.reason == "a person has to look at what the checks found: known-values, rules"


@given(COUNTS, GATES, st.floats(0, 0.99))
def test_nothing_that_waits_was_failed_or_is_rejected_is_released(tally, gate, draw):
    found = end(tally, gate, rate=0.5, draw=draw)
    if tally.waiting or tally.failed or tally.rejects or tally.redact:
        assert found.state is not State.RELEASED
    if tally.failed or tally.rejects:
        assert found.state is State.REJECTED


@given(COUNTS, st.floats(0, 0.99))
def test_the_gate_auto_waits_for_nobody(tally, draw):
    assert end(tally, "auto", rate=1, draw=draw).state is State.RELEASED


@pytest.mark.parametrize(("gate", "needs"), [("review", 1), ("two-person", 2)])
def test_every_study_is_looked_at_where_the_project_says_so(gate, needs):
    found = end(Tally(), gate)
    assert (found.state, found.look, found.needs, found.is_sample) == (State.HELD, LOOK, needs, False)


def test_a_sample_is_drawn_by_chance_and_looks_like_any_other_study():
    assert end(Tally(), rate=0.1, draw=0.1).state is State.RELEASED
    found = end(Tally(), rate=0.1, draw=0.09)
    assert (found.state, found.look, found.is_sample) == (State.HELD, LOOK, True)
    assert end(Tally(), "review").look == found.look


@given(COUNTS, st.booleans(), st.booleans())
def test_a_held_study_is_released_only_when_nothing_waits_and_all_is_checked(tally, is_checked, has_output):
    after = after_review(tally, is_checked=is_checked, has_output=has_output)
    if after is State.RELEASED:
        assert is_checked
        assert has_output
        assert (tally.waiting, tally.failed, tally.redact) == (0, 0, 0)
    if tally.failed:
        assert after is State.REJECTED


def test_what_is_to_be_removed_is_made_again_and_what_was_not_checked_is_checked():
    assert after_review(Tally(redact=1, settled=2), is_checked=True, has_output=True) is State.CACHED
    assert after_review(Tally(settled=1), is_checked=False, has_output=True) is State.CHECKING
    assert after_review(Tally(waiting=1, redact=1), is_checked=True, has_output=True) is None


def test_a_rule_covers_what_it_names_and_anything_where_it_names_nothing():
    marks = {"checker": "rules", "kind": "date", "place": "(0008,1030)", "device": "GE", "fingerprint": b"1"}
    for name, other in itertools.product(marks, ["other"]):
        rule = ReviewRule(id=1, **{name: marks[name]})
        assert rule.covers(**marks)
        assert not rule.covers(**{**marks, name: other})


def test_the_first_of_many_rules_is_found():
    rules = [ReviewRule(id=n, place="(0008,1030)", fingerprint=bytes([n % 256, n // 256])) for n in range(1, 5000)]
    book = RuleBook([*rules, ReviewRule(id=9000, place="(0008,1030)", kind="date")], version=3)
    marks = {"checker": "rules", "place": "(0008,1030)", "device": "", "fingerprint": bytes([7, 0])}
    assert book.rule_for(kind="name", **marks) == 7
    assert book.rule_for(kind="date", **{**marks, "fingerprint": b"?"}) == 9000
    assert book.rule_for(kind="name", **{**marks, "fingerprint": b"?"}) is None


def test_a_place_has_no_numbers_of_items():
    assert place_of("(0040,A730)[12].(0040,A160)") == "(0040,A730).(0040,A160)"
