"""What an output is made of: views of runs that stay, new bytes, and holes for what has to be known first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pixl.deid.operations import Answers, Later
from pixl.dicom.encoding import ITEM, ITEM_END, SEQUENCE_END, UNDEFINED, Encoding
from pixl.dicom.windows import WINDOW, windows

TYPE_2 = frozenset(
    {0x00080020, 0x00080030, 0x00080050, 0x00080090, 0x00100010, 0x00100020, 0x00100030, 0x00100040, 0x00200010}
    | {0x00200011, 0x00200013, 0x00080023, 0x00080033, 0x00080070, 0x00200060, 0x00200020, 0x00185100, 0x00181030}
)
"""Emptied rather than removed where a value may not stay, as objects must have them (PS3.5 section 7.4)."""


TYPE_2_SEQUENCES = frozenset(
    {0x00089124, 0x00189107, 0x0022001B, 0x00400513, 0x00400518, 0x00400555, 0x00400562, 0x00400610, 0x0040A300}
    | {0x0040A372, 0x00540012, 0x00540016, 0x00540022, 0x00540032, 0x00540052, 0x00540062, 0x00540063, 0x00540072}
    | {0x00540220, 0x00540410, 0x00540414, 0x0070030D}
)
"""The same for sequences of which an item has nothing left: they stay without items."""
FRAMES = frozenset({0x52009229, 0x52009230})
"""Functional groups: an item stays without anything in it, as there must be one for each frame."""


class Hole(Protocol):
    """A part that is made when the pseudonyms are known."""

    def fill(self, answers: Answers) -> bytes:
        """Return the bytes."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """Bytes that are made when they are written, as they may be more than memory holds."""

    size: int
    pieces: Callable[[], Iterator[bytes]]

    def __len__(self) -> int:
        return self.size


Bytes = bytes | memoryview | Made
Part = Bytes | Hole
Parts = tuple[Bytes, ...]
"""What stands in place of one element."""
Chunks = Sequence[Bytes]
"""What a file is put together of, in order."""


def pieces(parts: Chunks) -> Iterator[bytes | memoryview]:
    """Yield the bytes of parts, no piece longer than a window, and keep none of them in memory."""
    for part in parts:
        if isinstance(part, Made):
            yield from part.pieces()
        elif len(part) <= WINDOW:
            yield part
        else:
            for first, last in windows(part, 0, len(part)):
                yield part[first:last]


def padded(value: bytes, pad: bytes) -> bytes:
    """Return a value of even length."""
    return value + pad if len(value) % 2 else value


@dataclass(slots=True)
class ElementHole:
    """An element whose value is known later."""

    encoding: Encoding
    key: bytes
    tag: int
    pad: bytes
    later: Later
    value: bytes = b""

    def fill(self, answers: Answers) -> bytes:
        """Return the element, or nothing if there is no value and it need not be there."""
        value = self.later.make(answers)
        if value is None and self.tag not in TYPE_2:
            return b""
        self.value = value or b""
        return self.encoding.element(self.key, padded(self.value, self.pad))


@dataclass(slots=True)
class SequenceHole:
    """A sequence in which something changes; its lengths are known when its parts are."""

    encoding: Encoding
    key: bytes
    inner: Encoding
    """How the items are encoded: in what comes as UN, otherwise than the sequence."""
    undefined: bool
    items: list[tuple[list[Part], bool]] = field(default_factory=list)
    """Each item's parts, and whether its length is undefined."""

    def fill(self, answers: Answers) -> bytes:  # noqa: ARG002 - what is in it has been filled before
        """Return the sequence, its lengths defined or not as they came; nothing if nothing is left in any item.

        A sequence without items is none that an object may have, unless it is of type 2 (PS3.5 section 7.4).
        """
        bodies = [(b"".join(parts), undefined) for parts, undefined in self.items]  # type: ignore[arg-type]
        tag = self.encoding.tag(self.key)
        if not any(body for body, _ in bodies) and tag not in FRAMES:
            if tag not in TYPE_2_SEQUENCES:
                return b""
            bodies = []
        value = b"".join(self._item(body, undefined=undefined) for body, undefined in bodies)
        if not self.undefined:
            return self.encoding.open_header(self.key, len(value)) + value
        end = self.inner.item_header(SEQUENCE_END, 0)
        return self.encoding.open_header(self.key, UNDEFINED) + value + end

    def _item(self, body: bytes, *, undefined: bool) -> bytes:
        if undefined:
            return self.inner.item_header(ITEM, UNDEFINED) + body + self.inner.item_header(ITEM_END, 0)
        return self.inner.item_header(ITEM, len(body)) + body


@dataclass(slots=True)
class CreatorHole:
    """A private creator: it stays if one of its elements does."""

    creator: str
    element: bytes
    used: bool = False

    def fill(self, answers: Answers) -> bytes:  # noqa: ARG002 - all is known by then
        """Return the element that reserves the block, or nothing."""
        return self.element if self.used else b""


@dataclass(slots=True)
class Level:
    """The data set or item that is being walked."""

    encoding: Encoding
    end: int
    is_outermost: bool = False
    blocks: dict[tuple[int, int], CreatorHole] = field(default_factory=dict)
    """The private blocks that are reserved in it, by group and block number."""
