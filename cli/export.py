"""`pixl export`: ask ehr_api for an extract's tables and reports to be sent, and follow it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from pixl.domain.errors import ConfigurationError, ServiceUnavailable
from pixl.secrets import open_store
from pixl.settings import Settings

app = typer.Typer()

SOME_FAILED = 1
TIMEOUT_SECONDS = 30.0
LOOK_SECONDS = 0.25
PATIENCE_SECONDS = 30.0
"""How long ehr_api may be away while an export is followed; it goes on by itself when it is back."""


@app.command()
def export(
    project: Annotated[str, typer.Argument(help="The project.")],
    extract: Annotated[
        str | None, typer.Option("--extract", "-e", help="Such as 2023-12-07t14-08-58. [the newest]")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Follow it to its end.")] = True,
) -> None:
    """Send an extract's reviewed tables, its released reports, and the table that links to the exported studies.

    Studies leave by themselves when they are released. Asking again sends what has changed.
    """
    console = Console(soft_wrap=True)
    with _ehr_api(Settings.from_process()) as api:
        job = _ask(api, "POST", "/exports", json={"project": project, "extract": extract})["job"]
        if not wait:
            console.print(f"export {job} is in the queue")
            return
        end = _follow(api, job, console)
    for name in end["files"]:
        console.print(f"  {name}", highlight=False)
    if end["state"] == "failed":
        console.print(f"[red]failed[/] after {end['done']} of {end['total']} files: {end['reason']}", highlight=False)
        raise typer.Exit(SOME_FAILED)
    console.print(f"[green]done[/]: {end['done']} files of {end['project']} {end['extract']}", highlight=False)


@contextmanager
def _ehr_api(settings: Settings) -> Iterator[httpx.Client]:
    token = open_store(settings.secrets).get("service-token").decode().strip()
    headers = {"Authorization": f"Bearer {token}"}
    # No proxy between the processes of one deployment.
    with httpx.Client(base_url=settings.ehr_url, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=False) as client:
        yield client


def _ask(api: httpx.Client, method: str, path: str, **body: Any) -> dict[str, Any]:
    """Return ehr_api's answer, or raise what its refusal means."""
    try:
        reply = api.request(method, path, **body)
        answer: dict[str, Any] = reply.json()
    except (httpx.HTTPError, ValueError):
        raise ServiceUnavailable(f"ehr_api does not answer at {api.base_url}; look at `pixl status`") from None
    match reply.status_code:
        case httpx.codes.OK | httpx.codes.ACCEPTED:
            return answer
        case httpx.codes.UNAUTHORIZED:
            raise ConfigurationError("ehr_api has another `service-token` than this command: check PIXL_SECRETS")
        case httpx.codes.UNPROCESSABLE_ENTITY | httpx.codes.NOT_FOUND:
            raise ConfigurationError(str(answer.get("detail")))
        case _:
            raise ServiceUnavailable(str(answer.get("detail", f"ehr_api answered {reply.status_code}")))


def _follow(api: httpx.Client, job: int, console: Console) -> dict[str, Any]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("waiting", total=None)
        for now in _states(api, job):
            bar.update(
                task, description=now["reason"] or now["state"], completed=now["done"], total=now["total"] or None
            )
    return now


def _states(api: httpx.Client, job: int) -> Iterator[dict[str, Any]]:
    """Yield how far the export is, up to its end."""
    heard = time.monotonic()
    while True:
        try:
            now = _ask(api, "GET", f"/exports/{job}")
        except ServiceUnavailable:
            if time.monotonic() - heard > PATIENCE_SECONDS:
                raise
        else:
            heard = time.monotonic()
            yield now
            if now["state"] in {"done", "failed"}:
                return
        time.sleep(LOOK_SECONDS)
