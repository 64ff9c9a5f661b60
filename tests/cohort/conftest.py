from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

HEADER = (
    "procedure_id,mrn,accession_number,project_name,extract_generated_timestamp,study_date,study_uid,series_uid,"
    "participant_id"
)


@pytest.fixture
def csv_of(tmp_path: Path) -> Callable[..., Path]:
    def write(*rows: str, header: str = HEADER, encoding: str = "utf-8", line_end: str = "\n") -> Path:
        path = tmp_path / "cohort.csv"
        path.write_bytes(line_end.join([header, *rows, ""]).encode(encoding))
        return path

    return write


class ExtractFolder:
    """A small extract, whose tables a test can change before it is read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("private/PERSON_LINKS", person_id=[1, 2], PrimaryMrn=["QZ12345678", "QZ23456789"])
        self.write(
            "private/PROCEDURE_OCCURRENCE_LINKS",
            procedure_occurrence_id=[10, 11, 12],
            AccessionNumber=["RKX00000001", "RKX00000002", "RKX00000003"],
            StudyUid_X=["1.2.3.1", "1.2.3.2", None],
        )
        self.write(
            "public/omop/PROCEDURE_OCCURRENCE",
            procedure_occurrence_id=[10, 11, 12],
            person_id=[1, 1, 2],
            procedure_date=["2020-05-23", "2020-05-24", "2020-05-25"],
        )
        self.summary(datetime="2023-12-07 14:08:58", settings={"cdm_source_name": "Test Extract - UCLH OMOP CDM"})

    def write(self, name: str, **columns: Any) -> None:
        path = (self.folder / name).with_suffix(".parquet")
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), path)

    def summary(self, **content: Any) -> None:
        (self.folder / "extract_summary.json").write_text(json.dumps(content))


@pytest.fixture
def extract(tmp_path: Path) -> ExtractFolder:
    return ExtractFolder(tmp_path / "extract")
