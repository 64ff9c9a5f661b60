"""Removes what a reviewer found from a de-identified file: elements by their paths, and what is in boxes of its frames.

A box is blackened in the frames that it names, in every frame if it names none to the end.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pydicom
from pydicom.dataset import Dataset

from pixl.deid.blackout import Blackout
from pixl.deid.codecs import uncompressed
from pixl.deid.picture import Picture, read_picture
from pixl.deid.regions import Spans
from pixl.dicom.part10 import ENCAPSULATED, read_part10
from pixl.dicom.undecodable import BROKEN
from pixl.domain.errors import InstanceFailed
from pixl.domain.finding import Box

STEP = re.compile(r"\(([0-9A-Fa-f]{4}),([0-9A-Fa-f]{4})\)(?:\[([0-9]+)\])?")
PIXEL_DATA = 0x7FE00010
CLEANED_PIXELS = ("113101", "DCM", "Clean Pixel Data Option")


@dataclass(frozen=True, kw_only=True)
class Redactions:
    """What is to be removed from one instance."""

    boxes: tuple[Box, ...] = ()
    elements: tuple[str, ...] = ()
    """Paths such as `(0040,A730)[1].(0040,A160)`."""


def redact(data: bytes, wanted: Redactions) -> bytes:
    """Return a de-identified file without what is to be removed.

    Raises
    ------
    InstanceFailed
        It cannot be removed: the pixels cannot be decoded, or a path is none.
    """
    file = read_part10(data)
    if wanted.boxes and ENCAPSULATED.fullmatch(file.transfer_syntax):
        file = uncompressed(data, file.transfer_syntax)
        data = file.data
    picture = read_picture(file) if wanted.boxes else None
    if wanted.boxes and picture is None:
        raise InstanceFailed("boxes cannot be blackened: (7fe0,0010) PixelData is missing")
    try:
        dataset = pydicom.dcmread(io.BytesIO(data))
        for path in wanted.elements:
            _remove(dataset, path)
        if picture:
            _blacken(dataset, picture, wanted.boxes)
        buffer = io.BytesIO()
        dataset.save_as(buffer, enforce_file_format=True)
    except BROKEN:
        raise InstanceFailed("what a reviewer wants removed cannot be: pydicom cannot read the instance") from None
    return buffer.getvalue()


def _remove(dataset: Dataset, path: str) -> None:
    """Remove the element at `path`; that it is not there is as good."""
    steps = [STEP.fullmatch(step) for step in path.split(".")]
    for number, step in enumerate(steps, start=1):
        if step is None:
            raise InstanceFailed("what a reviewer wants removed is no element")
        tag = int(step[1] + step[2], 16)
        if tag not in dataset:
            return
        if number == len(steps):
            del dataset[tag]
            return
        items = dataset[tag].value
        item = int(step[3] or 1) - 1
        if not 0 <= item < len(items):
            return
        dataset = items[item]


def _blacken(dataset: Dataset, picture: Picture, boxes: Sequence[Box]) -> None:
    element = dataset[PIXEL_DATA]
    blackout = _blackout(boxes, picture)
    element.value = blackout.apply(element.value, element.VR.encode())
    value, scheme, meaning = CLEANED_PIXELS
    codes = dataset.setdefault(0x00120064, pydicom.DataElement(0x00120064, "SQ", [])).value
    if all(code.get("CodeValue") != value for code in codes):
        code = Dataset()
        code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
        codes.append(code)


def _blackout(boxes: Sequence[Box], picture: Picture) -> Blackout:
    groups: dict[range, list[Box]] = {}
    for box in boxes:
        groups.setdefault(_frames(box, picture), []).append(box)
    spans = tuple(_spans(group, picture) for group in groups.values())
    return Blackout(picture=picture, spans=spans, devices=("review",), frames=tuple(groups))


def _frames(box: Box, picture: Picture) -> range:
    """Return the frames in which a box is blackened."""
    if box.last is None:
        return range(picture.frames)
    if not 0 <= box.frame <= box.last < picture.frames:
        raise InstanceFailed("boxes cannot be blackened: one is in a frame that is not there")
    return range(box.frame, box.last + 1)


def _spans(boxes: Sequence[Box], picture: Picture) -> Spans:
    """Return the columns to be blackened in each row."""
    rows: list[list[tuple[int, int]]] = [[] for _ in range(picture.rows)]
    for box in boxes:
        begin, end = max(0, box.left), min(picture.columns, box.left + box.width)
        for row in range(max(0, box.top), min(picture.rows, box.top + box.height)):
            if begin < end:
                rows[row].append((begin, end))
    return tuple(map(tuple, rows))
