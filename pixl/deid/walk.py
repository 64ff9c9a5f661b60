"""The walk: raw elements in, what may leave out. It understands a value only if an operation needs it.

What is kept is not copied here: the walk notes where a run of kept elements begins, and puts a view of the whole run
among the parts when something else comes. What needs a pseudonym is a hole among the parts, filled at the end.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, ClassVar

from pixl.deid.blackout import Blackout
from pixl.deid.content import Concept, concept_of
from pixl.deid.operations import TEXT_VRS, Empty, Keep, Later, Operation, Remove, Result, Target
from pixl.deid.parts import TYPE_2, Bytes, CreatorHole, ElementHole, Level, Made, Part, Parts, SequenceHole, padded
from pixl.deid.policy import Decision
from pixl.deid.tables import BITS, CAPTURED, NO_RULE, SIZES, Kind, Table, Tables, compiled, entry_of, private_entry_of
from pixl.dicom.code_stream import comments
from pixl.dicom.encoding import IMPLICIT, ITEM, MAX_DEPTH, SEQUENCE_END, UNDEFINED, Encoding, tag_text
from pixl.dicom.errors import Malformed
from pixl.dicom.names import dictionary
from pixl.dicom.skip import end_of_undefined, value_of
from pixl.dicom.text import decode
from pixl.dicom.unused_bits import without_unused_bits
from pixl.dicom.windows import WINDOW, is_mapped, windows
from pixl.domain.errors import InstanceFailed
from pixl.domain.pseudonym import PseudonymKind, PseudonymQuery
from pixl.text.descriptions import WORD

Insertion = tuple[int, Callable[["Walk"], Part]]
"""A milestone, and what to put before the first element of the outermost level that is beyond it."""
Outcome = tuple[int, "Part | Parts | None"]
"""Where the next element is, and what to put in place of this one; None if it stays as it is."""

KEEP, EXACT, MATCH, ITEM_DELIMITER, MILESTONE = Kind.KEEP, Kind.EXACT, Kind.MATCH, Kind.ITEM_END, Kind.MILESTONE
CREATORS = range(0x10, 0x100)
PADDED_WITH_NUL = frozenset({"OB", "UI", "UN"})


def _ends_badly(tag: int, position: int, end: int) -> Malformed:
    """Return what is wrong with a data set of which the last element that was read is `tag`."""
    if position > end:
        return Malformed("an element runs past the end of what it is in", offset=end, path=tag_text(tag))
    return Malformed("an item has no end" if position == end else "an item ends that was not open", offset=position)


def _value(result: Result) -> bytes:
    return result if isinstance(result, bytes) else b""


class Walk:
    """One instance on its way through a policy."""

    def __init__(
        self,
        data: bytes,
        tables: Tables,
        character_set: bytes,
        insertions: Sequence[Insertion],
        blackout: Blackout | None = None,
    ) -> None:
        self.data = data
        self.blackout = blackout
        self.blackened = False
        self.view = memoryview(data)
        self.tables = tables
        self.big_endian = tables.encoding.big_endian
        self.character_set = character_set
        self.insertions = insertions
        self.depth = 0
        self.holes: list[tuple[list[Part], int]] = []
        """Where holes are, what is in a sequence before the sequence itself."""
        self.asked: dict[tuple[str, PseudonymKind, int], int] = {}
        self.queries: list[PseudonymQuery] = []
        self.names: list[bytes] = []
        """The values of what names a person, here or anywhere in the instance."""
        self.wants_days = False
        self.has_pixels = False
        self.bits: dict[int, int] = {}
        """How the pixels are stored."""
        self.captured: dict[int, tuple[bytes, bytes | ElementHole]] = {}
        """The old value of what the record wants to know, and the new one or where it will be."""
        self.counts: Counter[str] = Counter()

    # What operations ask of the instance

    def text(self, value: bytes) -> str:
        """Return the text of a value of this instance."""
        return decode(value, self.character_set)

    def words_of_names(self) -> frozenset[str]:
        """Return the words, in lower case, of every name in this instance."""
        text = " ".join(self.text(name) for name in self.names)
        return frozenset(word.lower() for word in WORD.findall(text) if len(word) > 1)

    def ask(self, value: str, kind: PseudonymKind, length: int = 64) -> int:
        """Ask for a pseudonym; the same question has the same place."""
        question = (value, kind, length)
        place = self.asked.get(question)
        if place is None:
            place = self.asked[question] = len(self.queries)
            self.queries.append(PseudonymQuery(value=value, kind=kind, length=length))
        return place

    def ask_days(self) -> None:
        """Ask for the days by which this patient's dates move."""
        self.wants_days = True

    # The walk

    def outermost(self, start: int) -> list[Part]:
        """Walk the data set; return its parts, the holes not yet filled.

        Raises
        ------
        Malformed
            An element runs past the end of what it is in, or something else that cannot be read.
        """
        parts: list[Part] = []
        try:
            level = Level(self.tables.encoding, len(self.data), is_outermost=True)
            self._dataset(self.tables.top, level, start, parts, insertions=self.insertions)
        except struct.error:
            raise Malformed("the data set ends in an element's header", offset=len(self.data)) from None
        return parts

    def alone(self, position: int, level: Level) -> list[Part]:
        """Walk one element of the outermost level, which ends with `level`, as if it came after those before it.

        Raises
        ------
        Malformed
            It cannot be read.
        """
        parts: list[Part] = []
        self._dataset(self.tables.top[-1:], level, position, parts)
        return parts or [self.view[position : level.end]]

    # This loop is what an instance costs: the commonest cases come first and call nothing of ours.
    def _dataset(
        self,
        tables: tuple[Table, ...],
        level: Level,
        position: int,
        parts: list[Part],
        *,
        insertions: Sequence[Insertion] = (),
        delimited: bool = False,
    ) -> int:
        """Walk a level's elements, or those up to its delimiter; `parts` stays empty if all stay as they are."""
        encoding, end = level.encoding, level.end
        data, header, get = self.data, encoding.header, tables[0].get
        begin, passed, key = position, 0, b""
        while position < end:
            key, length = header(data, position)
            kind, what = get(key, NO_RULE)
            value, after = position + 8, position + 8 + length
            if kind is KEEP or (kind is EXACT and length == what) or (kind is MATCH and what(data, value, after)):
                position = after
                continue
            if kind is ITEM_DELIMITER:
                break
            if passed < len(insertions) and (kind is MILESTONE or encoding.tag(key) > insertions[passed][0]):
                begin = self._put(insertions[passed][1](self), begin, position, position, parts)
                passed += 1
                get = tables[passed].get
                continue
            after, new = self._HANDLERS[kind](self, what, key, position, level)
            if new is not None:
                begin = self._put(new, begin, position, after, parts)
            position = after
        if position > end or delimited is not (position < end):
            raise _ends_badly(encoding.tag(key) if key else 0, position, end)
        for _, make in insertions[passed:]:
            begin = self._put(make(self), begin, position, position, parts)
        if parts and begin < position:
            parts.append(self.view[begin:position])
        return position + 8 if delimited else position

    def _put(self, new: Part | Parts, begin: int, position: int, after: int, parts: list[Part]) -> int:
        """Close the run of kept elements before `position`, add something new, and return where the next run begins."""
        if begin < position:
            parts.append(self.view[begin:position])
        if isinstance(new, bytes):
            if new or not parts:  # one part is enough to say that something changed
                parts.append(new)
            return after
        if isinstance(new, tuple):
            parts.extend(new)
            return after
        if not isinstance(new, memoryview):
            self.holes.append((parts, len(parts)))
        parts.append(new)
        return after

    # What may be done with one element: return where the next one is and what to put in its place, None if it stays

    def _of_wrong_shape(self, what: object, key: bytes, position: int, level: Level) -> Outcome:  # noqa: ARG002
        value, length, _ = value_of(self.data, position, level.encoding)
        after, tag = value + length, level.encoding.tag(key)
        if length == 0:
            return after, None
        self.counts["not a value"] += 1
        return after, level.encoding.element(key, b"") if tag in TYPE_2 else b""

    def _long(self, what: object, key: bytes, position: int, level: Level) -> Outcome:
        value, length, _ = value_of(self.data, position, level.encoding)
        if length == UNDEFINED:
            return self._remove(what, key, position, level)
        return value + length, None

    def _apply(self, what: tuple[Operation, Target], key: bytes, position: int, level: Level) -> Outcome:
        value, length, _ = value_of(self.data, position, level.encoding)
        operation, target = what
        if target.vr == "PN" and length != UNDEFINED:
            self.names.append(self.data[value : value + length])
        if length == UNDEFINED:
            after, _ = self._remove(what, key, position, level)
            return after, level.encoding.element(key, b"") if isinstance(operation, Empty) else b""
        after = value + length
        if after > level.end:
            raise Malformed("an element runs past the end of what it is in", offset=position, path=tag_text(target.tag))
        old = self.data[value:after]
        new = operation.apply(old, target, self)
        part = b"" if isinstance(operation, Remove) else self._part(new, old, key, target, level.encoding)
        if part is not None:
            self.counts[operation.name] += 1
        if target.tag in CAPTURED and level.is_outermost:
            self.captured[target.tag] = old, part if isinstance(part, ElementHole) else _value(new)
        return after, part

    def _part(self, new: Result, old: bytes, key: bytes, target: Target, encoding: Encoding) -> Part | None:
        """Return what an operation's result is among the parts, None if nothing changes."""
        if new is old:
            return None
        pad = b"\0" if target.vr in PADDED_WITH_NUL else b" "
        if isinstance(new, Later):
            return ElementHole(encoding, key, target.tag, pad, new)
        if new is None and target.tag not in TYPE_2:
            return b""
        return encoding.element(key, padded(new or b"", pad))

    def _sequence(self, what: Any, key: bytes, position: int, level: Level) -> Outcome:
        value, length, inner = value_of(self.data, position, level.encoding)
        end = level.end if length == UNDEFINED else value + length
        if end > level.end:
            raise Malformed("a sequence is longer than what it is in", offset=position)
        hole = SequenceHole(level.encoding, key, inner, length == UNDEFINED, [])
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Malformed(f"nested deeper than {MAX_DEPTH}", offset=position)
        try:
            after, changed = self._items(hole, value, end, what)
        except Malformed as error:
            path = "/".join(filter(None, (tag_text(level.encoding.tag(key)), error.path)))
            raise Malformed(error.what, offset=error.offset, path=path) from None
        self.depth -= 1
        return after, hole if changed else None

    def _items(
        self, hole: SequenceHole, position: int, end: int, unwanted: frozenset[Concept] | None
    ) -> tuple[int, bool]:
        """Walk the items of a sequence into `hole`; return where it ends and whether anything in it changes."""
        changed = False
        read, inner = hole.inner.item, hole.inner
        same = inner is self.tables.encoding
        tables = (self.tables.nested if same else compiled(self.tables.rulebook, IMPLICIT).nested,)
        while position < end:
            key, length = read(self.data, position)
            tag = inner.tag(key)
            if tag == SEQUENCE_END and hole.undefined:
                return position + 8, changed
            if tag != ITEM:
                raise Malformed("what should be an item is none", offset=position)
            parts: list[Part] = []
            begin, after = position + 8, position + 8 + length
            if length == UNDEFINED:
                after = self._dataset(tables, Level(inner, end), begin, parts, delimited=True)
            elif after > end:
                raise Malformed("an item is longer than its sequence", offset=position)
            else:
                self._dataset(tables, Level(inner, after), begin, parts)
            if unwanted and concept_of(self.data, begin, after, inner) in unwanted:
                changed, position = True, self._without_item(after, inner)
                continue
            changed = changed or bool(parts)
            hole.items.append((parts or [self.view[begin : after - 8 * (length == UNDEFINED)]], length == UNDEFINED))
            position = after
        if hole.undefined:
            raise Malformed("a sequence has no end", offset=position)
        return position, changed

    def _without_item(self, after: int, encoding: Encoding) -> int:
        """Count a content item that goes; no other may be referred to by its place (PS3.3 section C.17.3.2.5)."""
        if self.data.find(encoding.pack_tag(0x0040, 0xDB73)) >= 0:
            raise InstanceFailed("a content item has to go, and (0040,db73) refers to items by their place")
        self.counts["content item"] += 1
        return after

    def _pixels(self, what: object, key: bytes, position: int, level: Level) -> Outcome:  # noqa: ARG002
        value, length, _ = value_of(self.data, position, level.encoding)
        self.has_pixels = True
        if self.blackout:
            return self._blacken(self.blackout, key, position, level)
        if length != UNDEFINED:
            return value + length, self._used_bits(position, value, value + length, level)
        after = end_of_undefined(self.data, value, level.end, level.encoding)
        spans = comments(self.data, value, after)
        if not spans:
            return after, None
        self.counts["comment in a code stream"] += 1
        return after, tuple(self._blanked(position, after, spans))

    def _blanked(self, position: int, after: int, spans: Iterable[tuple[int, int]]) -> Iterator[Bytes]:
        """Yield what is from one position to another, with zeros in place of some spans."""
        for first, last in spans:
            yield self.view[position:first]
            yield bytes(last - first)
            position = last
        yield self.view[position:after]

    def _bits_of_pixels(self, tag: int, key: bytes, position: int, level: Level) -> Outcome:
        value, length, _ = value_of(self.data, position, level.encoding)
        if length != SIZES["US"]:
            return self._of_wrong_shape(None, key, position, level)
        self.bits[tag] = int.from_bytes(self.data[value : value + length], "big" if self.big_endian else "little")
        return value + length, None

    def _used_bits(self, position: int, value: int, after: int, level: Level) -> Parts | None:
        """Return the image's pixels without what hides in bits that no sample uses, None if nothing does."""
        allocated, stored, high_bit, representation = (self.bits.get(tag, 0) for tag in BITS)
        if stored == allocated or not level.is_outermost or after > level.end:
            return None
        clean = partial(
            without_unused_bits,
            self.data,
            allocated=allocated,
            stored=stored,
            high_bit=high_bit,
            signed=representation == 1,
            big_endian=self.big_endian,
        )
        is_small = after - value <= WINDOW
        if is_small and clean(value, after) is None:
            return None
        if not is_small and all(clean(first, last) is None for first, last in windows(self.data, value, after)):
            return None
        self.counts["unused bits"] += 1
        data = self.data

        def pieces() -> Iterator[bytes]:
            return (clean(first, last) or data[first:last] for first, last in windows(data, value, after))

        made = Made(after - value, pieces) if is_mapped(data) else b"".join(pieces())
        return self.view[position:value], made

    def _blacken(self, blackout: Blackout, key: bytes, position: int, level: Level) -> Outcome:
        """Blacken regions of the image; pixels that belong to something else, such as an icon, go."""
        value, length, _ = value_of(self.data, position, level.encoding)
        after = value + length
        if not level.is_outermost or length == UNDEFINED or after > level.end or self.blackened:
            return self._remove(None, key, position, level)
        self.blackened = True
        self.counts["regions"] += 1
        return after, level.encoding.element(key, blackout.apply(self.data[value:after], key[4:6] or b"OW"))

    def _remove(self, what: object, key: bytes, position: int, level: Level) -> Outcome:  # noqa: ARG002
        value, length, inner = value_of(self.data, position, level.encoding)
        after = end_of_undefined(self.data, value, level.end, inner) if length == UNDEFINED else value + length
        if key in self.tables.person_names:
            self.names.append(self.data[value:after])
        self.counts["remove"] += 1
        return after, b""

    def _no_rule(self, what: object, key: bytes, position: int, level: Level) -> Outcome:
        tag = level.encoding.tag(key)
        if tag >> 16 & 1:
            return self._private(tag, key, position, level)
        decision = self.tables.rulebook.standard.get(tag)
        if decision is None or level.encoding.implicit or tag not in dictionary():
            return self._remove(what, key, position, level)
        return self._of_other_representation(tag, decision.operation, key, position, level)

    def _of_other_representation(
        self, tag: int, operation: Operation, key: bytes, position: int, level: Level
    ) -> Outcome:
        """Treat an element that a rule names but that does not come in the representation that the dictionary gives.

        What comes as UN is read as what it should be. Operations that put another value there work on any text.
        """
        vrs, multiplicity = dictionary()[tag]
        came = key[4:6].decode("latin-1")
        if came != "UN" and (isinstance(operation, Keep) or came not in TEXT_VRS):
            self.counts["of another representation"] += 1
            return self._remove(None, key, position, level)
        if came == "UN":
            table = self.tables.top[-1] if level.is_outermost else self.tables.nested
            kind, what = table.get(level.encoding.key(tag, vrs[0]), NO_RULE)
        else:
            kind, what = entry_of(operation, tag, came, multiplicity, implicit=False)
        if kind in (Kind.SEQUENCE, Kind.NO_RULE, Kind.APPLY):
            handle = {Kind.SEQUENCE: self._sequence, Kind.APPLY: self._apply}.get(kind, self._remove)
            return handle(what, key, position, level)
        return self._kept_if_fit(kind, what, key, position, level)

    def _kept_if_fit(self, kind: Kind, what: Any, key: bytes, position: int, level: Level) -> Outcome:
        """Keep a value if it is what its representation allows."""
        value, length, _ = value_of(self.data, position, level.encoding)
        if length == UNDEFINED or kind is Kind.PIXELS:
            return self._remove(None, key, position, level)
        fits = (kind is Kind.EXACT and length in (0, what)) or kind in (Kind.KEEP, Kind.LONG)
        if fits or (kind is Kind.MATCH and what(self.data, value, value + length)):
            return value + length, None
        return self._remove(None, key, position, level)

    # Private elements: only what is listed by creator, and the creator only if something of it stays

    def _private(self, tag: int, key: bytes, position: int, level: Level) -> Outcome:
        group, element = divmod(tag, 0x10000)
        if element in CREATORS:
            return self._creator(group, element, key, position, level)
        block = level.blocks.get((group, element >> 8))
        decision = self._of_private(tag, level)
        if block is None or decision is None:
            return self._unlisted(key, position, level)
        vr = "UN" if level.encoding.implicit else key[4:6].decode("latin-1")
        implicit = level.encoding.implicit
        kind, what = private_entry_of(decision.operation, tag, block.creator, vr, implicit=implicit)
        handle = {Kind.SEQUENCE: self._sequence, Kind.APPLY: self._apply, Kind.NO_RULE: self._remove}.get(kind)
        after, part = (
            handle(what, key, position, level) if handle else self._kept_if_fit(kind, what, key, position, level)
        )
        block.used = block.used or part != b""
        return after, part

    def _of_private(self, tag: int, level: Level) -> Decision | None:
        """Return what a rule says of a private element, if one does."""
        group, element = divmod(tag, 0x10000)
        block = level.blocks.get((group, element >> 8))
        return self.tables.rulebook.private.get((group, block.creator, element & 0xFF)) if block else None

    def _unlisted(self, key: bytes, position: int, level: Level) -> Outcome:
        """Remove a private element that no rule names, and those behind it: scanners write a hundred of them."""
        encoding, data = level.encoding, self.data
        while True:
            position, gone = self._remove(None, key, position, level)
            if position >= level.end:
                return position, gone
            key, _ = encoding.header(data, position)
            tag = encoding.tag(key)
            if not tag >> 16 & 1 or tag & 0xFFFF in CREATORS or (level.blocks and self._of_private(tag, level)):
                return position, gone

    def _creator(self, group: int, element: int, key: bytes, position: int, level: Level) -> Outcome:
        """Take note of a private creator, and leave a place for it."""
        value, length, _ = value_of(self.data, position, level.encoding)
        after = value + length
        creator = self.data[value:after].strip(b"\0 ").decode("latin-1")
        if length == UNDEFINED or after > level.end or (group, creator) not in self.tables.rulebook.creators:
            return self._remove(None, key, position, level)
        hole = level.blocks[group, element] = CreatorHole(creator, self.data[position:after])
        return after, hole

    # Functions, not methods bound to the object: a cycle of it would keep the image until the collector comes by.
    _HANDLERS: ClassVar[dict[Kind, Callable[[Walk, Any, bytes, int, Level], Outcome]]] = {
        Kind.EXACT: _of_wrong_shape,
        Kind.MATCH: _of_wrong_shape,
        Kind.LONG: _long,
        Kind.APPLY: _apply,
        Kind.SEQUENCE: _sequence,
        Kind.PIXELS: _pixels,
        Kind.BITS: _bits_of_pixels,
        Kind.NO_RULE: _no_rule,
    }
