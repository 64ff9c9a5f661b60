"""`pixl backup | restore`: the ledger and its queue in one file, and back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console

from pixl.domain.errors import ConfigurationError
from pixl.domain.secret import SecretStore
from pixl.ledger import migrate
from pixl.ledger.backup import Database, backup, check_backup, is_empty, others_connected, projects_of, restore
from pixl.secrets import open_store
from pixl.settings import Settings
from pixl.stack import Layout, is_up
from pixl.stack.credentials import project_secret, text_of
from pixl.stack.database import is_own
from pixl.stack.database_only import database_at_hand

app = typer.Typer()

LOOK_SECONDS = 3.0


@app.command("backup")
def backup_command(
    file: Annotated[Path | None, typer.Argument(help="[DATA/backups/pixl-<time>.dump]", show_default=False)] = None,
) -> None:
    """Write the ledger and its queue to one file, also while everything runs. Secrets are not in it: keep them apart.

    Without the `ledger-key` nobody can read the file, nor can you; without a project's secret the same patient would
    get another pseudonym.
    """
    settings = Settings.from_process()
    _refuse_nothing(settings)
    store = open_store(settings.secrets)
    target = (file or settings.data / "backups" / f"pixl-{dt.datetime.now(dt.UTC):%Y-%m-%dt%H-%M-%S}.dump").absolute()
    console = Console(soft_wrap=True, highlight=False)
    with console.status("backing up"), database_at_hand(settings, store):
        backup(_database(settings, store), target)
    console.print(f"{target}: {target.stat().st_size:,} bytes")
    console.print(
        "The secrets are [bold]not[/] in it. Keep them apart from it: `ledger-key`, without which nobody can read it, "
        "and `project-...`, without which patients get other pseudonyms."
    )
    console.print(f"They are in {settings.secrets.removeprefix('file:')}.")


def _refuse_nothing(settings: Settings) -> None:
    """Raise `ConfigurationError` where there is no ledger: a backup of a new, empty one would be taken for a backup."""
    if is_own(settings) and not Layout(data=settings.data).postgres.is_dir():
        raise ConfigurationError(
            f"there is no ledger in {settings.data}: has PIXL been started (`pixl up`), and is PIXL_DATA right?"
        )


@app.command("restore")
def restore_command(
    file: Annotated[Path, typer.Argument(help="What `pixl backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a ledger that is not empty: it is lost.")] = False,
) -> None:
    """Put the ledger and its queue back as they were. PIXL must be down, and the secrets must be back already."""
    settings = Settings.from_process()
    store = open_store(settings.secrets)
    console = Console(soft_wrap=True, highlight=False)
    check_backup(file, store.get("ledger-key"))
    _refuse_running(settings)
    with console.status("restoring"), database_at_hand(settings, store):
        database = _database(settings, store)
        _refuse_in_use(database)
        if not force and not is_empty(database):
            raise ConfigurationError("the ledger is not empty: --force replaces all of it by the backup's")
        restore(database, file)
        migrate(database.conninfo, database.password)
        projects = projects_of(database)
    console.print(f"The ledger is as it was in {file.name}; `pixl up` takes up its work where it stood.")
    _tell_missing_secrets(console, store, projects)


def _database(settings: Settings, store: SecretStore) -> Database:
    return Database(conninfo=settings.database, password=text_of(store, "database-password").strip())


def _refuse_running(settings: Settings) -> None:
    """Raise while work goes on: a worker would write what it does for one study to another one's line."""
    if is_up(settings):
        raise ConfigurationError("PIXL is running: stop it with `pixl down`, then restore")
    for name, url in (("imaging_api", settings.imaging_url), ("ehr_api", settings.ehr_url)):
        if _answers(url):
            raise ConfigurationError(f"{name} answers at {url}: stop PIXL everywhere, then restore")


def _answers(url: str) -> bool:
    try:
        # No proxy between the processes of one deployment.
        with httpx.Client(timeout=LOOK_SECONDS, trust_env=False) as client:
            client.get(f"{url}/heart-beat")
    except httpx.HTTPError:
        return False
    return True


def _refuse_in_use(database: Database) -> None:
    others = others_connected(database)
    if others:
        raise ConfigurationError(
            f"other programs are connected to the database ({others}): stop PIXL on every machine, then restore"
        )


def _tell_missing_secrets(console: Console, store: SecretStore, projects: list[str]) -> None:
    """Warn of keys without which `pixl up` will not start: a new one would make other pseudonyms."""
    for name in map(project_secret, projects):
        try:
            store.get(name)
        except ConfigurationError:
            console.print(f"[yellow]The secret `{name}` is missing: put it back before `pixl up`.[/]")
