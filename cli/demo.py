"""`pixl demo`: a small invented hospital, the main job run for it, and what arrived."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.tree import Tree

from cli import cohort as cohort_commands
from cli import export as export_command
from cli import review as review_commands
from cli.opening import open_ledger
from pixl.domain.errors import ConfigurationError
from pixl.domain.person import Role
from pixl.ledger.people import People
from pixl.secrets import open_store
from pixl.settings import Settings
from pixl.stack import bring_down, bring_up

if TYPE_CHECKING:
    from pixl.testing.hospital import Hospital
    from pixl.testing.identities import Token
    from pixl.testing.site import Site

app = typer.Typer()

PATIENCE_SECONDS = 600


@app.command()
def demo(
    studies: Annotated[int, typer.Option(min=1, help="How many studies the invented hospital has.")] = 24,
    down: Annotated[bool, typer.Option("--down", help="Stop the demo, with its hospital.")] = False,
) -> None:
    """Run the main job for an invented hospital: cohort, archive, de-identification, safe haven. Leaves it running."""
    try:
        from pixl.testing.hospital import Special  # noqa: PLC0415  needs the extra `demo`
        from pixl.testing.site import bring_down_site, make_site  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(f"the demo needs the extra `demo` ({error.name} is missing): make setup") from None
    console = Console(soft_wrap=True)
    settings = Settings.from_process()
    if down:
        bring_down(settings)
        bring_down_site(settings.data)
        console.print("the demo is stopped")
        return
    with console.status("inventing a hospital"):
        site = make_site(settings.data, studies=studies, special=[Special.BURNED_IN])
    settings = Settings.from_process()
    with console.status("starting the stack"):
        bring_up(settings, open_store(settings.secrets), os.environ)
    with console.status("starting the hospital's archives and filling them over C-STORE"):
        site.start()
    _introduce(console, site)
    console.print(f"[bold]$ pixl cohort load {site.hospital.extract}[/]")
    cohort_commands.load(site.hospital.extract, project=None, priority=None, dry_run=False, allow_older=False)
    _follow(console, settings)
    with open_ledger(settings) as ledger:
        people = _let_in(ledger.people, settings.data / "demo-passwords")
    _redact(console, settings, site.hospital, people[Role.REVIEWER])
    _show_held(console, settings, people[Role.RELEASER])
    console.print("\n[bold]$ pixl export demo[/]")
    export_command.export("demo", extract=None, wait=True)
    _show(console, site.received)
    _search(console, site.received, site.hospital.tokens())
    _look(console, site.received, site.hospital.burned_in())
    _tell(console, settings)


def _introduce(console: Console, site: Site) -> None:
    places = {place: len(found) for place, found in site.expected().items()}
    console.print(
        f"An invented hospital: {places['vna']} studies in its VNA, {places['pacs']} only in its PACS, "
        f"{places['nowhere']} in no archive.\n"
    )


def _follow(console: Console, settings: Settings) -> None:
    console.print("\n[bold]$ pixl cohort status --watch[/]")
    deadline = time.monotonic() + PATIENCE_SECONDS
    with (
        open_ledger(settings) as ledger,
        Live(console=console, refresh_per_second=4) as live,
    ):
        while True:
            live.update(cohort_commands.page(ledger, None))
            if not any(one.in_flight for one in ledger.status()) or time.monotonic() > deadline:
                live.update(cohort_commands.page(ledger, None))
                return
            time.sleep(0.5)


def _redact(console: Console, settings: Settings, hospital: Hospital, reviewer: Path) -> None:
    """Decide, as a reviewer would, on the study whose pictures show a name: it is made again, checked, and released."""
    written = {study.accession_number: len(study.burned_in) for study in hospital.studies if study.burned_in}
    with open_ledger(settings) as ledger:
        held = [(one, ledger.study(one.id)) for one in ledger.reviews.studies() if one.open]
    for one, study in held:
        if study.accession_number in written:
            console.print(
                f"\nStudy {one.id} is held by the checker {', '.join(one.checkers)}: {written[study.accession_number]} "
                f"lines that name its patient are burned into each of its {one.stored} pictures. Where, shows the "
                f"console: {settings.console_url}/studies/{one.id}"
            )
            reason = "a name in the picture"
            console.print(f'[bold]$ pixl review redact s{one.id} --reason "{reason}" {_proof(reviewer)}[/]')
            review_commands.redact(
                what=[f"s{one.id}"], reason=reason, by=reviewer.name, password_file=reviewer, count=None
            )
            console.print("Its boxes are blackened, it is checked again, and it leaves if nothing more is found:")
            _follow(console, settings)


def _proof(file: Path) -> str:
    """Return the options by which the account decides that a file of `_let_in` is of."""
    return f"--by {file.name} --password-file {file}"


def _show_held(console: Console, settings: Settings, releaser: Path) -> None:
    """List what waits for a person, and say how one decides."""
    console.print("\n[bold]$ pixl review list[/]")
    review_commands.list_(project=None, by_words=False, values=False, limit=10)
    with open_ledger(settings) as ledger:
        waiting = [study for study in ledger.reviews.studies() if study.open]
    if waiting:
        number, who = waiting[0].id, _proof(releaser)
        console.print("Nothing of these has left. To look at one, and to let it leave, or to refuse it for good:")
        console.print(f"  pixl review show {number} --values")
        console.print(f'  pixl review pass s{number} --reason "nothing but an invented picture" {who}')
        console.print(f'  pixl review fail s{number} --reason "a name in the picture" {who}')


def _let_in(people: People, folder: Path) -> dict[Role, Path]:
    """Make an account of each role, once; return the files, each named like its account, that hold the passwords."""
    folder.mkdir(mode=0o700, exist_ok=True)
    known = {one.person.name for one in people.all()}
    files = {role: folder / f"demo-{role}" for role in Role}
    for role, file in files.items():
        if file.name not in known:
            password = secrets.token_urlsafe(18)
            people.add(file.name, role, password, by="pixl demo")
            file.unlink(missing_ok=True)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
                opened.write(f"{password}\n")
    return files


def _show(console: Console, received: Path) -> None:
    files = sorted(path for path in received.rglob("*") if path.is_file())
    tree = Tree(f"[bold]in the safe haven[/] ({received})")
    folders = Counter(path.parent.relative_to(received).as_posix() for path in files)
    for folder, count in sorted(folders.items()):
        branch = tree.add(f"{folder}/  {count} files")
        for path in [path for path in files if path.parent == received / folder][:4]:
            branch.add(f"{path.name}  {path.stat().st_size:,} bytes")
    console.print(tree)


def _search(console: Console, received: Path, tokens: list[Token]) -> None:
    """Search the bytes of all that arrived for everybody the hospital invented."""
    from pixl.testing.leaks import Scanner  # noqa: PLC0415

    found = {leak.token.text for leak in Scanner(tokens).leaks([received])}
    colour = "red" if found else "green"
    console.print(f"[{colour}]{len(found)} of {len(tokens)} invented identifiers found in the bytes of what arrived[/]")


def _look(console: Console, received: Path, lines: list[tuple[int, str]]) -> None:
    """Look into the pictures that arrived for the lines that the hospital burned into some."""
    from pixl.testing.burned_in import legible  # noqa: PLC0415  needs the extra `ocr`

    found = legible(sorted(received.rglob("*.zip")), lines)
    colour = "red" if found else "green"
    told = f"{len(found)} of {len(lines)} lines that the hospital burned into pictures can be read in what arrived"
    console.print(f"[{colour}]{told}[/]")


def _tell(console: Console, settings: Settings) -> None:
    console.print("\nHave a look; all of it goes on running:")
    passwords = settings.data / "demo-passwords"
    console.print(f"  console (review, progress)   {settings.console_url}; names and passwords: {passwords}/")
    console.print(f"  orthanc-raw (identifiable)   {settings.raw_url}/app/explorer.html")
    console.print(f"  orthanc-anon (de-identified) {settings.anon_url}/app/explorer.html")
    console.print(f"  user admin, password in      {settings.data / 'secrets' / 'orthanc-admin-password'}")
    pixl = "pixl" if shutil.which("pixl") else sys.argv[0]
    console.print(f"  {pixl} status | cohort status | logs | doctor")
    console.print(f"  {pixl} demo --down           stops it")
