"""The section `checks:` of a project file: the checkers, in their order, each a name or a name with settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pydantic

from pixl.domain.checks import CheckerChoice, Checks
from pixl.domain.errors import ConfigurationError


def _with_settings(entry: Any) -> Any:
    """Take `name` and `name: null` as a checker without settings."""
    if isinstance(entry, str):
        return {entry: {}}
    if isinstance(entry, dict):
        return {name: {} if options is None else options for name, options in entry.items()}
    return entry


_Entry = Annotated[
    dict[str, dict[str, Any]],
    pydantic.BeforeValidator(_with_settings),
    pydantic.Field(min_length=1, max_length=1),
]
ChecksKeys = Annotated[tuple[_Entry, ...], pydantic.Field(min_length=1)]
"""`- name`, or `- name: {setting: value}`; a checker's own settings are read by the checker."""


def checks_of(entries: tuple[dict[str, dict[str, Any]], ...] | None, path: Path) -> Checks:
    """Return the checkers that a project file at `path` switches on; the default ones if it has no such section.

    Raises
    ------
    ConfigurationError
        A checker is named twice.
    """
    if entries is None:
        return Checks()
    choices = tuple(CheckerChoice(name=name, options=options) for entry in entries for name, options in entry.items())
    names = [choice.name for choice in choices]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationError(f"{path}: checks: {twice[0]} is given twice")
    return Checks(checkers=choices)
