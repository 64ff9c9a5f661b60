"""Reports in the ledger: verdicts, reviews, retries, metrics."""

import datetime as dt
from dataclasses import replace
from functools import partial

import psycopg
import pytest

from pixl.domain.finding import Decision, Finding, Part
from pixl.domain.report import Counted, ReportState
from pixl.domain.review import ReleaseKeys
from pixl.domain.study import ExtractId, StudyRequest
from pixl.ledger import Output, Portion, ReportEnding
from pixl.ledger.decisions import ReviewRefused, RuleKeys, Said, Selection
from pixl.reports import verdict as gate

pytestmark = pytest.mark.servers

EXTRACT = ExtractId(project="lungs", generated_at=dt.datetime(2023, 12, 7, 14, 8, 58, tzinfo=dt.UTC))
PASS = Said(decision=Decision.PASS, reason="looked at", by="ann")
FAIL = Said(decision=Decision.FAIL, reason="a name", by="ann")
TEXT = "Seen by Anna at noon. No fracture."


def finding(word="Anna"):
    start = TEXT.index(word)
    return Finding(
        checker="report-shapes",
        kind="name",
        reason="looks like a name",
        where="report",
        value=TEXT,
        parts=(Part(word=word, kind="NAME", offset=start),),
        confidence=0.8,
    )


def output(*findings, text=TEXT, **changes):
    told = {
        "text": text,
        "read": text,
        "certainty": 0.2 if findings else 1.0,
        "engine": "rules",
        "method": "shapes",
        "policy": "0" * 64,
        "image_identifier": "abc",
        "pseudo_study_uid": "2.25.1",
        "found": 1,
        "superseded": 0,
        "findings": findings,
        "flagged": bool(findings),
        "counted": Counted(words=7, masked=3, seen=4, agreed=2),
    }
    return Output(**{**told, **changes})


def verdict(tally):
    return ReportEnding(state=ReportState.HELD if tally.waiting else ReportState.RELEASED)


@pytest.fixture
def reports(ledger):
    ledger.load_all([Portion(extract=EXTRACT, requests=requests(3), reports=True)])
    return ledger.reports


def requests(count, name="lungs"):
    return [
        StudyRequest(project=name, procedure_occurrence_id=n, mrn=f"QZ{n}", accession_number=f"RKX{n}")
        for n in range(1, count + 1)
    ]


def decide(ledger, report_id, decision):
    """Say something of all that waits in a report, as a review does."""
    with ledger.reports._pool.connection() as connection:
        connection.execute(
            "UPDATE finding SET decision = %s, open = false WHERE report_id = %s AND open", [decision, report_id]
        )
        return ledger.reports.settle(connection, report_id)


def jobs(ledger):
    with ledger.reports._pool.connection() as connection:
        rows = connection.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 'report' AND status = 'todo'")
        return sorted(row["args"]["report_id"] for row in rows)


def test_each_row_asks_for_its_report_once_and_has_its_job(ledger, reports):
    assert jobs(ledger) == [1, 2, 3]
    [again] = ledger.load_all([Portion(extract=EXTRACT, requests=requests(3), reports=True)])
    assert again.new_reports == 0
    assert jobs(ledger) == [1, 2, 3]


def test_a_project_that_asks_for_reports_later_gets_those_of_the_rows_it_has(ledger):
    ledger.load_all([Portion(extract=EXTRACT, requests=requests(2))])
    assert jobs(ledger) == []
    [loaded] = ledger.load_all([Portion(extract=EXTRACT, requests=requests(2), reports=True)])
    assert (loaded.new_studies, loaded.new_reports) == (0, 2)


def test_a_dry_run_asks_for_nothing(ledger):
    [loaded] = ledger.load_all([Portion(extract=EXTRACT, requests=requests(2), reports=True)], dry_run=True)
    assert loaded.new_reports == 2
    assert ledger.reports.status() == []


