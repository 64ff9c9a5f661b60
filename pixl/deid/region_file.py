"""Lists of regions by device, as a policy's files give them. Pure: the file has been read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pydantic

from pixl.deid.policy_file import pattern
from pixl.deid.regions import DeviceRegions
from pixl.domain.errors import ConfigurationError

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
        devices.append(DeviceRegions(**when.model_dump(), **entry.model_dump(exclude={"when"})))
    return tuple(devices)
