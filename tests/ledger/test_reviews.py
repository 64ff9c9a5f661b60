"""Decisions on findings, in a real ledger, and what follows from them."""

from __future__ import annotations

import dataclasses
import datetime as dt

import psycopg
import pytest

from pixl.domain.destination import Receipt
from pixl.domain.finding import Box, Decision, Finding
from pixl.domain.review import ReleaseKeys
from pixl.domain.state import State
from pixl.domain.study import ExtractId, StudyRequest
from pixl.ledger import Checks, Made, SeriesOutput, audit
from pixl.ledger.decisions import ReviewRefused, ReviewStale, RuleKeys, Said, Selection
from pixl.ledger.findings import transaction
from pixl.ledger.reviews import Filters
from pixl.queue import Step
from pixl.review import ending, miss_rate

pytestmark = pytest.mark.servers

MONDAY = ExtractId(project="lungs", generated_at=dt.datetime(2026, 5, 4, 10, 0, 0, tzinfo=dt.UTC))
PASS = Said(decision=Decision.PASS, reason="a city, not a name", by="ann")
FAIL = Said(decision=Decision.FAIL, reason="a name in the picture", by="ann")
REDACT = Said(decision=Decision.REDACT, reason="a name in the picture", by="ann")
NAMED = Finding(
    checker="known-values",
    kind="name",
    reason="a name of the patient",
    where="(0008,1030)",
    value="BATH SCAN",
    instance="2.25.20",
    device="Siemens",
)
BURNED = Finding(
    checker="pixels",
    kind="burned-in",
    reason="text",
    where="pixels",
    value="SMITH",
    instance="2.25.21",
    box=Box(frame=0, left=1, top=2, width=30, height=10),
)


def studies(ledger, count, **release):
    """Let studies be de-identified; each has a series that waits to be checked."""
    rows = [
        StudyRequest(
            project="lungs", procedure_occurrence_id=n, mrn=f"M{n}", accession_number=f"A{n}", study_uid=f"1.2.{n}"
        )
        for n in range(1, count + 1)
    ]
    ledger.load(MONDAY, rows)
    for number in range(1, count + 1):
        made = Made(series=(SeriesOutput(series="2.25.1", anon_id="s", instances=2),), policy="p", software="1")
        for before, after in [
            (State.REQUESTED, State.FETCHING),
            (State.FETCHING, State.CACHED),
            (State.CACHED, State.DEIDENTIFYING),
        ]:
            ledger.advance(number, after, before={before})
        ledger.advance(number, State.CHECKING, before={State.DEIDENTIFYING}, made=made, anon_id="s", then=Step.CHECK)
    return ledger


def check(ledger, number, *findings, gate="checks", sample_rate=0.0, draw=0.5):
    """Finish the check of a study with what was found."""
    release = ReleaseKeys(gate=gate, sample_rate=sample_rate)
    with transaction(ledger._pool) as connection:
        row = connection.execute(
            "SELECT id FROM check_series WHERE study_id = %s ORDER BY id DESC LIMIT 1", [number]
        ).fetchone()
    taken = ledger.begin_check(row["id"])
    return ledger.finish_check(taken, Checks(findings=findings), lambda tally: ending(tally, release, draw=draw))


def held(ledger, *numbers, findings=(NAMED,)):
    for number in numbers:
        assert check(ledger, number, *findings) is State.HELD
    return ledger.reviews


def state(ledger, number):
    return ledger.study(number).state


def jobs(ledger, name):
    with transaction(ledger._pool) as connection:
        rows = connection.execute("SELECT args FROM procrastinate_jobs WHERE task_name = %s ORDER BY id", [name])
        return [row["args"]["study_id"] for row in rows]


def test_a_study_in_which_nothing_was_found_is_released_with_its_export(ledger):
    studies(ledger, 1)
    assert check(ledger, 1) is State.RELEASED
    assert jobs(ledger, "export") == [1]


def test_a_series_is_counted_once_however_often_its_check_ends(ledger):
    studies(ledger, 1)
    taken = ledger.begin_check(1)
    again = ledger.begin_check(1)
    assert ledger.finish_check(taken, Checks(), lambda tally: ending(tally, ReleaseKeys(), draw=0.5)) is State.RELEASED
    assert ledger.finish_check(again, Checks(findings=[NAMED]), lambda _: None) is None
    assert ledger.begin_check(1) is None
    assert ledger.reviews.by_checker() == []


