"""The jobs of the queue `report`: one report each. The class of the error decides what becomes of it."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from pixl.deid import load_policy
from pixl.domain.errors import PixlError, ReportMissing, ReportRejected, RetryLater
from pixl.domain.project import Project
from pixl.domain.report import ReportState
from pixl.ledger import Report, Reports
from pixl.reports.steps import Steps

log = logging.getLogger(__name__)

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

ENDS = {ReportMissing: ReportState.MISSING, ReportRejected: ReportState.REJECTED}
"""What becomes of a report by the class of the error; any other error of ours fails it."""
ACCESSION_NUMBER = 0x00080050
LONGEST_SH = 16
"""Characters that DICOM's VR of the accession number has (PS3.5 table 6.2-1)."""


class ReportJobs:
    """Does one report after the other, and records how each ended."""

    def __init__(self, reports: Reports, steps: Steps, *, max_tries: int) -> None:
        self._reports, self._steps, self._max_tries = reports, steps, max_tries

    def run(self, report_id: int) -> None:
        """Do one report.

        Raises
        ------
        RetryLater
            It has to be tried again; the ledger says why.
        """
        report = self._reports.report(report_id)
        if report.state is not ReportState.REQUESTED:
            log.info("report %s: nothing to do in state %s", report.id, report.state)
            return
        try:
            state = self._steps.run(report)
        except RetryLater as reason:
            self._again(report, reason)
        except PixlError as reason:
            self._end(report, ENDS.get(type(reason), ReportState.FAILED), str(reason))
        except Exception as bug:  # noqa: BLE001  the outermost loop of a job: a bug fails its report and is seen
            _tell(report_id, bug)
            self._end(report, ReportState.FAILED, f"internal error ({type(bug).__name__}); see the log of ehr_api")
        else:
            log.info("report %s of %s: %s", report.id, report.project, state or "taken on by somebody else")

    def _again(self, report: Report, reason: RetryLater) -> None:
        tries = self._reports.note_try(report.id, str(reason))
        log.warning("report %s of %s: try %s: %s", report.id, report.project, tries, reason)
        if tries >= self._max_tries:
            self._end(report, ReportState.FAILED, f"{reason} ({tries} tries)")
            return
        raise reason

    def _end(self, report: Report, state: ReportState, reason: str) -> None:
        log.warning("report %s of %s: %s: %s", report.id, report.project, state, reason)
        self._reports.end(report, state, reason)


def accession_length_of(project: Project) -> int:
    """Return how many digits the project's policy gives the hashed accession number of the images."""
    operation = load_policy(project).rulebook("", "").decide(ACCESSION_NUMBER).operation
    return min(getattr(operation, "length", LONGEST_SH), LONGEST_SH)


class Fresh(Generic[Key, Value]):
    """Remembers for a few seconds what a function of files returned: a report takes less time than its project."""

    def __init__(self, read: Callable[[Key], Value], *, seconds: float = 5.0) -> None:
        self._read, self._seconds = read, seconds
        self._known: dict[Key, tuple[float, Value]] = {}

    def __call__(self, key: Key) -> Value:
        """Return what the function returns, or returned a moment ago."""
        until, value = self._known.get(key, (0.0, None))
        if value is None or time.monotonic() > until:
            value = self._read(key)
            self._known[key] = (time.monotonic() + self._seconds, value)
        return value


def _tell(report_id: int, bug: Exception) -> None:
    """Log where a bug struck, without its message, which may hold anything."""
    where = "".join(traceback.format_list(traceback.extract_tb(bug.__traceback__)))
    log.error("report %s: %s at\n%s", report_id, type(bug).__name__, where)
