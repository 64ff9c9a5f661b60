"""A column of texts, de-identified in a file."""

import csv
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pixl.domain.errors import ConfigurationError
from pixl.files.texts import TextJob, deidentify_texts

TEXTS = ["Dr Farhan Patel saw Mrs Lnog.", "No fracture.", None]


def job_of(tmp_path, suffix, **more):
    return TextJob(source=tmp_path / f"in{suffix}", out=tmp_path / f"out{suffix}", column="text", **more)


def write_parquet(path):
    table = pa.table({"text": TEXTS, "patient": ["Long^Anna", "B", "C"], "id": [1, 2, 3]})
    pq.write_table(table, path)


def write_csv(path, encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, ["text", "patient", "id"])
        writer.writeheader()
        writer.writerows({"text": text, "patient": "Long^Anna", "id": 1} for text in TEXTS)


def test_a_parquet_column_is_cleaned_and_other_columns_do_not_leave(tmp_path):
    job = job_of(tmp_path, ".parquet", known=(("names", "patient"),), keep=("id",))
    write_parquet(job.source)
    told = []
    summary = deidentify_texts(job, told.append)
    table = pq.read_table(job.out)
    assert table.column_names == ["id", "text"]
    assert table.column("id").to_pylist() == [1, 2, 3]
    assert table.column("text").to_pylist() == ["[NAME] saw [NAME].", "No fracture.", None]
    assert (summary.texts, summary.changed, summary.empty) == (3, 1, 1)
    assert sum(told) == 3


def test_csv_and_text_files_are_read_too(tmp_path):
    job = job_of(tmp_path, ".csv", known=(("names", "patient"),))
    write_csv(job.source)
    deidentify_texts(job, lambda done: None)
    assert "Patel" not in job.out.read_text()
    job = job_of(tmp_path, ".txt")
    job.source.write_text("Seen by Dr Patel.\n")
    deidentify_texts(job, lambda done: None)
    assert job.out.read_text() == "Seen by [NAME].\n"


def test_processes_give_the_same_in_the_same_order(tmp_path):
    job = job_of(tmp_path, ".parquet")
    pq.write_table(pa.table({"text": [f"Dr Patel {number} mm" for number in range(700)]}), job.source)
    deidentify_texts(job, lambda done: None, workers=2)
    assert pq.read_table(job.out).column("text").to_pylist() == [f"[NAME] {number} mm" for number in range(700)]


def test_surrogates_move_dates_by_the_patients_days(tmp_path):
    job = job_of(tmp_path, ".parquet", patient="id", secret=b"k" * 64)
    pq.write_table(pa.table({"text": ["Seen on 12/03/2019."] * 2, "id": ["P1", "P1"]}), job.source)
    deidentify_texts(job, lambda done: None)
    one, other = pq.read_table(job.out).column("text").to_pylist()
    assert one == other
    assert "2019" not in one or "12/03" not in one


def test_a_missing_column_is_named_with_those_that_there_are(tmp_path):
    job = job_of(tmp_path, ".parquet", keep=("nothing",))
    write_parquet(job.source)
    with pytest.raises(ConfigurationError, match="no column nothing; it has text, patient, id"):
        deidentify_texts(job, lambda done: None)


def test_another_encoding_is_told_and_nothing_is_written(tmp_path):
    job = job_of(tmp_path, ".csv")
    job.source.write_bytes("text,id\nM\u00fcller,1\n".encode("latin-1"))
    with pytest.raises(ConfigurationError, match="--encoding"):
        deidentify_texts(job, lambda done: None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]


def test_a_file_of_another_form_is_refused(tmp_path):
    job = TextJob(source=tmp_path / "in.docx", out=tmp_path / "out.docx", column="text")
    with pytest.raises(ConfigurationError, match="not one of"):
        deidentify_texts(job, lambda done: None)
    job = TextJob(source=tmp_path / "in.csv", out=tmp_path / "out.parquet", column="text")
    with pytest.raises(ConfigurationError, match="same form"):
        deidentify_texts(job, lambda done: None)


def test_a_parquet_file_that_is_none_or_is_damaged_is_told_by_its_name(tmp_path):
    job = job_of(tmp_path, ".parquet")
    write_parquet(job.source)
    whole = job.source.read_bytes()
    for damaged in (b"PAR1xx", b"", whole[:-20], whole[:4] + bytes(200) + whole[204:]):
        job.source.write_bytes(damaged)
        with pytest.raises(ConfigurationError, match=r"in\.parquet cannot be read"):
            deidentify_texts(job, lambda done: None)
        assert not job.out.exists()


def test_a_column_without_texts_is_refused_not_emptied(tmp_path):
    job = replace(job_of(tmp_path, ".parquet"), column="id")
    write_parquet(job.source)
    with pytest.raises(ConfigurationError, match="column id holds int64, not texts"):
        deidentify_texts(job, lambda done: None)


def test_a_text_without_a_patient_gets_no_surrogates(tmp_path):
    job = job_of(tmp_path, ".csv", patient="id", secret=b"k" * 32)
    job.source.write_text("text,id\nSeen on 3 May 2021.,\n")
    with pytest.raises(ConfigurationError, match="no patient ID in the column id"):
        deidentify_texts(job, lambda done: None)


def test_an_empty_file_and_a_very_long_text_are_taken_for_what_they_are(tmp_path):
    job = job_of(tmp_path, ".csv")
    job.source.write_text("")
    with pytest.raises(ConfigurationError, match="it is empty"):
        deidentify_texts(job, lambda done: None)
    job.source.write_text("text\n" + "no fracture " * 20_000 + "\n")
    assert deidentify_texts(job, lambda done: None).texts == 1
