"""What a policy file says, as rules. Pure: the file has been read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from pixl.deid.operations import Replace, check_value, operation_of
from pixl.deid.policy import OPTION_CODES, Override, PrivateTag, Rule
from pixl.dicom.encoding import LONG_VRS, SHORT_VRS
from pixl.dicom.names import REPEATING_GROUPS, dictionary, keywords, tag_of
from pixl.domain.date_shift import DateShift
from pixl.domain.errors import ConfigurationError
from pixl.domain.suggest import suggestion

TAG = re.compile(r"\(?([0-9a-fA-F]{4}),([0-9a-fA-F]{4})\)?")
REPEATING = re.compile(r"\(?(50|60)xx,([0-9a-fA-F]{4})\)?")
PRIVATE = re.compile(r'\(([0-9a-fA-F]{4}),"([^"\\]{1,64})",(?:xx)?([0-9a-fA-F]{2})\)')
GROUP = re.compile(r"[0-9a-fA-F]{4}")
VRS = frozenset(vr.decode() for vr in SHORT_VRS | LONG_VRS)


class _Form(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class RuleKeys(_Form):
    """One rule of a policy file."""

    op: str
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    vrs: tuple[str, ...] = ()
    value: str | None = None
    length: Annotated[int, pydantic.Field(ge=2, le=64)] | None = None
    why: str = ""


class WhenKeys(_Form):
    """Which instances an override is for."""

    manufacturer: str | None = None
    modalities: tuple[str, ...] = ()


class OverrideKeys(_Form):
    """Rules for some instances only."""

    when: WhenKeys
    rules: tuple[RuleKeys, ...]


class DatesKeys(_Form):
    """How dates move."""

    days: tuple[int, int]
    """Between how many days and how many; below zero into the past."""


class PolicyKeys(_Form):
    """A policy file."""

    profile: Literal["basic", "none"] = "basic"
    options: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    """Files that list regions by device."""
    refuse_pixels: str = ""
    """Why instances with pixel data are rejected, if they are."""
    allow_burned_in: bool = False
    """Whether pictures may leave that say that text is burned into them, without any of it being blackened."""
    dates: DatesKeys | None = None
    rules: tuple[RuleKeys, ...] = ()
    overrides: tuple[OverrideKeys, ...] = ()


def rules_of(keys: tuple[RuleKeys, ...], path: Path, part: str = "rules") -> tuple[Rule, ...]:
    """Return the rules of a file.

    Raises
    ------
    ConfigurationError
        An operation, keyword or tag is unknown; the message names the file, the rule, and what was probably meant.
    """
    rules = []
    for number, entry in enumerate(keys, start=1):
        place = f"{part}[{number}]"
        try:
            rules.append(_rule(entry, f"{path.name} {place}"))
        except ConfigurationError as error:
            raise ConfigurationError(f"{path}: {place}: {error}") from None
    return tuple(rules)


def overrides_of(keys: PolicyKeys, path: Path) -> tuple[Override, ...]:
    """Return the overrides of a file; raises as `rules_of` does."""
    return tuple(
        Override(
            rules=rules_of(entry.rules, path, f"overrides[{number}].rules"),
            manufacturer=pattern(entry.when.manufacturer, path, f"overrides[{number}].when.manufacturer"),
            modalities=entry.when.modalities,
        )
        for number, entry in enumerate(keys.overrides, start=1)
    )


def pattern(text: str | None, path: Path, key: str) -> str | None:
    """Return a regular expression, or raise `ConfigurationError` with where it stands."""
    try:
        re.compile(text or "")
    except re.error as error:
        raise ConfigurationError(f"{path}: {key}: not a regular expression: {error}") from None
    return text


def date_shift(keys: DatesKeys, path: Path) -> DateShift:
    """Return how dates move, or raise `ConfigurationError` with what is wrong about it."""
    shift = DateShift(first=keys.days[0], last=keys.days[1])
    if shift.fault:
        raise ConfigurationError(f"{path}: dates.days: {shift.fault}")
    return shift


def check_options(keys: PolicyKeys, path: Path) -> None:
    """Raise `ConfigurationError` if an option is none of PS3.15's, or has no profile that it is an option of."""
    if keys.options and keys.profile == "none":
        raise ConfigurationError(f"{path}: options are options of a profile: write profile: basic")
    names = [name for name in OPTION_CODES if name != "basic"]
    for option in keys.options:
        if option not in names:
            hint = ": write profile: basic" if option == "basic" else suggestion(option, names)
            raise ConfigurationError(f"{path}: unknown option {option!r}{hint}")


def _rule(entry: RuleKeys, source: str) -> Rule:
    operation = operation_of(entry.op, **dict(_arguments(entry)))
    tags: list[int] = []
    private: list[PrivateTag] = []
    for text in entry.tags:
        found = PRIVATE.fullmatch(text.strip())
        if found:
            private.append(PrivateTag(group=int(found[1], 16), creator=found[2].strip(), element=int(found[3], 16)))
        else:
            tags.extend(_tags(text.strip()))
    if isinstance(operation, Replace) and operation.value is not None:
        _check_values(operation.value, tags)
    if not (tags or private or entry.groups or entry.vrs):
        raise ConfigurationError("names no element: give tags, groups or vrs")
    return Rule(
        operation=operation,
        source=f"{source}{': ' if entry.why else ''}{entry.why}",
        tags=tuple(tags),
        groups=tuple(_group(text) for text in entry.groups),
        vrs=tuple(_vr(text) for text in entry.vrs),
        private=tuple(private),
    )


def _arguments(entry: RuleKeys) -> Iterator[tuple[str, Any]]:
    if entry.value is not None:
        yield "value", entry.value
    if entry.length is not None:
        yield "length", entry.length


def _tags(text: str) -> tuple[int, ...]:
    """Return the tags that a keyword, `(gggg,eeee)` or `(60xx,eeee)` names."""
    if found := TAG.fullmatch(text):
        return (_even(int(found[1] + found[2], 16), text),)
    if found := REPEATING.fullmatch(text):
        return tuple(int(found[1] + "00" + found[2], 16) | low << 16 for low in REPEATING_GROUPS)
    tag = tag_of(text)
    if tag is None:
        raise ConfigurationError(f"unknown keyword {text!r}{suggestion(text, keywords())}")
    return (tag,)


def _even(tag: int, text: str) -> int:
    if tag >> 16 & 1:
        raise ConfigurationError(f'{text} is private: name it with its creator, such as (0019,"SIEMENS MR HEADER",0c)')
    if tag not in dictionary():
        raise ConfigurationError(f"{text} is not in the data dictionary; what is unknown cannot be kept")
    return tag


def _group(text: str) -> int:
    if not GROUP.fullmatch(text) or int(text, 16) % 2:
        raise ConfigurationError(f"{text!r} is not an even group of four hexadecimal digits in quotes")
    return int(text, 16)


def _vr(text: str) -> str:
    if text not in VRS:
        raise ConfigurationError(f"unknown value representation {text!r}{suggestion(text, VRS)}")
    return text


def _check_values(value: str, tags: list[int]) -> None:
    for tag in tags:
        check_value(value, dictionary()[tag][0][0])
