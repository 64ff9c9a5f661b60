"""Findings in a real ledger: in bulk, encrypted, grouped, passed by rules."""

from __future__ import annotations

import dataclasses
import datetime as dt

import psycopg
import pytest

from pixl.domain.finding import Box, Finding, Outcome, Part
from pixl.domain.review import ReviewRule, RuleBook, Subject, SubjectKind, Tally
from pixl.domain.study import ExtractId, StudyRequest
from pixl.ledger.findings import transaction

pytestmark = pytest.mark.servers

MONDAY = ExtractId(project="lungs", generated_at=dt.datetime(2026, 5, 4, 10, 0, 0, tzinfo=dt.UTC))
SERIES = Subject(kind=SubjectKind.SERIES, project="lungs", study_id=1, series="2.25.10")
NAMED = Finding(
    checker="known-values",
    kind="name",
    reason="a name of the patient",
    where="(0040,A730)[1].(0040,A160)",
    value="seen by SECRETNAME today",
    parts=(Part(word="SECRETNAME", kind="name", offset=8),),
    instance="2.25.20",
    device="Siemens Force",
    confidence=0.5,
    box=Box(frame=0, left=1, top=2, width=3, height=4),
)
NOTED = Finding(checker="rules", kind="date", reason="a date", where="report", outcome=Outcome.NOTE)


@pytest.fixture
def study(ledger):
    asked = StudyRequest(project="lungs", procedure_occurrence_id=1, mrn="MRN-SECRET", accession_number="ACC-SECRET")
    ledger.load(MONDAY, [asked])
    return ledger


def add(ledger, *findings, subject=SERIES, **options):
    with transaction(ledger._pool) as connection:
        return ledger.findings.add(connection, subject, findings, **options)


def tally(ledger, subject=SERIES):
    with transaction(ledger._pool) as connection:
        return ledger.findings.tally(connection, subject)


@pytest.mark.parametrize("last", [None, 0, 7])
def test_a_box_is_read_with_the_frames_it_was_written_with(study, last):
    box = Box(frame=0, left=1, top=2, width=3, height=4, last=last)
    add(study, dataclasses.replace(NAMED, box=box))
    assert study.findings.of(SERIES)[0].finding.box == box


def test_what_was_found_is_read_as_it_was_written(study):
    add(study, NAMED, NOTED, opened=True)
    named, noted = study.findings.of(SERIES)
    assert (named.finding.value, named.finding.parts, named.finding.box) == (NAMED.value, NAMED.parts, NAMED.box)
    assert (named.place, named.open, noted.open) == ("(0040,A730).(0040,A160)", True, False)
    assert (named.subject, named.finding.series) == (SERIES, "2.25.10")
    assert tally(study) == Tally(notes=1, waiting=1, waiting_for=("known-values",))


def test_no_value_is_in_the_database_or_in_a_repr(study, database, postgres):
    add(study, NAMED)
    with psycopg.connect(database, password=postgres.password) as connection:
        row = connection.execute("SELECT finding::text || finding_group::text FROM finding, finding_group").fetchone()
    assert "SECRETNAME" not in row[0]
    assert b"SECRETNAME".hex() not in row[0]
    assert "SECRETNAME" not in repr(study.findings.of(SERIES))


def test_findings_of_the_same_device_and_element_are_a_group_whatever_the_item(study):
    other = {"where": "(0040,A730)[7].(0040,A160)", "value": "x", "parts": ()}
    groups = add(study, NAMED, Finding(**{**vars(NAMED), **other}), NOTED)
    assert groups[0] == groups[1] != groups[2]
    assert add(study, NAMED) == groups[:1]


def test_the_same_words_have_the_same_fingerprint_in_any_case_order_and_spacing(study):
    mark = study.findings.fingerprint_of
    assert mark(["Ann  Smith", "12"]) == mark(["12", "ANN SMITH"])
    assert mark(["Ann Smith"]) != mark(["Ann", "Smith"])


def test_what_a_rule_ignores_does_not_wait(study):
    rule = ReviewRule(id=1, place="(0040,A730).(0040,A160)", fingerprint=study.findings.fingerprint(NAMED))
    with transaction(study._pool) as connection:
        connection.execute(
            "INSERT INTO review_rule (project, version, place, fingerprint, reason, by)"
            " VALUES (%s, 1, %s, %s, 'r', 'b')",
            ["lungs", rule.place, rule.fingerprint],
        )
    add(study, NAMED)
    assert tally(study) == Tally(ruled=1)
    assert study.findings.of(SERIES)[0].rule_id == 1
    add(study, NAMED, rules=RuleBook())
    assert tally(study) == Tally(ruled=1, waiting=1, waiting_for=("known-values",))


def test_what_an_earlier_revision_left_open_is_closed(study):
    add(study, NAMED, opened=True)
    second = Subject(kind=SubjectKind.STUDY, project="lungs", study_id=1, revision=2)
    with transaction(study._pool) as connection:
        study.findings.close(connection, second, only_older=True)
    assert [one.open for one in study.findings.of(SERIES)] == [False]


def test_findings_of_a_report_are_findings_too(study):
    report = Subject(kind=SubjectKind.REPORT, project="lungs", report_id=9)
    add(study, NAMED, subject=report)
    assert tally(study, report) == Tally(waiting=1, waiting_for=("known-values",))
    assert study.findings.of(report)[0].subject == report


def test_what_no_database_can_hold_is_written_all_the_same(study):
    add(study, Finding(**{**vars(NAMED), "device": "GE\0\ud800", "value": "a\0\ud800"}))
    assert tally(study).waiting == 1


def test_many_findings_are_written_at_once(study):
    add(study, *([NAMED] * 5000))
    assert tally(study).waiting == 5000


def test_what_was_passed_once_is_not_asked_again_in_the_next_revision(study):
    add(study, NAMED)
    with transaction(study._pool) as connection:
        connection.execute("UPDATE finding SET decision = 'pass'")
    second = dataclasses.replace(SERIES, revision=2)
    add(study, NAMED, dataclasses.replace(NAMED, where="(0010,0010)"), subject=second)
    assert tally(study, second) == Tally(settled=1, waiting=1, waiting_for=("known-values",))
