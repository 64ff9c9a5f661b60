"""A file of patients or studies that must not be asked for: one column, whose name says what it holds."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pixl.domain.errors import CohortInvalid

COLUMNS: dict[str, Literal["patient", "study"]] = {
    "mrn": "patient",
    "primarymrn": "patient",
    "patientid": "patient",
    "studyinstanceuid": "study",
    "study_uid": "study",
}
"""The column's name, in any case -> what it holds."""


@dataclass(frozen=True, kw_only=True, repr=False)
class BlockFile:
    """What the file holds. Identifiable."""

    level: Literal["patient", "study"]
    values: tuple[str, ...]


def read_block_file(path: Path) -> BlockFile:
    """Read a CSV of one column.

    Raises
    ------
    CohortInvalid
        It says what is wrong, and never shows a cell.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [line for line in csv.reader(file) if any(cell.strip() for cell in line)]
    except OSError as error:
        raise CohortInvalid(f"{path.name}: cannot be read ({error.strerror}); check the file") from None
    except (UnicodeError, csv.Error):
        raise CohortInvalid(f"{path.name}: is no CSV in UTF-8; save it as one") from None
    if not lines:
        raise CohortInvalid(f"{path.name}: is empty; its first line must be one of {', '.join(COLUMNS)}")
    header, *rows = lines
    level = COLUMNS.get(header[0].strip().lower())
    if level is None or len(header) != 1:
        raise CohortInvalid(
            f"{path.name}: the first line must be the name of its one column, and one of {', '.join(COLUMNS)}"
        )
    wide = next((number for number, row in enumerate(rows, start=2) if len(row) != 1), None)
    if wide:
        raise CohortInvalid(f"{path.name} row {wide}: has more than one cell; give one identifier a row")
    return BlockFile(level=level, values=tuple(dict.fromkeys(row[0].strip() for row in rows)))
