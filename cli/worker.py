"""`pixl worker`: one more worker of some queues, here or on another machine."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def worker(
    queues: Annotated[
        str, typer.Option(help="Which, with commas between: fetch, deidentify, check, export.")
    ] = "fetch,deidentify,check,export",
) -> None:
    """Work on queues until stopped, beside the stack's own workers. It needs the same settings and secrets."""
    # In place of this process: it is stopped as any program is, and its logs go where this one's would.
    os.execv(sys.executable, [sys.executable, "-m", "imaging_api", "--queues", queues])  # noqa: S606  no shell is wanted
