"""What has to be known of an image to find and to blacken regions of it (PS3.3 section C.7.6.3)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from pixl.dicom.elements import Element, elements
from pixl.dicom.encoding import tag_text
from pixl.dicom.names import dictionary, keyword
from pixl.dicom.part10 import Part10
from pixl.domain.errors import InstanceFailed

MODALITY, MANUFACTURER, MODEL, IMAGE_TYPE = 0x00080060, 0x00080070, 0x00081090, 0x00080008
ROWS, COLUMNS, SAMPLES, PLANAR, FRAMES = 0x00280010, 0x00280011, 0x00280002, 0x00280006, 0x00280008
PHOTOMETRIC, BURNED_IN = 0x00280004, 0x00280301
ALLOCATED, STORED, HIGH_BIT, REPRESENTATION = 0x00280100, 0x00280101, 0x00280102, 0x00280103
RED_DESCRIPTOR, RED, GREEN, BLUE = 0x00281101, 0x00281201, 0x00281202, 0x00281203
REGIONS = 0x00186011
PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
SIZE = 2
"""Bytes of a US value."""
CORNERS = (0x00186018, 0x0018601A, 0x0018601C, 0x0018601E)
SEQUENCE = b"sequence"
"""Stands for the value of one: that it is there is all that is asked."""
LAST_GROUP = 0x0040
LONGEST = 1024
"""Bytes; longer values are not asked for."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An image's geometry and how its samples are stored."""

    modality: str
    manufacturer: str
    model: str
    image_type: tuple[str, ...]
    rows: int
    columns: int
    frames: int
    samples: int
    planar: bool
    """Whether a frame is one plane after another."""
    photometric: str
    allocated: int
    stored: int
    high_bit: int
    signed: bool
    burned_in: str
    big_endian: bool
    regions: tuple[tuple[int, int, int, int], ...]
    """Left, top, right and bottom, all inclusive, of the ultrasound regions."""
    palette: tuple[bytes, bytes, bytes, bytes]
    """Descriptor, red, green and blue, if there are any."""
    texts: Mapping[int, str] = field(repr=False)
    """What the outermost elements up to group 0040 hold, numbers of type US as text."""


def read_picture(file: Part10) -> Picture | None:
    """Return what an instance says about its image; None if it has no pixels.

    Raises
    ------
    InstanceFailed
        An element that says how the pixels are stored is missing or broken.
    """
    values: dict[int, bytes] = {}
    regions: list[dict[int, bytes]] = []
    has_pixels = False
    for element in elements(file):
        if not element.path and element.tag >> 16 <= LAST_GROUP:
            if element.tag in values:
                raise InstanceFailed(f"{tag_text(element.tag)} {keyword(element.tag)} is there twice")
            values[element.tag] = SEQUENCE if element.is_sequence else file.data[element.value : element.end]
        if element.path == (REGIONS,):
            _add_region(element, file.data, regions)
        has_pixels = has_pixels or (not element.path and element.tag in PIXELS)
    return _Values(values, big_endian=file.encoding.big_endian).picture(regions) if has_pixels else None


def _add_region(element: Element, data: bytes, regions: list[dict[int, bytes]]) -> None:
    """Add an element of a region; where tags do not ascend, the next region has begun."""
    if not regions or element.tag <= next(reversed(regions[-1])):
        regions.append({})
    regions[-1][element.tag] = data[element.value : element.end]


class _Values:
    """Raw values, read as what they should be."""

    def __init__(self, values: dict[int, bytes], *, big_endian: bool) -> None:
        self.values = values
        self.order = ">" if big_endian else "<"

    def picture(self, regions: list[dict[int, bytes]]) -> Picture:
        """Return the picture that these values describe."""
        samples = self.number(SAMPLES)
        return Picture(
            modality=self.text(MODALITY),
            manufacturer=self.text(MANUFACTURER),
            model=self.text(MODEL),
            image_type=tuple(part.strip() for part in self.text(IMAGE_TYPE).split("\\")),
            rows=self.number(ROWS),
            columns=self.number(COLUMNS),
            frames=self._frames(),
            samples=samples,
            planar=samples > 1 and self.number(PLANAR) == 1,
            photometric=self.text(PHOTOMETRIC),
            allocated=self.number(ALLOCATED),
            stored=self.number(STORED),
            high_bit=self.number(HIGH_BIT),
            signed=self.number(REPRESENTATION) == 1,
            burned_in=self.text(BURNED_IN),
            big_endian=self.order == ">",
            regions=tuple(_corners(region, self.order) for region in regions),
            palette=self._palette(),
            texts={tag: self._as_text(tag) for tag, value in self.values.items() if len(value) <= LONGEST},
        )

    def text(self, tag: int) -> str:
        """Return a text, or nothing."""
        return self.values.get(tag, b"").strip(b"\0 ").decode("latin-1")

    def number(self, tag: int) -> int:
        """Return a US value; 0, which none of these may be, if it is missing or no number."""
        value = self.values.get(tag, b"")
        if len(value) != SIZE:
            return 0
        (number,) = struct.unpack(f"{self.order}H", value)
        return int(number)

    def _as_text(self, tag: int) -> str:
        vrs = dictionary().get(tag, (("UN",), ""))[0]
        return str(self.number(tag)) if vrs == ("US",) and len(self.values[tag]) == SIZE else self.text(tag)

    def _palette(self) -> tuple[bytes, bytes, bytes, bytes]:
        descriptor, red, green, blue = (self.values.get(tag, b"") for tag in (RED_DESCRIPTOR, RED, GREEN, BLUE))
        return descriptor, red, green, blue

    def _frames(self) -> int:
        text = self.text(FRAMES) or "1"
        if not (text.isascii() and text.isdigit()):
            raise InstanceFailed(f"{tag_text(FRAMES)} {keyword(FRAMES)} is no number")
        return int(text)


def _corners(region: dict[int, bytes], order: str) -> tuple[int, int, int, int]:
    try:
        left, top, right, below = (struct.unpack(f"{order}I", region.get(tag, b""))[0] for tag in CORNERS)
    except struct.error:
        raise InstanceFailed(f"{tag_text(REGIONS)} {keyword(REGIONS)} has a region without its four corners") from None
    return left, top, right, below
