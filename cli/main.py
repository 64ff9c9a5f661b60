"""`pixl`: the command line. One file a command group; errors become stable exit codes here and nowhere else."""

from __future__ import annotations

import errno
import importlib
import pkgutil
import sys
from typing import NoReturn

import typer
from rich.console import Console
from rich.text import Text

import cli
from pixl.domain.errors import CohortInvalid, ConfigurationError, PixlError, RetryLater, ServiceUnavailable

SOME_FAILED = 1
WRONG_USE = 2
NOT_REACHABLE = 3
EXIT_CODES: dict[type[PixlError], int] = {
    ConfigurationError: WRONG_USE,
    CohortInvalid: WRONG_USE,
    ServiceUnavailable: NOT_REACHABLE,
    RetryLater: NOT_REACHABLE,
}
"""By the error's class; what is not named here is `SOME_FAILED`."""
TO_MEND = {
    errno.ENOSPC: "the disk is full: make room, then run the command again",
    errno.EDQUOT: "the disk quota is used up: make room, then run the command again",
    errno.EROFS: "the disk is mounted read-only",
    errno.EACCES: "this user may not do that: check the owner and the mode",
}
"""What the system refuses and a person can mend; any other refusal is a bug and is seen."""


def build() -> typer.Typer:
    """Return the whole command line: the `app` of every module beside this one; one with a name is a group."""
    root = typer.Typer(
        name="pixl",
        help="Takes clinical images and reports out of a hospital for research, safely.",
        no_args_is_help=True,
        # A traceback that shows local variables would show identifiers.
        pretty_exceptions_enable=False,
    )
    for module in pkgutil.iter_modules(cli.__path__):
        if module.name in {"main", "__main__"}:
            continue
        app = getattr(importlib.import_module(f"cli.{module.name}"), "app", None)
        if isinstance(app, typer.Typer):
            root.add_typer(app)
    return root


def exit_code(error: PixlError) -> int:
    """Return the exit code that tells of `error`."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), SOME_FAILED)


def main() -> None:
    """Run the command line."""
    try:
        build()()
    except PixlError as error:
        _stop(str(error), exit_code(error))
    except OSError as error:
        if error.errno not in TO_MEND:
            raise
        _stop(f"{TO_MEND[error.errno]} ({error.filename or error.strerror})", WRONG_USE)


def _stop(message: str, code: int) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(Text.assemble(("error: ", "bold red"), message))
    sys.exit(code)


if __name__ == "__main__":
    main()
