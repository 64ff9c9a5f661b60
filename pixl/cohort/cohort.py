"""What a cohort is once it has been read: extracts, each with its requests and an account of what was left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from pixl.domain.study import ExtractId, StudyRequest

_COLUMNS: dict[str, pa.DataType] = {
    "procedure_occurrence_id": pa.int64(),
    "mrn": pa.string(),
    "accession_number": pa.string(),
    "study_date": pa.date32(),
    "study_uid": pa.string(),
    "series_uid": pa.string(),
    "participant_id": pa.string(),
    "participant_place": pa.string(),
    "modality": pa.string(),
    "sop_uid": pa.string(),
}
ROW_SCHEMA = pa.schema(_COLUMNS)
"""The fields of a `StudyRequest` but for its project, which is the extract's."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Requests:
    """The requests of an extract. Held as columns, made into objects as they are asked for, any number of times."""

    project: str
    table: pa.Table

    def __len__(self) -> int:
        return self.table.num_rows

    def __iter__(self) -> Iterator[StudyRequest]:
        for batch in self.batches():
            yield from batch

    def batches(self, size: int = 1000) -> Iterator[list[StudyRequest]]:
        """Yield lists of at most `size` requests, in the order of the file."""
        for batch in self.table.to_batches(max_chunksize=size):
            yield [StudyRequest(project=self.project, **row) for row in batch.to_pylist()]

    def __repr__(self) -> str:
        return f"Requests(project={self.project!r}, {len(self)} rows)"


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """Rows that ask for nothing, and why. Shows where they are, never what is in them."""

    reason: str
    file: str
    count: int
    rows: tuple[int, ...]
    """The first of them: lines of a CSV (its header is line 1), or rows of a parquet file from 1."""

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.rows)) + (", ..." if self.count > len(self.rows) else "")
        return f"{self.file}: {self.count} skipped, {self.reason} ({'row' if self.count == 1 else 'rows'} {shown})"


@dataclass(frozen=True, kw_only=True)
class Summary:
    """How much an extract asks for."""

    requests: int
    """Rows to be loaded."""
    studies: int
    """Different studies among them."""
    patients: int
    """Different MRNs among them."""
    skipped: int
    """Rows that were left out; `ExtractCohort.skipped` says why."""


@dataclass(frozen=True, kw_only=True)
class ExtractCohort:
    """One dated cohort of a project, valid as a whole."""

    extract: ExtractId
    requests: Requests
    skipped: tuple[Skipped, ...]
    public: Path | None
    """The extract's `public/` folder, which may leave; None for a CSV."""
    summary: Summary


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """What one path held, the oldest extract first."""

    extracts: tuple[ExtractCohort, ...]
