"""What the images of a series have in common, so that it is walked once and not with every image.

Images of a series differ in a few elements. The others come in the same bytes, and so they leave in the same bytes, as
long as what an element becomes depends on nothing outside of it that differs. What it may depend on, the patient, the
character set, names, private creators and the like, is never taken for an image's own: an image that differs there is
walked whole. The walk stays the judge: nothing is believed here before it gave the same bytes.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from pixl.deid.asking import ask
from pixl.deid.gate import WANTED
from pixl.deid.operations import Answers
from pixl.deid.parts import CreatorHole, ElementHole, Level, Part
from pixl.deid.policy import Rulebook
from pixl.deid.record import Deidentified, Record
from pixl.deid.tables import CAPTURED, NO_RULE, Kind
from pixl.deid.walk import CREATORS, Walk
from pixl.dicom.encoding import UNDEFINED, Encoding
from pixl.dicom.part10 import Part10, part10_head
from pixl.dicom.skip import end_of_undefined, value_of
from pixl.domain.errors import InstanceFailed
from pixl.domain.pseudonym import Pseudonymiser, PseudonymKind

KEEP, EXACT, MATCH = Kind.KEEP, Kind.EXACT, Kind.MATCH
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
    always_goes: bool = False
    """Whether nothing of it stays whatever it holds: no rule names it."""
    is_own: bool = False
    """Whether it differs from image to image."""


Step = tuple[bytes, bytes, Entry | None]
"""What all images have, what becomes of it, and the image's own element, of which the first ends with the key."""
Elements = dict[tuple[str, bytes], Entry]
"""What became of elements, by their private creator and their bytes."""
Known = dict[tuple[object, ...], Elements]
"""The same by all else that what they become may hang on: tables and character set, and for some whose images they are.
"""


class Common:
    """What the images of one series have in common. Identifiable: it holds what they say of the patient."""

    def __init__(self, treated: Treated, entries: tuple[Entry, ...], blocks: Mapping[tuple[int, int], str]) -> None:
        self._treated = replace(treated, walk=_without_data(treated.walk), file=replace(treated.file, data=b""))
        self._entries = entries
        self._blocks = {place: CreatorHole(creator, b"") for place, creator in blocks.items()}
        self._steps = tuple(_steps(entries))
        self._counts = Counter[str]()
        for entry in entries:
            if entry.counts and (entry.always_goes or not entry.is_own):
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
            entries.append(replace(entry, is_own=True, source=b"", output=b""))
            position = _end(file.data, position, encoding)
        blocks = {place: hole.creator for place, hole in self._blocks.items()}
        return Common(self._treated, tuple(entries), blocks) if position == len(file.data) else None

    # This loop is what an image of a series costs: what stays as it is, or goes in any case, calls nothing of ours.
    def _parts(self, file: Part10, walk: Walk) -> list[list[Part]] | None:
        """Return the parts of the output, None if the image is not of this series."""
        data, position = file.data, file.start
        header, table, key_size = file.encoding.header, walk.tables.top[-1], file.encoding.key_size
        level = Level(file.encoding, position, is_outermost=True, blocks=self._blocks)
        pieces: list[list[Part]] = []
        for source, output, own in self._steps:
            if not data.startswith(source, position):
                return None
            position += len(source)
            if own is None:
                pieces.append([output])
                break
            begin = position - key_size
            if own.always_goes:
                pieces.append([output])
                position = _end(data, begin, file.encoding)
                continue
            key, length = header(data, begin)
            kind, what = table.get(key, NO_RULE)
            value, position = begin + 8, begin + 8 + length
            if kind is KEEP or (kind is EXACT and length == what) or (kind is MATCH and what(data, value, position)):
                pieces.append([output, data[begin:position]])
                continue
            level.end = position = _end(data, begin, file.encoding)
            parts = walk.alone(begin, level)
            if key[0] & 1 and _goes(parts) is not own.goes:
                return None  # whether a private creator stays may hang on it
            pieces += [output], parts
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
        counts = dict(self._counts)
        for name, count in walk.counts.items():
            counts[name] = counts.get(name, 0) + count
        _, new = walk.captured.get(SOP_UID, (b"", record.sop_uid))
        if not isinstance(new, str):
            new = walk.text(new.value if isinstance(new, ElementHole) else new)
        return Record(
            sop_uid=new,
            series_uid=record.series_uid,
            study_uid=record.study_uid,
            patient_id=record.patient_id,
            accession_number=record.accession_number,
            modality=record.modality,
            counts=counts,
        )


def learn(treated: Treated, own: frozenset[bytes], known: Known) -> Common | None:
    """Return what an image may have in common with others of its series, None if nothing can be said.

    `own` names elements that are likely to differ, as they do in other series; `known` is what other series taught.
    """
    blocks: dict[tuple[int, int], CreatorHole] = {}
    try:
        entries = tuple(_entries(treated, blocks, own, known))
    except KeyError:
        return None  # an element alone asks what it did not ask among the others
    if sum(len(entry.source) for entry in entries) > MOST:
        return None
    return Common(treated, entries, {place: hole.creator for place, hole in blocks.items()})


