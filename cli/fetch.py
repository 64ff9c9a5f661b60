"""`pixl fetch start | stop | rate`: how hard the archive is asked, changed while everything runs."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from cli.opening import open_ledger
from pixl.domain.errors import ConfigurationError
from pixl.ledger import Ledger
from pixl.settings import Settings

SLOWEST = 0.01
"""Studies a minute: one in 100 minutes. What is slower is meant to be `pixl fetch stop`."""
FASTEST = 100_000
"""Studies a minute: more than any archive sends. What is faster is meant to be 0, no limit."""

app = typer.Typer(name="fetch", help="How hard the archive is asked.", no_args_is_help=True)


@app.command()
def start() -> None:
    """Ask the archive (again)."""
    with _ledger() as ledger:
        ledger.set_gate(paused=False)
        _say(*ledger.gate())


@app.command()
def stop() -> None:
    """Ask the archive for nothing more; what it is sending now still arrives."""
    with _ledger() as ledger:
        ledger.set_gate(paused=True)
        _say(*ledger.gate())


@app.command()
def rate(
    per_minute: Annotated[
        float | None, typer.Argument(help="Studies a minute, 0 for no limit; shows the rate when left out.")
    ] = None,
) -> None:
    """Show or set how many studies a minute are asked of the archive, by all workers together."""
    if per_minute and not SLOWEST <= per_minute <= FASTEST:  # nor is any number that is none
        raise ConfigurationError(f"give a number of studies a minute from {SLOWEST:g} to {FASTEST}, or 0 for no limit")
    with _ledger() as ledger:
        if per_minute is not None:
            ledger.set_gate(per_minute=per_minute or None, unlimited=per_minute == 0)
        _say(*ledger.gate())


def _say(paused: bool, per_minute: float | None) -> None:
    pace = "without a limit" if per_minute is None else f"at most {per_minute:g} studies a minute"
    state = "paused; `pixl fetch start` lets it go on," if paused else "on,"
    Console(soft_wrap=True, highlight=False).print(f"fetching is {state} {pace}")


def _ledger() -> Ledger:
    settings = Settings.from_process()
    return open_ledger(settings)
