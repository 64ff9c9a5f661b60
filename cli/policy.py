"""`pixl policy explain | diff | test`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from cli.policy_diff import changes
from cli.policy_trial import Trial
from pixl.deid import Policy, load_policy
from pixl.deid.explain import explain
from pixl.dicom.encoding import tag_text
from pixl.domain.errors import ConfigurationError
from pixl.domain.project import DestinationNames, Project
from pixl.files.outcome import Outcome
from pixl.project import Projects, load_project
from pixl.project.yaml_file import read_yaml
from pixl.settings import Settings

app = typer.Typer(name="policy", help="What a project's policy does, and why.", no_args_is_help=True)

DIFFERENT = 1
SOME_FAILED = 1
COLOURS = {"remove": "red", "keep": "green"}


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


@app.command("diff")
def diff_command(
    first: Annotated[str, typer.Argument(metavar="A", help="A project, a policy, or the file of one.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The same.")],
) -> None:
    """Print what B would do to an element that A does not; exit code 1 if there is any such element."""
    projects = Projects(Settings.from_process().projects)
    found = list(changes(_policy(projects, first), _policy(projects, second)))
    console = Console(soft_wrap=True)
    where = ""
    for one in found:
        if one.where != where:
            where = one.where
            console.print(Text(f"for {where}:", style="bold"))
        indent = "  " if where else ""
        console.print(Text.assemble(f"{indent}{one.what}: ", _coloured(one.before), " -> ", _coloured(one.after)))
    console.print(Text(f"differences: {len(found)}"))
    if found:
        raise typer.Exit(DIFFERENT)


@app.command("test")
def test_command(
    project: Annotated[str, typer.Argument(help="A project, a policy, or the file of one.")],
    files: Annotated[list[Path], typer.Argument(help="DICOM files, folders or ZIP archives; only read.")],
) -> None:
    """Try a policy on files: what would be left, changed and removed. Writes nothing, shows no value."""
    trial = Trial(_policy(Projects(Settings.from_process().projects), project))
    for path in files:
        if not path.exists():
            raise ConfigurationError(f"{path} is not there")
        trial.run(path.resolve())
    console = Console(soft_wrap=True)
    for title, lines in trial.sections():
        console.print(Text(title, style="bold"))
        for line in lines:
            console.print(Text(f"  {line}"))
    for row in trial.refused:
        console.print(Text.assemble(f"{row.input}: ", (row.outcome.value, "red"), f": {row.reason}"))
    console.print(Text(f"{trial.passed} files would pass, {len(trial.refused)} would not"))
    if any(row.outcome is Outcome.FAILED for row in trial.refused):
        raise typer.Exit(SOME_FAILED)


def _policy(projects: Projects, name: str) -> Policy:
    """Return the policy that a name or a path means: a project's, or a policy file by itself."""
    path = Path(name)
    if name in projects.names():
        return load_policy(projects.get(name))
    if path.suffix not in {".yaml", ".yml"}:
        path = projects.folder / "policies" / f"{name}.yaml"
        if not path.is_file():
            return load_policy(projects.get(name))  # says what was probably meant
    contents = read_yaml(path)
    if isinstance(contents, dict) and "project" in contents:
        return load_policy(load_project(path))
    nowhere = DestinationNames(dicom="none", parquet="none")
    return load_policy(Project(name=path.stem, modalities=(), destination=nowhere, file=path, policy=path))


def _coloured(operation: str) -> tuple[str, str]:
    return operation, COLOURS.get(operation, "cyan")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror}") from None