def test_what_is_held_waits_in_groups_and_one_decision_settles_all_of_one(ledger):
    reviews = held(studies(ledger, 3), 1, 2, 3)
    [group] = reviews.groups()
    assert (group.findings, group.subjects, group.place, group.device) == (3, 3, "(0008,1030)", "Siemens")
    assert group.example.finding.value == "BATH SCAN"
    done = reviews.decide(group.selection, PASS, expected=3)
    assert (done.findings, done.subjects, dict(done.moved)) == (3, 3, {State.RELEASED: 3})
    assert {state(ledger, n) for n in (1, 2, 3)} == {State.RELEASED}
    assert sorted(jobs(ledger, "export")) == [1, 2, 3]
    assert reviews.groups() == []


def test_groups_by_words_tell_words_apart_and_filters_narrow_them(ledger):
    studies(ledger, 3)
    reviews = held(ledger, 1, 2)
    held(ledger, 3, findings=[dataclasses.replace(NAMED, value="YORK"), BURNED])
    assert [(g.place, g.findings) for g in reviews.groups()] == [("(0008,1030)", 3), ("pixels", 1)]
    words = reviews.groups(Filters(checker="known-values"), by_words=True)
    assert [(g.example.finding.value, g.findings, g.subjects) for g in words] == [("BATH SCAN", 2, 2), ("YORK", 1, 1)]
    assert reviews.groups(Filters(projects=("hearts",))) == []
    assert reviews.groups(limit=1, after=reviews.groups(limit=1)[0].cursor)[0].place == "pixels"
    reviews.decide(words[0].selection, PASS, expected=2)
    assert [state(ledger, n) for n in (1, 2, 3)] == [State.RELEASED, State.RELEASED, State.HELD]


def test_a_study_goes_on_only_when_nothing_of_it_waits(ledger):
    reviews = held(studies(ledger, 1), 1, findings=[NAMED, BURNED])
    first, second = reviews.open()
    reviews.decide(Selection(findings=(first.id,)), PASS)
    assert state(ledger, 1) is State.HELD
    reviews.decide(Selection(findings=(second.id,)), PASS)
    assert state(ledger, 1) is State.RELEASED


def test_a_decision_on_what_is_not_what_was_shown_is_refused(ledger):
    reviews = held(studies(ledger, 2), 1, 2)
    [group] = reviews.groups()
    with pytest.raises(ReviewStale, match="2 findings"):
        reviews.decide(group.selection, PASS, expected=1)
    reviews.decide(group.selection, PASS)
    with pytest.raises(ReviewStale, match="none"):
        reviews.decide(group.selection, FAIL)


def test_a_decision_needs_a_name_and_a_reason(ledger):
    reviews = held(studies(ledger, 1), 1)
    for said in (dataclasses.replace(PASS, by=" "), dataclasses.replace(PASS, reason="")):
        with pytest.raises(ReviewRefused, match="needs"):
            reviews.decide(Selection(studies=(1,)), said)


def test_what_fails_is_rejected_and_refused_at_the_next_request(ledger):
    reviews = held(studies(ledger, 2), 1, 2)
    reviews.decide(Selection(studies=(1,)), FAIL)
    assert (state(ledger, 1), ledger.study(1).reason) == (State.REJECTED, "it failed review")
    assert ledger.why_blocked(ledger.study(1)) == "it failed review"
    assert ledger.why_blocked(ledger.study(2)) is None
    assert [one.open for one in reviews.some([1])] == [False]


def test_a_failure_that_is_undone_waits_again_and_is_blocked_no_more(ledger):
    reviews = held(studies(ledger, 1), 1, findings=[NAMED, BURNED])
    first, _ = reviews.open()
    done = reviews.decide(Selection(findings=(first.id,)), FAIL)
    undone = reviews.undo(done.id, by="bob", reason="a mistake")
    assert dict(undone.moved) == {State.HELD: 1}
    assert (state(ledger, 1), ledger.why_blocked(ledger.study(1))) == (State.HELD, None)
    assert len(reviews.open()) == 2
    assert [(one.decision, one.undone_by) for one in reviews.verdicts(first.id)] == [
        ("fail", undone.id),
        ("undo", None),
    ]
    with pytest.raises(ReviewRefused):
        reviews.undo(done.id, by="bob", reason="again")


def test_a_pass_can_be_undone_until_the_study_leaves(ledger):
    reviews = held(studies(ledger, 2), 1, 2)
    done = [reviews.decide(Selection(studies=(n,)), PASS) for n in (1, 2)]
    reviews.undo(done[0].id, by="ann", reason="a mistake")
    assert state(ledger, 1) is State.HELD
    ledger.advance(2, State.EXPORTING, before={State.RELEASED})
    with pytest.raises(ReviewRefused, match="left"):
        reviews.undo(done[1].id, by="ann", reason="a mistake")
    assert state(ledger, 2) is State.EXPORTING


