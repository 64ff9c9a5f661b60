"""A report's way through source, engines, second method, hashing and ledger."""

import psycopg
import pytest

from pixl.domain.errors import ConfigurationError, ReportFailed, ReportMissing, ReportRejected, RetryLater
from pixl.domain.report import ReportState
from pixl.domain.review import ReleaseKeys

from .conftest import EXTRACT, emap_report, project

pytestmark = pytest.mark.servers


def test_a_report_is_found_deidentified_checked_and_released(ledger, fill, ask, steps):
    fill(emap_report(1))
    assert ask(1).new_reports == 1
    assert steps().run(ledger.reports.report(1)) is ReportState.RELEASED
    report = ledger.reports.report(1)
    assert "No focal lesion" in report.output
    assert "IMPRESSION:" in report.output
    for identifier in ("Wilhelmyna", "Quarshievik", "QZ11112222", "03/02/2021", "Thistlethwock"):
        assert identifier not in report.output
    assert report.engine == "rules"
    assert report.method == "shapes"
    assert report.certainty > 0.9


def test_two_projects_get_their_own_report_with_their_own_pseudonyms(ledger, fill, ask, steps):
    fill(emap_report(1))
    ask(1)
    ask(1, name="hearts")
    for number, name in ((1, "lungs"), (2, "hearts")):
        assert steps(project(name)).run(ledger.reports.report(number)) is ReportState.RELEASED
    first, second = ledger.reports.report(1), ledger.reports.report(2)
    assert first.image_identifier != second.image_identifier
    assert len(first.image_identifier) == 16


def test_a_cohort_that_is_loaded_again_asks_for_no_report_twice(ledger, ask):
    assert ask(1, 2).new_reports == 2
    assert ask(1, 2, 3).new_reports == 1


def test_a_project_without_the_section_asks_for_no_reports(ledger, ask):
    ask(1)
    assert ledger.reports.status("lungs")[0].counts == {ReportState.REQUESTED: 1}


def test_a_key_that_the_source_does_not_know_is_missing(ledger, fill, ask, steps):
    fill(emap_report(2))
    ask(1)
    with pytest.raises(ReportMissing):
        steps().run(ledger.reports.report(1))


def test_a_report_without_text_is_missing(ledger, fill, ask, steps):
    fill(emap_report(1, parts={"NARRATIVE": "  \n "}))
    ask(1)
    with pytest.raises(ReportMissing, match="no text"):
        steps().run(ledger.reports.report(1))


def test_a_report_that_is_too_long_fails_with_the_key_to_change(ledger, fill, ask, steps):
    fill(emap_report(1, parts={"NARRATIVE": "word " * 300}))
    ask(1)
    with pytest.raises(ReportFailed, match=r"reports\.max_characters"):
        steps(project(max_characters=1000)).run(ledger.reports.report(1))


def test_what_the_second_method_flags_is_held_and_nothing_of_it_can_leave(ledger, fill, ask, steps):
    fill(emap_report(1, parts={"NARRATIVE": "Reviewed by Thoracic Oncology. No fracture."}))
    ask(1)
    assert steps().run(ledger.reports.report(1)) is ReportState.HELD
    assert list(ledger.reports.rows(EXTRACT)) == []
    assert [found.finding.kind for found in ledger.findings.of(ledger.reports.report(1).subject)] == ["name"]


def test_a_project_that_reviews_everything_holds_every_report(ledger, fill, ask, steps):
    fill(emap_report(1))
    ask(1)
    assert steps(project(release=ReleaseKeys(gate="two-person"))).run(ledger.reports.report(1)) is ReportState.HELD
    [look] = ledger.findings.of(ledger.reports.report(1).subject)
    assert (look.needs, look.open) == (2, True)


def test_a_project_that_samples_all_that_passed_holds_every_report_as_a_sample(ledger, fill, ask, steps):
    fill(emap_report(1))
    ask(1)
    assert steps(project(release=ReleaseKeys(sample_rate=1.0))).run(ledger.reports.report(1)) is ReportState.HELD
    [count] = ledger.reviews.samples()
    assert (count.project, count.kind, count.drawn) == ("lungs", "report", 1)


