"""`pixl audit list | verify`: who did what, and the proof that nobody altered the record."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.opening import open_ledger
from pixl.ledger import Ledger
from pixl.settings import Settings

SOME_FAILED = 1

app = typer.Typer(
    name="audit", help="Who did what, and the proof that nobody altered the record.", no_args_is_help=True
)


@app.command(name="list")
def list_(
    project: Annotated[str | None, typer.Option("--project", "-p", help="Only this project.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="How many.")] = 50,
) -> None:
    """Show the newest events."""
    with _ledger() as ledger:
        entries = ledger.audit.events(project=project, limit=limit)
    table = Table("no.", "when (UTC)", "who", "what", "project", "of what", "details")
    for one in entries:
        details = ", ".join(f"{name}: {value}" for name, value in one.event.details.items())
        table.add_row(
            str(one.position),
            f"{one.at:%Y-%m-%d %H:%M:%S}",
            one.event.who,
            one.event.what,
            one.event.project or "",
            one.event.subject or "",
            details,
        )
    Console(soft_wrap=True, highlight=False).print(table)


@app.command()
def verify(
    head: Annotated[
        str | None,
        typer.Option("--head", help="The seal that an earlier `verify` printed: proves that no end was cut off since."),
    ] = None,
) -> None:
    """Follow the chain of events from the first; say where it is broken, if it is.

    Keep the printed seal outside of this machine: only with it can a cut-off end be noticed.
    """
    with _ledger() as ledger:
        proof = ledger.audit.verify()
        known = head is None or ledger.audit.has_seal(head)
    console = Console(soft_wrap=True, highlight=False)
    if not proof.holds:
        console.print(
            f"[red]broken[/] at event {proof.broken_at}: it, or the one before, was altered, removed or put in"
        )
        raise typer.Exit(SOME_FAILED)
    if not known:
        console.print("[red]cut off[/]: no event has the seal of --head any more")
        raise typer.Exit(SOME_FAILED)
    console.print(f"[green]whole[/]: {proof.events} events, the last seal is {proof.head or 'none yet'}")


def _ledger() -> Ledger:
    settings = Settings.from_process()
    return open_ledger(settings)