def test_the_sum_is_whole_in_every_state(ledger, reports):
    reports.finish(reports.report(1), output(), verdict)
    reports.end(reports.report(2), ReportState.MISSING, "no report")
    [status] = reports.status("lungs")
    assert status.counts == {ReportState.RELEASED: 1, ReportState.MISSING: 1, ReportState.REQUESTED: 1}
    assert (status.requested, status.in_flight) == (3, 1)


def test_several_reports_under_an_accession_number_and_their_older_versions_are_counted(ledger, reports):
    reports.finish(reports.report(1), output(found=2, superseded=3), verdict)
    reports.finish(reports.report(2), output(finding(), found=1, superseded=1), verdict)
    [status] = reports.status("lungs")
    assert (status.requested, status.several, status.superseded) == (3, 1, 4)


def test_what_waits_is_held_and_what_passed_is_released(ledger, reports):
    assert reports.finish(reports.report(1), output(finding()), verdict) is ReportState.HELD
    assert decide(ledger, 1, "pass") is ReportState.RELEASED
    assert [row.text for row in reports.rows(EXTRACT)] == [TEXT]


def test_what_fails_is_rejected_and_never_leaves(ledger, reports):
    reports.finish(reports.report(1), output(finding()), verdict)
    assert decide(ledger, 1, "fail") is ReportState.REJECTED
    assert list(reports.rows(EXTRACT)) == []


def test_what_is_redacted_is_masked_and_read_again(ledger, reports):
    reports.finish(reports.report(1), output(finding()), verdict)
    assert decide(ledger, 1, "redact") is ReportState.REQUESTED
    again = reports.report(1)
    assert (again.output, again.recheck, again.revision) == ("Seen by [NAME] at noon. No fracture.", True, 2)
    assert jobs(ledger) == [1, 2, 3]
    assert reports.finish(again, output(text=again.output), verdict) is ReportState.RELEASED
    assert [day.reports for day in reports.days("lungs")] == [1]


def test_what_a_person_passed_is_not_asked_again_when_the_report_is_done_again(ledger, reports):
    reports.finish(reports.report(1), output(finding()), verdict)
    decide(ledger, 1, "pass")
    assert reports.retry("lungs", states={ReportState.RELEASED}) == 1
    assert reports.finish(reports.report(1), output(finding()), verdict) is ReportState.RELEASED


def finish(reports, number, *findings, draw=0.5, **release):
    return reports.finish(
        reports.report(number), output(*findings), partial(gate, release=ReleaseKeys(**release), draw=draw)
    )


def test_a_sample_of_the_reports_that_passed_waits_with_the_others_and_is_counted_apart_from_studies(ledger, reports):
    states = [finish(reports, n, sample_rate=0.5, draw=draw) for n, draw in ((1, 0.1), (2, 0.2), (3, 0.9))]
    assert states == [ReportState.HELD, ReportState.HELD, ReportState.RELEASED]
    [group] = ledger.reviews.groups()
    assert (group.checker, group.subject_kind, group.findings) == ("review", "report", 2)
    assert [(one.id, one.open, one.certainty) for one in ledger.reviews.reports()] == [(1, 1, 1.0), (2, 1, 1.0)]
    [count] = ledger.reviews.samples()
    assert (count.kind, count.drawn, count.looked_at) == ("report", 2, 0)
    ledger.reviews.decide(Selection(reports=(1,)), PASS)
    ledger.reviews.decide(Selection(reports=(2,)), FAIL)
    [count] = ledger.reviews.samples(["lungs"])
    assert (count.drawn, count.looked_at, count.missed) == (2, 2, 1)
    assert [reports.report(n).state for n in (1, 2)] == [ReportState.RELEASED, ReportState.REJECTED]
    assert ledger.reviews.samples(["hearts"]) == []
    assert ledger.reviews.reports() == []


def test_a_report_of_which_a_person_has_to_see_each_version_waits_again_when_it_is_made_again(ledger, reports):
    for _ in range(2):
        assert finish(reports, 1, gate="review") is ReportState.HELD
        ledger.reviews.decide(Selection(reports=(1,)), PASS)
        assert reports.report(1).state is ReportState.RELEASED
        reports.retry("lungs", states={ReportState.RELEASED})