def test_what_is_to_be_removed_is_removed_by_making_the_study_again(ledger):
    reviews = held(studies(ledger, 1), 1, findings=[BURNED])
    reviews.decide(Selection(studies=(1,)), REDACT)
    assert (state(ledger, 1), ledger.study(1).revision) == (State.CACHED, 2)
    [redaction] = ledger.redactions(1)
    assert (redaction.instance, redaction.box) == ("2.25.21", BURNED.box)
    assert jobs(ledger, "deidentify") == [1]


def test_what_is_in_no_place_cannot_be_removed(ledger):
    nowhere = Finding(checker="consistency", kind="count", reason="one is missing", where="series")
    reviews = held(studies(ledger, 1), 1, findings=[nowhere])
    with pytest.raises(ReviewRefused, match="pass or fail"):
        reviews.decide(Selection(studies=(1,)), REDACT)
    assert (state(ledger, 1), ledger.redactions(1)) == (State.HELD, [])


def test_a_rule_settles_what_waits_and_what_comes(ledger):
    reviews = held(studies(ledger, 3), 1, 2)
    keys = RuleKeys(place="(0008,1030)", words=("bath  scan",))
    number, done = reviews.add_rule("lungs", keys, by="ann", reason="the town")
    assert (done.findings, dict(done.moved)) == (2, {State.RELEASED: 2})
    assert check(ledger, 3, NAMED) is State.RELEASED
    [rule] = reviews.rules("lungs")
    assert (rule.id, rule.version, rule.words) == (number, 1, ("bath  scan",))
    reviews.revoke_rule(number, by="ann", reason="too wide")
    with pytest.raises(ReviewRefused):
        reviews.revoke_rule(number, by="ann", reason="again")


def test_a_rule_about_everything_is_refused(ledger):
    with pytest.raises(ReviewRefused, match="which element or which words"):
        ledger.reviews.add_rule("lungs", RuleKeys(checker="rules"), by="ann", reason="all")


def test_two_person_release_needs_two_persons(ledger):
    studies(ledger, 1)
    assert check(ledger, 1, gate="two-person") is State.HELD
    reviews = ledger.reviews
    reviews.decide(Selection(studies=(1,)), PASS)
    assert state(ledger, 1) is State.HELD
    with pytest.raises(ReviewRefused, match="another person"):
        reviews.decide(Selection(studies=(1,)), PASS)
    reviews.decide(Selection(studies=(1,)), dataclasses.replace(PASS, by="bob"))
    assert state(ledger, 1) is State.RELEASED


def test_a_pass_that_was_undone_is_nobodys_first_pass(ledger):
    studies(ledger, 1)
    check(ledger, 1, gate="two-person")
    first = ledger.reviews.decide(Selection(studies=(1,)), PASS)
    ledger.reviews.undo(first.id, by="ann", reason="a mistake")
    ledger.reviews.decide(Selection(studies=(1,)), dataclasses.replace(PASS, by="bob"))
    assert state(ledger, 1) is State.HELD
    ledger.reviews.decide(Selection(studies=(1,)), PASS)
    assert state(ledger, 1) is State.RELEASED


def test_a_sample_of_what_passed_looks_like_any_other_study_and_is_counted(ledger):
    studies(ledger, 3)
    assert [check(ledger, n, sample_rate=0.5, draw=draw) for n, draw in ((1, 0.1), (2, 0.2), (3, 0.9))] == [
        State.HELD,
        State.HELD,
        State.RELEASED,
    ]
    [group] = ledger.reviews.groups()
    assert (group.checker, group.findings) == ("review", 2)
    ledger.reviews.decide(Selection(studies=(1,)), PASS)
    ledger.reviews.decide(Selection(studies=(2,)), FAIL)
    [count] = ledger.reviews.samples()
    assert (count.drawn, count.looked_at, count.missed) == (2, 2, 1)
    assert miss_rate(count.missed, count.looked_at).rate == 0.5


def test_with_the_gate_auto_findings_are_noted_and_stop_nothing(ledger):
    studies(ledger, 1)
    assert check(ledger, 1, NAMED, gate="auto") is State.RELEASED
    assert ledger.reviews.open() == []
    assert [row["count"] for row in ledger.reviews.by_checker()] == [1]


def test_every_decision_is_in_the_audit_trail_and_cannot_be_changed(ledger, database, postgres):
    reviews = held(studies(ledger, 1), 1)
    reviews.decide(Selection(studies=(1,)), FAIL)
    with psycopg.connect(database, password=postgres.password) as connection:
        events = connection.execute("SELECT who, what FROM audit ORDER BY position").fetchall()
        assert ("ann", "verdict") in events
        for statement in ("UPDATE decision SET by = 'x'", "DELETE FROM verdict"):
            with pytest.raises(psycopg.errors.RaiseException), connection.transaction():
                connection.execute(statement)


