"""What a check found, in files that only their owner can read: parquet, IsIdentifiable's CSV, a row a file.

Identifiable: the findings hold what was found.
"""

from __future__ import annotations

import csv
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from pixl.checks.columns import column_of
from pixl.checks.peer_report import COLUMNS, row_of
from pixl.domain.errors import ConfigurationError
from pixl.domain.finding import Finding
from pixl.files.check_job import CheckedFile
from pixl.files.report import _Lines, _private, _text

FINDINGS, FAILURES, FILES = "findings.parquet", "failures.csv", "files.csv"
PART = pa.struct([("word", pa.string()), ("kind", pa.string()), ("offset", pa.int32())])
BOX = pa.struct([(name, pa.int32()) for name in ("frame", "left", "top", "width", "height", "last")])
TEXTS = "file sop_uid series_uid device checker kind outcome reason where column value"
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in TEXTS.split()),
        ("parts", pa.list_(PART)),
        ("confidence", pa.float32()),
        ("box", BOX),
    ]
)
BATCH = 10_000
OF_FILES = ("file", "bytes", "result", "reason", "findings")


class CheckReport:
    """The files of one run; they get their names when they are whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._rows: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with ExitStack() as stack:
                file = stack.enter_context(_private(self._folder / FINDINGS))
                self._parquet = stack.enter_context(pq.ParquetWriter(file, SCHEMA))
                self._failures = csv.writer(_Lines(stack.enter_context(_private(self._folder / FAILURES))))
                self._files = csv.writer(_Lines(stack.enter_context(_private(self._folder / FILES))))
                self._stack = stack.pop_all()
        except OSError as error:
            raise ConfigurationError(f"{self._folder}: {error.strerror}") from None
        self._failures.writerow(COLUMNS)
        self._files.writerow(OF_FILES)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._flush()
        finally:
            self._stack.__exit__(kind, error, trace)

    def add(self, file: CheckedFile) -> None:
        """Write what became of one file."""
        path = _text(file.path)
        self._files.writerow((path, file.size, file.result, file.skipped or file.failed, len(file.findings)))
        for finding in file.findings:
            self._failures.writerow(row_of(finding, resource=path, key=file.sop_uid))
            self._rows.append(_values(finding, path, file.sop_uid))
        if len(self._rows) >= BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._parquet.write_table(pa.Table.from_pylist(self._rows, schema=SCHEMA))
            self._rows.clear()


def _values(finding: Finding, path: str, sop_uid: str) -> dict[str, Any]:
    box = finding.box
    return {
        "file": path,
        "sop_uid": sop_uid,
        "series_uid": finding.series,
        "device": finding.device,
        "checker": finding.checker,
        "kind": finding.kind,
        "outcome": finding.outcome.value,
        "reason": finding.reason,
        "where": finding.where,
        "column": column_of(finding.where),
        "value": finding.value,
        "parts": [{"word": part.word, "kind": str(part.kind), "offset": part.offset} for part in finding.parts],
        "confidence": finding.confidence,
        "box": vars(box) if box else None,
    }


def read_made_of(report: Path) -> tuple[tuple[str, str], ...]:
    """Return output and input of each file that a report of `pixl deidentify` lists; nothing if there is none."""
    if not report.is_file():
        return ()
    table = pq.read_table(report, columns=["input", "output"]).to_pylist()
    return tuple((row["output"], row["input"]) for row in table if row["output"])