def test_no_rule_can_ignore_that_a_person_has_to_look_at_a_report(ledger, reports):
    finish(reports, 1, gate="review")
    [waiting] = ledger.reviews.open()
    with pytest.raises(ReviewRefused, match="each time"):
        ledger.reviews.add_rule("lungs", RuleKeys(place=waiting.place), by="ann", reason="all of it is fine")


def test_what_has_no_words_in_a_report_cannot_be_masked(ledger, reports):
    finish(reports, 1, gate="review")
    with pytest.raises(ReviewRefused, match="pass or fail"):
        ledger.reviews.decide(Selection(reports=(1,)), replace(PASS, decision=Decision.REDACT))
    assert reports.report(1).state is ReportState.HELD


def test_words_that_no_method_found_are_masked_and_count_as_missed(ledger, reports):
    finish(reports, 1, draw=0.0, sample_rate=1.0)
    done = ledger.reviews.mask(1, " Anna ", by="ann", reason="a name")
    assert reports.report(1).state is ReportState.HELD, "somebody has still to say that the rest may leave"
    ledger.reviews.decide(Selection(reports=(1,)), PASS)
    again = reports.report(1)
    assert (again.output, again.recheck) == ("Seen by [REDACTED] at noon. No fracture.", True)
    [count] = ledger.reviews.samples()
    assert (count.looked_at, count.missed) == (1, 1)
    assert [one.decision for one in ledger.reviews.decisions_of_report(1)] == ["redact", "pass"]
    assert done.findings == 1


def test_words_are_masked_in_surrogates_too_and_wherever_they_stand(ledger, reports):
    text, read = "Ann Lee. Seen by Olu. Olu agrees.", "[NAME]. Seen by Olu. Olu agrees."
    reports.finish(
        reports.report(1), output(text=text, read=read), partial(gate, release=ReleaseKeys(gate="review"), draw=0.5)
    )
    ledger.reviews.mask(1, "Olu", by="ann", reason="a name")
    ledger.reviews.decide(Selection(reports=(1,)), PASS)
    again = reports.report(1)
    assert again.output == "Ann Lee. Seen by [REDACTED]. [REDACTED] agrees."
    assert again.read == "[NAME]. Seen by [REDACTED]. [REDACTED] agrees."


@pytest.mark.parametrize("words", ["Berta", "", "  ", "x", "anna"])
def test_words_that_are_not_in_the_report_are_refused_and_not_repeated(ledger, reports, words):
    finish(reports, 1, gate="review")
    with pytest.raises(ReviewRefused) as refused:
        ledger.reviews.mask(1, words, by="ann", reason="a name")
    assert "Berta" not in str(refused.value)
    assert len(ledger.reviews.open()) == 1


def test_nothing_is_masked_in_a_report_that_is_not_held(ledger, reports):
    finish(reports, 1)
    for number in (1, 2, 99):
        with pytest.raises(ReviewRefused, match=f"report {number} is not held"):
            ledger.reviews.mask(number, "Anna", by="ann", reason="a name")
    assert reports.report(1).output == TEXT


def test_a_decision_that_is_undone_holds_the_report_again(ledger, reports):
    reports.finish(reports.report(1), output(finding()), verdict)
    decide(ledger, 1, "pass")
    with reports._pool.connection() as connection:
        connection.execute("UPDATE finding SET decision = NULL WHERE report_id = 1")
        assert reports.reopen(connection, 1)
    assert reports.report(1).state is ReportState.HELD
    assert [found.open for found in ledger.findings.of(reports.report(1).subject)] == [True]


def test_an_exported_report_cannot_be_held_again(ledger, reports):
    reports.finish(reports.report(1), output(), verdict)
    reports.mark_exported(EXTRACT, "haven", [(1, 1)])
    assert reports.report(1).state is ReportState.EXPORTED
    with reports._pool.connection() as connection:
        assert not reports.reopen(connection, 1)


