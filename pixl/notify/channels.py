"""The notifications file: who is told what, with which words."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import pydantic

from pixl.domain.errors import ConfigurationError
from pixl.domain.notice import Occasion
from pixl.notify.messages import PLACEHOLDERS, TEMPLATES, Template
from pixl.project.yaml_file import read_form

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, kw_only=True)
class Channel:
    """Somebody who is told."""

    name: str
    url_secret: str
    """What the secret store calls the channel's URL: it holds a password, or is one."""
    occasions: tuple[Occasion, ...]
    projects: tuple[str, ...] = ()
    """Empty is every project."""

    def wants(self, project: str) -> bool:
        """Whether it is told of `project`."""
        return not self.projects or project in self.projects


@dataclass(frozen=True, kw_only=True)
class Channels:
    """All that are told, and the words."""

    channels: tuple[Channel, ...] = ()
    templates: Mapping[Occasion, Template] = field(default_factory=lambda: dict(TEMPLATES))


class _Form(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class _ChannelKeys(_Form):
    url_secret: Annotated[str, pydantic.StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,126}$")]
    occasions: Annotated[tuple[Occasion, ...], pydantic.Field(min_length=1)] = tuple(Occasion)
    projects: tuple[str, ...] = ()


class _TemplateKeys(_Form):
    title: str
    body: str


class _File(_Form):
    channels: dict[str, _ChannelKeys] = {}
    templates: dict[Occasion, _TemplateKeys] = {}


def load_channels(path: Path) -> Channels:
    """Return what the notifications file says; without the file nobody is told.

    Raises
    ------
    ConfigurationError
        It names the file, the key, and what was probably meant.
    """
    if not path.exists():
        return Channels()
    form = read_form(path, _File)
    for name in form.channels:
        if not NAME.fullmatch(name):
            raise ConfigurationError(f"{path}: channels: a name is made of lower-case letters, digits and hyphens")
    given = {occasion: Template(title=keys.title, body=keys.body) for occasion, keys in form.templates.items()}
    for occasion, template in given.items():
        _check(path, occasion, template)
    return Channels(
        channels=tuple(
            Channel(name=name, url_secret=keys.url_secret, occasions=keys.occasions, projects=keys.projects)
            for name, keys in form.channels.items()
        ),
        templates={**TEMPLATES, **given},
    )


def _check(path: Path, occasion: Occasion, template: Template) -> None:
    for part in (template.title, template.body):
        text = string.Template(part)
        unknown = set(text.get_identifiers()) - PLACEHOLDERS
        if unknown or not text.is_valid():
            what = f"${min(unknown)} is none of" if unknown else "a $ stands alone; write $$, or one of"
            raise ConfigurationError(
                f"{path}: templates.{occasion}: {what} {', '.join(f'${name}' for name in sorted(PLACEHOLDERS))}"
            )
