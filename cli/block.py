"""`pixl block add | list | lift`: patients and studies that are refused before an archive is asked for them."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.opening import open_ledger
from pixl.domain.errors import ConfigurationError
from pixl.ledger import Ledger
from pixl.settings import Settings

app = typer.Typer(name="block", help="Opt-outs, and whatever else must not be asked for.", no_args_is_help=True)

ReasonOption = Annotated[str, typer.Option("--reason", "-r", help="Such as `opted out`. It is counted and shown.")]
ProjectOption = Annotated[str | None, typer.Option("--project", "-p", help="Only for this project. [every project]")]


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A CSV of one column: MRN, PatientID or StudyInstanceUID.")],
    reason: ReasonOption,
    project: ProjectOption = None,
) -> None:
    """Refuse these patients or studies from now on, also those that a project has asked for already."""
    from pixl.cohort.block_file import read_block_file  # noqa: PLC0415

    found = read_block_file(file)
    with _ledger(project) as ledger:
        added = ledger.blocks.add(found.level, found.values, project=project, reason=reason, by=getpass.getuser())
    _console().print(f"{added} new on the block list ({len(found.values)} in {file.name}): {reason}")


@app.command(name="list")
def list_() -> None:
    """Count what is on the list, by reason. Who is on it cannot be read from it."""
    with _ledger() as ledger:
        counts = ledger.blocks.counts()
    if not counts:
        _console().print("Nothing is on the block list.")
        return
    table = Table("project", "what", "how many", "reason", "since")
    for one in counts:
        table.add_row(one.project or "every", one.level, str(one.count), one.reason, f"{one.since:%Y-%m-%d}")
    _console().print(table)


@app.command()
def lift(reason: ReasonOption, project: ProjectOption = None) -> None:
    """Take what was put on the list for a reason off it. `pixl cohort retry --state rejected` asks for it again."""
    with _ledger(project) as ledger:
        lifted = ledger.blocks.lift(project=project, reason=reason, by=getpass.getuser())
    if not lifted:
        raise ConfigurationError("nothing is on the list for this reason and project; `pixl block list` shows what is")
    _console().print(f"{lifted} taken off the block list: {reason}")


def _console() -> Console:
    return Console(soft_wrap=True, highlight=False)


def _ledger(project: str | None = None) -> Ledger:
    from pixl.project import Projects  # noqa: PLC0415

    settings = Settings.from_process()
    if project is not None:
        Projects(settings.projects).get(project)
    return open_ledger(settings)
