"""`radiology.parquet`: the de-identified reports of an extract, each with what links it to the images."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pixl.domain.errors import RetryLater
from pixl.ledger import ReportRow

FILE = Path("radiology", "radiology.parquet")
"""Below an extract's folder."""
COLUMNS = (
    ("procedure_occurrence_id", pa.int64(), "the row of the cohort, as in the public tables"),
    ("image_identifier", pa.string(), "the hashed accession number, as in (0008,0050) of the images"),
    ("pseudo_study_uid", pa.string(), "the study's UID, as in (0020,000D) of the images; null if no image is known"),
    ("image_report", pa.string(), "the de-identified report"),
    ("certainty", pa.float64(), "from 0 to 1: how certain it is that nothing was left in it"),
    ("engine", pa.string(), "the engines that de-identified it"),
    ("second_method", pa.string(), "the engine that checked it"),
    ("policy_hash", pa.string(), "the hash of engines, versions and settings"),
)
SCHEMA = pa.schema(
    [
        pa.field(name, kind, nullable=name == "pseudo_study_uid", metadata={"description": text})
        for name, kind, text in COLUMNS
    ]
)
ROWS = 2_000
"""How many reports are in memory at a time; a row group of the file."""


def write_reports(rows: Iterable[ReportRow], path: Path) -> list[tuple[int, int]]:
    """Write reports to a parquet file that appears when it is whole; return (report, revision) of what is in it.

    Raises
    ------
    RetryLater
        The data folder cannot be written now, because it is full for example.
    """
    partial = path.with_name(f".{path.name}.partial")
    written: list[tuple[int, int]] = []
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with pq.ParquetWriter(partial, SCHEMA, compression="zstd") as writer:
            for some in _batches(rows):
                writer.write_table(_table(some))
                written += [(row.id, row.revision) for row in some]
        partial.replace(path)
    except OSError as error:
        raise RetryLater(f"{path} could not be written: {error.strerror or 'is the disk full?'}") from error
    return written


def _table(rows: list[ReportRow]) -> pa.Table:
    values: dict[str, Callable[[ReportRow], object]] = {
        "image_report": lambda row: row.text,
        "second_method": lambda row: row.method,
        "policy_hash": lambda row: row.policy,
    }
    columns = {
        name: [values[name](row) if name in values else getattr(row, name) for row in rows] for name in SCHEMA.names
    }
    return pa.table(columns, schema=SCHEMA)


def _batches(rows: Iterable[ReportRow]) -> Iterator[list[ReportRow]]:
    ahead = iter(rows)
    while some := list(itertools.islice(ahead, ROWS)):
        yield some
