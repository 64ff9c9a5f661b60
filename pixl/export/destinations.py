"""The destinations of this deployment, by name, from its destinations file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import yaml

from pixl.domain.destination import Destination
from pixl.domain.errors import ConfigurationError
from pixl.domain.secret import SecretStore
from pixl.export.folder import open_folder
from pixl.export.ftps import open_ftps
from pixl.export.options import Origin

NOWHERE = "none"
"""The destination of a project whose studies or tables do not leave."""
ENTRY_POINTS = "pixl.destinations"


@runtime_checkable
class Checkable(Protocol):
    """A destination that can be tried without sending anything; `pixl doctor` does."""

    def check(self) -> str:
        """Say what was seen, or raise as `Destination.put` does."""
        ...


Opener = Callable[[Mapping[str, Any], Origin, SecretStore], Destination]
KINDS: dict[str, Opener] = {"folder": open_folder, "ftps": open_ftps}
"""Third parties add theirs by an entry point of the group `pixl.destinations`."""


def open_destination(name: str, file: Path, secrets: SecretStore) -> Destination:
    """Return the destination that `file` calls `name`. Nothing is connected to yet.

    Raises
    ------
    ConfigurationError
        There is no such file, name or kind, an option is wrong, or a secret is missing.
    RetryLater
        The secret store does not answer.
    """
    if name == NOWHERE:
        raise ConfigurationError(f"the destination {NOWHERE!r} means that nothing leaves; there is nothing to open")
    options = _options(name, file)
    kind = options.pop("kind", None)
    return _opener(name, file, kind)(options, Origin(name=name, file=file), secrets)


def destination_names(file: Path) -> list[str]:
    """Return the names that a destinations file defines."""
    return sorted(_read(file))


def _options(name: str, file: Path) -> dict[str, Any]:
    table = _read(file)
    if name not in table:
        raise ConfigurationError(f"{file} has no destination {name!r}; it has: {', '.join(sorted(table)) or 'none'}")
    if not isinstance(table[name], dict):
        raise ConfigurationError(f"{file}: {name} must be a table of options that starts with `kind:`")
    return dict(table[name])


def _read(file: Path) -> dict[str, Any]:
    try:
        table = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"there is no destinations file {file}; docs/operations.md shows one") from None
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"the destinations file {file} cannot be read: {type(error).__name__}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{file} is not YAML{_line(error)}") from error
    if not isinstance(table or {}, dict):
        raise ConfigurationError(f"{file} must be a table of names and their options")
    return {str(name): options for name, options in (table or {}).items()}


def _line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f" (line {mark.line + 1})" if mark else ""


def _opener(name: str, file: Path, kind: object) -> Opener:
    others = {found.name: found for found in entry_points(group=ENTRY_POINTS)}
    if isinstance(kind, str) and kind in KINDS:
        return KINDS[kind]
    if isinstance(kind, str) and kind in others:
        opener: Opener = others[kind].load()
        return opener
    raise ConfigurationError(f"{file}: {name}: kind must be one of {', '.join(sorted(KINDS.keys() | others.keys()))}")
