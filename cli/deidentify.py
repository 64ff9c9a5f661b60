"""`pixl deidentify IN OUT --project P`: files on disk, no services needed."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from pixl.domain.errors import ConfigurationError
from pixl.files import Measure, deidentify_files, measure
from pixl.files.job import Job, check_places, terms_of
from pixl.files.layout import DEFAULT_LAYOUT, Layout
from pixl.files.outcome import Outcome, Row, Summary
from pixl.project import Projects
from pixl.secrets import open_store
from pixl.secrets.files import read_private
from pixl.settings import Settings
from pixl.stack.credentials import project_secret

if TYPE_CHECKING:
    from pixl.domain.project import Project

app = typer.Typer()

SOME_FAILED = 1
SHOWN_REASONS = 20
FILES_WORTH_A_PROCESS = 200
BYTES_WORTH_A_PROCESS = 256 << 20
COLOURS = {Outcome.DONE: "green", Outcome.SKIPPED: "yellow", Outcome.REJECTED: "yellow", Outcome.FAILED: "red"}


@app.command()
def deidentify(  # noqa: PLR0917  typer gives them by name
    source: Annotated[Path, typer.Argument(metavar="IN", help="A folder, a ZIP archive or a file; only read.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder for what is de-identified.")],
    project: Annotated[str, typer.Option("--project", "-p", help="Whose policy and key.")],
    layout: Annotated[
        str,
        typer.Option(
            help="What an output is called: {patient}, {study}, {series}, {instance}, {accession} and {modality} are "
            "pseudonyms; {input_path} is the input's own path, which may name a patient."
        ),
    ] = DEFAULT_LAYOUT,
    key: Annotated[
        Path | None, typer.Option(help="A file with the project's secret. [project-NAME in the secret store]")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes. [one a core]")] = len(
        os.sched_getaffinity(0)
    ),
    replace: Annotated[
        bool, typer.Option("--replace", help="Take away what is in OUT of another policy or key.")
    ] = False,
) -> None:
    """De-identify files into a tree of files. Needs no service; goes on where it was stopped."""
    from pixl.files.report import report_paths  # noqa: PLC0415  pyarrow takes its time

    job = _job(source.resolve(), out.resolve(), project, layout, key)
    console = Console(soft_wrap=True)
    _tell_notes(job.project, console)
    with console.status(f"counting what is in {job.source.name}"):
        amount = measure(job.source)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _Follower(job.out, amount.inputs, console) as follower:
        summary = deidentify_files(job, follower.tell, workers=_workers(amount, jobs), replace=replace)
    _tell_summary(summary, amount.inputs, console)
    console.print(
        Text(f"a row a file, with its path, which may name a patient: {' and '.join(map(str, report_paths(job.out)))}")
    )
    if summary.stopped or summary.counts[Outcome.FAILED]:
        raise typer.Exit(SOME_FAILED)


def _workers(amount: Measure, jobs: int) -> int:
    """Return how many processes are worth their start."""
    return min(jobs, 1 + amount.inputs // FILES_WORTH_A_PROCESS + amount.size // BYTES_WORTH_A_PROCESS)


def _job(source: Path, out: Path, project: str, layout: str, key: Path | None) -> Job:
    settings = Settings.from_process()
    check_places(source, out, settings.data)
    Layout(layout)
    chosen = Projects(settings.projects).get(project)
    secret = read_private(key.absolute()) if key else _secret(settings, chosen.name)
    return Job(
        source=source,
        out=out,
        project=chosen,
        secret=secret,
        cache=settings.data / "deidentified.sqlite",
        layout=layout,
        terms=terms_of(chosen, secret),
    )


def _secret(settings: Settings, project: str) -> bytes:
    try:
        return open_store(settings.secrets).get(project_secret(project))
    except ConfigurationError as error:
        raise ConfigurationError(
            f"{error}. `pixl up` makes the keys of all projects; or make one with `umask 077; openssl rand -hex 32 > "
            "FILE` and give it with `--key FILE`"
        ) from None


def _tell_notes(project: Project, console: Console) -> None:
    if project.min_instances_per_series > 1:
        note = "min_instances_per_series is not applied to files: how many a series has is not known from one of them"
        console.print(Text.assemble(("note: ", "yellow"), note))


class _Follower:
    """The report and the progress bar, for one run."""

    def __init__(self, out: Path, inputs: int, console: Console) -> None:
        from pixl.files.report import Report  # noqa: PLC0415  pyarrow takes its time

        self._report = Report(out)
        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TextColumn("[red]{task.fields[failed]} failed"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=console, transient=True)
        self._size = self._failed = 0
        self._task = self._bar.add_task("", total=inputs, size=0, failed=0)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._bar.stop()
        self._report.__exit__(kind)

    def tell(self, row: Row) -> None:
        """Take note of one more input."""
        self._report.add(row)
        self._size += row.size
        self._failed += row.outcome is Outcome.FAILED
        self._bar.update(self._task, advance=1, size=self._size, failed=self._failed)


class _Rate(ProgressColumn):
    """Files and bytes a second, since the start."""

    def render(self, task: Task) -> Text:
        """Return the two rates."""
        if not task.elapsed or not task.completed:
            return Text("-")
        return Text(f"{task.completed / task.elapsed:,.0f}/s {decimal(int(task.fields['size'] / task.elapsed))}/s")


def _tell_summary(summary: Summary, inputs: int, console: Console) -> None:
    table = Table("", "inputs", show_header=False, box=None)
    for outcome in Outcome:
        count = summary.counts[outcome]
        earlier = f"  {summary.earlier} of them before" if outcome is Outcome.DONE and summary.earlier else ""
        table.add_row(outcome.value, Text(str(count), style=COLOURS[outcome] if count else "dim"), earlier)
    console.print(table)
    for (outcome, reason), count in summary.reasons.most_common(SHOWN_REASONS):
        console.print(Text.assemble(f"{count:8} ", (outcome.value, COLOURS[outcome]), f": {reason}"))
    if len(summary.reasons) > SHOWN_REASONS:
        console.print(f"     ... and {len(summary.reasons) - SHOWN_REASONS} more reasons, in the report")
    changes = ", ".join(f"{name} {count:,}" for name, count in summary.changes.most_common())
    console.print(Text(f"elements changed: {changes or 'none'}"))
    console.print(Text(f"{decimal(summary.size)} in, {decimal(summary.output_size)} out"))
    if summary.stopped:
        done = f"stopped after {summary.inputs} of {inputs}"
        console.print(Text(f"{done}; the same command goes on from there", style="yellow"))
