"""`pixl check IN --report DIR`: looks for identifiers that are left, in any folder, without a service."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Self

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from pixl.domain.checks import CheckerChoice, Checks
from pixl.domain.errors import ConfigurationError
from pixl.files import Measure, measure
from pixl.project import Projects
from pixl.settings import Settings

if TYPE_CHECKING:
    from pixl.domain.project import Project
    from pixl.files.check_job import CheckedFile, CheckJob
    from pixl.files.check_run import CheckSummary

app = typer.Typer()

SOME_FOUND = 1
SHOWN = 30
FILES_WORTH_A_PROCESS, BYTES_WORTH_A_PROCESS = 200, 256 << 20
RESULTS = {
    "clean": "clean",
    "noted": "with notes only",
    "found": "with findings",
    "unreadable": "unreadable",
    "skipped": "skipped",
}
COLOURS = {"reject": "red", "hold": "red", "note": "yellow"}


SourceArgument = Annotated[Path, typer.Argument(metavar="IN", help="A folder, a ZIP archive or a file; only read.")]
ReportOption = Annotated[Path, typer.Option(help="A folder for what was found; only its owner can read it.")]
ProjectOption = Annotated[
    str | None, typer.Option("--project", "-p", help="Whose checkers, settings and policy. [the default checkers]")
]
RulesOption = Annotated[
    list[Path] | None, typer.Option(help="A file of rules, in IsIdentifiable's format; once for each.")
]
CheckerOption = Annotated[
    list[str] | None, typer.Option(help="Only this checker; once for each. [those of the project]")
]
OriginalOption = Annotated[
    Path | None, typer.Option(help="The folder that the files were made of: what its headers say must not be left.")
]
KnownOption = Annotated[
    Path | None, typer.Option(help="A CSV file of values that must not be left: the columns kind and value.")
]
JobsOption = Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes. [one a core]")]


@app.command()
def check(  # noqa: PLR0917  typer gives them by name
    source: SourceArgument,
    report: ReportOption,
    project: ProjectOption = None,
    rules: RulesOption = None,
    checker: CheckerOption = None,
    original: OriginalOption = None,
    known: KnownOption = None,
    jobs: JobsOption = len(os.sched_getaffinity(0)),
) -> None:
    """Look for identifiers that are left in files. Needs no service; changes nothing."""
    source, report = source.resolve(), report.resolve()
    _check_places(source, report)
    chosen = Projects(Settings.from_process().projects).get(project) if project else None
    job = _job(source, chosen, _checks(chosen, checker or [], rules or []), original=original, known=known)
    console = Console(soft_wrap=True)
    summary = _run(job, source, report, console, jobs)
    _tell(summary, job, console)
    console.print(Text(f"what was found, with the values, readable by its owner only: {report}", style="bold"))
    if summary.is_bad:
        raise typer.Exit(SOME_FOUND)


def _run(job: CheckJob, source: Path, report: Path, console: Console, jobs: int) -> CheckSummary:
    from pixl.files.check_job import suite_for  # noqa: PLC0415  the checkers take their time
    from pixl.files.check_run import check_files  # noqa: PLC0415

    console.print(Text(f"checkers: {', '.join(suite_for(job).names)}"))
    with console.status(f"counting what is in {source.name}"):
        amount = measure(source)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _Follower(report, amount.inputs, console) as follower:
        follower.summary.stopped = not check_files(job, source, follower.tell, workers=_workers(amount, jobs))
    return follower.summary


def _check_places(source: Path, report: Path) -> None:
    """See to it that findings, which name people, do not lie where they may be handed on with what was checked."""
    if not source.exists():
        raise ConfigurationError(f"{source} is not there")
    if report == source or source in report.parents:
        raise ConfigurationError("the report's folder may not be in the input: it names people")


def _workers(amount: Measure, jobs: int) -> int:
    """Return how many processes are worth their start."""
    return min(jobs, 1 + amount.inputs // FILES_WORTH_A_PROCESS + amount.size // BYTES_WORTH_A_PROCESS)


def _job(
    source: Path,
    project: Project | None,
    checks: Checks,
    *,
    original: Path | None,
    known: Path | None,
) -> CheckJob:
    from pixl.checks import KnownStudy  # noqa: PLC0415  the checkers take their time
    from pixl.checks.known_file import read_known  # noqa: PLC0415
    from pixl.files.check_job import CheckJob  # noqa: PLC0415
    from pixl.files.check_report import read_made_of  # noqa: PLC0415

    if original and not original.is_dir():
        raise ConfigurationError(f"--original: {original} is no folder")
    return CheckJob(
        checks=checks,
        project=project,
        known=read_known(known) if known else KnownStudy(),
        originals=original.resolve() if original else None,
        made_of=read_made_of(source.with_name(f"{source.name}.report.parquet")) if original else (),
    )


def _checks(project: Project | None, only: list[str], rules: list[Path]) -> Checks:
    """Return the checkers to run, with the rules' files added to the settings of `rules`."""
    choices = list((project.checks if project else Checks()).checkers)
    if only:
        given = {choice.name: choice for choice in choices}
        choices = [given.get(name, CheckerChoice(name=name)) for name in only]
    if rules:
        files = [str(path.resolve()) for path in rules]
        others = [choice for choice in choices if choice.name != "rules"]
        before = next((choice.options for choice in choices if choice.name == "rules"), {})
        merged = {**before, "files": [*before.get("files", ()), *files]}
        choices = [*others, CheckerChoice(name="rules", options=merged)]
    return Checks(checkers=tuple(choices))


