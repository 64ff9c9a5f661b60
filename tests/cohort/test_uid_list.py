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


@pytest.mark.parametrize(("header", "field"), [("SeriesInstanceUID", "series_uid"), ("SOPInstanceUID", "sop_uid")])
def test_each_line_asks_for_a_series_or_an_instance_of_which_only_the_uid_is_known(
    tmp_path: Path, header: str, field: str
) -> None:
    extract = only(read(listed(tmp_path, "1.2.3", "1.2.4", "1.2.3", header=header.upper())))
    assert [(getattr(one, field), one.study_uid, one.is_known_by_part) for one in extract.requests] == [
        ("1.2.3", None, True),
        ("1.2.4", None, True),
    ]
    assert extract.summary.studies == 2  # until an archive tells which they are of
    assert {part.reason: part.count for part in extract.skipped} == {"the same as an earlier row": 1}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_study_and_the_modality_may_stand_beside_a_uid(tmp_path: Path, separator: str) -> None:
    lines = ["1.2,CT,1.2.3", "1.2,,1.2.4", ",CT,1.2.5", "1.2,,1.2.3"]
    path = listed(
        tmp_path,
        *(line.replace(",", separator) for line in lines),
        header=separator.join(["StudyInstanceUID", "Modality", "SeriesInstanceUID"]),
    )
    extract = only(read(path, Listing(project="demo", modalities=("CT", "MR"))))
    assert [(one.study_uid, one.series_uid, one.modality) for one in extract.requests] == [
        ("1.2", "1.2.3", "CT"),
        ("1.2", "1.2.4", None),
        (None, "1.2.5", "CT"),
        ("1.2", "1.2.3", None),
    ]
    assert extract.summary.studies == 2


@pytest.mark.parametrize(
    ("header", "lines", "problem"),
    [
        ("SeriesInstanceUID,SOPInstanceUID", ["1.2,1.3"], "two kinds of UIDs; make a list of SOPInstanceUID"),
        ("SeriesInstanceUID,SeriesInstanceUID", ["1.2,1.3"], "the column SeriesInstanceUID is there twice"),
        ("SeriesInstanceUID", ["1.2", "StudyInstanceUID", "1.3"], "line 3, column SeriesInstanceUID: .* own"),
        ("SeriesInstanceUID", ["1.2", "not-a-uid"], "line 3, column SeriesInstanceUID: is no DICOM UID"),
        ("SOPInstanceUID", ["1." + "2" * 64], "line 2, column SOPInstanceUID: is no DICOM UID"),
        ("SeriesInstanceUID,StudyInstanceUID", ["1.2,1.2"], "line 2, column SeriesInstanceUID: is the same as"),
        ("SeriesInstanceUID,StudyInstanceUID", ["1.2,x"], "line 2, column StudyInstanceUID: is no DICOM UID"),
        ("SeriesInstanceUID,Modality", ["1.2,QZ"], "line 2, column Modality: .* it takes: CT"),
        ("SeriesInstanceUID,Modality", ["1.2"], "line 2: has 1 cells and the header 2"),
        ("SeriesUID", ["1.2"], "begins with one of SOPInstanceUID, SeriesInstanceUID, StudyInstanceUID"),
        ("1.2.3", ["1.2"], "its first line does not say what is in it"),
        ("SeriesInstanceUID", [], "no row left"),
    ],
)
def test_a_list_that_is_not_one_says_where_and_what_to_do(
    tmp_path: Path, header: str, lines: list[str], problem: str
) -> None:
    with pytest.raises(CohortInvalid, match=problem) as caught:
        read(listed(tmp_path, *lines, header=header), Listing(project="demo", modalities=("CT",)))
    assert "QZ" not in str(caught.value)


def test_a_modality_is_said_in_one_place(tmp_path: Path) -> None:
    path = listed(tmp_path, "1.2,CT", header="SeriesInstanceUID,Modality")
    with pytest.raises(CohortInvalid, match="leave --modality out"):
        read(path, Listing(project="demo", modality="CT", modalities=("CT",)))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_a_list_in_another_encoding_is_read_or_refused_with_a_word(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "ids.csv"
    path.write_bytes("SeriesInstanceUID\r\n1.2.3\r\n".encode(encoding))
    if encoding == "utf-16-le":
        with pytest.raises(CohortInvalid, match="save it as CSV"):
            read(path)
    else:
        assert [one.series_uid for one in only(read(path)).requests] == ["1.2.3"]


@QUIET
@given(
    rows=st.lists(
        st.tuples(
            st.from_regex(r"1(\.[1-9]{1,3}){1,4}", fullmatch=True),
            st.sampled_from(["", "CT"]),
            st.sampled_from(["", "1"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_every_row_is_asked_for_or_counted(tmp_path: Path, rows: list[tuple[str, str, str]]) -> None:
    lines = [f"{uid},{modality},{study and study + '.' + uid}" for uid, modality, study in rows]
    path = listed(tmp_path, *lines, header="SOPInstanceUID,Modality,StudyInstanceUID")
    extract = only(read(path, Listing(project="demo", modalities=("CT",))))
    different = {(uid, modality) for uid, modality, _ in rows}
    assert {(one.sop_uid, one.modality or "") for one in extract.requests} == different
    assert len(extract.requests) + sum(part.count for part in extract.skipped) == len(rows)


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
