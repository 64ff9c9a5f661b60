"""Reads a YAML file that a person wrote, and says what is wrong with it in that person's words."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import pydantic
import yaml

from pixl.domain.errors import ConfigurationError
from pixl.domain.suggest import suggestion

Form = TypeVar("Form", bound=pydantic.BaseModel)
REMEMBERED = 64
"""Files; a process reads the same few again for each study, and parsing one takes milliseconds."""


class _UniqueKeys(yaml.SafeLoader):
    """A key that is given twice is a mistake, not a choice of the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """Construct a mapping, refusing a repeated key."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = {str(key) for key in keys if keys.count(key) > 1}
        if repeated:
            line = node.start_mark.line + 1
            raise ConfigurationError(f"line {line}: the key {', '.join(sorted(repeated))} is given twice")
        return super().construct_mapping(node, deep=deep)


def read_yaml(path: Path) -> Any:
    """Return the document in `path`.

    Raises
    ------
    ConfigurationError
        It is missing, unreadable or no YAML; the message names the file and the line.
    """
    return _document(path, _text(path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"{path}: cannot be read: {reason}") from None


def _document(path: Path, text: str) -> Any:
    try:
        return yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}" if mark else ""
        raise ConfigurationError(f"{path}{line}: this is not YAML: {getattr(error, 'problem', 'unreadable')}") from None


def read_form(path: Path, form: type[Form]) -> Form:
    """Return the document in `path` as `form`, which is frozen; one whose text is as it was is not parsed again.

    Raises
    ------
    ConfigurationError
        It names the file and each key that is unknown, missing or wrong, with what was probably meant.
    """
    remembered: Form = _form(path, _text(path), form)
    return remembered


@lru_cache(maxsize=REMEMBERED)
def _form(path: Path, text: str, form: type[pydantic.BaseModel]) -> Any:
    return as_form(path, _document(path, text), form)


def as_form(path: Path, document: Any, form: type[Form]) -> Form:
    """Return `document`, which was read from `path`, as `form`; raises as `read_form` does."""
    try:
        return form.model_validate(document)
    except pydantic.ValidationError as error:
        problems = "; ".join(_problem(form, entry) for entry in error.errors(include_url=False, include_input=False))
        raise ConfigurationError(f"{path}: {problems}") from None


def _problem(form: type[pydantic.BaseModel], entry: Any) -> str:
    location = entry["loc"]
    key = _key(location)
    if entry["type"] == "extra_forbidden":
        return f"unknown key {key}{suggestion(str(location[-1]), _keys(form, location[:-1]))}"
    return f"{key}: {entry['msg'].removeprefix('Value error, ')}"


def _key(location: tuple[Any, ...]) -> str:
    """Return `a.b[3].c`; entries of a list are counted from one."""
    text = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".") or "the document"


def _keys(form: type[pydantic.BaseModel], location: tuple[Any, ...]) -> Collection[str]:
    """Return the keys that the form knows at `location`."""
    current: Any = form
    for part in location:
        if isinstance(part, str) and part in current.model_fields:
            current = _inner_form(current.model_fields[part].annotation)
        if current is None:
            return ()
    return [field.alias or name for name, field in current.model_fields.items()]


def _inner_form(annotation: Any) -> Any:
    """Return the form inside `Form`, `Form | None`, `list[Form]`."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return annotation
    inner = [_inner_form(argument) for argument in getattr(annotation, "__args__", ())]
    return next((form for form in inner if form), None)
