"""Lists of regions by device, as a policy's files give them. Pure: the file has been read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pydantic

from pixl.deid.conditions import All, Condition, Not, Test
from pixl.deid.policy_file import pattern
from pixl.deid.regions import DeviceRegions
from pixl.dicom.names import keywords, tag_of
from pixl.domain.errors import ConfigurationError
from pixl.domain.suggest import suggestion

_Size = Annotated[int, pydantic.Field(ge=0, le=0xFFFF, strict=True)]
_Rectangle = tuple[_Size, _Size, _Size, _Size]


class _Form(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class WhenKeys(_Form):
    """Which pictures an entry is for."""

    modalities: tuple[str, ...] = ()
    manufacturer: str | None = None
    model: str | None = None
    rows: _Size | None = None
    columns: _Size | None = None
    image_type: tuple[str, ...] = ()
    elements: dict[str, str] = {}
    """Keyword -> regular expression that must be found in the element."""
    unless: dict[str, str] = {}
    """Keyword -> regular expression that must not be found."""


class DeviceKeys(_Form):
    """One entry of a list; a rectangle is `[left, top, width, height]`."""

    name: str
    when: WhenKeys
    blank: tuple[_Rectangle, ...] = ()
    blank_outside: tuple[_Rectangle, ...] = ()
    outside_ultrasound_regions: bool = False
    refuse: str = ""


class RegionsFile(_Form):
    """A list of regions by device."""

    devices: tuple[DeviceKeys, ...]


def device_regions(keys: RegionsFile, path: Path) -> tuple[DeviceRegions, ...]:
    """Return the entries of a list.

    Raises
    ------
    ConfigurationError
        An entry says nothing about its device, or nothing about what happens; or a pattern is none.
    """
    devices = []
    for number, entry in enumerate(keys.devices, start=1):
        place, when = f"devices[{number}]", entry.when
        if not any(when.model_dump().values()):
            raise ConfigurationError(f"{path}: {place}.when: says nothing, so it would be every picture")
        if not (entry.blank or entry.blank_outside or entry.outside_ultrasound_regions or entry.refuse):
            raise ConfigurationError(f"{path}: {place}: nothing happens: give blank, blank_outside or refuse")
        pattern(when.manufacturer, path, f"{place}.when.manufacturer")
        pattern(when.model, path, f"{place}.when.model")
        condition = _condition(when, path, place)
        described = when.model_dump(exclude={"elements", "unless"})
        devices.append(DeviceRegions(**described, **entry.model_dump(exclude={"when"}), condition=condition))
    return tuple(devices)


def _condition(when: WhenKeys, path: Path, place: str) -> Condition | None:
    """Return what is asked of other elements."""
    tests: list[Condition] = [_test(name, text, path, f"{place}.when.elements") for name, text in when.elements.items()]
    tests += [Not(_test(name, text, path, f"{place}.when.unless")) for name, text in when.unless.items()]
    return All(tuple(tests)) if tests else None


def _test(name: str, text: str, path: Path, place: str) -> Test:
    tag = tag_of(name)
    if tag is None:
        raise ConfigurationError(f"{path}: {place}: unknown keyword {name!r}{suggestion(name, keywords())}")
    pattern(text, path, f"{place}.{name}")
    return Test(tag, "finds", text)
