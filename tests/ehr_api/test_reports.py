"""The jobs of reports, and what of them `pixl export` sends."""

import dataclasses
import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ehr_api.exports import Exports
from ehr_api.reports import Fresh, ReportJobs, accession_length_of
from pixl.domain.errors import ConfigurationError, ReportMissing, RetryLater
from pixl.domain.project import DestinationNames, Project
from pixl.domain.report import Counted, ReportKeys, ReportState
from pixl.domain.study import ExtractId
from pixl.ledger import Output, Portion, ReportEnding
from pixl.project import Projects
from pixl.settings import HOUSE

pytestmark = pytest.mark.servers

FILE = "lungs/2023-12-07t14-08-58/parquet/radiology/radiology.parquet"


def project(**keys):
    destination = DestinationNames(dicom="haven", parquet="haven")
    reports = ReportKeys(source="emap", **keys)
    return Project(name="lungs", modalities=("CT",), destination=destination, file=Path("lungs.yaml"), reports=reports)


@pytest.fixture
def asked(loaded):
    """The ledger with the extract, whose reports are asked for."""
    from pixl.domain.study import StudyRequest

    requests = [
        StudyRequest(
            project="lungs", procedure_occurrence_id=n, mrn=f"INVENTED-MRN-{n}", accession_number=f"INVENTED-ACC-{n}"
        )
        for n in range(3)
    ]
    loaded.load_all([Portion(extract=loaded.extract_of("lungs", None), requests=requests, reports=True)])
    return loaded


def release(ledger, number, state=ReportState.RELEASED):
    output = Output(
        text=f"No fracture {number}.",
        read="",
        certainty=1.0,
        engine="rules",
        method="shapes",
        policy="0",
        image_identifier=f"hash{number}",
        pseudo_study_uid=None,
        found=1,
        superseded=0,
        findings=(),
        flagged=False,
        counted=Counted(words=3, masked=0, seen=0, agreed=0),
    )
    ledger.reports.finish(ledger.reports.report(number), output, lambda _: ReportEnding(state=state))


@pytest.fixture
def make(asked, tmp_path):
    def exports(destination, **keys):
        return Exports(asked, tmp_path / "extracts", lambda _: project(**keys), lambda _: destination, max_tries=3)

    return exports


def test_reports_leave_with_the_tables_and_are_exported_then(make, asked, received):
    for number in (1, 2, 3):
        release(asked, number)
    destination = received()
    exports = make(destination)
    exports.run(exports.request("lungs", None))
    table = pq.read_table(io.BytesIO(destination.files[FILE]))
    assert table["image_report"].to_pylist() == [f"No fracture {n}." for n in (1, 2, 3)]
    assert asked.reports.status()[0].counts == {ReportState.EXPORTED: 3}


@pytest.mark.parametrize(("state", "message"), [(ReportState.HELD, "wait for a person"), (None, "still on their way")])
def test_while_reports_wait_nothing_of_the_extract_leaves(make, asked, received, state, message):
    release(asked, 1)
    release(asked, 2)
    if state:
        release(asked, 3, state)
    with pytest.raises(ConfigurationError, match=message):
        make(received()).request("lungs", None)


def test_a_report_that_is_held_after_the_request_stops_the_export(make, asked, received):
    for number in (1, 2, 3):
        release(asked, number)
    destination = received()
    exports = make(destination)
    job = exports.request("lungs", None)
    asked.reports.retry("lungs", states={ReportState.RELEASED})
    exports.run(job)
    assert destination.files == {}
    assert asked.parquet_export(job)["state"] == "failed"


def test_auto_sends_what_is_released_and_leaves_out_what_is_held(make, asked, received):
    release(asked, 1)
    release(asked, 2, ReportState.HELD)
    destination = received()
    exports = make(destination, auto=True)
    exports.run(exports.request("lungs", None))
    assert pq.read_table(io.BytesIO(destination.files[FILE])).num_rows == 1


def test_a_report_is_not_exported_before_it_has_arrived(make, asked, received):
    for number in (1, 2, 3):
        release(asked, number)
    exports = make(received(RetryLater("the safe haven is down"), times=1))
    job = exports.request("lungs", None)
    with pytest.raises(RetryLater):
        exports.run(job)
    assert asked.reports.status()[0].counts == {ReportState.RELEASED: 3}
    assert asked.parquet_export(job)["reason"] == "try 1: the safe haven is down"


def test_a_project_that_asks_for_no_reports_any_more_sends_none(make, asked, received, tmp_path):
    release(asked, 1)
    destination = received()
    make(destination, auto=True).run(make(destination, auto=True).request("lungs", None))
    assert FILE in destination.files
    destination.files.clear()
    silent = dataclasses.replace(project(), reports=None)
    exports = Exports(asked, tmp_path / "extracts", lambda _: silent, lambda _: destination, max_tries=3)
    exports.run(exports.request("lungs", None))
    assert FILE not in destination.files


class Steps:
    """Ends each report with an error, or not."""

    def __init__(self, error=None):
        self.error, self.seen = error, []

    def run(self, report):
        self.seen.append(report.id)
        if self.error:
            raise self.error
        return ReportState.RELEASED


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (ReportMissing(), ReportState.MISSING, "no report"),
        (ConfigurationError("correct the query"), ReportState.FAILED, "correct the query"),
        (KeyError("INVENTED-MRN-1"), ReportState.FAILED, "internal error (KeyError)"),
    ],
)
def test_the_class_of_the_error_decides(asked, caplog, error, state, reason):
    ReportJobs(asked.reports, Steps(error), max_tries=3).run(1)
    report = asked.reports.report(1)
    assert report.state is state
    assert reason in report.reason
    assert "INVENTED" not in caplog.text


def test_a_service_that_is_away_is_tried_again_and_then_fails_with_its_reason(asked):
    jobs = ReportJobs(asked.reports, Steps(RetryLater("EMAP is away")), max_tries=3)
    for _ in range(2):
        with pytest.raises(RetryLater):
            jobs.run(1)
    assert (asked.reports.report(1).state, asked.reports.report(1).tries) == (ReportState.REQUESTED, 2)
    jobs.run(1)
    report = asked.reports.report(1)
    assert (report.state, report.reason) == (ReportState.FAILED, "EMAP is away (3 tries)")


def test_a_report_that_is_done_is_not_done_again(asked):
    release(asked, 1)
    steps = Steps()
    ReportJobs(asked.reports, steps, max_tries=3).run(1)
    assert steps.seen == []


def test_the_hashed_accession_number_is_as_long_as_that_of_the_images():
    assert accession_length_of(Projects(HOUSE / "projects").get("demo")) == 16


def test_what_is_read_from_files_is_remembered_for_a_moment():
    asked = []
    fresh = Fresh(lambda key: asked.append(key) or key, seconds=100)
    assert [fresh("a"), fresh("a"), fresh("b")] == ["a", "a", "b"]
    assert asked == ["a", "b"]


def test_an_extract_has_its_slug(asked):
    assert asked.extract_of("lungs", None) == ExtractId(
        project="lungs", generated_at=asked.extract_of("lungs", None).generated_at
    )
