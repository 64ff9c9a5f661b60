"""`pixl notify list | test`: who is told when something is ready, done or wrong."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from pixl.domain.errors import ConfigurationError, PixlError
from pixl.domain.suggest import suggestion
from pixl.secrets import open_store
from pixl.settings import Settings

SOME_FAILED = 1

app = typer.Typer(name="notify", help="Who is told when something is ready, done or wrong.", no_args_is_help=True)


@app.command(name="list")
def list_() -> None:
    """Show the channels of the notifications file."""
    from pixl.notify import load_channels  # noqa: PLC0415  apprise takes its time

    settings = Settings.from_process()
    channels = load_channels(settings.notifications).channels
    console = Console(soft_wrap=True, highlight=False)
    if not channels:
        state = "has no channels" if settings.notifications.exists() else "is not there"
        console.print(f"nobody is told: {settings.notifications} {state} (docs/operations.md shows how)")
        return
    table = Table("channel", "told when", "of projects", "URL in secret")
    for one in channels:
        table.add_row(one.name, ", ".join(one.occasions), ", ".join(one.projects) or "all", one.url_secret)
    console.print(table)


@app.command(name="test")
def send_test(
    channel: Annotated[str | None, typer.Argument(help="The channel's name; all without one.")] = None,
) -> None:
    """Send a message that says it is a test."""
    from pixl.notify import load_channels, send  # noqa: PLC0415  apprise takes its time

    settings = Settings.from_process()
    secrets = open_store(settings.secrets)
    known = {one.name: one for one in load_channels(settings.notifications).channels}
    if not settings.notifications.exists():
        raise ConfigurationError(
            f"there is no {settings.notifications}, so that nobody is told of anything: docs/operations.md shows how "
            "to write one"
        )
    if not known or channel not in (None, *known):
        raise ConfigurationError(
            f"{settings.notifications} has no channel{f' {channel!r}' if channel else ''}"
            f"{suggestion(channel or '', list(known))}"
        )
    console = Console(soft_wrap=True, highlight=False)
    failed = 0
    for one in [known[channel]] if channel else known.values():
        try:
            send(one, secrets, "PIXL: a test", "This channel is told by PIXL. Nothing has happened; this is a test.")
        except PixlError as reason:
            failed += 1
            console.print(f"[red]not sent[/] {reason}")
        else:
            console.print(f"[green]sent[/] to {one.name}")
    if failed:
        raise typer.Exit(SOME_FAILED)
