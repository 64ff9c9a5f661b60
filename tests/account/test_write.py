from __future__ import annotations

import csv
import datetime as dt
import stat

import pyarrow.parquet as pq
import pytest

from pixl.account import Part, write_report
from pixl.account.tables import FAILURES
from pixl.domain.drift import Limits
from pixl.domain.errors import ConfigurationError
from pixl.domain.finding import Finding, Outcome
from pixl.domain.finding import Part as Word
from pixl.domain.review import ReleaseKeys
from pixl.domain.state import State
from pixl.domain.study import ExtractId, StudyRequest
from pixl.ledger import Checks, Made, Portion, SeriesOutput
from pixl.ledger.ledger import Note
from pixl.review import ending
from pixl.testing.review_queue import hold_report

pytestmark = pytest.mark.servers

EXTRACT = ExtractId(project="lungs", generated_at=dt.datetime(2026, 5, 4, 10, 0, 0, tzinfo=dt.UTC))
NAME = Finding(
    checker="known-values",
    kind="name",
    reason="a name of the original is left",
    where="(0008,1030)",
    value="=CT of SECRET-NAME",
    parts=(Word(word="SECRET-NAME", kind="name", offset=6),),
    instance="2.25.7",
    device="ACME CT",
)
FOUND = {
    1: (),
    2: (NAME,),
    3: (Finding(checker="pixels", kind="x", reason="y", where="pixels", outcome=Outcome.REJECT),),
}


def go(ledger, study_id, *states, **fields):
    for state in states:
        before = ledger.study(study_id).state
        assert ledger.advance(study_id, state, before={before}, **fields)


def to_checked(ledger, study_id, found):
    """Take a study through de-identification and its checks."""
    go(ledger, study_id, State.FETCHING, State.CACHED, State.DEIDENTIFYING)
    series = SeriesOutput(series="2.25.1", anon_id="s", instances=2, modality="CT", manufacturer="ACME <b>")
    made = Made(series=(series,), policy="abc", software="1.0")
    notes = [
        Note(kind="skipped", reason="modality not wanted", count=3),
        Note(kind="failed", reason="cut off", instance="2.25.9"),
    ]
    ledger.advance(
        study_id,
        State.CHECKING,
        before={State.DEIDENTIFYING},
        made=made,
        notes=notes,
        pseudo_study_uid=f"2.25.10{study_id}",
    )
    check = ledger.begin_check(study_id)
    checks = Checks(findings=found, instances=["2.25.7", "2.25.8"], made_with={"known-values": "v1"})
    ledger.finish_check(check, checks, lambda tally: ending(tally, ReleaseKeys(), draw=0.5))


@pytest.fixture
def extract(ledger):
    """Seven studies, one in each part."""
    requests = [
        StudyRequest(
            project="lungs", procedure_occurrence_id=100 + n, mrn=f"MRN-SECRET-{n}", accession_number=f"ACC-SECRET-{n}"
        )
        for n in range(1, 8)
    ]
    ledger.load(EXTRACT, requests, skipped={"no MRN": 2})
    for study_id, found in FOUND.items():
        to_checked(ledger, study_id, found)
    go(ledger, 1, State.EXPORTING, State.EXPORTED)
    go(ledger, 4, State.FETCHING, State.MISSING, reason="no archive knows this study")
    go(ledger, 5, State.FETCHING, State.FAILED, reason="the archive moved 1 of 2 | instances")
    go(ledger, 6, State.FETCHING, State.CACHED, State.DEIDENTIFYING, State.REJECTED, reason="no instance is left")
    return ledger


def made(ledger, folder, **options):
    with ledger.accounts.read(EXTRACT) as reading:
        return write_report(reading, folder, **options)


