"""`pixl cohort load | status | retry | cancel`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cli.opening import open_ledger
from pixl.domain.errors import ConfigurationError
from pixl.domain.extractable import RowRule
from pixl.domain.project import Project
from pixl.domain.report import ReportState
from pixl.domain.state import FINAL, IN_FLIGHT, State
from pixl.ledger import ExtractStatus, Ledger, Loaded, Portion, Reports, ReportStatus
from pixl.settings import Settings

if TYPE_CHECKING:
    from pixl.cohort import Cohort, ExtractCohort
    from pixl.project import Projects

app = typer.Typer(name="cohort", help="Load cohorts, and see where their studies are.", no_args_is_help=True)

SOME_FAILED = 1
WATCH_SECONDS = 1.0
BAR_WIDTH = 19
"""As wide as the time of an extract."""
NAME_WIDTH = 24
LEAST_PRIORITY, MOST_PRIORITY = -1000, 1000
SHOWN = (State.EXPORTED, State.MISSING, State.REJECTED, State.FAILED, State.HELD)
COLOURS = {
    State.EXPORTED: "green",
    State.MISSING: "yellow",
    State.REJECTED: "yellow",
    State.FAILED: "red",
    State.HELD: "magenta",
}

SHOWN_REPORTS = (
    ReportState.EXPORTED,
    ReportState.RELEASED,
    ReportState.MISSING,
    ReportState.REJECTED,
    ReportState.FAILED,
    ReportState.HELD,
)
REPORT_COLOURS = {
    ReportState.EXPORTED: "green",
    ReportState.RELEASED: "green",
    ReportState.MISSING: "yellow",
    ReportState.REJECTED: "yellow",
    ReportState.FAILED: "red",
    ReportState.HELD: "magenta",
}

CohortArgument = Annotated[
    Path,
    typer.Argument(
        help="An OMOP-ES extract folder, a CSV file, or a list of UIDs of studies, series or SOP instances."
    ),
]
PriorityOption = Annotated[
    int | None,
    typer.Option(
        min=LEAST_PRIORITY, max=MOST_PRIORITY, help="Studies with a higher number are fetched first. [the project's]"
    ),
]
ModalityOption = Annotated[
    str | None, typer.Option("--modality", "-m", help="Of a list of UIDs: only what is of this modality.")
]
ProjectOption = Annotated[str | None, typer.Option("--project", "-p", help="Only this project.")]
ExtractOption = Annotated[
    str | None, typer.Option("--extract", "-e", help="Only this extract, such as 2023-12-07t14-08-58.")
]


@app.command()
def load(
    path: CohortArgument,
    project: ProjectOption = None,
    priority: PriorityOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    allow_older: Annotated[
        bool, typer.Option("--allow-older", help="Load an extract that is older than one loaded before.")
    ] = False,
    *,
    modality: ModalityOption = None,
) -> None:
    """Read a cohort, check all of it, and ask for each study that its project has not asked for before."""
    from pixl.cohort import copy_public  # noqa: PLC0415  pyarrow takes its time
    from pixl.project import Projects  # noqa: PLC0415

    settings = Settings.from_process()
    projects = Projects(settings.projects)
    console = Console(soft_wrap=True, highlight=False)
    with console.status(f"reading {path.name}"):
        cohort = _read(path, projects, project, modality)
    portions = [_portion(one, projects.get(one.extract.project), priority) for one in cohort.extracts]
    with open_ledger(settings) as ledger, console.status("loading"):
        loaded = ledger.load_all(
            portions,
            allow_older=allow_older,
            dry_run=dry_run,
            # What the ledger has accepted can be exported, so the tables have to be there before it is seen.
            before_commit=lambda: copy_public(cohort, settings.data / "extracts"),
        )
    for one, changed in zip(cohort.extracts, loaded, strict=True):
        _say_loaded(console, one, changed, dry_run=dry_run)


def _rules(projects: Projects, chosen: str | None) -> Callable[[str], Sequence[RowRule]]:
    """Return how a project's rules about rows are found; those of projects that are not loaded are left alone."""
    return lambda name: projects.get(name).extractable if chosen in (None, name) else ()


def _read(path: Path, projects: Projects, project: str | None, modality: str | None) -> Cohort:
    from pixl.cohort import Listing, read_cohort  # noqa: PLC0415  pyarrow takes its time

    known = projects.names()
    allowed = projects.get(project).modalities if project in known else ()
    if modality is not None and project is None:
        raise ConfigurationError("--modality goes with a list of UIDs, which needs --project NAME too")
    if modality is not None and modality not in allowed:
        raise ConfigurationError(f"project {project!r} takes no such modality; it takes: {', '.join(allowed)}")
    listing = Listing(project=project, modality=modality, modalities=tuple(allowed))
    rules = _rules(projects, project)
    return _chosen(read_cohort(path, known_projects=known, rules=rules, listing=listing), path, project)


def _portion(one: ExtractCohort, project: Project, priority: int | None) -> Portion:
    return Portion(
        extract=one.extract,
        requests=one.requests,
        skipped={part.reason: part.count for part in one.skipped},
        priority=project.priority if priority is None else priority,
        reports=project.reports is not None,
    )


