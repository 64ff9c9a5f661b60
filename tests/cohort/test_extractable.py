"""Rows that are not to be asked for, and why: as the cohort says, and as the project's rules say."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixl.cohort import Cohort, Listing, read_cohort
from pixl.domain.errors import CohortInvalid
from pixl.domain.extractable import RowRule

HEADER = "procedure_id,mrn,accession_number,project_name,extract_generated_timestamp,study_date,study_uid"
FLAGGED = f"{HEADER},extractable,not_extractable_reason"
QUIET = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
CsvOf = Callable[..., Path]


def row(number: int, *more: str, date: str = "2020-05-23", mrn: str = "QZ12345678") -> str:
    return ",".join(
        [str(number), mrn, f"RKX0000000{number}", "demo", "2023-12-07T14:08:58Z", date, f"1.2.{number}", *more]
    )


def read(path: Path, *rules: RowRule) -> Cohort:
    return read_cohort(path, known_projects=["demo"], rules=lambda _: rules, listing=Listing(project="demo"))


def result(cohort: Cohort) -> tuple[list[int], dict[str, int]]:
    """Return what is asked for, and how many rows are not, by reason."""
    (extract,) = cohort.extracts
    counted = {part.reason: part.count for part in extract.skipped}
    return [request.procedure_occurrence_id for request in extract.requests], counted


@pytest.mark.parametrize("no", ["false", "No", "0", "FALSE"])
def test_a_row_that_is_not_extractable_is_counted_under_its_reason(csv_of: CsvOf, no: str) -> None:
    path = csv_of(row(1, no, "opted out"), row(2, "true", ""), row(3, no, "opted out"), row(4, no, ""), header=FLAGGED)
    assert result(read(path)) == ([2], {"not extractable: opted out": 2, "not extractable": 1})


@pytest.mark.parametrize("yes", ["true", "YES", "1"])
def test_a_row_that_is_extractable_is_asked_for(csv_of: CsvOf, yes: str) -> None:
    assert result(read(csv_of(row(1, yes, ""), header=FLAGGED))) == ([1], {})


@pytest.mark.parametrize(
    ("flag", "why", "problem"),
    [
        ("", "", "neither yes nor no"),
        ("perhaps", "", "neither yes nor no"),
        ("yes", "opted out", "correct one of them"),
        ("no", "MRN 12345678 opted out", "number"),
        ("no", "QZ123 opted out", "number"),
        ("no", "x" * 101, "shorter"),
    ],
)
def test_a_flag_that_is_not_clear_loads_nothing(csv_of: CsvOf, flag: str, why: str, problem: str) -> None:
    with pytest.raises(CohortInvalid, match=problem) as caught:
        read(csv_of(row(1, flag, why), row(2, "yes", ""), header=FLAGGED))
    assert "line 2, column extractable" in str(caught.value)
    assert "opted out" not in str(caught.value)


def test_a_reason_without_the_flag_loads_nothing(csv_of: CsvOf) -> None:
    with pytest.raises(CohortInvalid, match="needs the column extractable"):
        read(csv_of(row(1, "opted out"), header=f"{HEADER},not_extractable_reason"))


def test_a_column_of_ever_new_reasons_loads_nothing_and_is_not_shown(csv_of: CsvOf) -> None:
    reasons = [f"{first}{second}" for first in "abcdefgh" for second in "abcdefgh"]
    rows = [row(number, "no", reason) for number, reason in enumerate(reasons)]
    with pytest.raises(CohortInvalid, match="different reasons"):
        read(csv_of(*rows, row(99, "yes", ""), header=FLAGGED))


OLD = RowRule(field="study_date", before=dt.date(2015, 1, 1), reason="older than the approval")


def test_a_row_that_a_rule_covers_is_not_asked_for_and_counted(csv_of: CsvOf) -> None:
    path = csv_of(row(1, date="2014-12-31"), row(2, date="2015-01-01"), row(3, date=""), header=HEADER)
    assert result(read(path, OLD)) == ([2, 3], {"not extractable: older than the approval": 1})


def test_the_first_rule_that_covers_a_row_gives_the_reason(csv_of: CsvOf) -> None:
    tests = RowRule(field="mrn", matches="^TEST", reason="a test patient")
    path = csv_of(row(1, date="2014-12-31", mrn="TESTING"), row(2, mrn="TESTING"), row(3), header=HEADER)
    assert result(read(path, tests, OLD)) == ([3], {"not extractable: a test patient": 2})


@pytest.mark.parametrize(
    ("bounds", "covered"),
    [
        ({"before": dt.date(2015, 1, 1)}, ["2014"]),
        ({"after": dt.date(2015, 12, 31)}, ["2016"]),
        ({"before": dt.date(2015, 1, 1), "after": dt.date(2015, 12, 31)}, ["2014", "2016"]),
    ],
)
def test_days_before_and_days_after_are_covered(bounds: dict[str, dt.date], covered: list[str]) -> None:
    rule = RowRule(field="study_date", reason="r", **bounds)  # type: ignore[arg-type]
    years = ("2014", "2015", "2016")
    assert [year for year in years if rule.covers({"study_date": dt.date(int(year), 6, 1)})] == covered


def test_a_cohort_of_which_nothing_is_extractable_is_refused_with_the_reasons(csv_of: CsvOf) -> None:
    with pytest.raises(CohortInvalid, match="older than the approval"):
        read(csv_of(row(1, date="2014-12-31"), header=HEADER), OLD)


def test_rules_hold_for_lists_of_uids_and_extracts_too(tmp_path: Path, extract) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "ids.csv").write_text("StudyInstanceUID\n1.2.3\n2.25.7\n")
    foreign = RowRule(field="study_uid", matches=r"^2\.25\.", reason="from elsewhere")
    assert result(read(tmp_path / "ids.csv", foreign)) == ([2], {"not extractable: from elsewhere": 1})
    name = "test-extract-uclh-omop-cdm"
    rule = RowRule(field="accession_number", matches="2$", reason="even")
    cohort = read_cohort(extract.folder, known_projects=[name], rules={name: [rule]}.__getitem__)
    assert result(cohort) == ([10, 12], {"not extractable: even": 1})


@QUIET
@given(flag=st.text(max_size=8), why=st.text(max_size=30))
def test_a_flag_and_a_reason_of_any_text_are_read_or_refused(tmp_path: Path, flag: str, why: str) -> None:
    cells = [f'"{cell}"' for cell in (re.sub('[\r\n"]', "", text) for text in (flag, why))]
    path = tmp_path / "cohort.csv"
    path.write_text("\n".join([FLAGGED, row(1, *cells), row(2, "yes", "")]), encoding="utf-8", errors="surrogatepass")
    asked, counted, shown = [2], {"": 1}, ""
    try:
        asked, counted = result(read(path))
    except CohortInvalid as error:
        shown = str(error)
    assert 2 in asked
    assert len(asked) + sum(counted.values()) == 2
    assert "QZ1" not in shown
