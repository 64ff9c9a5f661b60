"""Which parts of a picture are blackened: lists of regions by device, and the regions that ultrasound declares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pixl.deid.conditions import Condition
from pixl.deid.picture import Picture

Rectangle = tuple[int, int, int, int]
"""Left, top, width, height; in pixels."""
Spans = tuple[tuple[tuple[int, int], ...], ...]
"""For each row, from which column to before which one it is blackened."""


@dataclass(frozen=True, kw_only=True)
class DeviceRegions:
    """Where a kind of device burns text into its pictures."""

    name: str
    modalities: tuple[str, ...] = ()
    manufacturer: str | None = None
    """Regular expression, searched for in any case; as `model`."""
    model: str | None = None
    rows: int | None = None
    columns: int | None = None
    image_type: tuple[str, ...] = ()
    """Values that (0008,0008) ImageType must have."""
    condition: Condition | None = None
    """Of a list in another tool's format."""
    blank: tuple[Rectangle, ...] = ()
    blank_outside: tuple[Rectangle, ...] = ()
    """All but these is blackened, if there are any."""
    outside_ultrasound_regions: bool = False
    """All but the regions that the picture itself declares (0018,6011) is blackened."""
    unless_kept: bool = False
    """Counts only where no other entry for the picture says which parts of it stay."""
    refuse: str = ""
    """Why pictures of this device are not taken, if they are not."""

    def matches(self, picture: Picture) -> bool:
        """Whether a picture is of this kind of device; what is not given here may be anything."""
        return (
            (not self.modalities or picture.modality in self.modalities)
            and self.rows in (None, picture.rows)
            and self.columns in (None, picture.columns)
            and set(self.image_type) <= set(picture.image_type)
            and _found(self.manufacturer, picture.manufacturer)
            and _found(self.model, picture.model)
            and (self.condition is None or self.condition.holds(picture))
        )


def spans_of(device: DeviceRegions, picture: Picture) -> Spans:
    """Return what a device's regions blacken in a picture, row by row."""
    kept = list(device.blank_outside)
    if device.outside_ultrasound_regions:
        kept += [(left, top, right - left + 1, below - top + 1) for left, top, right, below in picture.regions]
    rows = []
    for row in range(picture.rows):
        blank = list(_columns(device.blank, row, picture.columns))
        if device.blank_outside or device.outside_ultrasound_regions:
            blank += _complement(sorted(_columns(kept, row, picture.columns)), picture.columns)
        rows.append(tuple(blank))
    return tuple(rows)


def _found(pattern: str | None, text: str) -> bool:
    return pattern is None or bool(re.search(pattern, text, re.IGNORECASE))


def _columns(rectangles: tuple[Rectangle, ...] | list[Rectangle], row: int, columns: int) -> Iterator[tuple[int, int]]:
    """Yield which columns of a row are in rectangles, those that reach over the edge cut off."""
    for left, top, width, height in rectangles:
        begin, end = max(left, 0), min(left + width, columns)
        if top <= row < top + height and begin < end:
            yield begin, end


def _complement(spans: list[tuple[int, int]], columns: int) -> Iterator[tuple[int, int]]:
    position = 0
    for begin, end in spans:
        if position < begin:
            yield position, begin
        position = max(position, end)
    if position < columns:
        yield position, columns