def _entries(
    treated: Treated, blocks: dict[tuple[int, int], CreatorHole], own: frozenset[bytes], known: Known
) -> Iterator[Entry]:
    """Yield each element of the outermost level, walked alone, and what was put in among them."""
    data, position, encoding = treated.file.data, treated.file.start, treated.file.encoding
    inserted = list(treated.inserted)
    there = _known_of(treated, known)
    drafts: list[Entry | _Draft] = []
    while position < len(data):
        key, _ = encoding.header(data, position)
        tag = encoding.tag(key)
        while inserted and tag > inserted[0][0]:
            drafts.append(_put_in(inserted.pop(0)[1]))
        end = _end(data, position, encoding)
        may_be_known = end - position <= LARGEST and key not in own
        block = blocks.get((tag >> 16, tag >> 8 & 0xFF)) if tag >> 16 & 1 else None
        found = _recalled(data[position:end], block, there) if may_be_known else None
        drafts.append(found or _walked(treated, position, end, blocks))
        position = end
    drafts += (_put_in(part) for _, part in inserted)
    answered = {question: treated.answers.pseudonyms[place] for question, place in treated.walk.asked.items()}
    for draft in drafts:
        if isinstance(draft, Entry):
            yield draft
        else:
            yield draft.entry(treated, answered, own, there)


@dataclass(kw_only=True, slots=True)
class _Draft:
    """An element that was walked alone; what became of it is known when all are."""

    key: bytes
    start: int
    end: int
    walk: Walk
    parts: list[Part]
    creator: str
    """Of the private block that it is in."""

    def entry(
        self,
        treated: Treated,
        answered: Mapping[Question, str],
        own: frozenset[bytes],
        known: tuple[Elements, Elements],
    ) -> Entry:
        """Return what became of it, and take note of it for other series."""
        walk, encoding = self.walk, treated.file.encoding
        tag = encoding.tag(self.key)
        is_creator = bool(tag >> 16 & 1) and tag & 0xFFFF in CREATORS
        is_anybodys = not (walk.holes or walk.names or tag in SHARED)
        _fill(walk, treated.answers, answered)
        may_differ = tag not in SHARED and not is_creator and not walk.names
        is_large = self.end - self.start > LARGEST
        is_own = may_differ and (is_large or self.key in own)
        goes = _goes(self.parts)
        entry = Entry(
            key=self.key,
            source=b"" if is_own else bytes(treated.file.data[self.start : self.end]),
            output=b"" if is_own else b"".join(self.parts),  # type: ignore[arg-type]
            counts=dict(walk.counts),
            may_differ=may_differ,
            goes=goes,
            always_goes=goes and may_differ and not _is_named(tag, self.creator, treated.walk.tables.rulebook),
            is_own=is_own,
        )
        if not (is_own or is_creator):
            known[0 if is_anybodys else 1][self.creator, entry.source] = entry
        return entry


def _walked(treated: Treated, position: int, end: int, blocks: dict[tuple[int, int], CreatorHole]) -> _Draft:
    encoding, known = treated.file.encoding, treated.walk
    level = Level(encoding, end, is_outermost=True, blocks=blocks)
    walk = Walk(treated.file.data, known.tables, known.character_set, ())
    walk.bits = known.bits
    key, _ = encoding.header(treated.file.data, position)
    creator = _creator(encoding.tag(key), blocks)
    parts = walk.alone(position, level)
    return _Draft(key=key, start=position, end=end, walk=walk, parts=parts, creator=creator)


def _known_of(treated: Treated, known: Known) -> tuple[Elements, Elements]:
    """Return what became of elements in anybody's images, and in those of this patient alone."""
    answers, anybody = treated.answers, (treated.walk.tables, treated.walk.character_set)
    somebody = (*anybody, answers.patient, answers.days, answers.names)
    return known.setdefault(anybody, {}), known.setdefault(somebody, {})


def _recalled(source: bytes, block: CreatorHole | None, known: Sequence[Elements]) -> Entry | None:
    """Return what became of an element in another series; the block is the private one that it is in."""
    place = (block.creator if block else "", source)
    entry = next((elements[place] for elements in known if place in elements), None)
    if entry and block and not entry.goes:
        block.used = True
    return entry


def _creator(tag: int, blocks: Mapping[tuple[int, int], CreatorHole]) -> str:
    block = blocks.get((tag >> 16, tag >> 8 & 0xFF)) if tag >> 16 & 1 else None
    return block.creator if block else ""


def _is_named(tag: int, creator: str, rulebook: Rulebook) -> bool:
    """Whether a rule says anything of an element."""
    if tag >> 16 & 1:
        return (tag >> 16, creator, tag & 0xFF) in rulebook.private
    return tag in rulebook.standard


def _put_in(output: bytes) -> Entry:
    """Return the entry of what the engine itself put in."""
    return Entry(key=b"", source=b"", output=output, counts={}, may_differ=False, goes=not output)


def _fill(walk: Walk, answers: Answers, known: Mapping[Question, str]) -> None:
    if not walk.holes:
        return
    own = replace(answers, pseudonyms=[known[question] for question in walk.asked])
    for place, number in walk.holes:
        place[number] = place[number].fill(own)  # type: ignore[union-attr]


def _goes(parts: Iterable[Part]) -> bool:
    return parts == [b""]


def _steps(entries: Iterable[Entry]) -> Iterator[Step]:
    """Yield runs of what all images have, each with the own element behind it."""
    source, output = bytearray(), bytearray()
    for entry in entries:
        if entry.is_own:
            yield bytes(source) + entry.key, bytes(output), entry
            source, output = bytearray(), bytearray()
        else:
            source += entry.source
            output += entry.output
    yield bytes(source), bytes(output), None


def _end(data: bytes, position: int, encoding: Encoding) -> int:
    """Return where the element at a position ends."""
    value, length, inner = value_of(data, position, encoding)
    return end_of_undefined(data, value, len(data), inner) if length == UNDEFINED else value + length


def _without_data(walk: Walk) -> Walk:
    """Return what a walk knows, without the instance's bytes."""
    known = Walk(b"", walk.tables, walk.character_set, ())
    known.bits, known.has_pixels, known.wants_days = walk.bits, walk.has_pixels, walk.wants_days
    return known
