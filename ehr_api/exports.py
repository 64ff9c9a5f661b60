"""The jobs of the queue `parquet`: one export of an extract's tables each."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ehr_api.ready import Ready
from pixl.account import send_report, write_report
from pixl.domain.destination import Destination
from pixl.domain.drift import USUAL, Limits
from pixl.domain.errors import ConfigurationError, PixlError, RetryLater
from pixl.domain.project import Project
from pixl.domain.report import ReportState
from pixl.domain.study import ExtractId
from pixl.export import NOWHERE
from pixl.export.parquet import Progress, export_extract
from pixl.export.radiology import FILE, write_reports
from pixl.ledger import Ledger

log = logging.getLogger(__name__)

FINAL = {"done", "failed"}


class Exports:
    """Takes requests to export tables, and does what was requested."""

    def __init__(
        self,
        ledger: Ledger,
        extracts: Path,
        project: Callable[[str], Project],
        destination: Callable[[str], Destination],
        *,
        max_tries: int,
    ) -> None:
        self._ledger, self._extracts, self._project, self._destination = ledger, extracts, project, destination
        self._max_tries = max_tries
        self.ready = Ready(ledger.markers, destination)

    def request(self, project: str, slug: str | None) -> int:
        """Put an export into the queue; return the number by which to follow it.

        Raises
        ------
        ConfigurationError
            The project, extract or destination is not there, the project's tables do not leave, or reports of the
            extract are still on their way or wait for a person.
        RetryLater
            The database does not answer.
        """
        self._open(project)
        extract = self._ledger.extract_of(project, slug)
        self._refuse_unreviewed(extract)
        return self._ledger.request_parquet_export(extract)

    def run(self, export_id: int) -> None:
        """Do one export, and record how it ended.

        Raises
        ------
        RetryLater
            It has to be tried again; the ledger says why.
        """
        wanted = self._ledger.parquet_export(export_id)
        if wanted is None or wanted["state"] in FINAL:
            return
        try:
            self._export(wanted)
        except RetryLater as reason:
            self._again(export_id, reason)
        except PixlError as reason:
            self._end(export_id, "failed", str(reason))
        except Exception as bug:  # noqa: BLE001  the outermost loop of a job: a bug fails its export and is seen
            _report(export_id, bug)
            self._end(export_id, "failed", f"internal error ({type(bug).__name__}); see the log of ehr_api")
        else:
            self._end(export_id, "done")

    def _open(self, project: str) -> Destination:
        name = self._project(project).destination.parquet
        if name == NOWHERE:
            raise ConfigurationError(f"project {project!r} keeps its tables: its destination.parquet is {NOWHERE!r}")
        return self._destination(name)

    def _export(self, wanted: dict[str, Any]) -> None:
        extract = ExtractId(project=wanted["project"], generated_at=wanted["generated_at"])
        folder = self._extracts / extract.project / extract.slug
        version = self._ledger.markers.version(extract)
        self.ready.withdraw(extract)  # before the tables change that it speaks of
        rows = self._ledger.linker_rows(extract)
        destination = self._open(extract.project)
        reports = self._write_reports(extract, folder)
        export_extract(extract, rows, folder, destination, lambda now: self._note(wanted["id"], "running", now))
        if reports:
            name = self._project(extract.project).destination.parquet
            self._ledger.reports.mark_exported(extract, name, reports)
        self._account_for(wanted["id"], extract, destination, version)

    def _account_for(self, export_id: int, extract: ExtractId, destination: Destination, version: str) -> None:
        """Send the report of the extract as it stands now. It is made for this, and so without values."""
        self._extracts.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._extracts, prefix=".report-") as folder:
            with self._ledger.accounts.read(extract) as reading:
                account = write_report(reading, Path(folder) / "report", limits=self._limits(extract.project))
            names = send_report(account, Path(folder) / "report", destination)
        names += self.ready.settle(account, self._project(extract.project).destination.parquet, version)
        tables = self._so_far(export_id).files
        whole = len(tables) + len(names)
        self._note(export_id, "running", Progress(done=whole, total=whole, files=(*tables, *names)))

    def _limits(self, project: str) -> Limits:
        keys = self._project(project).reports
        return Limits(sigmas=keys.drift_limit) if keys else USUAL

    def _write_reports(self, extract: ExtractId, folder: Path) -> list[tuple[int, int]]:
        """Write the reports that may leave beside the tables; return which. Without reports there is no such file."""
        if self._project(extract.project).reports is None:
            (folder / FILE).unlink(missing_ok=True)
            return []
        self._refuse_unreviewed(extract)
        self._ledger.reports.refuse_blocked(extract.project)
        return write_reports(self._ledger.reports.rows(extract), folder / FILE)

    def _refuse_unreviewed(self, extract: ExtractId) -> None:
        keys = self._project(extract.project).reports
        if keys is None or keys.auto:
            return
        for status in self._ledger.reports.status(extract.project, extract.generated_at):
            if held := status.counts.get(ReportState.HELD, 0):
                raise ConfigurationError(
                    f"{held:,} of this extract's reports wait for a person: "
                    f"`pixl review list --project {extract.project}` shows them; "
                    "`reports.auto` sends the others without them"
                )
            if status.in_flight:
                raise ConfigurationError(
                    f"{status.in_flight:,} of this extract's reports are still on their way: see `pixl cohort status`; "
                    "`reports.auto` sends the others without them"
                )

    def _note(self, export_id: int, state: str, now: Progress, reason: str | None = None) -> None:
        self._ledger.set_parquet_export(
            export_id, state=state, done=now.done, total=now.total, files=now.files, reason=reason
        )

    def _again(self, export_id: int, reason: RetryLater) -> None:
        tries = self._ledger.note_parquet_try(export_id, str(reason))
        log.warning("export %s: try %s: %s", export_id, tries, reason)
        if tries >= self._max_tries:
            self._end(export_id, "failed", f"{reason} ({tries} tries)")
            return
        raise reason

    def _end(self, export_id: int, state: str, reason: str | None = None) -> None:
        log.log(
            logging.INFO if state == "done" else logging.WARNING, "export %s: %s %s", export_id, state, reason or ""
        )
        self._note(export_id, state, self._so_far(export_id), reason)

    def _so_far(self, export_id: int) -> Progress:
        row = self._ledger.parquet_export(export_id)
        if row is None:
            raise LookupError("an export that runs is in the ledger")
        return Progress(done=row["done"], total=row["total"], files=tuple(row["files"]))


def _report(export_id: int, bug: Exception) -> None:
    """Log where a bug struck, without its message, which may hold anything."""
    where = "".join(traceback.format_list(traceback.extract_tb(bug.__traceback__)))
    log.error("export %s: %s at\n%s", export_id, type(bug).__name__, where)
