"""What the options of all kinds of destination have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from pixl.domain.errors import ConfigurationError


class Options(BaseModel):
    """Options of a destination; an unknown or misspelt one is an error that names it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where the options of a destination are written, for messages that say what to mend."""

    name: str
    file: Path

    def path(self, written: Path) -> Path:
        """Return a path as it is meant: relative ones start at the destinations file."""
        return self.file.parent / written


SomeOptions = TypeVar("SomeOptions", bound=Options)


def read_options(model: type[SomeOptions], options: Mapping[str, Any], origin: Origin) -> SomeOptions:
    """Validate the options of one destination.

    Raises
    ------
    ConfigurationError
        Names the file, the destination and each wrong key, and never shows a value.
    """
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        raise ConfigurationError(f"{origin.file}: {origin.name}: {_complaints(error)}") from None


def _complaints(error: ValidationError) -> str:
    found = error.errors(include_input=False, include_context=False, include_url=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {_complaint(one['type'], one['msg'])}" for one in found)


def _complaint(kind: str, message: str) -> str:
    return {"extra_forbidden": "unknown key", "missing": "is missing"}.get(kind, message)
