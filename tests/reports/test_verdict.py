import pytest

from pixl.domain.report import REPORT_FOLLOWS, ReportState, report_may_follow
from pixl.domain.review import ReleaseKeys, Tally
from pixl.reports import verdict


@pytest.mark.parametrize(
    ("tally", "gate", "state"),
    [
        (Tally(), "checks", ReportState.RELEASED),
        (Tally(notes=3, ruled=1, settled=1), "checks", ReportState.RELEASED),
        (Tally(waiting=1), "checks", ReportState.HELD),
        (Tally(waiting=1), "auto", ReportState.HELD),
        (Tally(), "auto", ReportState.RELEASED),
        (Tally(), "review", ReportState.HELD),
        (Tally(), "two-person", ReportState.HELD),
        (Tally(redact=1), "checks", ReportState.HELD),
        (Tally(failed=1), "checks", ReportState.REJECTED),
        (Tally(rejects=1, waiting=1), "review", ReportState.REJECTED),
    ],
)
def test_what_was_found_and_the_gate_decide(tally, gate, state):
    assert verdict(tally, ReleaseKeys(gate=gate), draw=0.5).state is state


def test_two_people_have_to_pass_what_the_gate_says():
    assert verdict(Tally(), ReleaseKeys(gate="two-person"), draw=0.5).needs == 2


@pytest.mark.parametrize(
    ("gate", "draw", "is_sample"),
    [("checks", 0.1, True), ("checks", 0.2, False), ("auto", 0.1, False), ("review", 0.1, False)],
)
def test_some_of_what_passed_by_itself_is_put_before_a_person_by_chance(gate, draw, is_sample):
    ending = verdict(Tally(notes=1), ReleaseKeys(gate=gate, sample_rate=0.2), draw=draw)
    assert ending.is_sample is is_sample
    assert ending.state is (
        ReportState.RELEASED if (gate, draw) == ("checks", 0.2) or gate == "auto" else ReportState.HELD
    )


def test_a_report_of_the_random_sample_looks_like_any_other_that_somebody_has_to_look_at():
    sampled = verdict(Tally(), ReleaseKeys(sample_rate=1.0), draw=0.5)
    asked = verdict(Tally(), ReleaseKeys(gate="review"), draw=0.5)
    assert (sampled.look, sampled.reason, sampled.needs) == (asked.look, asked.reason, asked.needs)


def test_what_waits_anyway_is_no_sample_of_what_passed():
    assert not verdict(Tally(waiting=1), ReleaseKeys(sample_rate=1.0), draw=0.0).is_sample


def test_nothing_is_exported_that_was_not_released():
    before = {state for state in ReportState if report_may_follow(state, ReportState.EXPORTED)}
    assert before == {ReportState.RELEASED}


def test_every_state_is_in_the_table_and_can_be_asked_for_again():
    assert REPORT_FOLLOWS.keys() == set(ReportState)
    assert all(
        ReportState.REQUESTED in after for state, after in REPORT_FOLLOWS.items() if state != ReportState.REQUESTED
    )
