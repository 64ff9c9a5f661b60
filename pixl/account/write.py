"""Writes the report of an extract into a folder: all of it, or nothing."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixl.account.account import Account, FindingCount, Part, Review, studies_summed
from pixl.account.page import page
from pixl.account.readme import readme
from pixl.account.tables import write_files, write_peer_tables
from pixl.domain.drift import USUAL, Limits
from pixl.domain.report import ReportState
from pixl.domain.state import State
from pixl.ledger.accounts import Reading

FILES = {
    "README.md": "what was extracted, what was not, and why",
    "report.html": "the same with charts, in one file",
    "rejected_files.csv": "what the project's rules do not take (ExtractionKey, Count, Reason)",
    "processing_errors.csv": "what could not be processed (DicomFilePath, Reason)",
    "verification_failures.csv": "what a check found and nobody has passed",
    "files.parquet": "a row a file, and a row for each study without one",
}
UNKNOWN = "not stated"


def write_report(reading: Reading, folder: Path, *, with_values: bool = False, limits: Limits = USUAL) -> Account:
    """Write the files of `FILES` into `folder`; what was there is replaced once all are written.

    The same ledger always gives the same bytes.

    Parameters
    ----------
    with_values
        Whether `verification_failures.csv` shows the values. They identify patients: the file must stay inside.
    limits
        When a day of radiology reports counts as unlike the days before.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    studies = reading.all("studies")
    account = _account(reading, studies, limits)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as name:
        new = Path(name)
        write_peer_tables(new, reading, studies, with_values=with_values)
        write_files(new / "files.parquet", reading, studies)
        (new / "README.md").write_text(readme(account, FILES), encoding="utf-8")
        (new / "report.html").write_text(page(account), encoding="utf-8")
        for file in new.iterdir():
            file.chmod(0o600)
        _replace(new, folder)
    return account


def _replace(new: Path, folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    for file in sorted(new.iterdir()):
        file.replace(folder / file.name)


def _account(reading: Reading, studies: list[dict[str, Any]], limits: Limits) -> Account:
    parts, states, reasons, made = studies_summed(studies)
    left_out: Counter[tuple[str, str]] = Counter()
    for note in reading.stream("notes"):
        left_out[note["kind"], note["reason"]] += note["count"]
    modalities, devices = _files_by(reading)
    return Account(
        extract=reading.extract,
        loaded_at=reading.loaded_at,
        rows=reading.rows,
        skipped=reading.skipped,
        parts={part: parts[part] for part in Part},
        states={state: states[state] for state in State},
        reasons=tuple((part, reason, count) for (part, reason), count in _ranked(reasons)),
        left_out=tuple((kind, reason, count) for (kind, reason), count in _ranked(left_out)),
        modalities=dict(_ranked(modalities)),
        devices=dict(_ranked(devices)),
        findings=tuple(FindingCount(**{**row, "verdict": row["verdict"] or ""}) for row in reading.all("findings")),
        reviews=tuple(Review(**row) for row in reading.all("reviewers")),
        days=_days(reading.all("days")),
        made_with=tuple(sorted(made)),
        reports={state: reading.reports.get(state, 0) for state in ReportState} if reading.reports else {},
        report_days=reading.report_days if reading.reports else (),
        limits=limits,
    )


def _files_by(reading: Reading) -> tuple[Counter[str], Counter[str]]:
    modalities: Counter[str] = Counter()
    devices: Counter[str] = Counter()
    for series in reading.stream("series"):
        modalities[series["modality"] or UNKNOWN] += series["instances"]
        devices[series["manufacturer"] or UNKNOWN] += series["instances"]
    return modalities, devices


def _days(rows: list[dict[str, Any]]) -> tuple[tuple[Any, Mapping[State, int]], ...]:
    days: dict[Any, dict[State, int]] = {}
    for row in rows:
        days.setdefault(row["day"], {})[State(row["state"])] = row["count"]
    return tuple(days.items())


def _ranked(counts: Counter[Any]) -> list[tuple[Any, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
