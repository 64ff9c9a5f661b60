"""A file of known values: what must not be left, whoever's file it is. CSV with the columns `kind` and `value`."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

from pixl.checks.port import KnownStudy
from pixl.domain.errors import ConfigurationError
from pixl.text import Identifiers

KINDS = ("name", "number", "date", "clinician", "other", "uid")


def read_known(path: Path) -> KnownStudy:
    """Return what a file says is known.

    Raises
    ------
    ConfigurationError
        It names the file and the line, never a value.
    """
    values: dict[str, list[str]] = {kind: [] for kind in KINDS}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if rows.fieldnames is None or not {"kind", "value"} <= set(rows.fieldnames):
                raise ConfigurationError(f"{path}: needs the columns kind and value")
            for row in rows:
                if row["kind"] not in values:
                    raise ConfigurationError(f"{path} line {rows.line_num}: kind must be one of {', '.join(KINDS)}")
                if row["value"]:
                    values[row["kind"]].append(_checked(row["kind"], row["value"], f"{path} line {rows.line_num}"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"{path}: cannot be read: {reason}") from None
    return KnownStudy(
        identifiers=Identifiers(
            names=tuple(values["name"]),
            numbers=tuple(values["number"]),
            dates=tuple(map(dt.date.fromisoformat, values["date"])),
            clinicians=tuple(values["clinician"]),
            other=tuple(values["other"]),
        ),
        original_uids=frozenset(values["uid"]),
    )


def _checked(kind: str, value: str, where: str) -> str:
    if kind == "date":
        try:
            dt.date.fromisoformat(value)
        except ValueError:
            raise ConfigurationError(f"{where}: a date is written 1950-03-07") from None
    return value
