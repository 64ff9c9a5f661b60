"""OMOP-ES extracts of the invented hospital: the folder in both layouts, and the CSV form."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from pixl.testing.identities import Patient
from pixl.testing.study import Study

Layout = Literal["plain", "batched"]
GENERATED_AT = dt.datetime(2023, 12, 7, 14, 8, 58, tzinfo=dt.UTC)
CSV_COLUMNS = (
    "procedure_id",
    "mrn",
    "accession_number",
    "project_name",
    "extract_generated_timestamp",
    "study_date",
    "study_uid",
    "series_uid",
    "participant_id",
)
BATCHES = 3
IMAGING_CONCEPT = 4163872
"""Plain chest X-ray, in OMOP's vocabulary."""


def write_extract(
    folder: Path,
    *,
    patients: Sequence[Patient],
    studies: Sequence[Study],
    project: str = "demo",
    layout: Layout = "plain",
    generated_at: dt.datetime = GENERATED_AT,
) -> Path:
    """Write an extract folder and return it. Public tables hold sequential ids only; `private/` says whose they are."""
    write_summary(folder, project, generated_at)
    for name, table in {**public_tables(patients, studies), **private_tables(patients, studies)}.items():
        write_table(folder, name, table, layout)
    return folder


def write_summary(folder: Path, project: str, generated_at: dt.datetime = GENERATED_AT) -> None:
    """Write `extract_summary.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    summary = {
        "gitsha": "5f3c1d0e8a77b2c94d6e01f2a3b4c5d6e7f80912",
        "datetime": generated_at.strftime("%Y-%m-%d %H:%M:%S"),
        "settings": {"cdm_source_name": project, "site": "Invented"},
    }
    (folder / "extract_summary.json").write_text(json.dumps(summary, indent=2), encoding="utf-8")


def public_tables(patients: Sequence[Patient], studies: Sequence[Study]) -> dict[str, pa.Table]:
    """Return the tables that may leave."""
    return {
        "public/omop/PERSON": pa.table(
            {
                "person_id": [patient.number for patient in patients],
                "gender_concept_id": [8532 if patient.sex == "F" else 8507 for patient in patients],
                "year_of_birth": [patient.birth_date.year for patient in patients],
                "race_concept_id": [0] * len(patients),
            }
        ),
        "public/omop/PROCEDURE_OCCURRENCE": procedures(
            [study.number for study in studies],
            [study.patient for study in studies],
            [study.study_date for study in studies],
        ),
        "public/omop/OBSERVATION_PERIOD": pa.table(
            {
                "observation_period_id": [patient.number for patient in patients],
                "person_id": [patient.number for patient in patients],
                "observation_period_start_date": [dt.date(2015, 1, 1)] * len(patients),
                "observation_period_end_date": [dt.date(2023, 12, 1)] * len(patients),
            }
        ),
    }


def procedures(numbers: Sequence[int], people: Sequence[int], dates: Sequence[dt.date]) -> pa.Table:
    """Return PROCEDURE_OCCURRENCE (OMOP CDM 5.3)."""
    count = len(numbers)
    return pa.table(
        {
            "procedure_occurrence_id": pa.array(numbers, pa.int64()),
            "person_id": pa.array(people, pa.int64()),
            "procedure_concept_id": pa.array([IMAGING_CONCEPT] * count, pa.int64()),
            "procedure_date": pa.array(dates, pa.date32()),
            "procedure_datetime": pa.array(dates, pa.date32()).cast(pa.timestamp("us")),
            "procedure_type_concept_id": pa.array([32817] * count, pa.int64()),
            "quantity": pa.array([1] * count, pa.int64()),
            "visit_occurrence_id": pa.array(numbers, pa.int64()),
        }
    )


def private_tables(patients: Sequence[Patient], studies: Sequence[Study]) -> dict[str, pa.Table]:
    """Return the tables that link sequential ids to identifiers."""
    return {
        "private/PERSON_LINKS": person_links(
            [patient.number for patient in patients],
            [patient.mrn for patient in patients],
            [patient.nhs_number for patient in patients],
        ),
        "private/PROCEDURE_OCCURRENCE_LINKS": procedure_links(
            [study.number for study in studies],
            [study.accession_number for study in studies],
            [study.study_uid for study in studies],
        ),
    }


def person_links(people: Sequence[int], mrns: Sequence[str], nhs_numbers: Sequence[str | None]) -> pa.Table:
    """Return PERSON_LINKS."""
    return pa.table(
        {
            "person_id": pa.array(people, pa.int64()),
            "PatientDurableKey": pa.array([7_000_000 + person for person in people], pa.int64()),
            "PrimaryMrn": pa.array(mrns, pa.string()),
            "NhsNumber": pa.array(nhs_numbers, pa.string()),
        }
    )


def procedure_links(numbers: Sequence[int], accessions: Sequence[str | None], uids: Sequence[str | None]) -> pa.Table:
    """Return PROCEDURE_OCCURRENCE_LINKS."""
    return pa.table(
        {
            "procedure_occurrence_id": pa.array(numbers, pa.int64()),
            "ImagingKey": pa.array([9_000_000 + number for number in numbers], pa.int64()),
            "AccessionNumber": pa.array(accessions, pa.string()),
            "StudyUid_X": pa.array(uids, pa.string()),
        }
    )


def write_table(folder: Path, name: str, table: pa.Table, layout: Layout = "plain") -> None:
    """Write one table: one file, or a folder of parts in lower case."""
    path = folder / name
    if layout == "plain":
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path.with_suffix(".parquet"))
        return
    parts = path.with_name(path.name.lower())
    parts.mkdir(parents=True, exist_ok=True)
    size = -(-table.num_rows // BATCHES) or 1
    for part in range(BATCHES):
        pq.write_table(table.slice(part * size, size), parts / f"part-{part}.parquet")


def write_csv(
    path: Path,
    *,
    patients: Sequence[Patient],
    studies: Sequence[Study],
    projects: Sequence[str] = ("demo",),
    generated_at: dt.datetime = GENERATED_AT,
) -> Path:
    """Write the CSV form, all studies once for each project, and return its path."""
    mrns = {patient.number: patient.mrn for patient in patients}
    write_rows(
        path,
        [
            {
                "procedure_id": study.number,
                "mrn": mrns[study.patient],
                "accession_number": study.accession_number,
                "project_name": project,
                "extract_generated_timestamp": generated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "study_date": study.study_date.isoformat(),
                "study_uid": study.study_uid,
            }
            for project in projects
            for study in studies
        ],
    )
    return path


def write_rows(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows by column name; what a row does not have stays empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, CSV_COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)


def big_extract(folder: Path, *, rows: int = 100_000, project: str = "demo", layout: Layout = "plain") -> Path:
    """Write an extract of as many rows, for benchmarks: there are no images to it."""
    numbers, people = range(1, rows + 1), range(1, rows // 4 + 2)
    first = dt.date(2015, 1, 1)
    dates = [first + dt.timedelta(days=number % 3000) for number in numbers]
    tables = {
        "public/omop/PROCEDURE_OCCURRENCE": procedures(numbers, [1 + number // 4 for number in numbers], dates),
        "private/PERSON_LINKS": person_links(
            people, [f"QZ{10_000_000 + each}" for each in people], [None] * len(people)
        ),
        "private/PROCEDURE_OCCURRENCE_LINKS": procedure_links(
            numbers,
            [f"RKX{number:09d}" for number in numbers],
            [f"1.2.826.0.1.3680043.8.498.{10**30 + number}" for number in numbers],
        ),
    }
    write_summary(folder, project)
    for name, table in tables.items():
        write_table(folder, name, table, layout)
    return folder
