from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pixl.cohort import Cohort, read_cohort
from pixl.domain.errors import CohortInvalid
from pixl.testing.extract import write_table

PROJECT = "test-extract-uclh-omop-cdm"


def read(extract: Any) -> Cohort:
    return read_cohort(extract.folder, known_projects=[PROJECT, "demo"])


def problem(extract: Any) -> str:
    with pytest.raises(CohortInvalid) as caught:
        read(extract)
    assert not any(value in str(caught.value) for value in ("QZ1", "QZ2", "RKX0"))
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_public_and_private_are_joined(extract: Any) -> None:
    (found,) = read(extract).extracts
    assert (found.extract.project, found.extract.slug) == (PROJECT, "2023-12-07t14-08-58")
    assert found.extract.generated_at == dt.datetime(2023, 12, 7, 14, 8, 58, tzinfo=dt.UTC)
    assert found.public == extract.folder / "public"
    assert found.skipped == ()
    rows = [(r.procedure_occurrence_id, r.mrn, r.accession_number, r.study_date, r.study_uid) for r in found.requests]
    assert rows == [
        (10, "QZ12345678", "RKX00000001", dt.date(2020, 5, 23), "1.2.3.1"),
        (11, "QZ12345678", "RKX00000002", dt.date(2020, 5, 24), "1.2.3.2"),
        (12, "QZ23456789", "RKX00000003", dt.date(2020, 5, 25), None),
    ]


def test_public_tables_may_stand_in_public_itself(extract: Any) -> None:
    (extract.folder / "public/omop/PROCEDURE_OCCURRENCE.parquet").rename(
        extract.folder / "public/PROCEDURE_OCCURRENCE.parquet"
    )
    assert len(read(extract).extracts[0].requests) == 3


def test_parts_are_read_in_order_and_rows_counted_in_each(extract: Any) -> None:
    (extract.folder / "private/PROCEDURE_OCCURRENCE_LINKS.parquet").unlink()
    for part in range(11):
        extract.write(
            f"private/procedure_occurrence_links/part-{part}",
            procedure_occurrence_id=[10 + part],
            AccessionNumber=[f"RKX{part}"],
        )
    (found,) = read(extract).extracts
    assert [request.accession_number for request in found.requests] == ["RKX0", "RKX1", "RKX2"]
    files = [skipped.file for skipped in found.skipped]
    assert files == [f"private/procedure_occurrence_links/part-{part}.parquet" for part in range(3, 11)]
    assert {skipped.rows for skipped in found.skipped} == {(1,)}


@pytest.mark.parametrize(
    "kind", [pa.int32(), pa.int64(), pa.uint16(), pa.float64(), pa.string(), pa.dictionary(pa.int8(), pa.string())]
)
def test_ids_of_any_usual_type_are_joined(extract: Any, kind: pa.DataType) -> None:
    ids = ["10", "11", "12"] if pa.types.is_dictionary(kind) or pa.types.is_string(kind) else [10, 11, 12]
    extract.write(
        "private/PROCEDURE_OCCURRENCE_LINKS",
        procedure_occurrence_id=pa.array(ids, kind),
        AccessionNumber=["RKX1", "RKX2", "RKX3"],
    )
    assert len(read(extract).extracts[0].requests) == 3


def test_numbers_are_taken_for_text_where_text_is_meant(extract: Any) -> None:
    extract.write("private/PERSON_LINKS", person_id=[1, 2], PrimaryMrn=[12345678, 23456789])
    assert [request.mrn for request in read(extract).extracts[0].requests] == ["12345678", "12345678", "23456789"]


@pytest.mark.parametrize(
    "dates",
    [
        pa.array([dt.date(2020, 5, 23)] * 3),
        pa.array([dt.datetime(2020, 5, 23, 9)] * 3, pa.timestamp("ns")),
        pa.array(["2020-05-23 09:00:00"] * 3),
    ],
)
def test_dates_of_any_usual_type_are_read(extract: Any, dates: pa.Array) -> None:
    extract.write(
        "public/omop/PROCEDURE_OCCURRENCE",
        procedure_occurrence_id=[10, 11, 12],
        person_id=[1, 1, 2],
        procedure_date=dates,
    )
    assert {request.study_date for request in read(extract).extracts[0].requests} == {dt.date(2020, 5, 23)}


