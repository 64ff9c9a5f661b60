"""One output as the checkers see it: read once, for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from pixl.checks.port import Checked
from pixl.checks.reading import Element, read_elements, read_into, read_meta
from pixl.dicom.errors import Malformed
from pixl.dicom.part10 import Part10, read_part10
from pixl.dicom.text import decode
from pixl.domain.errors import InstanceFailed
from pixl.domain.finding import Box, Finding, Outcome, Part

CHARACTER_SET, MODALITY, MANUFACTURER, MODEL = 0x00080005, 0x00080060, 0x00080070, 0x00081090
SOP_CLASS, SOP_UID, SERIES_UID, STUDY_UID = 0x00080016, 0x00080018, 0x0020000E, 0x0020000D
PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
BULK = 1 << 14
"""Bytes; a longer value that is no text is searched apart from the rest of the header."""
BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})


class DataSet:
    """A file, taken apart.

    Raises
    ------
    InstanceFailed
        It cannot be read to its last byte (`whole`), or not at all.
    """

    def __init__(self, data: bytes, *, whole: bool) -> None:
        self.file: Part10 = read_part10(data)
        self.data = self.file.data
        self.raw = data
        if whole:
            self.elements = read_elements(self.file)
        else:
            self.elements = _what_can_be_read(self.file)

    @cached_property
    def top(self) -> Mapping[int, Element]:
        """The outermost elements by tag."""
        return {element.tag: element for element in self.elements if not element.place}

    @cached_property
    def character_set(self) -> bytes:
        """The value of (0008,0005)."""
        return self.value_of(CHARACTER_SET)

    @cached_property
    def meta(self) -> list[Element]:
        """The file meta information; its places are those in `raw`."""
        return read_meta(self.raw)

    def value_of(self, tag: int) -> bytes:
        """Return the value of an outermost element, empty if there is none."""
        element = self.top.get(tag)
        return self.data[element.start : element.end] if element else b""

    def text_of(self, tag: int) -> str:
        """Return the text of an outermost element, empty if there is none."""
        return decode(self.value_of(tag), self.character_set if tag != CHARACTER_SET else b"").strip("\0 ")

    def text(self, element: Element) -> str:
        """Return the text of an element, without its padding."""
        return decode(self.data[element.start : element.end], self.character_set)

    @cached_property
    def bulk(self) -> list[Element]:
        """What is long and no text: pixel data, curves, blobs."""
        sequences = {"SQ"}
        return [
            element
            for element in self.elements
            if element.end - element.start > BULK and element.vr in BINARY and element.vr not in sequences
        ]


def _read(data: bytes | None, *, whole: bool) -> DataSet | None:
    """Return an original, None if there is none or it cannot be read."""
    if data is None:
        return None
    try:
        return DataSet(data, whole=whole)
    except InstanceFailed:
        return None


def _what_can_be_read(file: Part10) -> list[Element]:
    """Return the elements of a file that may end early."""
    found: list[Element] = []
    try:
        read_into(found, file)
    except Malformed:
        return found
    return found


class Instance:
    """An output, with what is known of its original."""

    def __init__(self, checked: Checked) -> None:
        self.checked = checked
        self.name = checked.name
        self.data_set = DataSet(checked.data, whole=True)

    @cached_property
    def original(self) -> DataSet | None:
        """The header that it was made of; None if it is not known, or cannot be read."""
        if self.checked.whole_original is None:
            return _read(self.checked.original, whole=False)
        # Cut off elsewhere than before its last element, it would say less than the file does.
        return _read(self.checked.original, whole=True) or self.whole_original

    @cached_property
    def whole_original(self) -> DataSet | None:
        """The file that it was made of, fetched if need be; None if it is not known, or cannot be read."""
        fetch = self.checked.whole_original
        return _read(self.checked.original if fetch is None else fetch(), whole=False)

    @cached_property
    def modality(self) -> str:
        """(0008,0060)."""
        return self.data_set.text_of(MODALITY)

    @cached_property
    def sop_class(self) -> str:
        """(0008,0016)."""
        return self.data_set.text_of(SOP_CLASS)

    @cached_property
    def sop_uid(self) -> str:
        """(0008,0018) of the output."""
        return self.data_set.text_of(SOP_UID)

    @cached_property
    def series(self) -> str:
        """(0020,000E) of the output."""
        return self.data_set.text_of(SERIES_UID)

    @cached_property
    def device(self) -> str:
        """Manufacturer and model, as the output has them."""
        return " ".join(filter(None, (self.data_set.text_of(MANUFACTURER), self.data_set.text_of(MODEL))))

    def finding(
        self,
        *,
        checker: str,
        kind: str,
        reason: str,
        where: str,
        outcome: Outcome = Outcome.HOLD,
        value: str = "",
        parts: Iterable[Part] = (),
        confidence: float | None = None,
        box: Box | None = None,
    ) -> Finding:
        """Return a finding in this instance."""
        return Finding(
            checker=checker,
            kind=kind,
            reason=reason,
            where=where,
            outcome=outcome,
            value=value,
            parts=tuple(parts),
            instance=self.name,
            series=self.series or None,
            device=self.device or None,
            confidence=confidence,
            box=box,
        )
