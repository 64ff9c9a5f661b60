from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pixl.cohort import Cohort, read_cohort
from pixl.domain.errors import CohortInvalid

HEADER = (
    "procedure_id,mrn,accession_number,project_name,extract_generated_timestamp,study_date,study_uid,series_uid,"
    "participant_id"
)
ROW = "1,QZ12345678,RKX00000001,demo,2023-12-07T14:08:58Z,2020-05-23,1.2.3.4,,"
SECOND = "2,QZ12345678,RKX00000002,demo,2023-12-07T14:08:58Z,2020-05-24,1.2.3.5,,"


def read(path: Path) -> Cohort:
    return read_cohort(path, known_projects=["demo", "other-project"])


def problem(path: Path) -> str:
    with pytest.raises(CohortInvalid) as caught:
        read(path)
    text = str(caught.value)
    assert not re.search("QZ1|RKX0", text)
    assert caught.value.__cause__ is None
    return text


def test_a_row_becomes_a_study_request(csv_of: Callable[..., Path]) -> None:
    (extract,) = read(csv_of(ROW)).extracts
    (request,) = extract.requests
    assert extract.extract.slug == "2023-12-07t14-08-58"
    assert extract.public is None
    assert vars(request) == {
        "project": "demo",
        "procedure_occurrence_id": 1,
        "mrn": "QZ12345678",
        "accession_number": "RKX00000001",
        "study_date": dt.date(2020, 5, 23),
        "study_uid": "1.2.3.4",
        "series_uid": None,
        "participant_id": None,
        "participant_place": None,
        "modality": None,
        "sop_uid": None,
    }


def test_requests_can_be_asked_for_again_and_in_batches(csv_of: Callable[..., Path]) -> None:
    (extract,) = read(csv_of(ROW, SECOND)).extracts
    assert len(extract.requests) == len(list(extract.requests)) == len(list(extract.requests)) == 2
    assert [len(batch) for batch in extract.requests.batches(1)] == [1, 1]
    assert "QZ" not in repr(extract)


def test_several_projects_in_one_file_are_several_extracts_the_oldest_first(csv_of: Callable[..., Path]) -> None:
    older = ROW.replace("demo", "Other Project").replace("2023", "2022")
    assert [each.extract.project for each in read(csv_of(ROW, older)).extracts] == ["other-project", "demo"]


def test_two_series_of_a_study_are_both_kept(csv_of: Callable[..., Path]) -> None:
    one, two = ROW.replace("1.2.3.4,,", "1.2.3.4,1.5.1,"), ROW.replace("1.2.3.4,,", "1.2.3.4,1.5.2,")
    (extract,) = read(csv_of(one, two)).extracts
    assert [request.series_uid for request in extract.requests] == ["1.5.1", "1.5.2"]
    assert (extract.summary.requests, extract.summary.studies, extract.summary.patients) == (2, 1, 1)


def test_several_series_in_one_cell_are_several_requests(csv_of: Callable[..., Path]) -> None:
    (extract,) = read(csv_of(ROW.replace("1.2.3.4,,", r"1.2.3.4,1.5.1\\1.5.2,"))).extracts
    assert [request.series_uid for request in extract.requests] == ["1.5.1", "1.5.2"]


def test_duplicate_rows_are_counted_once_and_reported(csv_of: Callable[..., Path]) -> None:
    (extract,) = read(csv_of(ROW, ROW, ROW)).extracts
    assert len(extract.requests) == 1
    (skipped,) = extract.skipped
    assert (skipped.file, skipped.count, skipped.rows) == ("cohort.csv", 2, (3, 4))
    assert "the same as an earlier row" in str(skipped)


@pytest.mark.parametrize(("cell", "reason"), [("RKX00000001", "no accession number"), ("QZ12345678", "no MRN")])
@pytest.mark.parametrize("missing", ["", "  ", "NA", "nan", "None"])
def test_rows_without_identifiers_are_skipped_and_reported(
    csv_of: Callable[..., Path], cell: str, reason: str, missing: str
) -> None:
    (extract,) = read(csv_of(SECOND, ROW.replace(cell, missing))).extracts
    (skipped,) = extract.skipped
    assert (skipped.reason, skipped.rows, extract.summary.skipped) == (reason, (3,), 1)


