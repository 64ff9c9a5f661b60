"""A row a file, as parquet and as CSV. Identifiable: it lies beside the output, and only its owner reads it."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from pixl.files.outcome import Row

COLUMNS: dict[str, pa.DataType] = {
    "input": pa.string(),
    "bytes": pa.int64(),
    "outcome": pa.string(),
    "reason": pa.string(),
    "output": pa.string(),
    "output_bytes": pa.int64(),
    "earlier": pa.bool_(),
    "changes": pa.map_(pa.string(), pa.int32()),
}
SCHEMA = pa.schema(COLUMNS)
BATCH = 10_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that starts so for a formula."""


def report_paths(out: Path) -> tuple[Path, Path]:
    """Return where the report of an output folder lies: parquet, CSV."""
    return out.with_name(f"{out.name}.report.parquet"), out.with_name(f"{out.name}.report.csv")


class Report:
    """Writes both files as the rows come; they get their names when it is closed.

    A run that fails before its first row leaves the report of an earlier one as it is.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._stack = ExitStack()
        self._rows: list[dict[str, Any]] = []
        self._file: Any = None
        self._parquet: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or self._file:
            self.close()

    def add(self, row: Row) -> None:
        """Write a row."""
        if not self._file:
            self._open()
        values = _values(row)
        self._rows.append(values)
        self._write_line(map(_cell, values.values()))
        if len(self._rows) >= BATCH:
            self._flush()

    def close(self) -> None:
        """Write what is left; the report is there, also if the run ended early."""
        if not self._file:
            self._open()
        with self._stack:
            self._flush()

    def _open(self) -> None:
        parquet, text = report_paths(self._out)
        with ExitStack() as stack:
            file = stack.enter_context(_private(parquet))
            self._parquet = stack.enter_context(pq.ParquetWriter(file, SCHEMA))
            self._file = stack.enter_context(_private(text))
            self._stack = stack.pop_all()
        self._write_line(SCHEMA.names)

    def _flush(self) -> None:
        if self._rows and self._parquet:
            self._parquet.write_table(pa.Table.from_pylist(self._rows, schema=SCHEMA))
            self._rows.clear()

    def _write_line(self, cells: Any) -> None:
        csv.writer(_Lines(self._file), lineterminator="\n").writerow(cells)


class _Lines:
    """What a CSV writer writes to, as UTF-8."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def write(self, text: str) -> int:
        written: int = self._file.write(text.encode("utf-8"))
        return written


@contextmanager
def _private(path: Path) -> Iterator[Any]:
    """Open a file that nobody else can read; it gets its name when it is whole."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _values(row: Row) -> dict[str, Any]:
    return {
        "input": _text(row.input),
        "bytes": row.size,
        "outcome": row.outcome.value,
        "reason": row.reason,
        "output": _text(row.output),
        "output_bytes": row.output_size,
        "earlier": row.earlier,
        "changes": dict(row.changes),
    }


def _text(name: str) -> str:
    """Return a name that may hold bytes that are no text as one that does not."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {count}" for name, count in sorted(value.items()))
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
