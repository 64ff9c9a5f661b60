"""`pixl cohort load | status | show | retry | cancel`."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pixl.domain.errors import ConfigurationError
from pixl.domain.state import FINAL, IN_FLIGHT, State
from pixl.ledger import ExtractStatus, Ledger
from pixl.secrets import open_store
from pixl.settings import Settings

app = typer.Typer(name="cohort", help="Load cohorts, and see where their studies are.", no_args_is_help=True)

SOME_FAILED = 1
WATCH_SECONDS = 1.0
SHOWN = (State.EXPORTED, State.MISSING, State.REJECTED, State.FAILED, State.HELD)
COLOURS = {
    State.EXPORTED: "green",
    State.MISSING: "yellow",
    State.REJECTED: "yellow",
    State.FAILED: "red",
    State.HELD: "magenta",
}

ProjectOption = Annotated[str | None, typer.Option("--project", "-p", help="Only this project.")]
ExtractOption = Annotated[
    str | None, typer.Option("--extract", "-e", help="Only this extract, such as 2023-12-07t14-08-58.")
]


@app.command()
def load(
    path: Annotated[Path, typer.Argument(help="An OMOP-ES extract folder, or a CSV file.")],
    project: ProjectOption = None,
    priority: Annotated[
        int | None, typer.Option(help="Studies with a higher number are fetched first. [the project's]")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    allow_older: Annotated[
        bool, typer.Option("--allow-older", help="Load an extract that is older than one loaded before.")
    ] = False,
) -> None:
    """Read a cohort, check all of it, and ask for each study that its project has not asked for before."""
    from pixl.cohort import copy_public, read_cohort  # noqa: PLC0415  pyarrow takes its time
    from pixl.project import Projects  # noqa: PLC0415

    settings = Settings.from_process()
    projects = Projects(settings.projects)
    console = Console(soft_wrap=True)
    with console.status(f"reading {path.name}"):
        cohort = read_cohort(path, known_projects=projects.names())
    chosen = [one for one in cohort.extracts if project in (None, one.extract.project)]
    if not chosen:
        names = ", ".join(one.extract.project for one in cohort.extracts)
        raise ConfigurationError(f"{path.name} has nothing for project {project!r}; it has: {names}")
    if not dry_run:
        copy_public(cohort, settings.data / "extracts")
    with Ledger.connect(settings.database, open_store(settings.secrets)) as ledger:
        for one in chosen:
            skipped = {part.reason: part.count for part in one.skipped}
            with console.status(f"loading {one.extract.project}"):
                loaded = ledger.load(
                    one.extract,
                    one.requests,
                    skipped=skipped,
                    priority=projects.get(one.extract.project).priority if priority is None else priority,
                    allow_older=allow_older,
                    dry_run=dry_run,
                )
            console.print(
                f"[bold]{one.extract.project}[/] {one.extract.slug}: {loaded.rows} rows, {loaded.studies} studies; "
                f"{'would be asked for' if dry_run else 'asked for'}: [green]{loaded.new_studies} new[/], "
                f"{loaded.reopened} with more series; {loaded.studies - loaded.new_studies - loaded.reopened} "
                "were asked for before"
            )
            for part in one.skipped:
                console.print(f"  [yellow]{part}[/]")


@app.command()
def status(
    project: ProjectOption = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow until nothing is in flight.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")] = False,
) -> None:
    """Show the state sum: requested = missing + rejected + failed + held + exported + in flight."""
    settings = Settings.from_process()
    with Ledger.connect(settings.database, open_store(settings.secrets)) as ledger:
        if as_json:
            print(json.dumps([_as_json(one) for one in ledger.status(project)], indent=2))
            return
        console = Console()
        if not watch:
            console.print(page(ledger, project))
            return
        with Live(console=console, refresh_per_second=4) as live:
            while True:
                live.update(page(ledger, project))
                if not any(one.in_flight for one in ledger.status(project)):
                    live.update(page(ledger, project))
                    return
                time.sleep(WATCH_SECONDS)


@app.command()
def retry(
    project: Annotated[str, typer.Argument(help="The project.")],
    extract: ExtractOption = None,
    state: Annotated[
        list[State] | None, typer.Option(help="Which studies: failed, missing, held, rejected or exported. [failed]")
    ] = None,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Fetch and de-identify again, not only the step that failed.")
    ] = False,
) -> None:
    """Let failed studies (or others) go on from where they stopped."""
    states = set(state or [State.FAILED])
    if states & IN_FLIGHT:
        raise ConfigurationError(f"only studies that have ended can be retried: {', '.join(sorted(FINAL))}")
    settings = Settings.from_process()
    with Ledger.connect(settings.database, open_store(settings.secrets)) as ledger:
        made = _generated_at(ledger, project, extract)
        count = ledger.retry(project, states=states, generated_at=made, from_start=from_start)
    Console().print(f"{count} studies of {project} go on")


@app.command()
def cancel(
    project: Annotated[str, typer.Argument(help="The project.")],
    extract: ExtractOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Stop what is still on its way. It can be brought back with `pixl cohort retry --state rejected`."""
    if not yes:
        typer.confirm(f"Stop every study of {project} that is on its way?", abort=True)
    settings = Settings.from_process()
    with Ledger.connect(settings.database, open_store(settings.secrets)) as ledger:
        count = ledger.cancel(project, generated_at=_generated_at(ledger, project, extract))
    Console().print(f"{count} studies of {project} are cancelled; what is being exported right now goes on")


