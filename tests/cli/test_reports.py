"""Reports on the command line: the sum, retries, review, drift."""

import json

import pytest

from pixl.domain.finding import Finding, Part
from pixl.domain.report import Counted, ReportState
from pixl.domain.review import ReleaseKeys
from pixl.ledger import Output, ReportEnding
from pixl.reports import verdict

pytestmark = pytest.mark.servers

TEXT = "Seen by QZSECRET at noon."


def finish(pixl, *numbers, held=(), decide=None, found=1, superseded=0):
    """Take reports to their verdict, as ehr_api does: as said by `held`, or by `decide`."""
    with pixl.ledger() as ledger:
        for number in (*numbers, *held):
            finding = Finding(
                checker="report-shapes",
                kind="name",
                reason="looks like a name",
                where="report",
                value=TEXT,
                parts=(Part(word="QZSECRET", kind="NAME", offset=8),),
            )
            output = Output(
                text=TEXT,
                read=TEXT,
                certainty=0.2 if number in held else 1.0,
                engine="rules",
                method="shapes",
                policy="0",
                image_identifier="abc",
                pseudo_study_uid=None,
                found=found,
                superseded=superseded,
                findings=(finding,) if number in held else (),
                flagged=number in held,
                counted=Counted(words=5, masked=1, seen=1, agreed=1),
            )
            state = ReportState.HELD if number in held else ReportState.RELEASED
            ledger.reports.finish(
                ledger.reports.report(number), output, decide or (lambda _, state=state: ReportEnding(state=state))
            )


def counts(pixl):
    return {state: count for state, count in pixl.status()[0]["reports"]["counts"].items() if count}


def test_the_sum_of_the_reports_stands_below_that_of_the_studies(pixl, extract):
    assert "reports asked for: 3 new" in pixl("cohort", "load", extract(1, 2, 3))
    finish(pixl, 1, held=(2,))
    shown = pixl("cohort", "status")
    assert "reports of" in shown
    assert counts(pixl) == {"released": 1, "held": 1, "requested": 1}
    assert pixl.status()[0]["reports"]["in_flight"] == 1


def test_several_reports_of_one_accession_number_are_told_in_the_sum_and_at_the_report(pixl, extract):
    pixl("cohort", "load", extract(1, 2))
    finish(pixl, 1)
    assert "older version" not in pixl("cohort", "status") + pixl("review", "show", "r1")
    finish(pixl, 2, found=3, superseded=1)
    shown = pixl("cohort", "status")
    assert "1 accession number has several reports, all of them read; 1 older version was left out" in shown
    assert pixl.status()[0]["reports"]["several"] == 1
    assert "3 reports under its accession number; older versions left out: 1" in pixl("review", "show", "r2")


def test_cancelled_reports_come_back_with_their_studies(pixl, extract):
    pixl("cohort", "load", extract(1, 2))
    assert "2 reports are cancelled" in pixl("cohort", "cancel", "demo", "--yes")
    assert counts(pixl) == {"rejected": 2}
    assert "2 reports are done again" in pixl("cohort", "retry", "demo", "--state", "rejected")
    finish(pixl, 1)
    with pixl.ledger() as ledger:
        ledger.reports.end(ledger.reports.report(2), ReportState.FAILED, "the source refuses")
    assert "nothing to do" not in pixl("cohort", "retry", "demo")
    assert counts(pixl) == {"released": 1, "requested": 1}


def test_a_held_report_is_shown_redacted_passed_or_failed(pixl, extract):
    pixl("cohort", "load", extract(1, 2, 3))
    finish(pixl, held=(1, 2, 3))
    assert "QZSECRET" not in pixl("review", "list") + pixl("review", "show", "r1")
    assert TEXT in pixl("review", "show", "r1", "--values")
    pixl("review", "pass", "r1", "--reason", "a place", *pixl.as_person("ann"))
    pixl("review", "fail", "r2", "--reason", "a person", *pixl.as_person("ann"))
    pixl("review", "redact", "r3", "--reason", "a person", *pixl.as_person("ann"))
    assert counts(pixl) == {"released": 1, "rejected": 1, "requested": 1}
    with pixl.ledger() as ledger:
        assert ledger.reports.report(3).output == "Seen by [NAME] at noon."
    assert "it passed review" in pixl("review", "show", "r1")