def test_an_extract_is_ready_when_nothing_of_it_waits(ledger):
    reviews = held(studies(ledger, 1), 1)
    assert (reviews.readiness(MONDAY).held, reviews.readiness(MONDAY).is_ready) == (1, False)
    reviews.decide(Selection(studies=(1,)), FAIL)
    assert reviews.readiness(MONDAY).is_ready


def test_a_study_is_listed_with_what_waits_of_it_and_its_series(ledger):
    reviews = held(studies(ledger, 2), 1, 2)
    first, second = reviews.studies(["lungs"])
    assert (first.open, first.checkers) == (1, ("known-values",))
    assert reviews.studies(after=first.cursor) == [second]
    study, [series] = reviews.study(1)
    assert (study, series.state) == (first, "done")
    with pytest.raises(LookupError):
        reviews.study(99)


def test_rows_of_a_report_are_all_there(ledger):
    reviews = held(studies(ledger, 2), 1)
    rows = list(reviews.study_rows("lungs", MONDAY.generated_at))
    assert [(row["id"], row["state"], row["policy"]) for row in rows] == [(1, "held", "p"), (2, "checking", "p")]
    assert [one.finding.checker for one in reviews.finding_rows("lungs")] == ["known-values"]
    assert reviews.states_over_time(since=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    assert reviews.decisions_over_time(since=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)) == []


def test_several_decisions_are_taken_all_or_none(ledger):
    reviews = held(studies(ledger, 2), 1, 2)
    both = [(Selection(studies=(1,)), PASS, 1), (Selection(studies=(2,)), PASS, 7)]
    with pytest.raises(ReviewStale):
        reviews.decide_all(both)
    assert state(ledger, 1) is State.HELD
    reviews.decide_all([(chosen, said, 1) for chosen, said, _ in both])
    assert {state(ledger, n) for n in (1, 2)} == {State.RELEASED}


def test_a_study_held_before_it_was_de_identified_cannot_be_passed(ledger):
    ledger.load(MONDAY, [StudyRequest(project="lungs", procedure_occurrence_id=1, mrn="M", accession_number="A")])
    ledger.advance(1, State.FETCHING, before={State.REQUESTED})
    ledger.advance(1, State.HELD, before={State.FETCHING}, reason="two patients")
    [found] = ledger.reviews.studies()
    assert (found.open, found.reason) == (0, "two patients")
    with pytest.raises(ReviewStale):
        ledger.reviews.decide(Selection(studies=(1,)), PASS)


@pytest.mark.parametrize("place", ["study", "series", "checker", "file"])
def test_no_rule_and_no_earlier_pass_spares_what_each_time_is_another_time(ledger, place):
    with pytest.raises(ReviewRefused, match="another time"):
        ledger.reviews.add_rule("lungs", RuleKeys(place=place), by="ann", reason="always")
    failed = Finding(checker="pixels", kind="checker-failed", reason="it did not finish", where=place)
    reviews = held(studies(ledger, 1), 1, findings=[failed, BURNED])
    reviews.add_rule("lungs", RuleKeys(checker="pixels", words=("",)), by="ann", reason="all without words")
    first, second = reviews.open()
    reviews.decide(Selection(findings=(first.id,)), PASS)
    reviews.decide(Selection(findings=(second.id,)), REDACT)
    made = Made(series=(SeriesOutput(series="2.25.1", anon_id="s", instances=2),), policy="p", software="1")
    ledger.advance(1, State.DEIDENTIFYING, before={State.CACHED})
    ledger.advance(1, State.CHECKING, before={State.DEIDENTIFYING}, made=made, anon_id="s", then=Step.CHECK)
    assert check(ledger, 1, failed) is State.HELD


def test_policies_releases_and_exports_are_in_the_audit_trail(ledger):
    studies(ledger, 2)
    check(ledger, 1)
    ledger.advance(1, State.EXPORTING, before={State.RELEASED})
    receipt = ("haven", Receipt(name="lungs/2.25.1.zip", size=3, sha256="ab"))
    ledger.advance(1, State.EXPORTED, before={State.EXPORTING}, receipt=receipt)
    held(ledger, 2).decide(Selection(studies=(2,)), PASS)
    with transaction(ledger._pool) as connection:
        found = [(entry.event.what, entry.event.who) for entry in audit.events(connection)]
        assert audit.verify(connection, ledger._cipher).holds
    assert found[::-1] == [
        ("policy-used", "orthanc-anon"),
        ("released", "imaging_api"),
        ("exported", "imaging_api"),
        ("verdict", "ann"),
        ("released", "ann"),
    ]