def test_rows_that_ask_for_nothing_are_counted_where_they_stand(extract: Any) -> None:
    extract.write(
        "public/omop/PROCEDURE_OCCURRENCE",
        procedure_occurrence_id=[10, 11, 12, 13],
        person_id=[1, 7, None, 1],
        procedure_date=["2020-05-23"] * 4,
    )
    extract.write(
        "private/PROCEDURE_OCCURRENCE_LINKS",
        procedure_occurrence_id=[10, 10, 11, 12, 99],
        AccessionNumber=["RKX1", "RKX1", "RKX2", "RKX3", "RKX4"],
    )
    (found,) = read(extract).extracts
    links, procedures = "private/PROCEDURE_OCCURRENCE_LINKS.parquet", "public/omop/PROCEDURE_OCCURRENCE.parquet"
    assert {(each.reason, each.file, each.rows) for each in found.skipped} == {
        ("no accession number", procedures, (4,)),
        ("no MRN", procedures, (2, 3)),
        ("the same as an earlier row", links, (2,)),
        ("its procedure is not in PROCEDURE_OCCURRENCE", links, (5,)),
    }
    assert found.summary.requests == 1
    assert found.summary.skipped == 5


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("private/PERSON_LINKS", "PrimaryMrn"),
        ("private/PROCEDURE_OCCURRENCE_LINKS", "AccessionNumber"),
        ("public/omop/PROCEDURE_OCCURRENCE", "procedure_date"),
    ],
)
def test_a_missing_column_is_named_and_one_like_it_too(extract: Any, name: str, column: str) -> None:
    extract.write(name, procedure_occurrence_id=[10], person_id=[1], **{column.upper() + "S": ["x"]})
    text = problem(extract)
    assert f"{name}.parquet: the column {column} is missing; there is {column.upper()}S" in text


@pytest.mark.parametrize(
    "name", ["private/PERSON_LINKS", "private/PROCEDURE_OCCURRENCE_LINKS", "public/omop/PROCEDURE_OCCURRENCE"]
)
def test_a_missing_table_is_named_in_both_layouts(extract: Any, name: str) -> None:
    (extract.folder / f"{name}.parquet").unlink()
    parent, table = name.rsplit("/", 1)
    assert f"{name}.parquet (or {parent}/{table.lower()}/part-*.parquet): is missing" in problem(extract)


def test_a_folder_that_is_no_extract_says_what_one_looks_like(tmp_path: Path) -> None:
    with pytest.raises(CohortInvalid, match=r"extract_summary\.json: is missing") as caught:
        read_cohort(tmp_path, known_projects=[])
    assert "private/: is missing" in str(caught.value)
    assert "public/: is missing" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"QZ12345678", b"PAR1QZ12345678PAR1"])
@pytest.mark.parametrize("name", ["private/PERSON_LINKS", "public/omop/PROCEDURE_OCCURRENCE", "public/omop/PERSON"])
def test_a_corrupt_parquet_is_named(extract: Any, name: str, content: bytes) -> None:
    (extract.folder / f"{name}.parquet").write_bytes(content)
    assert f"{name}.parquet: cannot be read as parquet" in problem(extract)


def test_a_parquet_with_a_hole_in_it_is_named(extract: Any) -> None:
    path = extract.folder / "private/PERSON_LINKS.parquet"
    data = path.read_bytes()
    path.write_bytes(data[:4] + b"\xff" * 60 + data[64:])
    assert "private/PERSON_LINKS.parquet" in problem(extract)


