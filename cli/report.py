"""`pixl report`: the account of an extract."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.opening import open_ledger
from pixl.domain.drift import USUAL, Limits
from pixl.domain.errors import ConfigurationError
from pixl.ledger.audit import Event
from pixl.project import Projects
from pixl.settings import Settings

app = typer.Typer()


@app.command()
def report(
    project: Annotated[str, typer.Argument(help="The project.")],
    extract: Annotated[
        str | None, typer.Option("--extract", "-e", help="Such as 2023-12-07t14-08-58. [the newest]")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A folder. [DATA/reports/PROJECT/EXTRACT]")] = None,
    with_values: Annotated[
        bool,
        typer.Option(
            "--with-values",
            help="Show what the checks found, too. It identifies patients: the file must stay inside; this is audited.",
        ),
    ] = False,
) -> None:
    """Account for all that an extract asked for: README, tables, and a page with charts. It may be made at any time."""
    from pixl.account import write_report  # noqa: PLC0415  pyarrow takes its time

    settings = Settings.from_process()
    console = Console(soft_wrap=True, highlight=False)
    with open_ledger(settings) as ledger:
        chosen = ledger.extract_of(project, extract)
        folder = (out or settings.data / "reports" / project / chosen.slug).absolute()
        with console.status("reading the ledger"), ledger.accounts.read(chosen) as reading:
            account = write_report(reading, folder, with_values=with_values, limits=_limits(settings, project))
        details = {"requested": account.requested, "final": account.is_final, "values": with_values}
        ledger.audit.append(
            Event(who=_user(), what="report", project=project, subject=f"extract {chosen.slug}", details=details)
        )
    console.print(account.equation)
    if not account.is_final:
        console.print("[yellow]not final[/]: something is still on its way, or waits for a reviewer")
    console.print(f"{folder}/report.html")


def _limits(settings: Settings, project: str) -> Limits:
    """Return when the project's reports count as drifting; it may be gone by now, and its account stays."""
    try:
        keys = Projects(settings.projects).get(project).reports
    except ConfigurationError:
        keys = None
    return Limits(sigmas=keys.drift_limit) if keys else USUAL


def _user() -> str:
    import getpass  # noqa: PLC0415

    return getpass.getuser()
