import pyarrow.parquet as pq
import pytest

from pixl.domain.errors import RetryLater
from pixl.export.radiology import COLUMNS, ROWS, SCHEMA, write_reports
from pixl.ledger import ReportRow


def row(number, **changes):
    told = {
        "id": number,
        "revision": 2,
        "procedure_occurrence_id": number,
        "image_identifier": f"{number:016x}",
        "pseudo_study_uid": f"2.25.{number}",
        "text": f"No fracture {number}.",
        "certainty": 0.99,
        "engine": "rules",
        "method": "shapes",
        "policy": "0" * 64,
    }
    return ReportRow(**{**told, **changes})


def test_each_report_is_a_row_with_what_links_it(tmp_path):
    path = tmp_path / "radiology" / "radiology.parquet"
    assert write_reports([row(1), row(2, pseudo_study_uid=None)], path) == [(1, 2), (2, 2)]
    table = pq.read_table(path)
    assert table.schema.equals(SCHEMA)
    assert table.to_pylist()[0] == {
        "procedure_occurrence_id": 1,
        "image_identifier": f"{1:016x}",
        "pseudo_study_uid": "2.25.1",
        "image_report": "No fracture 1.",
        "certainty": 0.99,
        "engine": "rules",
        "second_method": "shapes",
        "policy_hash": "0" * 64,
    }


def test_many_rows_are_written_in_parts(tmp_path):
    path = tmp_path / "radiology.parquet"
    write_reports((row(number) for number in range(2 * ROWS + 1)), path)
    assert pq.ParquetFile(path).num_row_groups == 3


def test_no_reports_are_an_empty_table_with_the_same_columns(tmp_path):
    path = tmp_path / "radiology.parquet"
    assert write_reports([], path) == []
    assert pq.read_table(path).column_names == [name for name, _, _ in COLUMNS]


def test_a_database_that_goes_away_in_the_middle_leaves_the_old_file(tmp_path):
    def rows():
        yield row(2)
        raise RetryLater("the database is away")

    path = tmp_path / "radiology.parquet"
    write_reports([row(1)], path)
    with pytest.raises(RetryLater):
        write_reports(rows(), path)
    assert pq.read_table(path)["procedure_occurrence_id"].to_pylist() == [1]


def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path):
    (tmp_path / "radiology").write_text("a file")
    with pytest.raises(RetryLater, match="could not be written"):
        write_reports([], tmp_path / "radiology" / "radiology.parquet")