def _chosen(cohort: Cohort, path: Path, project: str | None) -> Cohort:
    """Return what of a cohort is for `project`, or all of it."""
    chosen = tuple(one for one in cohort.extracts if project in (None, one.extract.project))
    if not chosen:
        names = ", ".join(sorted({one.extract.project for one in cohort.extracts}))
        raise ConfigurationError(f"{path.name} has nothing for project {project!r}; it has: {names}")
    return dataclasses.replace(cohort, extracts=chosen)


def _say_loaded(console: Console, one: ExtractCohort, loaded: Loaded, *, dry_run: bool) -> None:
    before = loaded.studies - loaded.new_studies - loaded.reopened
    console.print(
        f"[bold]{one.extract.project}[/] {one.extract.slug}: {_count(loaded.rows, 'row', 'rows')}, "
        f"{_count(loaded.studies, 'study', 'studies')}"
    )
    console.print(f"  {'would be asked for' if dry_run else 'asked for'}: [green]{loaded.new_studies:,} new[/]")
    if loaded.reopened:
        console.print(
            f"  {'would be asked for' if dry_run else 'asked for'} again, with more series: {loaded.reopened:,}"
        )
    if before:
        console.print(f"  asked for before: {before:,}")
    if loaded.new_reports:
        console.print(f"  reports {'would be asked for' if dry_run else 'asked for'}: {loaded.new_reports:,} new")
    for part in one.skipped:
        console.print(Text(f"  {part}", style="yellow"))


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


@app.command()
def status(
    project: ProjectOption = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Follow until nothing is in flight.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")] = False,
) -> None:
    """Show the state sum: requested = exported + missing + rejected + failed + held + in flight.

    The sum of the reports stands below, where a project asks for them. With --watch it ends with 1 if a study or a
    report has failed.
    """
    settings = Settings.from_process()
    with open_ledger(settings) as ledger:
        if project is not None:
            _check_known(ledger, project)
        if as_json:
            print(json.dumps(_status_as_json(ledger, project), indent=2))
        elif watch:
            _watch(ledger, project)
        else:
            Console().print(page(ledger, project))


def _watch(ledger: Ledger, project: str | None) -> None:
    """Show the page again and again until nothing is in flight."""
    with Live(console=Console(), refresh_per_second=4) as live:
        while True:
            found, reports = ledger.status(project), ledger.reports.status(project)
            live.update(page(ledger, project))
            if not sum(one.in_flight for one in found) + sum(one.in_flight for one in reports):
                break
            time.sleep(WATCH_SECONDS)
    if any(one.counts.get(State.FAILED) for one in found) or any(one.counts.get(ReportState.FAILED) for one in reports):
        raise typer.Exit(SOME_FAILED)


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
    """Let failed studies (or others) go on from where they stopped; reports in such a state are done again."""
    states = set(state or [State.FAILED])
    if states & IN_FLIGHT:
        raise ConfigurationError(f"only studies that have ended can be retried: {', '.join(sorted(FINAL))}")
    settings = Settings.from_process()
    with open_ledger(settings) as ledger:
        made = _generated_at(ledger, project, extract)
        count = ledger.retry(project, states=states, generated_at=made, from_start=from_start)
        known = {ReportState(state.value) for state in states if state.value in set(ReportState)}
        reports = ledger.reports.retry(project, states=known, generated_at=made)
    names = ", ".join(sorted(states))
    done = [f"{_count(count, 'study goes', 'studies go')} on"] if count else []
    done += [f"{_count(reports, 'report is', 'reports are')} done again"] if reports else []
    said = "; ".join(done) or f"nothing to do: no study is {names}"
    Console(soft_wrap=True, highlight=False).print(f"{project}: {said}")


