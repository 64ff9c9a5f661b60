"""Who decides on the command line: an account of the console, which is proved for each command."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from pixl.domain.errors import ConfigurationError, PixlError
from pixl.domain.person import Person, Role
from pixl.ledger import Ledger
from pixl.ledger.people import TOKEN
from pixl.secrets.files import read_private

ByOption = Annotated[
    str | None, typer.Option("--by", help="Who decides: the name of an account of the console. [the login name]")
]
PasswordOption = Annotated[
    Path | None,
    typer.Option(
        "--password-file",
        help="A file of mode 0600 with the account's password, or a token from the console. [you are asked]",
    ),
]


class NotAllowed(PixlError):
    """This person may not do that."""


def prove(ledger: Ledger, by: str | None, password_file: Path | None, *, role: Role, at: str) -> Person:
    """Return who is at the keyboard, proved and with at least `role`; the audit trail has it, also where it fails.

    Parameters
    ----------
    by
        The account's name; the login name without one. A token says itself whose it is.
    at
        The command that they are about to run.

    Raises
    ------
    LoginRefused
        The password or token is wrong, or too many were.
    NotAllowed
        The account is not of that role.
    ConfigurationError
        There is nobody to ask and no file, or others can read the file.
    """
    name = (by or getpass.getuser()).strip().lower()
    secret = _secret(name, password_file)
    address = f"cli:{getpass.getuser()}"
    if secret.startswith(TOKEN):
        person = ledger.people.prove_by_token(secret, address=address, at=at)
        if by and person.name not in (by, name):
            raise NotAllowed(f"this is a token of {person.name}, not of {by}")
    else:
        person = ledger.people.prove(name, secret, address=address, at=at)
    if not person.role.includes(role):
        raise NotAllowed(f"{person.name} is a {person.role.value}: this needs the role {role.value}")
    return person


def _secret(name: str, password_file: Path | None) -> str:
    if password_file:
        return read_private(password_file).decode("utf-8", errors="replace")
    if not sys.stdin.isatty():
        raise ConfigurationError(
            "there is nobody here to ask for a password: give a file of mode 0600 with --password-file, which holds "
            "the password of an account of the console (`pixl console user add`), or a token from its page"
        )
    # Never an argument: the shell would keep it, and everybody on the machine could read it.
    asked: str = typer.prompt(f"Password or token of {name}", hide_input=True, err=True)
    return asked