def _generated_at(ledger: Ledger, project: str, slug: str | None) -> dt.datetime | None:
    if slug is not None:
        return ledger.extract_of(project, slug).generated_at
    if not ledger.status(project):
        known = ", ".join(sorted({one.project for one in ledger.status()})) or "none"
        raise ConfigurationError(f"project {project!r} has no cohort; projects with one: {known}")
    return None


def page(ledger: Ledger, project: str | None) -> Group:
    """Return what `status` shows."""
    found = ledger.status(project)
    if not found:
        return Group(Text("No cohort is loaded. `pixl cohort load PATH` loads one."))
    return Group(_table(found), *_gate(ledger), *_reasons(ledger, project))


def _table(found: Sequence[ExtractStatus]) -> Table:
    table = Table("project", "extract", "", title="Studies", title_justify="left")
    for name in ("requested", *(state.value for state in SHOWN), "in flight"):
        table.add_column(name, justify="right", min_width=len(name))
    for one in found:
        name = one.generated_at.strftime("%Y-%m-%d %H:%M:%S") if one.generated_at else "by hand"
        done = one.requested - one.in_flight
        bar = ProgressBar(total=one.requested or 1, completed=done if one.requested else 1, width=20)
        numbers = [_number(one.counts.get(state, 0), COLOURS[state]) for state in SHOWN]
        table.add_row(one.project, name, bar, str(one.requested), *numbers, _number(one.in_flight, "cyan"))
    return table


def _number(count: int, colour: str) -> Text:
    return Text(str(count), style=colour if count else "dim")


def _gate(ledger: Ledger) -> Iterator[Text]:
    paused, rate = ledger.gate()
    if paused:
        yield Text("Fetching is paused: `pixl fetch start` lets it go on.", style="yellow")
    elif rate is not None:
        yield Text(f"At most {rate:g} studies a minute are asked of the archive.", style="dim")


def _reasons(ledger: Ledger, project: str | None) -> Iterator[Table]:
    reasons = ledger.reasons(project)
    if not reasons:
        return
    table = Table("project", "state", "studies", "reason", title="Why", title_justify="left")
    for name, state, reason, count in reasons:
        table.add_row(name, Text(state.value, style=COLOURS.get(state, "cyan")), str(count), reason)
    yield table


def _as_json(one: ExtractStatus) -> dict[str, Any]:
    return {
        "project": one.project,
        "extract": one.generated_at.isoformat(sep=" ") if one.generated_at else None,
        "rows": one.rows,
        "skipped": dict(one.skipped),
        "requested": one.requested,
        "in_flight": one.in_flight,
        "counts": {state.value: one.counts.get(state, 0) for state in State},
    }
