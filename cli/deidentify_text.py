"""`pixl deidentify-text IN OUT --project P`: reports and notes in a file, no services needed."""

from __future__ import annotations

import os
import signal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from pixl.deid import load_policy
from pixl.domain.errors import ConfigurationError
from pixl.files.texts import KNOWN_KINDS, TEXT_COLUMN, TextJob, TextSummary, deidentify_texts, form_of
from pixl.project import Projects
from pixl.secrets import open_store
from pixl.secrets.files import read_private
from pixl.settings import Settings
from pixl.stack.credentials import project_secret

app = typer.Typer()

STOPPED = 1
NO_PATIENT = "surrogates move dates by the patient's days: name the patient ID's column with --patient"
TEXTS_WORTH_PROCESSES = 2_000
KINDS = {"name": "names", "number": "numbers", "clinician": "clinicians"} | dict(
    zip(KNOWN_KINDS, KNOWN_KINDS, strict=True)
)


class Style(StrEnum):
    """What takes the place of an identifier."""

    LABELS = "labels"
    SURROGATES = "surrogates"


SourceArgument = Annotated[Path, typer.Argument(metavar="IN", help="A .parquet, .csv or .txt file; only read.")]
OutArgument = Annotated[Path, typer.Argument(metavar="OUT", help="A file of the same form.")]
ProjectOption = Annotated[str, typer.Option("--project", "-p", help="Whose key.")]
ColumnOption = Annotated[str, typer.Option(help="The column of the texts.")]
KnownOption = Annotated[
    str,
    typer.Option(
        help="Columns of what is known of the patient and study, as KIND=COLUMN,...; "
        "kinds: name, number, clinician, other."
    ),
]
KeepOption = Annotated[str, typer.Option(help="Columns that go to the output unchanged; no others do.")]
StyleOption = Annotated[Style, typer.Option(help="Labels such as [NAME], or invented values, the same in one project.")]
PatientOption = Annotated[str | None, typer.Option(help="The column of the patient ID, by which dates move.")]
KeyOption = Annotated[
    Path | None, typer.Option(help="A file with the project's secret. [project-NAME in the secret store]")
]
EncodingOption = Annotated[str, typer.Option(help="Of a .csv or .txt file.")]
JobsOption = Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes. [one a core]")]


@app.command("deidentify-text")
def deidentify_text(  # noqa: PLR0917  typer gives them by name
    source: SourceArgument,
    out: OutArgument,
    project: ProjectOption,
    column: ColumnOption = TEXT_COLUMN,
    known: KnownOption = "",
    keep: KeepOption = "",
    style: StyleOption = Style.LABELS,
    patient: PatientOption = None,
    key: KeyOption = None,
    encoding: EncodingOption = "utf-8-sig",
    jobs: JobsOption = len(os.sched_getaffinity(0)),
) -> None:
    """De-identify the texts of a file: what is known, patterns, and every word that no list calls safe."""
    settings = Settings.from_process()
    chosen = Projects(settings.projects).get(project)
    if style is Style.SURROGATES and patient is None:
        raise ConfigurationError(NO_PATIENT)
    job = TextJob(
        source=source,
        out=out,
        column=column,
        known=_known(known),
        keep=tuple(name for name in keep.split(",") if name),
        patient=patient,
        secret=_secret(settings, chosen.name, key) if style is Style.SURROGATES else None,
        dates=load_policy(chosen).dates,
        mrn_shapes=chosen.reports.mrn_shapes if chosen.reports else (),
        encoding=encoding,
    )
    _check_places(job)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(soft_wrap=True)
    try:
        summary = _run(job, jobs, console)
    except KeyboardInterrupt:
        console.print(Text("stopped; nothing was written", style="yellow"))
        raise typer.Exit(STOPPED) from None
    _tell(summary, console)


def _run(job: TextJob, jobs: int, console: Console) -> TextSummary:
    total = form_of(job.source).count(job)
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("texts"), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)
        few = total is not None and total < TEXTS_WORTH_PROCESSES
        return deidentify_texts(job, lambda done: bar.advance(task, done), workers=1 if few else jobs)


def _known(text: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for part in filter(None, text.split(",")):
        kind, equals, column = part.strip().partition("=")
        if kind not in KINDS or not equals or not column:
            raise ConfigurationError(f"--known: {part!r} is not KIND=COLUMN with a kind of {', '.join(KINDS)}")
        pairs.append((KINDS[kind], column))
    return tuple(pairs)


def _check_places(job: TextJob) -> None:
    if not job.source.is_file():
        raise ConfigurationError(f"{job.source} is not a file")
    if job.out.exists() and job.out.samefile(job.source):
        raise ConfigurationError("OUT is IN: the input is only read, give another file")
    if not job.out.parent.is_dir():
        raise ConfigurationError(f"{job.out.parent} is not a folder")


def _secret(settings: Settings, project: str, key: Path | None) -> bytes:
    return read_private(key.absolute()) if key else open_store(settings.secrets).get(project_secret(project))


def _tell(summary: TextSummary, console: Console) -> None:
    table = Table("", "texts", show_header=False, box=None)
    table.add_row("done", str(summary.texts - summary.empty))
    table.add_row("something masked", str(summary.changed))
    table.add_row("empty", str(summary.empty))
    console.print(table)
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in summary.words.most_common())
    console.print(Text(f"masked: {kinds or 'nothing'}"))
