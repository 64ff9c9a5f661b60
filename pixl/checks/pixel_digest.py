"""What tells the picture in one file from the picture in another: its samples, without what is around them."""

from __future__ import annotations

from collections.abc import Iterator

from pixl.checks.instance import DataSet
from pixl.dicom.code_stream import comments
from pixl.dicom.part10 import ENCAPSULATED
from pixl.dicom.unused_bits import without_unused_bits
from pixl.domain.errors import InstanceFailed

PIXEL_DATA = 0x7FE00010
FRAMES, SAMPLES, ROWS, COLUMNS = 0x00280008, 0x00280002, 0x00280010, 0x00280011
ALLOCATED, STORED, HIGH_BIT, SIGNED = 0x00280100, 0x00280101, 0x00280102, 0x00280103


def samples_of(file: DataSet) -> bytes | None:
    """Return the pixel data's value without what belongs to no sample; None if there is no whole value."""
    element = file.top.get(PIXEL_DATA)
    if element is None:
        return None
    if ENCAPSULATED.fullmatch(file.file.transfer_syntax):
        return _without_comments(file.data, element.start, element.end)
    allocated, stored, high, signed = (_number(file, tag) for tag in (ALLOCATED, STORED, HIGH_BIT, SIGNED))
    clean = without_unused_bits(
        file.data,
        element.start,
        element.end,
        allocated=allocated,
        stored=stored,
        high_bit=high,
        signed=signed == 1,
        big_endian=file.file.encoding.big_endian,
    )
    return clean if clean is not None else file.data[element.start : element.end]


def frames_that_differ(file: DataSet, ours: bytes, theirs: bytes) -> Iterator[int]:
    """Yield the numbers, from 1, of the frames of uncompressed pixel data that are not the same."""
    size = (
        _number(file, ROWS) * _number(file, COLUMNS) * max(_number(file, SAMPLES), 1) * (_number(file, ALLOCATED) // 8)
    )
    if not size or len(ours) != len(theirs) or ENCAPSULATED.fullmatch(file.file.transfer_syntax):
        return
    for number, begin in enumerate(range(0, len(ours), size), start=1):
        if ours[begin : begin + size] != theirs[begin : begin + size]:
            yield number


def is_same_picture(output: DataSet, original: DataSet) -> bool | None:
    """Whether two files show the same; None if the original's pixel data are not there, or not whole."""
    try:
        theirs = samples_of(original)
    except InstanceFailed:
        return None
    return None if theirs is None else samples_of(output) == theirs


def _without_comments(data: bytes, start: int, end: int) -> bytes:
    clean = bytearray(data[start:end])
    for first, last in comments(data, start, end):
        clean[first - start : last - start] = bytes(last - first)
    return bytes(clean)


def _number(file: DataSet, tag: int) -> int:
    value = file.value_of(tag)
    if len(value) != 2:  # noqa: PLR2004  these are US
        text = value.strip(b"\0 ")
        return int(text) if text.isdigit() else 0
    return int.from_bytes(value, "big" if file.file.encoding.big_endian else "little")