@app.command()
def cancel(
    project: Annotated[str, typer.Argument(help="The project.")],
    extract: ExtractOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Stop what is still on its way. It can be brought back with `pixl cohort retry --state rejected`."""
    settings = Settings.from_process()
    with open_ledger(settings) as ledger:
        made = _generated_at(ledger, project, extract)
        if not yes:
            what = f"extract {extract} of {project}" if extract else project
            typer.confirm(f"Stop every study of {what} that is on its way?", abort=True)
        count = ledger.cancel(project, generated_at=made)
        reports = ledger.reports.cancel(project, generated_at=made)
    done = [f"{_count(count, 'study is', 'studies are')} cancelled"] if count else []
    done += [f"{_count(reports, 'report is', 'reports are')} cancelled"] if reports else []
    said = "; ".join(done) or "nothing to do: no study is on its way"
    Console(soft_wrap=True, highlight=False).print(f"{project}: {said}; what is being exported right now goes on")


def _generated_at(ledger: Ledger, project: str, slug: str | None) -> dt.datetime | None:
    _check_known(ledger, project)
    return ledger.extract_of(project, slug).generated_at if slug is not None else None


def _check_known(ledger: Ledger, project: str) -> None:
    if not ledger.status(project):
        known = ", ".join(sorted({one.project for one in ledger.status()})) or "none"
        raise ConfigurationError(f"project {project!r} has no cohort; projects with one: {known}")


def page(ledger: Ledger, project: str | None) -> Group:
    """Return what `status` shows."""
    found = ledger.status(project)
    if not found:
        return Group(Text("No cohort is loaded. `pixl cohort load PATH` loads one."))
    return Group(_table(found), Text(), *_gate(ledger), *_reasons(ledger, project), *_reports(ledger.reports, project))


def _reports(reports: Reports, project: str | None) -> Iterator[Table | Text]:
    """Yield the sum of the reports and why they are where they are, if there are any."""
    found = reports.status(project)
    if not found:
        return
    table = _sum_table("reports of", [state.value for state in SHOWN_REPORTS])
    for one in found:
        numbers = [_number(one.counts.get(state, 0), REPORT_COLOURS[state]) for state in SHOWN_REPORTS]
        total = Text(str(one.requested), style="bold")
        table.add_row(_title(one), total, *numbers, _number(one.in_flight, "cyan"))
    yield table
    yield from _several(found)
    yield Text()
    reasons = [(name, str(state), reason, count) for name, state, reason, count in reports.reasons(project)]
    if reasons:
        yield _reasons_table("reports", reasons, {state.value: colour for state, colour in REPORT_COLOURS.items()})


def _several(found: Sequence[ReportStatus]) -> Iterator[Text]:
    for one in found:
        if one.several or one.superseded:
            numbers = _count(one.several, "accession number has", "accession numbers have")
            left = _count(one.superseded, "older version was", "older versions were")
            yield Text(f"{one.project}: {numbers} several reports, all of them read; {left} left out")


def _table(found: Sequence[ExtractStatus]) -> Table:
    table = _sum_table("extract", [state.value for state in SHOWN])
    for one in found:
        numbers = [_number(one.counts.get(state, 0), COLOURS[state]) for state in SHOWN]
        table.add_row(_title(one), Text(str(one.requested), style="bold"), *numbers, _number(one.in_flight, "cyan"))
    return table


def _sum_table(title: str, states: Sequence[str]) -> Table:
    """Return a line of numbers for each extract. Its names and its bar are one above the other: 80 columns hold all."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=0, show_edge=False, row_styles=["", ""], leading=1)
    table.add_column(title, min_width=BAR_WIDTH, overflow="fold")
    for name in ("requested", *states, "in flight"):
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _title(one: ExtractStatus | ReportStatus) -> Group:
    made = one.generated_at.strftime("%Y-%m-%d %H:%M:%S") if one.generated_at else "by hand"
    done = one.requested - one.in_flight
    bar = ProgressBar(total=one.requested or 1, completed=done if one.requested else 1, width=BAR_WIDTH)
    return Group(Text(one.project, style="bold", overflow="fold"), Text(made), bar)


def _number(count: int, colour: str) -> Text:
    return Text(str(count), style=colour if count else "dim")


def _gate(ledger: Ledger) -> Iterator[Text]:
    paused, rate = ledger.gate()
    if paused:
        yield Text("Fetching is paused: `pixl fetch start` lets it go on.", style="yellow")
    elif rate is not None:
        yield Text(f"At most {rate:g} studies a minute are asked of the archive.", style="dim")


def _reasons(ledger: Ledger, project: str | None) -> Iterator[Table | Text]:
    reasons = [(name, str(state), reason, count) for name, state, reason, count in ledger.reasons(project)]
    if reasons:
        yield _reasons_table("studies", reasons, {state.value: colour for state, colour in COLOURS.items()})


def _reasons_table(what: str, reasons: Sequence[tuple[str, str, str, int]], colours: Mapping[str, str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(what, justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("project", overflow="fold", max_width=NAME_WIDTH)
    table.add_column("why", overflow="fold", ratio=1)
    for name, state, reason, count in reasons:
        # What an archive answers is shown as it is, not as markup.
        table.add_row(str(count), Text(state, style=colours.get(state, "cyan")), name, Text(reason))
    return table


def _status_as_json(ledger: Ledger, project: str | None) -> list[dict[str, Any]]:
    reports: dict[tuple[str, dt.datetime | None], ReportStatus] = {
        (one.project, one.generated_at): one for one in ledger.reports.status(project)
    }
    return [_as_json(one, reports.get((one.project, one.generated_at))) for one in ledger.status(project)]


def _reports_as_json(one: ReportStatus) -> dict[str, Any]:
    return {
        "requested": one.requested,
        "in_flight": one.in_flight,
        "counts": {state.value: one.counts.get(state, 0) for state in ReportState},
        "several": one.several,
        "superseded": one.superseded,
    }


def _as_json(one: ExtractStatus, reports: ReportStatus | None) -> dict[str, Any]:
    return {
        "project": one.project,
        "extract": one.generated_at.isoformat(sep=" ") if one.generated_at else None,
        "rows": one.rows,
        "skipped": dict(one.skipped),
        "requested": one.requested,
        "in_flight": one.in_flight,
        "counts": {state.value: one.counts.get(state, 0) for state in State},
        "reports": None if reports is None else _reports_as_json(reports),
    }