def test_only_what_was_sent_is_exported(ledger, reports):
    reports.finish(reports.report(1), output(), verdict)
    reports.mark_exported(EXTRACT, "haven", [(1, 7), (2, 1)])
    assert [reports.report(n).state for n in (1, 2)] == [ReportState.RELEASED, ReportState.REQUESTED]


def test_exporting_twice_is_written_down_once(ledger, reports):
    reports.finish(reports.report(1), output(), verdict)
    for _ in range(2):
        reports.mark_exported(EXTRACT, "haven", [(1, 1)])
    with reports._pool.connection() as connection:
        assert connection.execute("SELECT count(*) FROM report_export").fetchone() == {"count": 1}


def test_a_report_that_went_on_meanwhile_is_not_written(ledger, reports):
    stale = reports.report(1)
    reports.cancel("lungs")
    assert reports.finish(stale, output(), verdict) is None
    assert not reports.end(stale, ReportState.FAILED, "late")
    assert reports.report(1).state is ReportState.REJECTED


def test_a_retry_forgets_the_output_and_has_a_job(ledger, reports):
    reports.finish(reports.report(1), output(finding()), verdict)
    assert reports.retry("lungs", states={ReportState.HELD}, generated_at=EXTRACT.generated_at) == 1
    report = reports.report(1)
    assert (report.state, report.output, report.revision) == (ReportState.REQUESTED, None, 2)
    assert [found.open for found in ledger.findings.of(report.subject)] == []


def test_a_report_without_a_job_is_given_one(ledger, reports):
    with reports._pool.connection() as connection:
        connection.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'report'")
    assert reports.rescue(older_seconds=0) == 3
    assert jobs(ledger) == [1, 2, 3]
    assert reports.rescue(older_seconds=0) == 0


def test_the_metrics_of_a_day_add_up(ledger, reports):
    reports.finish(reports.report(1), output(finding()), verdict)
    reports.finish(reports.report(2), output(), verdict)
    [day] = reports.days("lungs")
    assert (day.reports, day.flagged, day.words, day.masked) == (2, 1, 14, 6)
    assert (day.agreement, day.share_flagged, day.length) == (0.5, 0.5, 7.0)
    assert day.certainty == pytest.approx(0.6)
    assert day.rate("name") == pytest.approx(1000 / 14)


def test_every_change_is_an_event_that_nobody_can_change(ledger, reports):
    reports.finish(reports.report(1), output(finding()), verdict)
    decide(ledger, 1, "pass")
    assert [(before, after) for _, before, after, _ in reports.events(1)] == [
        (None, "requested"),
        ("requested", "held"),
        ("held", "released"),
    ]
    with reports._pool.connection() as connection, pytest.raises(psycopg.errors.RaiseException):
        connection.execute("DELETE FROM report_event")


def test_the_images_own_pseudonyms_win_over_the_reckoned_ones(ledger, reports):
    from pixl.domain.state import State

    reports.finish(reports.report(1), output(), verdict)
    ledger.advance(
        1, State.FETCHING, before={State.REQUESTED}, image_identifier="of-the-images", pseudo_study_uid="2.25.9"
    )
    [row] = reports.rows(EXTRACT)
    assert (row.image_identifier, row.pseudo_study_uid) == ("of-the-images", "2.25.9")


def test_the_database_refuses_to_let_a_report_without_text_go(ledger, reports):
    with reports._pool.connection() as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute("UPDATE report SET state = 'released' WHERE id = 1")


def test_a_parquet_exports_tries_are_counted_in_the_ledger(ledger, reports):
    job = ledger.request_parquet_export(EXTRACT)
    assert [ledger.note_parquet_try(job, "away") for _ in range(2)] == [1, 2]
    assert ledger.parquet_export(job)["reason"] == "try 2: away"


def test_a_report_and_an_output_show_nothing_of_themselves(reports):
    assert "QZ1" not in repr(reports.report(1))
    assert "Anna" not in repr(output(finding()))