def test_cells_are_trimmed(csv_of: Callable[..., Path]) -> None:
    (extract,) = read(csv_of(ROW.replace(",", " , "))).extracts
    (request,) = extract.requests
    assert (request.mrn, request.study_uid, request.participant_id) == ("QZ12345678", "1.2.3.4", None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_with_a_mark_line_ends_and_delimiters_are_recognised(
    csv_of: Callable[..., Path], encoding: str, line_end: str, delimiter: str
) -> None:
    path = csv_of(
        ROW.replace(",", delimiter),
        SECOND.replace(",", delimiter),
        header=HEADER.replace(",", delimiter),
        encoding=encoding,
        line_end=line_end,
    )
    assert read(path).extracts[0].summary.requests == 2


def test_a_file_that_is_not_utf_8_is_refused_with_its_line_and_the_way_to_convert_it(
    csv_of: Callable[..., Path],
) -> None:
    text = problem(csv_of(ROW, SECOND.replace("RKX", "RKÄX"), encoding="latin-1"))
    assert "cohort.csv line 3: is not UTF-8" in text
    assert "iconv" in text


def test_utf_16_without_its_mark_is_refused(csv_of: Callable[..., Path]) -> None:
    assert "UTF-16" in problem(csv_of(ROW, encoding="utf-16-le"))


def test_half_a_utf_16_file_is_refused(csv_of: Callable[..., Path]) -> None:
    path = csv_of(ROW, encoding="utf-16")
    path.write_bytes(path.read_bytes()[:-1])
    assert "damaged" in problem(path)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (ROW.replace("2020-05-23", "23/05/2020"), "line 2, column study_date: is no date; write it as YYYY-MM-DD"),
        (ROW.replace("2020-05-23", "2020-02-30"), "line 2, column study_date: is no date"),
        (
            ROW.replace("2023-12-07T14:08:58Z", "yesterday"),
            "line 2, column extract_generated_timestamp: is no date and",
        ),
        (ROW.replace("2023-12-07T14:08:58Z", ""), "line 2, column extract_generated_timestamp: is empty"),
        ("x" + ROW, "line 2, column procedure_id: is no whole number"),
        ("-" + ROW, "line 2, column procedure_id: is no whole number"),
        (ROW[1:], "line 2, column procedure_id: is empty"),
        ("9" * 19 + ROW, "line 2, column procedure_id: is too large"),
        (ROW.replace("1.2.3.4", "1.2.3.x"), "line 2, column study_uid: is no DICOM UID"),
        (ROW.replace("RKX00000001", "*"), "line 2, column accession_number: has a control character, a backslash, *"),
        (ROW.replace("QZ12345678", "QZ1*"), "line 2, column mrn: has a control character"),
        (ROW.replace("QZ12345678", "QZ1" * 30), "line 2, column mrn: is longer than 64 characters"),
        (ROW + ",RKX00000009", "line 2: has 10 cells and the header 9"),
        (ROW[:40], "line 2: has 5 cells and the header 9"),
        (
            ROW.replace("demo", "dmeo"),
            "line 2, column project_name: there is no such project (did you mean demo? known: demo, other-project)",
        ),
        ('"' + ROW, "line 2: a quotation mark"),
    ],
)
def test_a_bad_cell_is_named_by_line_and_column(csv_of: Callable[..., Path], broken: str, said: str) -> None:
    text = problem(csv_of(broken, SECOND))
    assert f"cohort.csv {said}" in text
    assert "1 problem, nothing was loaded" in text


def test_an_unknown_project_says_how_to_make_one(csv_of: Callable[..., Path]) -> None:
    text = problem(csv_of(*[ROW.replace("demo", "unknown")] * 9))
    assert "pixl project new" in text
    assert text.count("there is no such project") == 1


def test_a_number_for_two_studies_is_refused(csv_of: Callable[..., Path]) -> None:
    assert "line 3, column procedure_id: an earlier row" in problem(csv_of(ROW, "1" + SECOND[1:]))


def test_lines_are_counted_as_a_person_does(csv_of: Callable[..., Path]) -> None:
    quoted = ROW.replace("demo", '"\n demo \n"')
    text = problem(csv_of(quoted, "", ",,,,,,,,", "x" + SECOND, header="\n\n" + HEADER))
    assert "cohort.csv line 9, column procedure_id" in text


def test_all_problems_are_told_at_once_but_not_more_than_a_person_reads(csv_of: Callable[..., Path]) -> None:
    text = problem(csv_of(*["x" + ROW] * 50))
    assert "50 problems" in text
    assert text.endswith("and 30 more")
    assert "line 21," in text


@pytest.mark.parametrize("column", ["procedure_id", "mrn", "accession_number", "project_name", "study_date"])
def test_a_missing_column_is_named(csv_of: Callable[..., Path], column: str) -> None:
    assert f"1 column is missing: {column};" in problem(csv_of(ROW, header=HEADER.replace(column, "colour")))


def test_a_misspelt_column_is_asked_about(csv_of: Callable[..., Path]) -> None:
    text = problem(csv_of(ROW, header=HEADER.replace("participant_id", "participantid")))
    assert "column 9 of the header looks like participant_id" in text


def test_a_column_that_is_there_twice_is_refused(csv_of: Callable[..., Path]) -> None:
    assert "the column mrn is there twice" in problem(csv_of(ROW, header=HEADER.replace("series_uid", "MRN")))


def test_columns_may_stand_in_any_order_and_others_are_left_alone(csv_of: Callable[..., Path]) -> None:
    header = "colour,study_date,mrn,procedure_id,accession_number,project_name,extract_generated_timestamp"
    path = csv_of("red,2020-05-23,QZ12345678,1,RKX00000001,demo,2023-12-07T14:08:58Z", header=header)
    assert len(read(path).extracts[0].requests) == 1


def test_a_file_without_a_header_does_not_show_its_first_patient(csv_of: Callable[..., Path]) -> None:
    assert "columns are missing" in problem(csv_of(SECOND, header=ROW))


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \r\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "cohort.csv").write_bytes(content)
    assert "is empty" in problem(tmp_path / "cohort.csv")


def test_a_file_without_rows_is_refused(csv_of: Callable[..., Path]) -> None:
    assert "no row left" in problem(csv_of())


def test_a_file_of_which_nothing_is_left_says_what_was_skipped(csv_of: Callable[..., Path]) -> None:
    text = problem(csv_of(ROW.replace("RKX00000001", "")))
    assert "no accession number (row 2)" in text
    assert "no row left" in text


@pytest.mark.parametrize(
    ("start", "said"), [(b"PAR1", "parquet"), (b"PK\x03\x04", "spreadsheet"), (b"\x1f\x8b", "compressed")]
)
def test_another_kind_of_file_is_named(tmp_path: Path, start: bytes, said: str) -> None:
    (tmp_path / "cohort.csv").write_bytes(start + b"QZ12345678")
    assert said in problem(tmp_path / "cohort.csv")


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "there is no such folder or file" in problem(tmp_path / "nothing.csv")
