"""`pixl policy explain PROJECT [FILE.dcm]`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from pixl.deid import load_policy
from pixl.deid.explain import explain
from pixl.dicom.encoding import tag_text
from pixl.domain.errors import ConfigurationError
from pixl.project import Projects
from pixl.settings import Settings

app = typer.Typer(name="policy", help="What a project's policy does, and why.", no_args_is_help=True)

COLOURS = {"remove": "red", "keep": "green"}


@app.callback()
def group() -> None:
    """Make `explain` a command of its own also while it is the only one."""


@app.command("explain")
def explain_command(
    project: Annotated[str, typer.Argument(help="The project's name.")],
    file: Annotated[Path | None, typer.Argument(metavar="[FILE.dcm]", help="A DICOM file; no value is shown.")] = None,
) -> None:
    """Print what would happen to each element, and which rule says so."""
    policy = load_policy(Projects(Settings.from_process().projects).get(project))
    console = Console(soft_wrap=True)
    for note in policy.notes:
        console.print(Text.assemble(("note: ", "yellow"), note))
    if file is None:
        for line in policy.describe():
            console.print(Text(line))
        return
    for one in explain(_read(file), policy):
        element = "  " * len(one.element.path) + f"{tag_text(one.element.tag)} {one.name}"
        colour = COLOURS.get(one.outcome, "cyan")
        console.print(Text.assemble(f"{element:46} {one.element.vr}  ", (f"{one.outcome:12}", colour), f" {one.why}"))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror}") from None
