"""Settings of a checker, as a project file gives them."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from importlib.metadata import version
from typing import Any, TypeVar

import pydantic

from pixl.domain.errors import ConfigurationError
from pixl.domain.suggest import suggestion

DIGITS = 16
Form = TypeVar("Form", bound="Options")


class Options(pydantic.BaseModel):
    """What a checker can be told; unknown keys are refused."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


def read_options(form: type[Form], given: Mapping[str, Any]) -> Form:
    """Return the settings of a checker.

    Raises
    ------
    ConfigurationError
        A key is unknown or a value is wrong; the message names it.
    """
    try:
        return form.model_validate(dict(given))
    except pydantic.ValidationError as error:
        problems = (_problem(form, entry) for entry in error.errors(include_url=False, include_input=False))
        raise ConfigurationError("; ".join(problems)) from None


def made_with(options: Options, *more: str) -> str:
    """Return what tells this checker's work from that with other settings, rules or models: in words, and a digest."""
    digest = sha256(options.model_dump_json().encode())
    for text in more:
        digest.update(b"\0" + text.encode())
    return f"PIXL {version('pixl')}, settings {digest.hexdigest()[:DIGITS]}"


def _problem(form: type[Options], entry: Any) -> str:
    name = ".".join(map(str, entry["loc"]))
    if entry["type"] == "extra_forbidden":
        return f"unknown key {name}{suggestion(name, tuple(form.model_fields))}"
    return f"{name}: {entry['msg'].removeprefix('Value error, ')}"
