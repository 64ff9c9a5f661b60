"""`pixl up | down | status | logs | doctor`: the stack on this machine."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections import deque
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from pixl.domain.errors import ConfigurationError
from pixl.secrets import FileStore, open_store
from pixl.settings import Settings
from pixl.stack import Layout, ProcessStatus, bring_down, bring_up, current_status, is_up
from pixl.stack.orthanc import ADMIN_USER
from pixl.stack.ports import keep_free_ports

app = typer.Typer()
NOT_REACHABLE = 3
COLOURS = {"backoff": "red", "fatal": "red", "stopped": "dim"}


@app.command()
def up(
    free_ports: Annotated[
        bool, typer.Option("--free-ports", help="Find free ports and keep them in the data folder's pixl.env.")
    ] = False,
) -> None:
    """Start the whole stack on this machine, under one data folder, and wait until all of it answers."""
    settings = Settings.from_process()
    if free_ports:
        keep_free_ports(settings.data, settings.host)
        settings = Settings.from_process()
    console = Console()
    if is_up(settings):
        console.print(f"PIXL is running already in {settings.data}; what runs is left alone.", soft_wrap=True)
    store = open_store(settings.secrets)
    with Live(console=console, transient=True) as live:
        statuses = bring_up(settings, store, os.environ, lambda now: live.update(_table(now)))
    console.print(_table(statuses))
    _tell_where(console, settings)


@app.command()
def down() -> None:
    """Stop the whole stack: the work first, the database last. Nothing is left running."""
    settings = Settings.from_process()
    if not settings.data.is_dir():
        Console().print(f"There is nothing to stop: no folder {settings.data}.", soft_wrap=True)
        return
    with Console().status("stopping"):
        bring_down(settings)
    Console().print(f"PIXL is stopped; its data are in {settings.data}.", soft_wrap=True)


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")] = False,
) -> None:
    """Show each process: does it run, does it answer, how often was it restarted? Exits with 3 if one is missing."""
    settings = Settings.from_process()
    statuses = current_status(settings, open_store(settings.secrets))
    if as_json:
        print(json.dumps([dataclasses.asdict(each) for each in statuses], indent=2))
    else:
        Console().print(_table(statuses))
    if not all(each.answering for each in statuses):
        raise typer.Exit(NOT_REACHABLE)


@app.command()
def logs(
    name: Annotated[str, typer.Argument(help="A process, such as orthanc-raw; all when left out.")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as the logs grow.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many lines of the end.")] = 50,
) -> None:
    """Show what the processes have written."""
    folder = Layout(data=Settings.from_process().data).logs
    paths = _log_files(folder, name)
    ends = {path: _print_end(path, lines) for path in paths}
    while follow:
        time.sleep(0.5)
        ends = {path: _print_from(path, end) for path, end in ends.items()}


def _table(statuses: list[ProcessStatus]) -> Table:
    table = Table("process", "state", "pid", "up for", "restarts", "where", box=None)
    for each in statuses:
        colour, state = ("green", "answers") if each.answering else (COLOURS.get(each.state, "yellow"), each.state)
        uptime = str(timedelta(seconds=each.uptime_seconds)) if each.pid else ""
        table.add_row(each.name, f"[{colour}]{state}[/]", str(each.pid or ""), uptime, str(each.restarts), each.url)
    return table


def _tell_where(console: Console, settings: Settings) -> None:
    store = open_store(settings.secrets)
    place = "in the secret store, as `orthanc-admin-password`"
    if isinstance(store, FileStore):
        place = f"in {settings.secrets.removeprefix('file:')}/orthanc-admin-password"
    console.print(f"Review and progress:   {settings.console_url}", soft_wrap=True)
    console.print(f"Images, identifiable:  {settings.raw_url}/app/explorer.html", soft_wrap=True)
    console.print(f"Images, de-identified: {settings.anon_url}/app/explorer.html", soft_wrap=True)
    console.print(f"The user of the last two is {ADMIN_USER!r}; the password is {place}.", soft_wrap=True)
    console.print("Who may log in to the first: `pixl console user add NAME --role admin`.", soft_wrap=True)


def _log_files(folder: Path, name: str) -> list[Path]:
    found = sorted(folder.glob("*.log"))
    if not found:
        raise ConfigurationError(
            f"nothing has been logged in {folder}. Has PIXL been started (`pixl up`), and is PIXL_DATA right?"
        )
    wanted = [path for path in found if not name or path.stem == name]
    if not wanted:
        names = ", ".join(path.stem for path in found)
        raise ConfigurationError(f"there is no log of {name or 'any process'} in {folder}; there are: {names}")
    return wanted


def _print_end(path: Path, count: int) -> int:
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in deque(file, maxlen=count):
            _print_line(path, line)
        return file.tell()


def _print_from(path: Path, start: int) -> int:
    """Print what was written after `start`; a log that became shorter was rotated."""
    with path.open(encoding="utf-8", errors="replace") as file:
        file.seek(start if path.stat().st_size >= start else 0)
        for line in file:
            _print_line(path, line)
        return file.tell()


def _print_line(path: Path, line: str) -> None:
    print(f"{path.stem:<14} {line.rstrip()}", flush=True)
