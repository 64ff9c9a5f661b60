"""`pixl project new | list | check | show`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from pixl.deid import load_policy
from pixl.deid.allowed import allowed_by
from pixl.domain.errors import ConfigurationError, PixlError
from pixl.domain.project import Project
from pixl.project import Projects
from pixl.project.loader import NAME
from pixl.settings import Settings

app = typer.Typer(name="project", help="Research projects: one YAML file each.", no_args_is_help=True)

WRONG_USE = 2
TEMPLATE = """\
# What this project may have, and where it goes. `pixl project check {name}` says whether it is right.
project:
  name: {name}
  modalities: [{modalities}]

# A file in policies/; `pixl policy explain {name}` says what it does.
policy: research

# Series with fewer instances, or with one of these words in their description, are left out.
min_instances_per_series: 1
series_filters: [localizer, localiser, scout, positioning]

# A study of which an instance could not be de-identified: hold, fail or export.
on_failed_instance: hold

# `none`, or a name in the destinations file.
destination:
  dicom: ftps
  parquet: ftps
"""
Name = Annotated[str, typer.Argument(help="The project's name.")]


@app.command()
def new(
    name: Name,
    modality: Annotated[list[str] | None, typer.Option("--modality", "-m", help="Once for each. [CT and MR]")] = None,
) -> None:
    """Write a project file to start from."""
    path = _folder() / f"{name}.yaml"
    if not NAME.fullmatch(name):
        raise ConfigurationError(f"{name!r} is no project name: lower-case letters, digits and hyphens, 63 at most")
    if path.exists():
        raise ConfigurationError(f"{path} is there already")
    path.write_text(TEMPLATE.format(name=name, modalities=", ".join(modality or ["CT", "MR"])), encoding="utf-8")
    Console(soft_wrap=True).print(Text(f"wrote {path}; its secret is to be called project-{name}"))


@app.command("list")
def list_command() -> None:
    """Print the projects' names."""
    for name in Projects(_folder()).names():
        print(name)


@app.command()
def check(name: Annotated[str | None, typer.Argument(help="Only this project. [all]")] = None) -> None:
    """Read project files with everything that they refer to, and say what is wrong or means something else here."""
    projects, console = Projects(_folder()), Console(soft_wrap=True)
    wrong = [one for one in ([name] if name else projects.names()) if not _check(projects, one, console)]
    if wrong:
        raise typer.Exit(WRONG_USE)


@app.command()
def show(name: Name) -> None:
    """Print a project as it is understood, defaults included."""
    project = Projects(_folder()).get(name)
    policy = load_policy(project)
    for key, value in _shown(project).items():
        print(f"{key}: {value}")
    print(f"policy hash: {policy.hash}")


def _check(projects: Projects, name: str, console: Console) -> bool:
    from pixl.checks import load_suite  # noqa: PLC0415  the checkers take their time

    try:
        project = projects.get(name)
        policy = load_policy(project)
        load_suite(project, allowed=allowed_by(policy))
    except PixlError as error:
        console.print(Text.assemble((f"{name}: ", "bold red"), str(error)))
        return False
    console.print(Text.assemble((f"{name}: ", "bold green"), "right"))
    for note in (*project.notes, *policy.notes):
        console.print(Text.assemble(("  note: ", "yellow"), note))
    return True


def _shown(project: Project) -> dict[str, str]:
    files = (*project.tag_operation_files.base, *project.tag_operation_files.manufacturer_overrides)
    manufacturers = (
        f"{one.regex!r} without series {list(one.exclude_series_numbers)}" for one in project.allowed_manufacturers
    )
    return {
        "name": project.name,
        "file": str(project.file),
        "modalities": ", ".join(project.modalities),
        "policy": str(project.policy or "none"),
        "tag operation files": ", ".join(map(str, files)) or "none",
        "allowed manufacturers": ", ".join(manufacturers) or "all",
        "min_instances_per_series": str(project.min_instances_per_series),
        "series_filters": ", ".join(project.series_filters) or "none",
        "on_failed_instance": project.on_failed_instance,
        "destination": f"dicom to {project.destination.dicom}, parquet to {project.destination.parquet}",
        "priority": str(project.priority),
    }


def _folder() -> Path:
    return Settings.from_process().projects