class _Follower:
    """The report, the sum and the progress bar, for one run."""

    def __init__(self, folder: Path, inputs: int, console: Console) -> None:
        from pixl.files.check_report import CheckReport  # noqa: PLC0415  the checkers take their time
        from pixl.files.check_run import CheckSummary  # noqa: PLC0415

        self.summary = CheckSummary()
        self._report = CheckReport(folder)
        columns = (BarColumn(), MofNCompleteColumn(), _Rate(), TextColumn("[red]{task.fields[found]} with findings"))
        self._bar = Progress(*columns, TimeElapsedColumn(), console=console, transient=True)
        self._task = self._bar.add_task("", total=inputs, size=0, found=0)

    def __enter__(self) -> Self:
        self._report.__enter__()
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
        self._report.__exit__(kind, error, trace)

    def tell(self, file: CheckedFile) -> None:
        """Take note of one more file."""
        self._report.add(file)
        self.summary.add(file)
        self._bar.update(self._task, advance=1, size=self.summary.size, found=self.summary.results["found"])


class _Rate(ProgressColumn):
    """Files and bytes a second, since the start."""

    def render(self, task: Task) -> Text:
        """Return the two rates."""
        if not task.elapsed or not task.completed:
            return Text("-")
        return Text(f"{task.completed / task.elapsed:,.0f}/s {decimal(int(task.fields['size'] / task.elapsed))}/s")


def _tell(summary: CheckSummary, job: CheckJob, console: Console) -> None:
    table = Table("outcome", "checker", "kind", "element", "findings", box=None)
    for (outcome, checker, kind, column), count in summary.findings.most_common(SHOWN):
        table.add_row(Text(outcome, style=COLOURS[outcome]), checker, kind, Text(column), f"{count:,}")
    if summary.findings:
        console.print(table)
    if len(summary.findings) > SHOWN:
        console.print(f"     ... and {len(summary.findings) - SHOWN} more kinds, in the report")
    parts = (f"{summary.results[result]} {words}" for result, words in RESULTS.items())
    console.print(Text(f"{summary.results.total()} files, {decimal(summary.size)}: {', '.join(parts)}"))
    for reason, count in summary.skipped.most_common():
        console.print(Text(f"{count:8} skipped: {reason}", style="yellow"))
    if job.originals and summary.without_original:
        console.print(Text(f"{summary.without_original} have no original in {job.originals.name}", style="yellow"))
    if summary.stopped:
        console.print(Text("stopped before the last file", style="yellow"))