def test_a_report_of_the_random_sample_is_listed_with_its_number_and_counted_when_it_was_looked_at(pixl, extract):
    pixl("cohort", "load", extract(1, 2))
    release = ReleaseKeys(sample_rate=1.0)
    finish(pixl, 1, 2, decide=lambda tally: verdict(tally, release, draw=0.0))
    shown = pixl("review", "list")
    assert "r1" in shown
    assert "r2" in shown
    assert "a person has to look at" in shown
    pixl("review", "pass", "r1", "--reason", "nothing is left in it", *pixl.as_person("ann"))
    pixl("review", "fail", "r2", "--reason", "a name is left in it", *pixl.as_person("ann"))
    assert "50.0%" in pixl("review", "sample")
    assert "reports" in pixl("review", "sample", "--project", "demo")
    assert counts(pixl) == {"released": 1, "rejected": 1}


def test_words_that_no_method_found_are_asked_for_not_given_on_the_command_line(pixl, extract):
    pixl("cohort", "load", extract(1))
    finish(pixl, 1, decide=lambda tally: verdict(tally, ReleaseKeys(sample_rate=1.0), draw=0.0))
    ann = pixl.as_person("ann")
    pixl("review", "redact", "r1", "--words", "--reason", "a name", *ann, typed="QZSECRET\n")
    pixl("review", "pass", "r1", "--reason", "the rest is fine", *pixl.as_person("bob"))
    assert counts(pixl) == {"requested": 1}
    shown = pixl("review", "show", "r1", "--values")
    assert "Seen by [REDACTED] at noon." in shown
    assert "redact by ann" in shown
    assert "pass by bob" in shown
    assert "one report" in pixl("review", "redact", "s1", "--words", "--reason", "a name", code=2)


@pytest.mark.parametrize("what", ["r99", "x1"])
def test_what_is_no_report_is_wrong_use(pixl, extract, what):
    pixl("cohort", "load", extract(1))
    pixl("review", "show", what, code=2)


def test_the_sheet_of_a_review_takes_reports_too(pixl, extract, tmp_path):
    pixl("cohort", "load", extract(1, 2))
    finish(pixl, held=(1, 2))
    sheet = tmp_path / "review.csv"
    pixl("review", "export", sheet, "--groups")
    text = sheet.read_text(encoding="utf-8-sig")
    assert "report-shapes" in text


def test_drift_shows_the_days_and_ends_with_0_while_there_are_too_few(pixl, extract):
    pixl("cohort", "load", extract(1, 2))
    assert "no report has been de-identified yet" in pixl("drift", "demo")
    finish(pixl, 1, held=(2,))
    assert "50.0%" in pixl("drift", "demo")
    told = json.loads(pixl("drift", "demo", "--json"))
    assert told["drift"] == []
    assert told["days"][0]["reports"] == 2


def test_a_day_that_is_unlike_the_others_ends_drift_with_1(pixl, extract):
    pixl("cohort", "load", extract(1))
    with pixl.ledger() as ledger, ledger.reports._pool.connection() as connection:
        connection.execute("""
            INSERT INTO report_day (project, day, reports, flagged, words, masked, seen, agreed, certainty)
            SELECT 'demo', '2024-01-01'::date + n, 100, CASE n WHEN 9 THEN 60 ELSE 2 END, 9000, 900, 900, 890, 97
            FROM generate_series(0, 9) AS n""")
    assert "share of flagged reports" in pixl("drift", "demo", code=1)
    pixl("drift", "demo", "--limit", "100000", code=0)
