"""What the images of a series have in common, so that it is walked once and not with every image.

Images of a series differ in a few elements. The others come in the same bytes, and so they leave in the same bytes, as
long as what an element becomes depends on nothing outside of it that differs. What it may depend on, the patient, the
character set, names, private creators and the like, is never taken for an image's own: an image that differs there is
walked whole. The walk stays the judge: nothing is believed here before it gave the same bytes.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from pixl.deid.asking import ask
from pixl.deid.gate import WANTED
from pixl.deid.operations import Answers
from pixl.deid.parts import CreatorHole, ElementHole, Level, Part
from pixl.deid.record import Deidentified, Record
from pixl.deid.tables import CAPTURED
from pixl.deid.walk import CREATORS, Walk
from pixl.dicom.encoding import UNDEFINED, Encoding
from pixl.dicom.part10 import Part10, part10_head
from pixl.dicom.skip import end_of_undefined, value_of
from pixl.domain.errors import InstanceFailed
from pixl.domain.pseudonym import Pseudonymiser, PseudonymKind

SOP_UID = 0x00080018
SHARED = frozenset({*WANTED, *CAPTURED}) - {SOP_UID}
"""What decides how other elements are treated, or whether the image is wanted at all."""
LARGEST = 4096
"""Bytes of an element that is worth remembering; pixels are not."""
MOST = 1 << 20
"""Bytes that are remembered of one series."""
Question = tuple[str, PseudonymKind, int]


@dataclass(frozen=True, kw_only=True, eq=False)
class Treated:
    """An instance that was walked whole, and what became of it."""

    file: Part10
    walk: Walk
    answers: Answers
    inserted: tuple[tuple[int, bytes], ...]
    """What the engine put in, by milestone."""
    patient: Question
    sop_class_uid: str
    done: Deidentified


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Entry:
    """An element of the outermost level, or something that the engine put in."""

    key: bytes
    source: bytes
    """Its bytes; none of what was put in."""
    output: bytes
    counts: Mapping[str, int]
    may_differ: bool
    """Whether nothing but its own bytes decides what it becomes, and it decides nothing else."""
    goes: bool
    """Whether nothing of it stays."""
    is_own: bool = False
    """Whether it differs from image to image."""


Step = tuple[bytes, list[Part], Entry | None]
"""What all images have, what becomes of it, and the image's own element that follows."""


class Common:
    """What the images of one series have in common. Identifiable: it holds what they say of the patient."""

    def __init__(self, treated: Treated, entries: tuple[Entry, ...], blocks: Mapping[tuple[int, int], str]) -> None:
        self._treated = replace(treated, walk=_without_data(treated.walk), file=replace(treated.file, data=b""))
        self._entries = entries
        self._blocks = {place: CreatorHole(creator, b"") for place, creator in blocks.items()}
        self._steps = tuple(_steps(entries))
        self._counts = Counter[str]()
        for entry in entries:
            if entry.counts and not entry.is_own:
                self._counts.update(entry.counts)
        self.own = frozenset(entry.key for entry in entries if entry.is_own)
        """Which elements differ from image to image."""
        self.series_uid = treated.done.record.series_uid

    def recall(self, file: Part10, pseudonymiser: Pseudonymiser) -> Deidentified | None:
        """Return what becomes of an image of this series, None if it is none or differs in something shared.

        Raises
        ------
        RetryLater
            The pseudonymiser gave no answer.
        """
        if file.transfer_syntax != self._treated.file.transfer_syntax:
            return None
        known = self._treated.walk
        walk = Walk(file.data, known.tables, known.character_set, ())
        walk.bits = dict(known.bits)
        try:
            parts = self._parts(file, walk)
        except (InstanceFailed, struct.error):
            return None  # the walk of the whole says what is wrong
        if parts is None or not self._is_alike(walk):
            return None
        answers = replace(self._treated.answers, pseudonyms=self._pseudonyms(walk, pseudonymiser))
        for place, number in walk.holes:
            place[number] = place[number].fill(answers)  # type: ignore[union-attr]
        record = self._record(walk)
        head = part10_head(file.transfer_syntax, self._treated.sop_class_uid, record.sop_uid)
        return Deidentified(parts=(head, *chain.from_iterable(parts)), record=record)  # type: ignore[arg-type]

    def refined(self, file: Part10) -> Common | None:
        """Return what is in common with another image too, None if its elements are not the same ones."""
        entries, position, encoding = [], file.start, file.encoding
        for entry in self._entries:
            if not entry.is_own and file.data.startswith(entry.source, position):
                entries.append(entry)
                position += len(entry.source)
                continue
            if not entry.may_differ or file.data[position : position + len(entry.key)] != entry.key:
                return None
            entries.append(replace(entry, is_own=True))
            position = _end(file.data, position, encoding)
        blocks = {place: hole.creator for place, hole in self._blocks.items()}
        return Common(self._treated, tuple(entries), blocks) if position == len(file.data) else None

    def _parts(self, file: Part10, walk: Walk) -> list[list[Part]] | None:
        """Return the parts of the output, None if the image is not of this series."""
        data, position = file.data, file.start
        level = Level(file.encoding, position, is_outermost=True, blocks=self._blocks)
        pieces: list[list[Part]] = []
        for source, output, own in self._steps:
            if not data.startswith(source, position):
                return None
            position += len(source)
            pieces.append(output)
            if own is None:
                break
            if not data.startswith(own.key, position):
                return None
            level.end = _end(data, position, file.encoding)
            parts = walk.alone(position, level)
            if own.key[0] & 1 and _goes(parts) is not own.goes:
                return None  # whether a private creator stays may hang on it
            pieces.append(parts)
            position = level.end
        return pieces if position == len(data) else None

    def _is_alike(self, walk: Walk) -> bool:
        """Whether an image's own elements say nothing that others hang on."""
        known = self._treated.walk
        sop_uid = walk.captured.get(SOP_UID)
        return not (
            walk.names
            or (walk.has_pixels and not known.has_pixels)
            or (walk.wants_days and not known.wants_days)
            or (sop_uid and not sop_uid[0].strip(b"\0 "))
        )

    def _pseudonyms(self, walk: Walk, pseudonymiser: Pseudonymiser) -> list[str]:
        pseudonyms = ask(pseudonymiser, walk.queries)
        patient = walk.asked.get(self._treated.patient)
        if patient is not None:
            pseudonyms[patient] = self._treated.answers.patient
        return pseudonyms

    def _record(self, walk: Walk) -> Record:
        record = self._treated.done.record
        counts = self._counts + walk.counts
        if SOP_UID not in walk.captured:
            return replace(record, counts=counts)
        _, new = walk.captured[SOP_UID]
        return replace(record, counts=counts, sop_uid=walk.text(new.value if isinstance(new, ElementHole) else new))


