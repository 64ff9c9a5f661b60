"""What IsIdentifiable calls a column: the keyword of an element, at whatever depth it is."""

from __future__ import annotations

import re

from pixl.dicom.names import keyword

LAST_TAG = re.compile(r"\(([0-9A-Fa-f]{4}),([0-9A-Fa-f]{4})\)$")
PIXEL_DATA = "PixelData"


def column_of(where: str) -> str:
    """Return the column of a finding's place: `(0040,A730)[1].(0040,A160)` is `TextValue`."""
    found = LAST_TAG.search(where)
    if not found:
        return PIXEL_DATA if where.startswith("pixels") else where
    return keyword(int(found.group(1) + found.group(2), 16))
