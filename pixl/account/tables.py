"""The report's tables: the peer's three with their columns, and a parquet with a row a file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pixl.account.account import Part, part_of_row
from pixl.ledger.accounts import Reading
from pixl.ledger.findings import StoredFinding

REJECTED = ("ExtractionKey", "Count", "Reason")
ERRORS = ("DicomFilePath", "Reason")
FAILURES = (
    "Resource",
    "ResourcePrimaryKey",
    "ProblemField",
    "ProblemValue",
    "PartWords",
    "PartClassifications",
    "PartOffsets",
)
JOINED = "###"
"""What IsIdentifiable puts between the parts of a value."""
BATCH = 10_000
FILE_COLUMNS: dict[str, pa.DataType] = {
    "procedure_occurrence_id": pa.int64(),
    "pseudo_study_uid": pa.string(),
    "series": pa.string(),
    "instance": pa.string(),
    "modality": pa.string(),
    "manufacturer": pa.string(),
    "count": pa.int64(),
    "outcome": pa.string(),
    "state": pa.string(),
    "reason": pa.string(),
}
FILE_SCHEMA = pa.schema(FILE_COLUMNS)
"""`count` is 1 for a file, more for files that were skipped together, 0 for a study of which none came."""

Study = Mapping[str, Any]


def write_peer_tables(folder: Path, reading: Reading, studies: Iterable[Study], *, with_values: bool) -> None:
    """Write the three CSV files of the peer's job report."""
    studies = list(studies)
    by_id = {study["id"]: study for study in studies}
    notes = [note for note in reading.stream("notes") if note["study_id"] in by_id]
    _write(folder / "rejected_files.csv", REJECTED, _rejected(studies, by_id, notes))
    _write(folder / "processing_errors.csv", ERRORS, _errors(studies, by_id, notes))
    failures = (_failure(one, by_id, with_values=with_values) for one in reading.failures())
    _write(folder / "verification_failures.csv", FAILURES, failures)


def write_files(path: Path, reading: Reading, studies: Iterable[Study]) -> None:
    """Write a row a file: what came out, what was left out, and the studies of which nothing came."""
    by_id = {study["id"]: study for study in studies}
    with pq.ParquetWriter(path, FILE_SCHEMA) as writer:
        rows = _file_rows(reading, by_id)
        while batch := list(islice(rows, BATCH)):
            writer.write_batch(pa.RecordBatch.from_pylist(batch, schema=FILE_SCHEMA))


def _file_rows(reading: Reading, by_id: Mapping[int, Study]) -> Iterator[dict[str, Any]]:
    seen: set[int] = set()
    for file in reading.stream("files"):
        seen.add(file["study_id"])
        study = by_id[file["study_id"]]
        named = {name: file[name] for name in ("series", "instance", "modality", "manufacturer")}
        yield _row(study, outcome=part_of_row(study), reason=study["reason"], count=1, **named)
    for note in reading.stream("notes"):
        seen.add(note["study_id"])
        yield _row(
            by_id[note["study_id"]],
            outcome=note["kind"],
            reason=note["reason"],
            count=note["count"],
            instance=note["instance"],
        )
    for study_id, study in by_id.items():
        if study_id not in seen:
            yield _row(study, outcome=part_of_row(study), reason=study["reason"], count=0)


def _row(study: Study, **values: Any) -> dict[str, Any]:
    known = {name: study[name] for name in ("procedure_occurrence_id", "pseudo_study_uid", "state")}
    return {**known, **values}


def _rejected(
    studies: Iterable[Study], by_id: Mapping[int, Study], notes: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[Any, ...]]:
    for study in studies:
        if part_of_row(study) in (Part.REJECTED, Part.NOT_FOUND):
            yield key_of(study), study["instances"] or 0, study["reason"] or study["state"]
    for note in notes:
        if note["kind"] in {"skipped", "absent"}:
            yield key_of(by_id[note["study_id"]]), note["count"], note["reason"]


def _errors(
    studies: Iterable[Study], by_id: Mapping[int, Study], notes: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[Any, ...]]:
    for study in studies:
        if part_of_row(study) in (Part.ERROR, Part.MISSING):
            yield key_of(study), study["reason"] or study["state"]
    for note in notes:
        if note["kind"] == "failed":
            yield f"{key_of(by_id[note['study_id']])}/{note['instance'] or ''}", note["reason"]


def key_of(study: Study) -> str:
    """Return by what the requester knows a study: the procedure's sequential id."""
    return str(study["procedure_occurrence_id"])


def _failure(found: StoredFinding, by_id: Mapping[int, Study], *, with_values: bool) -> tuple[str, ...]:
    finding = found.finding
    study = by_id[found.subject.study_id or 0]
    parts = finding.parts if with_values else ()
    return (
        "/".join(filter(None, (study["pseudo_study_uid"], finding.series, finding.instance))) or key_of(study),
        finding.instance or "",
        finding.where,
        finding.value if with_values else "",
        JOINED.join(part.word for part in parts),
        JOINED.join(part.kind for part in finding.parts) or finding.kind,
        JOINED.join(str(part.offset) for part in finding.parts),
    )


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([_harmless(cell) for cell in row] for row in rows)


def _harmless(cell: Any) -> Any:
    """Keep a spreadsheet from taking a value of a file for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