@pytest.mark.parametrize(
    ("name", "columns", "said"),
    [
        ("private/PERSON_LINKS", {"person_id": [1], "PrimaryMrn": [1.5]}, "column PrimaryMrn: is of the type double"),
        ("private/PERSON_LINKS", {"person_id": [True], "PrimaryMrn": ["x"]}, "column person_id: is of the type bool"),
        (
            "private/PERSON_LINKS",
            {"person_id": [1, -2], "PrimaryMrn": ["x", "y"]},
            "row 2, column person_id: is no whole",
        ),
        (
            "private/PERSON_LINKS",
            {"person_id": [1, 1.5], "PrimaryMrn": ["x", "y"]},
            "row 2, column person_id: is neither",
        ),
        (
            "private/PERSON_LINKS",
            {"person_id": [1, 1], "PrimaryMrn": ["x", "y"]},
            "row 2, column person_id: is the same id",
        ),
        (
            "public/omop/PROCEDURE_OCCURRENCE",
            {"procedure_occurrence_id": [10, 11, 10], "person_id": [1, 1, 1], "procedure_date": ["2020-01-01"] * 3},
            "row 3, column procedure_occurrence_id: is the same id as in public/omop/PROCEDURE_OCCURRENCE.parquet row",
        ),
        (
            "public/omop/PROCEDURE_OCCURRENCE",
            {"procedure_occurrence_id": [10, 11], "person_id": [1, 1], "procedure_date": ["2020-01-01", "RKX0 soon"]},
            "row 2, column procedure_date: is no date",
        ),
        (
            "public/omop/PROCEDURE_OCCURRENCE",
            {"procedure_occurrence_id": [10], "person_id": [1], "procedure_date": [20200101]},
            "column procedure_date: is of the type int64, not dates",
        ),
        (
            "private/PROCEDURE_OCCURRENCE_LINKS",
            {"procedure_occurrence_id": [10, 10], "AccessionNumber": ["RKX01", "RKX02"]},
            "row 2, column procedure_occurrence_id: an earlier row gives the same id to another study",
        ),
        (
            "private/PROCEDURE_OCCURRENCE_LINKS",
            {"procedure_occurrence_id": [10, None], "AccessionNumber": ["RKX01", "RKX02"]},
            "row 2, column procedure_occurrence_id: is empty",
        ),
    ],
)
def test_what_cannot_be_used_is_named_by_file_row_and_column(
    extract: Any, name: str, columns: dict[str, Any], said: str
) -> None:
    extract.write(name, **columns)
    text = problem(extract)
    assert f"{name}.parquet" in text
    assert said in text


def test_an_identifying_column_in_public_is_refused(extract: Any) -> None:
    extract.write("public/omop/PERSON", person_id=[1], PrimaryMrn=["QZ12345678"])
    assert "public/omop/PERSON.parquet: the column PrimaryMrn identifies people" in problem(extract)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no JSON"),
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "must hold the texts"),
        ('{"datetime": "2023-12-07 14:08:58"}', "must hold the texts"),
        ('{"datetime": "2023-12-07 14:08:58", "settings": {"cdm_source_name": 5}}', "must hold the texts"),
        ('{"datetime": "QZ12345678", "settings": {"cdm_source_name": "demo"}}', "is no date and time"),
        ('{"datetime": 2023, "settings": {"cdm_source_name": "demo"}}', "is no date and time"),
        (
            '{"datetime": "2023-12-07 14:08:58", "settings": {"cdm_source_name": "x"}}',
            "there is no project x (known: demo, test-extract-uclh",
        ),
    ],
)
def test_a_summary_that_cannot_be_used_says_why(extract: Any, text: str, said: str) -> None:
    (extract.folder / "extract_summary.json").write_text(text)
    assert said in problem(extract)


def test_an_unknown_project_is_named_with_one_like_it(extract: Any) -> None:
    extract.summary(datetime="2023-12-07 14:08:58", settings={"cdm_source_name": "Test Extract UCLH"})
    assert f"there is no project test-extract-uclh (did you mean {PROJECT}?" in problem(extract)


def test_a_summary_in_another_encoding_is_refused(extract: Any) -> None:
    (extract.folder / "extract_summary.json").write_bytes(b'{"datetime": "\xe4"}')
    assert "is no JSON" in problem(extract)


def test_an_extract_without_rows_is_refused(extract: Any) -> None:
    empty = pa.table(
        {"procedure_occurrence_id": pa.array([], pa.int64()), "AccessionNumber": pa.array([], pa.string())}
    )
    write_table(extract.folder, "private/PROCEDURE_OCCURRENCE_LINKS", empty)
    text = problem(extract)
    assert "3 skipped, no accession number (rows 1, 2, 3)" in text
    assert "no row left" in text
