"""Review sheets on a disk: CSV, or an Excel workbook by its ending. What is written only its owner can read."""

from __future__ import annotations

import csv
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pixl.domain.errors import ConfigurationError
from pixl.review.sheet import COLUMNS, readable

XLSX = ".xlsx"
PRIVATE_FILE = 0o600
WIDEST = 60
NO_WORKBOOK = (ValueError, KeyError, IndexError, TypeError, AttributeError, SyntaxError, zipfile.BadZipFile)
"""What openpyxl and its XML parser raise on what is none."""
MOST_ROWS = 1_048_575
"""What a workbook's sheet holds, besides its head."""


def write_sheet(path: Path, rows: Iterable[Mapping[str, str]]) -> int:
    """Write rows to a new file; return how many there were.

    Raises
    ------
    ConfigurationError
        There is such a file, it cannot be written, or workbooks cannot be written here.
    """
    rows = map(readable, rows)
    try:
        with _new_file(path) as partial:
            return _write_xlsx(partial, rows) if path.suffix.lower() == XLSX else _write_csv(partial, rows)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None


def read_sheet(path: Path) -> list[dict[str, str | None]]:
    """Return the rows of a sheet, by their columns.

    Raises
    ------
    ConfigurationError
        The file cannot be read, or is no such sheet.
    """
    try:
        rows = _read_xlsx(path) if path.suffix.lower() == XLSX else _read_csv(path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise ConfigurationError(f"{path} is no CSV file in UTF-8") from None
    if rows and "id" not in rows[0]:
        raise ConfigurationError(f"{path} is no review sheet: its first row has no column `id`")
    return rows


@contextmanager
def _new_file(path: Path) -> Iterator[Path]:
    """Give a name to write to that becomes `path` when all went well; a file that is there is kept."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE))
    try:
        yield partial
        path.hardlink_to(partial)  # unlike a rename, a link replaces nothing
    finally:
        partial.unlink(missing_ok=True)


def _write_csv(path: Path, rows: Iterable[Mapping[str, str]]) -> int:
    count = 0
    # With a mark, without which Excel takes UTF-8 for something else.
    with path.open("w", encoding="utf-8-sig", newline="", errors="replace") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for row in rows:
            writer.writerow(row)
            count += 1
    return count


def _read_csv(path: Path) -> list[dict[str, str | None]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        sample = file.read(4096)
        file.seek(0)
        # Excel in many countries writes semicolons.
        delimiter = ";" if sample.partition("\n")[0].count(";") > sample.partition("\n")[0].count(",") else ","
        return [{name: row[name] for name in row if name} for row in csv.DictReader(file, delimiter=delimiter)]


def _write_xlsx(path: Path, rows: Iterable[Mapping[str, str]]) -> int:
    openpyxl = _openpyxl()
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("review")
    sheet.freeze_panes = "A2"
    sheet.append(list(COLUMNS))
    count = 0
    for row in rows:
        if count == MOST_ROWS:
            raise ConfigurationError("there are more findings than a workbook holds: export CSV, or groups")
        sheet.append([_cell_text(row[name]) for name in COLUMNS])
        count += 1
    book.save(path)
    return count


def _read_xlsx(path: Path) -> list[dict[str, str | None]]:
    openpyxl = _openpyxl()
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        rows = [[None if cell is None else str(cell) for cell in row] for row in book.worksheets[0].values]
        book.close()
    except NO_WORKBOOK as error:
        raise ConfigurationError(f"{path} is no Excel workbook ({type(error).__name__})") from None
    head = [name or "" for name in rows[0]] if rows else []
    return [dict(zip(head, row, strict=False)) for row in rows[1:] if any(row)]


def _cell_text(text: str) -> str:
    """Return a text as a cell can hold it: no control characters, and not longer than Excel takes."""
    return "".join(letter for letter in text if letter >= " " or letter in "\t\n")[:32_767]


def _openpyxl() -> Any:
    try:
        import openpyxl  # noqa: PLC0415  an extra, and slow to import
    except ImportError:
        raise ConfigurationError(
            "Excel workbooks need the extra `xlsx`: `pip install pixl[xlsx]`, or use .csv"
        ) from None
    return openpyxl
