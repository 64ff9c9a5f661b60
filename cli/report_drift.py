"""`pixl drift`: what a project's reports were like day by day, and whether the last day is unlike the others."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from cli.opening import open_ledger
from pixl.domain.drift import Drift, Limits
from pixl.domain.drift import drift as compare
from pixl.domain.report import Day, ReportKeys, kinds_of
from pixl.project import Projects
from pixl.settings import Settings

app = typer.Typer()

DRIFTS = 1


@app.command()
def drift(
    project: Annotated[str, typer.Argument(help="The project.")],
    days: Annotated[int, typer.Option(min=2, max=3650, help="How many days with reports are looked at.")] = 30,
    limit: Annotated[
        float | None, typer.Option(min=0.1, help="Standard deviations that count as unlike. [reports.drift_limit]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")] = False,
) -> None:
    """Show what the reports of each day were like. Ends with 1 if the last day is unlike the days before."""
    settings = Settings.from_process()
    keys = Projects(settings.projects).get(project).reports
    sigmas = limit or (keys.drift_limit if keys else ReportKeys.drift_limit)
    with open_ledger(settings) as ledger:
        found = ledger.reports.days(project, limit=days)
    alarms = compare(found[-1], found[:-1], Limits(sigmas=sigmas)) if found else []
    if as_json:
        print(json.dumps({"days": [_as_json(day) for day in found], "drift": list(map(str, alarms))}, indent=2))
    else:
        _show(Console(soft_wrap=True, highlight=False), project, found, alarms)
    if alarms:
        raise typer.Exit(DRIFTS)


def _show(console: Console, project: str, days: Sequence[Day], alarms: Sequence[Drift]) -> None:
    if not days:
        console.print(f"{project}: no report has been de-identified yet")
        return
    kinds = kinds_of(days)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in ("day", "reports", "flagged", "certainty", "agreement", "words", *(f"{kind}/1,000" for kind in kinds)):
        table.add_column(name, justify="left" if name == "day" else "right", no_wrap=True)
    for day in days:
        rates = [f"{day.rate(kind):.2f}" for kind in kinds]
        shares = (f"{day.share_flagged:.1%}", f"{day.certainty:.3f}", f"{day.agreement:.1%}", f"{day.length:.0f}")
        table.add_row(str(day.day), f"{day.reports:,}", *shares, *rates)
    console.print(table)
    for alarm in alarms:
        console.print(f"[red]drift[/] on {days[-1].day}: {alarm}")
    if not alarms:
        console.print("no drift: the last day is like the days before, or there are too few to say")


def _as_json(day: Day) -> dict[str, object]:
    return {
        **dataclasses.asdict(day),
        "day": day.day.isoformat(),
        "share_flagged": day.share_flagged,
        "agreement": day.agreement,
        "length": day.length,
        "per_1000_words": {kind: day.rate(kind) for kind in day.findings},
    }
