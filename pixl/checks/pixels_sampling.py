"""Images of which one tells of the others: what a scanner makes by the hundred, and nobody but it has drawn into.

What a device or a gateway burns in, it burns into every image of a series. So of images that are alike in all that can
be told of them the first is read, and of the others only the brightest of each pixel: a line that is in any one of them
stands out there, as white on dark as devices write. Once something is found in one that was read, all are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pixl.checks.instance import DataSet, Instance
from pixl.checks.pixels_options import Sampling
from pixl.checks.pixels_overlay import ALLOCATED, PIXEL_COLUMNS, PIXEL_DATA, PIXEL_ROWS, WORDS, has_overlays, number_of
from pixl.text import Identifiers

IMAGE_TYPE, CONVERSION_TYPE, SAMPLES, PHOTOMETRIC, FRAMES = 0x00080008, 0x00080064, 0x00280002, 0x00280004, 0x00280008
STORED, REPRESENTATION, BURNED_IN = 0x00280101, 0x00280103, 0x00280301
PLAIN_CLASSES = frozenset({f"1.2.840.10008.5.1.4.1.1.{number}" for number in ("2", "4", "128", "20")})
"""CT, MR, PET and NM images; of one frame each."""
EXPECTED = re.compile(
    r"AXIAL|HELIX|HELICAL|VOLUME|OTHER|NONE|STATIC|EMISSION|ND|NORM|DIS[23]D|FIL|FM|SPI|SEQ|T[12]|FFE|SE|IR|TSE|EPI?|PCA|"
    r"[MPRI](_(FFE|SE|IR|TSE|PCA|B\d))?|CT_SOM\d+ (SPI|SEQ)( DUAL)?"
)
"""Values of ImageType behind ORIGINAL and PRIMARY that scanners give to what they acquire. An image with another one is
read: that costs time, and nothing else."""
NATIVE = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"})
MOST_GROUPS = 8
"""Whose brightest pixels are kept at a time: what comes from many series is read when there are more."""

Key = tuple[object, ...]


@dataclass(frozen=True, kw_only=True, repr=False)
class Place:
    """Where something was seen. Names nobody."""

    instance: str
    series: str | None
    device: str | None


@dataclass(kw_only=True, repr=False)
class Brightest:
    """The brightest of each pixel over some images of one size, and out of which of them it is."""

    samples: NDArray[np.integer]
    origin: NDArray[np.uint16]
    places: list[Place]
    known: Identifiers
    device: frozenset[str]
    _brighter: NDArray[np.bool_]
    _numbers: NDArray[np.uint16]

    @classmethod
    def of(cls, samples: NDArray[np.integer], place: Place, known: Identifiers, device: frozenset[str]) -> Brightest:
        """Begin with one image."""
        return cls(
            samples=samples.copy(),
            origin=np.zeros(samples.shape, np.uint16),
            places=[place],
            known=known,
            device=device,
            _brighter=np.zeros(samples.shape, bool),
            _numbers=np.zeros(samples.shape, np.uint16),
        )

    def add(self, samples: NDArray[np.integer], place: Place) -> None:
        """Take in one more."""
        np.greater(samples, self.samples, out=self._brighter)
        np.maximum(samples, self.samples, out=self.samples)
        # A later image has a larger number: this is `origin[brighter] = number` in a thirtieth of the time.
        np.multiply(self._brighter, np.uint16(len(self.places)), out=self._numbers, dtype=np.uint16)
        np.maximum(self.origin, self._numbers, out=self.origin)
        self.places.append(place)

    def place_of(self, left: int, top: int, right: int, below: int) -> Place:
        """Return which image most of what is bright in a rectangle comes from."""
        here = np.s_[max(0, top) : below, max(0, left) : right]
        part, origin = self.samples[here], self.origin[here]
        if not part.size:
            return self.places[0]
        bright = part >= (int(part.max()) + int(part.min())) // 2
        return self.places[int(np.bincount(origin[bright]).argmax())]


@dataclass(kw_only=True)
class Group:
    """Images that are alike."""

    read: int = 0
    """How many were read whole."""
    found: bool = False
    """Whether something was found in one of them."""
    brightest: Brightest | None = field(default=None, repr=False)


class Sampler:
    """Says which images of a series need not be read themselves."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._groups: dict[Key, Group] = {}

    def group_of(self, instance: Instance) -> Group | None:
        """Return the images that this one is like; None if it is one of those that are always read."""
        if instance.modality not in self._sampling.modalities or not _is_plain(instance):
            return None
        return self._groups.setdefault(_key(instance), Group())

    def wants(self, group: Group) -> bool:
        """Whether one more image of a group is to be read itself."""
        return group.found or group.read < self._sampling.per_series

    def full(self) -> Iterator[Brightest]:
        """Take back what there is too much of, the oldest first."""
        kept = [group for group in self._groups.values() if group.brightest]
        for group in kept[:-MOST_GROUPS]:
            yield from _taken(group)

    def rest(self) -> Iterator[Brightest]:
        """Take back all."""
        for group in self._groups.values():
            yield from _taken(group)


