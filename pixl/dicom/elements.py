"""Raw elements one by one, at every depth: for what reads a data set and does not change it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from pixl.dicom.encoding import ITEM, ITEM_END, MAX_DEPTH, SEQUENCE_END, UNDEFINED, Encoding, tag_text
from pixl.dicom.errors import Malformed
from pixl.dicom.names import dictionary
from pixl.dicom.part10 import Part10
from pixl.dicom.skip import end_of_undefined, value_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Element:
    """Where an element is, and what it is."""

    path: tuple[int, ...]
    """The tags of the sequences that it is in, from the outermost inwards."""
    tag: int
    vr: str
    """As it came; where the encoding is implicit, as the dictionary says, or `UN`."""
    key: bytes
    """Tag and representation as they are encoded."""
    encoding: Encoding
    start: int
    value: int
    """Where the value starts."""
    end: int
    """Where the next element is."""
    inner: Encoding
    """How items in the value are encoded."""
    undefined: bool

    @property
    def is_sequence(self) -> bool:
        """Whether the value is made of items that hold elements."""
        known = dictionary().get(self.tag, ((), ""))[0]
        return self.vr == "SQ" or (self.vr == "UN" and (self.undefined or "SQ" in known))

    @property
    def length(self) -> int:
        """Bytes from the start of the value to the next element, delimiters included."""
        return self.end - self.value

    def __str__(self) -> str:
        return "/".join(tag_text(tag) for tag in (*self.path, self.tag))


def elements(file: Part10) -> Iterator[Element]:
    """Yield every element of a data set, a sequence before what is in it.

    Raises
    ------
    Malformed
        The data set cannot be read to the end, or nests deeper than `MAX_DEPTH`.
    """
    try:
        yield from _data_set(file.data, file.start, len(file.data), file.encoding, ())
    except struct.error:
        raise Malformed("the data set ends in an element's header", offset=len(file.data)) from None


def _data_set(data: bytes, position: int, end: int, encoding: Encoding, path: tuple[int, ...]) -> Iterator[Element]:
    if len(path) > MAX_DEPTH:
        raise Malformed(f"nested deeper than {MAX_DEPTH}", offset=position)
    while position < end:
        key, _ = encoding.header(data, position)
        tag = encoding.tag(key)
        if tag == ITEM_END:
            return
        element = _element(data, position, end, encoding, path)
        yield element
        if element.is_sequence:
            yield from _items(data, element)
        position = element.end


def _element(data: bytes, position: int, end: int, encoding: Encoding, path: tuple[int, ...]) -> Element:
    key, _ = encoding.header(data, position)
    value, length, inner = value_of(data, position, encoding)
    after = end_of_undefined(data, value, end, inner) if length == UNDEFINED else value + length
    tag = encoding.tag(key)
    if after > end:
        raise Malformed("an element is longer than what it is in", offset=position, path=tag_text(tag))
    known = dictionary().get(tag, (("UN",), ""))[0]
    return Element(
        path=path,
        tag=tag,
        vr=key[4:6].decode("latin-1") if not encoding.implicit else (known or ("UN",))[0],
        key=key,
        encoding=encoding,
        start=position,
        value=value,
        end=after,
        inner=inner,
        undefined=length == UNDEFINED,
    )


def items_of(data: bytes, element: Element) -> Iterator[tuple[int, int]]:
    """Yield where the contents of each item of a sequence begin and end.

    Raises
    ------
    Malformed
        An item is none, or longer than the sequence.
    """
    inner, position = element.inner, element.value
    while position < element.end:
        key, length = inner.item(data, position)
        tag = inner.tag(key)
        if tag == SEQUENCE_END:
            return
        if tag != ITEM:
            raise Malformed("what should be an item is none", offset=position, path=str(element))
        begin = position + 8
        position = end_of_undefined(data, begin, element.end, inner) if length == UNDEFINED else begin + length
        if position > element.end:
            raise Malformed("an item is longer than its sequence", offset=begin, path=str(element))
        yield begin, position


def _items(data: bytes, element: Element) -> Iterator[Element]:
    for begin, end in items_of(data, element):
        yield from _data_set(data, begin, end, element.inner, (*element.path, element.tag))
