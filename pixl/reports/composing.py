"""The rows of a source's query become one text a report: its parts in their order, the newest version of each. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pixl.domain.errors import ConfigurationError
from pixl.domain.report import ReportKey, SourceReport
from pixl.domain.suggest import suggestion

PARTS = ("ADDENDA", "NARRATIVE", "IMPRESSION")
"""The order in which a report is read; what is called otherwise comes behind them."""
NEEDED = ("mrn", "accession_number", "part", "text")
PEOPLE = {"patient_name": "names", "nhs_number": "numbers", "known_number": "numbers"}
KNOWN = {**PEOPLE, "date_of_birth": "dates", "clinician": "clinicians", "known_value": "other"}
"""Column -> what it says of the patient: found and masked wherever it stands in the report."""
COLUMNS = (*NEEDED, "report", "version", *KNOWN)
"""Every column that a query may have."""
BETWEEN_PARTS = "\n\n"
BETWEEN_REPORTS = "\n\n----------\n\n"
UNWRITTEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u200b-\u200f\u202a-\u202e\u2060\ufeff]"
)
"""Control characters, halves of characters, and what a reader cannot see: an identifier may hide behind it."""


def check_columns(names: Sequence[str], where: str) -> None:
    """Raise `ConfigurationError` unless a query's columns are those that are needed and known."""
    for name in names:
        if name not in COLUMNS:
            raise ConfigurationError(f"{where}: the query's column {name!r} has no meaning{suggestion(name, COLUMNS)}")
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise ConfigurationError(f"{where}: the query must return {', '.join(NEEDED)}; it lacks {', '.join(missing)}")


def compose(rows: Iterable[Mapping[str, Any]], keys: Iterable[ReportKey]) -> dict[ReportKey, SourceReport]:
    """Return what was found for each key; rows of a key that nobody asked for are left out."""
    by_key: dict[ReportKey, list[Mapping[str, Any]]] = {key: [] for key in keys}
    for row in rows:
        key = ReportKey(mrn=_text(row["mrn"]).strip(), accession_number=_text(row["accession_number"]).strip())
        if key in by_key:
            by_key[key].append(row)
    return {key: _composed(found) for key, found in by_key.items() if found}


def _composed(rows: Sequence[Mapping[str, Any]]) -> SourceReport:
    reports: dict[Any, dict[Any, list[Mapping[str, Any]]]] = {}
    for row in rows:
        reports.setdefault(row.get("report"), {}).setdefault(row.get("version"), []).append(row)
    newest = [max(versions.items(), key=lambda item: _order(item[0])) for versions in reports.values()]
    newest.sort(key=lambda item: _order(item[0]))
    texts = [text for _, found in newest if (text := _one_text(found))]
    known: dict[str, tuple[Any, ...]] = {
        field: tuple(_known(rows, [column for column in KNOWN if KNOWN[column] == field]))
        for field in set(KNOWN.values())
    }
    return SourceReport(
        text=BETWEEN_REPORTS.join(texts),
        found=len(texts),
        superseded=sum(len(versions) - 1 for versions in reports.values()),
        **known,
    )


def _one_text(rows: Sequence[Mapping[str, Any]]) -> str:
    parts: dict[str, list[str]] = {}
    for row in rows:
        text = clean(_text(row["text"]))
        if text.strip():
            parts.setdefault(_text(row["part"]).strip().upper(), []).append(text.strip())
    names = sorted(parts, key=lambda name: (PARTS.index(name) if name in PARTS else len(PARTS), name))
    return BETWEEN_PARTS.join(
        f"{name}:\n{_distinct(parts[name])}" if name else _distinct(parts[name]) for name in names
    )


def _distinct(texts: Sequence[str]) -> str:
    """Join texts; a join that says the same twice is no news."""
    return "\n".join(dict.fromkeys(texts))


def _known(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[Any]:
    values = (value for row in rows for column in columns for value in _values(row.get(column)))
    return list(dict.fromkeys(values))


def _values(value: Any) -> list[Any]:
    """Return what a cell says: a text, a date, a number, or an array of these."""
    if isinstance(value, list | tuple):
        return [one for each in value for one in _values(each)]
    if isinstance(value, dt.datetime):
        return [value.date()]
    if value is None or isinstance(value, dt.date):
        return [value] if value else []
    return [text] if (text := clean(_text(value)).strip()) else []


def _text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):  # a database without an encoding
        return bytes(value).decode("utf-8", errors="replace")
    return "" if value is None else str(value)


def clean(text: str) -> str:
    """Return a text as a person would see it, with one kind of line end."""
    return UNWRITTEN.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def _order(value: Any) -> tuple[bool, Any]:
    return value is not None, value if value is not None else 0
