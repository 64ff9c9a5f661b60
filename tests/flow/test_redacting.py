"""A project may want text in its pictures blackened without a person: the study is made again, and checked again."""

import dataclasses

import pytest

from pixl.domain.checks import CheckerChoice, Checks
from pixl.domain.finding import Box, Decision, Finding, Outcome, Part
from pixl.domain.state import State
from pixl.flow.redacting import MOST_TIMES
from pixl.ledger import Checks as Found
from pixl.queue import Step

from .test_steps import PROJECT, around, flow, run  # noqa: F401  fixtures

pytestmark = pytest.mark.servers

BOX = Box(frame=0, left=2, top=3, width=50, height=12)
LINE = Finding(
    checker="pixels", kind="burned-in", reason="text", where="pixels", value="X", instance="2.25.20", box=BOX
)
NAME = dataclasses.replace(LINE, kind="name", parts=(Part(word="X", kind="name", offset=0),))
UNREADABLE = dataclasses.replace(LINE, kind="unreadable", box=None)
OTHER = Finding(checker="private", kind="private", reason="private", where="(0009,0010)", instance="2.25.20")


def project_that_says(**options):
    return dataclasses.replace(PROJECT, checks=Checks(checkers=(CheckerChoice(name="pixels", options=options),)))


def checked(flow, around, *findings):  # noqa: F811
    around.found = Found(findings=list(findings))
    return run(flow, Step.FETCH, Step.DEIDENTIFY, Step.CHECK)


def decisions(flow):  # noqa: F811
    with flow.ledger._pool.connection() as connection:
        return [tuple(row.values()) for row in connection.execute("SELECT decision, by FROM decision").fetchall()]


def test_text_in_a_picture_is_blackened_and_the_study_is_made_again(flow, around):  # noqa: F811
    around.project = project_that_says(outcome="redact")
    study = checked(flow, around, LINE)
    assert (study.state, study.revision) == (State.CACHED, 2)
    assert {(one.instance, one.box) for one in flow.ledger.redactions(1)} == {("2.25.20", BOX)}
    assert decisions(flow) == [(Decision.REDACT, "policy")]


def test_what_the_project_does_not_want_blackened_waits_for_a_person(flow, around):  # noqa: F811
    around.project = project_that_says(outcome="hold")
    assert checked(flow, around, LINE).state is State.HELD
    assert flow.ledger.redactions(1) == []


def test_only_what_is_identifying_may_be_blackened(flow, around):  # noqa: F811
    around.project = project_that_says(outcome="hold", identifying="redact")
    study = checked(flow, around, NAME, LINE)
    assert study.state is State.HELD
    assert len(decisions(flow)) == 1


@pytest.mark.parametrize("finding", [UNREADABLE, OTHER, dataclasses.replace(LINE, outcome=Outcome.REJECT)])
def test_nothing_else_is_decided_by_the_policy(flow, around, finding):  # noqa: F811
    around.project = project_that_says(outcome="redact")
    assert checked(flow, around, finding).state in (State.HELD, State.REJECTED)
    assert decisions(flow) == []


def test_what_is_still_read_after_that_waits_for_a_person(flow, around):  # noqa: F811
    around.project = project_that_says(outcome="redact")
    checked(flow, around, LINE)
    for _ in range(MOST_TIMES):
        study = run(flow, Step.DEIDENTIFY, Step.CHECK)
    assert study.state is State.HELD
    assert len(decisions(flow)) == MOST_TIMES