def rows(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_each_study_is_in_one_part_and_the_sum_holds(extract, tmp_path):
    account = made(extract, tmp_path / "report")
    assert {part: count for part, count in account.parts.items() if count} == {
        Part.PASSED: 1,
        Part.FAILED_CHECK: 2,
        Part.NOT_FOUND: 1,
        Part.MISSING: 1,
        Part.REJECTED: 1,
        Part.ON_THE_WAY: 1,
    }
    assert account.requested == sum(account.parts.values()) == 7
    assert not account.is_final
    assert account.equation.startswith("7 requested = 1 passed + 2 failed check")


def test_no_identifier_is_in_any_file_of_it(extract, tmp_path):
    made(extract, tmp_path / "report")
    for file in (tmp_path / "report").iterdir():
        assert b"SECRET" not in file.read_bytes(), file.name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_values_are_shown_only_to_who_asks_and_are_no_formula(extract, tmp_path):
    made(extract, tmp_path / "report", with_values=True)
    header, first, *_ = rows(tmp_path / "report" / "verification_failures.csv")
    assert tuple(header) == FAILURES
    assert first[3:] == ["'=CT of SECRET-NAME", "SECRET-NAME", "name", "6"]


def test_the_peers_tables_name_what_did_not_pass_by_its_procedure(extract, tmp_path):
    made(extract, tmp_path / "report")
    rejected = rows(tmp_path / "report" / "rejected_files.csv")
    assert rejected[0] == ["ExtractionKey", "Count", "Reason"]
    assert ["104", "0", "no archive knows this study"] in rejected
    assert ["101", "3", "modality not wanted"] in rejected
    errors = rows(tmp_path / "report" / "processing_errors.csv")
    assert errors[0] == ["DicomFilePath", "Reason"]
    assert ["105", "the archive moved 1 of 2 | instances"] in errors
    assert ["101/2.25.9", "cut off"] in errors
    assert len(rows(tmp_path / "report" / "verification_failures.csv")) == 3


def test_every_study_and_file_has_a_row_in_the_parquet(extract, tmp_path):
    made(extract, tmp_path / "report")
    table = pq.read_table(tmp_path / "report" / "files.parquet")
    assert set(table["procedure_occurrence_id"].to_pylist()) == set(range(101, 108))
    files = [row for row in table.to_pylist() if row["modality"] == "CT"]
    assert len(files) == 6
    assert {row["outcome"] for row in files} == {"passed", "failed check"}


def test_it_says_the_same_when_it_is_made_again(extract, tmp_path):
    made(extract, tmp_path / "one")
    made(extract, tmp_path / "two")
    made(extract, tmp_path / "two")
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name


def test_the_page_needs_nothing_else_and_escapes_what_devices_say(extract, tmp_path):
    made(extract, tmp_path / "report")
    page = (tmp_path / "report" / "report.html").read_text()
    assert "ACME &lt;b&gt;" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_it_names_what_it_was_made_with(extract, tmp_path):
    made(extract, tmp_path / "report")
    text = (tmp_path / "report" / "README.md").read_text()
    for version in ("PIXL 1.0", "abc", "checker known-values", "2 rows asked for nothing: no MRN"):
        assert version in text


def test_an_extract_of_which_every_study_was_rejected_has_a_report(ledger, tmp_path):
    request = StudyRequest(project="lungs", procedure_occurrence_id=1, mrn="M", accession_number="A")
    ledger.load(EXTRACT, [request])
    go(ledger, 1, State.REJECTED, reason="it is on the block list")
    account = made(ledger, tmp_path / "report")
    assert account.is_final
    assert account.parts[Part.REJECTED] == 1


def test_an_extract_that_is_not_there_is_said(ledger, tmp_path):
    with pytest.raises(ConfigurationError, match="no extract"):
        made(ledger, tmp_path / "report")


def test_radiology_reports_are_accounted_for_too(ledger, tmp_path):
    request = StudyRequest(project="lungs", procedure_occurrence_id=1, mrn="M", accession_number="A")
    ledger.load_all([Portion(extract=EXTRACT, requests=[request], reports=True)])
    go(ledger, 1, State.REJECTED, reason="it is on the block list")
    account = made(ledger, tmp_path / "report")
    assert not account.is_final
    assert "1 radiology reports = 1 requested" in (tmp_path / "report" / "README.md").read_text()
    assert "Radiology reports" in (tmp_path / "report" / "report.html").read_text()


def account_of_texts(ledger, folder, **options):
    """Make the account of the extract to which `hold_report` adds reports."""
    with ledger.accounts.read(ledger.extract_of("texts", None)) as reading:
        write_report(reading, folder, **options)


def add_days(ledger, *, after=0, flagged=0, count=8):
    """Days with 100 reports each, the last of them `-after` days before today."""
    with ledger._pool.connection() as connection:
        connection.execute(
            "INSERT INTO report_day SELECT 'texts', (now() AT TIME ZONE 'UTC')::date + %s - n, 100, %s, 20000, 500, "
            "500, 499, 99 FROM generate_series(0, %s) AS n",
            (after, flagged, count - 1),
        )


def texts(folder):
    return (folder / "README.md").read_text(), (folder / "report.html").read_text()


def test_a_day_of_reports_unlike_the_days_before_is_an_alarm_in_the_account(ledger, tmp_path):
    add_days(ledger, after=-1)
    add_days(ledger, after=0, flagged=90, count=1)
    hold_report(ledger, "Clear.", [])
    account_of_texts(ledger, tmp_path / "report", limits=Limits(sigmas=3))
    for text in texts(tmp_path / "report"):
        assert "Drift alarm: the last day" in text
        assert "share of flagged reports is 0.9" in text
        assert "beyond 3 standard deviations" in text


def test_days_like_the_others_are_no_alarm(ledger, tmp_path):
    add_days(ledger, after=-1)
    hold_report(ledger, "Clear.", [])
    account_of_texts(ledger, tmp_path / "report")
    for text in texts(tmp_path / "report"):
        assert "No drift alarm" in text


def test_reports_of_later_days_do_not_change_the_account(ledger, tmp_path):
    add_days(ledger, after=-1)
    hold_report(ledger, "Clear.", [])
    account_of_texts(ledger, tmp_path / "one")
    add_days(ledger, after=3, flagged=90, count=2)
    account_of_texts(ledger, tmp_path / "two")
    assert texts(tmp_path / "one") == texts(tmp_path / "two")
