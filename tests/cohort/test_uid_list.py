"""A cohort that is a list of UIDs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixl.cohort import Cohort, ExtractCohort, Listing, read_cohort
from pixl.domain.errors import CohortInvalid

SECRET = "1.2.826.4711"
MADE = 1_700_000_000
DEMO = Listing(project="demo")
QUIET = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])


def listed(folder: Path, *lines: str, header: str = "StudyInstanceUID") -> Path:
    path = folder / "ids.csv"
    path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    os.utime(path, (MADE, MADE))
    return path


def read(path: Path, listing: Listing | None = DEMO) -> Cohort:
    return read_cohort(path, known_projects=["demo"], listing=listing)


def only(cohort: Cohort) -> ExtractCohort:
    (extract,) = cohort.extracts
    return extract


@pytest.mark.parametrize("header", ["StudyInstanceUID", "studyinstanceuid", ' "STUDYINSTANCEUID"'.strip()])
def test_each_line_asks_for_a_study_of_which_only_the_uid_is_known(tmp_path: Path, header: str) -> None:
    extract = only(read(listed(tmp_path, "1.2.3", "1.2.4", header=header)))
    asked = [(r.procedure_occurrence_id, r.study_uid, r.mrn, r.accession_number, r.modality) for r in extract.requests]
    assert asked == [(2, "1.2.3", "", "", None), (3, "1.2.4", "", "", None)]
    assert extract.extract.slug == "2023-11-14t22-13-20"  # the time of the file: read twice, it is one extract


def test_a_modality_is_asked_for_in_every_study(tmp_path: Path) -> None:
    extract = only(read(listed(tmp_path, "1.2.3"), Listing(project="demo", modality="CT")))
    assert [request.modality for request in extract.requests] == ["CT"]


def test_a_uid_that_is_there_twice_or_says_that_there_is_none_is_counted(tmp_path: Path) -> None:
    extract = only(read(listed(tmp_path, "1.2.3", "NA", "1.2.3", "1.2.3")))
    assert len(extract.requests) == 1
    assert {part.reason: part.count for part in extract.skipped} == {"no UID": 1, "the same as an earlier row": 2}


def test_a_line_that_is_no_uid_is_told_without_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(CohortInvalid, match="line 3, column StudyInstanceUID") as caught:
        read(listed(tmp_path, "1.2.3", "QZ12345678"))
    assert "QZ" not in str(caught.value)


@pytest.mark.parametrize("listing", [None, Listing(project=None)])
def test_a_list_needs_a_project(tmp_path: Path, listing: Listing | None) -> None:
    with pytest.raises(CohortInvalid, match="--project"):
        read(listed(tmp_path, "1.2.3"), listing)


def test_a_project_that_is_not_known_is_told(tmp_path: Path) -> None:
    with pytest.raises(CohortInvalid, match="known: demo"):
        read(listed(tmp_path, "1.2.3"), Listing(project="dmo"))


def test_a_modality_goes_with_a_list_only(csv_of) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(CohortInvalid, match="--modality"):
        read(csv_of(), Listing(project="demo", modality="CT"))


@QUIET
@given(data=st.binary(max_size=200))
def test_any_bytes_below_the_header(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "ids.csv"
    path.write_bytes(b"StudyInstanceUID\n" + data)
    try:
        shown = read(path).extracts[0].summary.requests
    except CohortInvalid as error:
        shown = str(error)
    assert shown


@QUIET
@given(lines=st.lists(st.text(max_size=12), min_size=1, max_size=4))
def test_no_cell_of_a_list_is_ever_shown(tmp_path: Path, lines: list[str]) -> None:
    path = tmp_path / "ids.csv"
    path.write_text("\n".join(["StudyInstanceUID", *(f"{line}{SECRET}" for line in lines)]), errors="surrogatepass")
    try:
        cohort = read(path)
        shown = repr(cohort) + "".join(str(part) for part in only(cohort).skipped)
    except CohortInvalid as error:
        shown = str(error)
    assert SECRET not in shown