def test_hashing_that_is_away_stores_nothing(ledger, fill, ask, steps):
    class Away:
        def pseudonyms(self, queries):
            raise RetryLater("hashing_api does not answer")

    fill(emap_report(1))
    ask(1)
    with pytest.raises(RetryLater):
        steps(pseudonymiser=lambda _: Away()).run(ledger.reports.report(1))
    report = ledger.reports.report(1)
    assert (report.state, report.output, report.image_identifier) == (ReportState.REQUESTED, None, None)


def test_of_two_workers_on_one_report_only_one_writes(ledger, fill, ask, steps):
    fill(emap_report(1))
    ask(1)
    report = ledger.reports.report(1)
    one = steps()
    assert one.run(report) is ReportState.RELEASED
    assert one.run(report) is None
    assert [day.reports for day in ledger.reports.days("lungs")] == [1]
    assert [after for _, _, after, _ in ledger.reports.events(1)] == ["requested", "released"]


def test_a_project_that_asks_for_no_reports_any_more_fails_them(ledger, ask, steps):
    import dataclasses

    ask(1)
    silent = dataclasses.replace(project(), reports=None)
    with pytest.raises(ConfigurationError, match="no section `reports:`"):
        steps(silent).run(ledger.reports.report(1))


def test_a_source_that_is_not_in_the_reports_file_is_named(ledger, ask, steps):
    import dataclasses

    ask(1)
    other = project()
    other = dataclasses.replace(other, reports=dataclasses.replace(other.reports, source="emab"))
    with pytest.raises(ConfigurationError, match="emap"):
        steps(other).run(ledger.reports.report(1))


def test_nothing_identifiable_is_readable_in_the_tables(ledger, fill, ask, steps):
    fill(emap_report(1))
    ask(1)
    steps().run(ledger.reports.report(1))
    with ledger.reports._pool.connection() as connection:
        connection.row_factory = psycopg.rows.tuple_row
        rows = connection.execute("SELECT report::text, report.output FROM report").fetchall()
        rows += connection.execute("SELECT procrastinate_jobs::text FROM procrastinate_jobs").fetchall()
    text = "".join(map(str, rows))
    assert "QZ1111" not in text
    assert "RKX" not in text
    assert "No focal lesion" not in text


@pytest.mark.parametrize(("level", "value"), [("patient", "QZ11112223"), ("study", "1.2.826.1")])
def test_who_opted_out_gets_no_report(ledger, ask, steps, level, value):
    ask(1)
    ledger.blocks.add(level, [value], project=None, reason="opted out", by="ann")
    with pytest.raises(ReportRejected, match="opted out"):
        steps().run(ledger.reports.report(1))


@pytest.mark.parametrize("blocked", [("patient", ["QZ11112223"]), ("study", ["1.2.826.1"])])
def test_a_report_of_somebody_who_opts_out_after_its_release_does_not_leave(ledger, fill, ask, steps, blocked):
    fill(emap_report(1), emap_report(2))
    ask(1, 2)
    for number in (1, 2):
        assert steps().run(ledger.reports.report(number)) is ReportState.RELEASED
    ledger.blocks.add(*blocked, project="lungs", reason="opted out", by="ann")
    assert [row.procedure_occurrence_id for row in ledger.reports.rows(EXTRACT)] == [2]
    assert ledger.reports.refuse_blocked("lungs") == 1
    assert ledger.reports.report(1).state is ReportState.REJECTED
    assert ledger.reports.refuse_blocked("hearts") == 0


def test_what_is_blocked_for_another_project_leaves(ledger, fill, ask, steps):
    fill(emap_report(1))
    ask(1)
    ledger.blocks.add("patient", ["QZ11112223"], project="hearts", reason="opted out", by="ann")
    assert steps().run(ledger.reports.report(1)) is ReportState.RELEASED
