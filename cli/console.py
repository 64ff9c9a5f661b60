"""`pixl console user ...`: who may log in to the console, and as what."""

from __future__ import annotations

import getpass
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.identity import ByOption, PasswordOption, prove
from cli.opening import open_ledger
from pixl.domain.errors import ConfigurationError
from pixl.domain.person import Role
from pixl.ledger import Ledger
from pixl.ledger.people import TOKEN_DAYS, People
from pixl.settings import Settings

app = typer.Typer(name="console", help="The web pages for review and progress.", no_args_is_help=True)
user = typer.Typer(name="user", help="Who may log in.", no_args_is_help=True)
app.add_typer(user)

Name = Annotated[str, typer.Argument(help="The login.")]
Generate = Annotated[bool, typer.Option("--generate", "-g", help="Make a password and print it, once.")]
GENERATED_BYTES = 18


@user.command()
def add(
    name: Name,
    role: Annotated[Role, typer.Option("--role", "-r", help="What they may do.")] = Role.REVIEWER,
    generate: Generate = False,
) -> None:
    """Let somebody log in to the console."""
    with _people() as people:
        people.add(name, role, _password(name, generate=generate), by=_who())
    Console().print(f"{name} may log in as {role.value} at {Settings.from_process().console_url}", soft_wrap=True)


@user.command(name="list")
def list_() -> None:
    """Show who may log in."""
    table = Table("name", "role", "since", "last seen", box=None)
    with _people() as people:
        for one in people.all():
            seen = one.seen.strftime("%Y-%m-%d %H:%M") if one.seen else "" if one.removed_at is None else "removed"
            table.add_row(one.person.name, one.person.role.value, f"{one.since:%Y-%m-%d}", seen)
    Console().print(table)


@user.command()
def password(name: Name, generate: Generate = False) -> None:
    """Give somebody another password, and log them out."""
    with _people() as people:
        people.set_password(name, _password(name, generate=generate), by=_who())


@user.command()
def role(name: Name, role: Annotated[Role, typer.Argument(help="What they may do from now on.")]) -> None:
    """Give somebody another role."""
    with _people() as people:
        people.set_role(name, role, by=_who())


@user.command()
def remove(name: Name) -> None:
    """Let somebody log in no more. The name stays theirs."""
    with _people() as people:
        people.remove(name, by=_who())


@user.command()
def link(
    name: Annotated[str, typer.Argument(help="An account of PIXL's own.")],
    subject: Annotated[str, typer.Argument(help="What the hospital's login calls the same person: oidc:...")],
) -> None:
    """Say that an account and one of the hospital's login are the same person's: they never make two people."""
    with _people() as people:
        people.link(subject, name, by=_who())
    Console().print(f"{subject} and {name} count as one person from now on", soft_wrap=True)


@user.command()
def token(
    by: ByOption = None,
    password_file: PasswordOption = None,
    days: Annotated[int, typer.Option(min=1, max=365, help="How long it counts.")] = TOKEN_DAYS,
) -> None:
    """Make a token, which stands for your password on the command line, and print it, once."""
    with _ledger() as ledger:
        person = prove(ledger, by, password_file, role=Role.REVIEWER, at="console user token")
        print(ledger.people.add_token(person.name, days=days))


@contextmanager
def _people() -> Iterator[People]:
    with _ledger() as ledger:
        yield ledger.people


@contextmanager
def _ledger() -> Iterator[Ledger]:
    settings = Settings.from_process()
    with open_ledger(settings) as ledger:
        yield ledger


def _password(name: str, *, generate: bool) -> str:
    if generate:
        made = secrets.token_urlsafe(GENERATED_BYTES)
        print(f"password of {name}, shown this once: {made}")
        return made
    # Never an argument: the shell would keep it, and everybody on the machine could read it.
    first: str = typer.prompt("Password", hide_input=True)
    if typer.prompt("The same again", hide_input=True) != first:
        raise ConfigurationError("these were two different passwords; nothing was changed")
    return first


def _who() -> str:
    return f"cli:{getpass.getuser()}"