def samples_of(instance: Instance) -> NDArray[np.integer] | None:
    """Return the samples of a plain image as they lie in the file; None where they would have to be decoded.

    Raises
    ------
    ValueError
        They are not what the elements say.
    """
    file = instance.data_set
    if file.file.transfer_syntax not in NATIVE:
        return None
    element = file.top[PIXEL_DATA]
    order = ">" if file.file.encoding.big_endian else "<"
    kind = "i" if number_of(file, REPRESENTATION) else "u"
    rows, columns = number_of(file, PIXEL_ROWS), number_of(file, PIXEL_COLUMNS)
    if element.end - element.start != rows * columns * 2:
        raise ValueError
    found = np.frombuffer(file.data, f"{order}{kind}2", rows * columns, element.start).reshape(rows, columns)
    return found if order == "<" else found.astype(f"<{kind}2")


def place_of(instance: Instance) -> Place:
    """Return where this is."""
    return Place(instance=instance.name, series=instance.series or None, device=instance.device or None)


def _taken(group: Group) -> Iterator[Brightest]:
    found, group.brightest = group.brightest, None
    if found:
        yield found


def _is_plain(instance: Instance) -> bool:
    """Whether this is one of the images that a scanner acquires by the hundred, and nothing says otherwise."""
    file = instance.data_set
    return (
        instance.sop_class in PLAIN_CLASSES
        and PIXEL_DATA in file.top
        and _is_acquired(file)
        and number_of(file, SAMPLES) == 1
        and file.text_of(PHOTOMETRIC) == "MONOCHROME2"
        and number_of(file, ALLOCATED) == WORDS
        and file.text_of(FRAMES) in ("", "1")
        and not has_overlays(file)
        and all(map(_is_untouched, filter(None, (file, instance.original))))
    )


def _is_acquired(file: DataSet) -> bool:
    first, second, *others = (*(part.strip() for part in file.text_of(IMAGE_TYPE).split("\\")), "", "")
    return (first, second) == ("ORIGINAL", "PRIMARY") and all(EXPECTED.fullmatch(one) for one in others if one)


def _is_untouched(header: DataSet) -> bool:
    """Whether no one says that there is text, or that it was made of something else."""
    return header.text_of(BURNED_IN).upper() in ("", "NO") and not header.text_of(CONVERSION_TYPE)


def _key(instance: Instance) -> Key:
    file = instance.data_set
    numbers = (number_of(file, tag) for tag in (PIXEL_ROWS, PIXEL_COLUMNS, STORED, REPRESENTATION))
    texts = (instance.series, instance.sop_class, file.text_of(IMAGE_TYPE), instance.device, file.file.transfer_syntax)
    return (*texts, *numbers)
