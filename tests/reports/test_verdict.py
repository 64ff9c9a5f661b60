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
    assert verdict(tally, ReleaseKeys(gate=gate)).state is state


def test_two_people_have_to_pass_what_the_gate_says():
    assert verdict(Tally(), ReleaseKeys(gate="two-person")).needs == 2


def test_nothing_is_exported_that_was_not_released():
    before = {state for state in ReportState if report_may_follow(state, ReportState.EXPORTED)}
    assert before == {ReportState.RELEASED}


def test_every_state_is_in_the_table_and_can_be_asked_for_again():
    assert REPORT_FOLLOWS.keys() == set(ReportState)
    assert all(
        ReportState.REQUESTED in after for state, after in REPORT_FOLLOWS.items() if state != ReportState.REQUESTED
    )
