import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pixl.domain.destination import Receipt
from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.domain.study import ExtractId
from pixl.export.parquet import LINKER, ROWS, export_extract, extract_files, write_linker

EXTRACT = ExtractId(project="lungs", generated_at=dt.datetime(2023, 12, 7, 14, 8, 58, tzinfo=dt.UTC))
BASE = "lungs/2023-12-07t14-08-58/parquet"


class Received:
    """A destination in memory."""

    def __init__(self, fails_at=None):
        self.files, self.fails_at = {}, fails_at

    def put(self, chunks, name):
        if name == self.fails_at:
            raise RetryLater("down")
        self.files[name] = b"".join(chunks)
        return Receipt(name=name, size=len(self.files[name]), sha256="")


@pytest.fixture
def folder(tmp_path):
    for name in ("omop/PROCEDURE_OCCURRENCE.parquet", "omop/procedure_occurrence/part-0.parquet", "PERSON.parquet"):
        path = tmp_path / "omop" / "public" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"person_id": [1]}), path)
    (tmp_path / "omop" / "public" / "notes.txt").write_text("not for export")
    return tmp_path


def test_the_linker_has_the_peers_columns_and_types(tmp_path):
    write_linker(iter([(7, "2.25.1"), (8, "2.25.2")]), tmp_path / LINKER)
    table = pq.read_table(tmp_path / LINKER)
    assert table.schema.equals(pa.schema([("procedure_occurrence_id", pa.int64()), ("pseudo_study_uid", pa.string())]))
    assert table.to_pylist() == [
        {"procedure_occurrence_id": 7, "pseudo_study_uid": "2.25.1"},
        {"procedure_occurrence_id": 8, "pseudo_study_uid": "2.25.2"},
    ]


def test_a_linker_without_rows_is_a_table_all_the_same(tmp_path):
    write_linker([], tmp_path / LINKER)
    assert pq.read_table(tmp_path / LINKER).num_rows == 0
    assert pq.read_schema(tmp_path / LINKER).names == ["procedure_occurrence_id", "pseudo_study_uid"]


def test_a_long_linker_is_written_piece_by_piece(tmp_path):
    write_linker(((number, f"2.25.{number}") for number in range(ROWS * 2 + 1)), tmp_path / LINKER)
    assert pq.ParquetFile(tmp_path / LINKER).num_row_groups == 3
    assert pq.read_table(tmp_path / LINKER).num_rows == ROWS * 2 + 1


def test_the_same_rows_give_the_same_bytes(tmp_path):
    write_linker([(1, "2.25.1")], tmp_path / "a")
    write_linker([(1, "2.25.1")], tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_data_folder_that_cannot_be_written_is_tried_again_later(tmp_path):
    (tmp_path / "radiology").write_text("in the way")
    with pytest.raises(RetryLater, match="could not be written"):
        write_linker([(1, "2.25.1")], tmp_path / LINKER)


def test_files_leave_in_the_peers_layout_the_linker_last(folder):
    received, seen = Received(), []
    done = export_extract(EXTRACT, [(7, "2.25.1")], folder, received, seen.append)

    assert list(received.files) == [
        f"{BASE}/omop/public/PERSON.parquet",
        f"{BASE}/omop/public/omop/PROCEDURE_OCCURRENCE.parquet",
        f"{BASE}/omop/public/omop/procedure_occurrence/part-0.parquet",
        f"{BASE}/radiology/IMAGE_LINKER.parquet",
    ]
    assert received.files[f"{BASE}/omop/public/PERSON.parquet"] == (folder / "omop/public/PERSON.parquet").read_bytes()
    assert [(now.done, now.total) for now in seen] == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]
    assert done == seen[-1]
    assert done.files == tuple(received.files)


def test_a_cohort_that_came_without_tables_has_its_linker_exported(tmp_path):
    received = Received()
    export_extract(EXTRACT, [(7, "2.25.1")], tmp_path, received, lambda _: None)
    assert list(received.files) == [f"{BASE}/radiology/IMAGE_LINKER.parquet"]


def test_an_interrupted_export_tells_how_far_it_came(folder):
    seen = []
    received = Received(fails_at=f"{BASE}/omop/public/omop/procedure_occurrence/part-0.parquet")
    with pytest.raises(RetryLater):
        export_extract(EXTRACT, [], folder, received, seen.append)
    assert (seen[-1].done, seen[-1].total) == (2, 4)


def test_a_link_to_what_was_not_reviewed_is_refused(folder, tmp_path_factory):
    private = tmp_path_factory.mktemp("private") / "PERSON_LINKS.parquet"
    pq.write_table(pa.table({"PrimaryMrn": ["invented"]}), private)
    (folder / "omop" / "public" / "LINKS.parquet").symlink_to(private)
    with pytest.raises(ConfigurationError, match=r"LINKS.parquet must be a file"):
        extract_files(folder, EXTRACT)


def test_an_extract_folder_without_parquet_is_said_so(tmp_path):
    with pytest.raises(ConfigurationError, match="load the extract's cohort first"):
        extract_files(tmp_path, EXTRACT)