def learn(treated: Treated, own: frozenset[bytes] = frozenset()) -> Common | None:
    """Return what an image may have in common with others of its series, None if nothing can be said.

    `own` names elements that are likely to differ, as they do in other series.
    """
    blocks: dict[tuple[int, int], CreatorHole] = {}
    try:
        entries = tuple(_entries(treated, blocks, own))
    except KeyError:
        return None  # an element alone asks what it did not ask among the others
    if sum(len(entry.source) for entry in entries) > MOST:
        return None
    return Common(treated, entries, {place: hole.creator for place, hole in blocks.items()})


def _entries(treated: Treated, blocks: dict[tuple[int, int], CreatorHole], own: frozenset[bytes]) -> Iterator[Entry]:
    """Yield each element of the outermost level, walked alone, and what was put in among them."""
    data, position, encoding = treated.file.data, treated.file.start, treated.file.encoding
    inserted = list(treated.inserted)
    drafts: list[tuple[bytes, bytes, Walk, list[Part]]] = []
    nothing = Walk(b"", treated.walk.tables, b"", ())
    while position < len(data):
        key, _ = encoding.header(data, position)
        while inserted and encoding.tag(key) > inserted[0][0]:
            drafts.append((b"", b"", nothing, [inserted.pop(0)[1]]))
        level = Level(encoding, _end(data, position, encoding), is_outermost=True, blocks=blocks)
        walk = Walk(data, treated.walk.tables, treated.walk.character_set, ())
        walk.bits = treated.walk.bits
        drafts.append((key, data[position : level.end], walk, walk.alone(position, level)))
        position = level.end
    drafts += ((b"", b"", nothing, [part]) for _, part in inserted)
    known = {question: treated.answers.pseudonyms[place] for question, place in treated.walk.asked.items()}
    for key, source, walk, parts in drafts:
        _fill(walk, treated.answers, known)
        is_large = len(source) > LARGEST
        yield _entry(key, source, walk, parts, encoding, likely_own=is_large or key in own)


def _fill(walk: Walk, answers: Answers, known: Mapping[Question, str]) -> None:
    if not walk.holes:
        return
    own = replace(answers, pseudonyms=[known[question] for question in walk.asked])
    for place, number in walk.holes:
        place[number] = place[number].fill(own)  # type: ignore[union-attr]


def _entry(
    key: bytes, source: bytes, walk: Walk, parts: Iterable[Part], encoding: Encoding, *, likely_own: bool
) -> Entry:
    tag = encoding.tag(key) if key else 0
    is_creator = bool(tag >> 16 & 1) and tag & 0xFFFF in CREATORS
    may_differ = bool(tag) and tag not in SHARED and not is_creator and not walk.names
    is_own = may_differ and likely_own
    output = b"" if is_own else b"".join(parts)  # type: ignore[arg-type]
    return Entry(
        key=key,
        source=b"" if is_own else source,
        output=output,
        counts=dict(walk.counts),
        may_differ=may_differ,
        goes=_goes(parts),
        is_own=is_own,
    )


def _goes(parts: Iterable[Part]) -> bool:
    return parts == [b""]


def _steps(entries: Iterable[Entry]) -> Iterator[Step]:
    """Yield runs of what all images have, each with the own element behind it."""
    source, output = bytearray(), bytearray()
    for entry in entries:
        if entry.is_own:
            yield bytes(source), [bytes(output)], entry
            source, output = bytearray(), bytearray()
        else:
            source += entry.source
            output += entry.output
    yield bytes(source), [bytes(output)], None


def _end(data: bytes, position: int, encoding: Encoding) -> int:
    """Return where the element at a position ends."""
    value, length, inner = value_of(data, position, encoding)
    return end_of_undefined(data, value, len(data), inner) if length == UNDEFINED else value + length


def _without_data(walk: Walk) -> Walk:
    """Return what a walk knows, without the instance's bytes."""
    known = Walk(b"", walk.tables, walk.character_set, ())
    known.bits, known.has_pixels, known.wants_days = walk.bits, walk.has_pixels, walk.wants_days
    return known
