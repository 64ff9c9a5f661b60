"""Turns a rulebook into the tables that the walk looks an element's first bytes up in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

from pixl.deid.content import CONTENT_SEQUENCES
from pixl.deid.operations import TIME, Hash, HashOfPatient, Instance, Keep, Operation, Remove, ShiftDate, Target
from pixl.deid.policy import Decision, Rulebook
from pixl.dicom.encoding import ITEM, ITEM_END, LONG_VRS, Encoding
from pixl.dicom.names import dictionary, private_entry


class Kind(IntEnum):
    """What the walk does with an element. The cheap ones first: the walk asks for them in this order."""

    KEEP = 0
    """Pass on; the header has 8 bytes."""
    EXACT = 1
    """Pass on if the value has this many bytes."""
    MATCH = 2
    """Pass on if the value looks like this."""
    LONG = 3
    """Pass on; the header has 12 bytes."""
    APPLY = 4
    """Apply an operation to the value."""
    SEQUENCE = 5
    """Walk the items."""
    PIXELS = 6
    """Pass on, undefined length too, without the comments in code streams."""
    ITEM_END = 7
    NO_RULE = 8
    """Not in the table: unknown, private, of an unexpected representation, or just not kept."""
    BITS = 10
    """Pass on a US value that says how the pixels are stored, and take note of it."""
    MILESTONE = 9
    """Put in what has to stand before this element, and go on with the next table."""


Entry = tuple[Kind, Any]
NO_RULE: Entry = (Kind.NO_RULE, None)
BLOBS = frozenset({"OB", "OW", "UN"})
SIZES = {"US": 2, "SS": 2, "UL": 4, "SL": 4, "FL": 4, "AT": 4, "FD": 8, "SV": 8, "UV": 8}

SHAPES = {
    "DS": re.compile(rb"[0-9+\-.eE\\ ]*\0?|(nan|NaN|NAN|inf|-inf) *").fullmatch,
    "IS": re.compile(rb"[0-9+\-\\ ]*\0?").fullmatch,
    "CS": re.compile(rb"[A-Z0-9_\\ ]*\0?").fullmatch,
    "AS": re.compile(rb"(\d{3}[DWMY][\\ ]?)*\0?").fullmatch,
    "DA": re.compile(rb"[0-9.\\ -]*\0?").fullmatch,
    "DT": re.compile(rb"[0-9.+\\ -]*\0?").fullmatch,
    "TM": re.compile(rb"[0-9.:\\ -]*\0?").fullmatch,
    "UI": re.compile(rb"[0-9.\\]*[\0 ]?").fullmatch,
}
"""What a kept value must look like: a name in a number's element is no number (PS3.5 table 6.2-1).

Blanks at the end and a NUL that pads are common in real files and harmless.
"""
TIMES = re.compile(rb"[\0 ]*%b(?:\\%b)*[\0 ]*" % (2 * (rb"\s*(?:%b)\s*" % TIME.pattern,))).fullmatch
"""Times of day stay where dates move, if they are times."""
PIXEL_DATA = 0x7FE00010
BITS = (0x00280100, 0x00280101, 0x00280102, 0x00280103)
"""Bits allocated, bits stored, high bit, pixel representation."""
PATIENT_ID = 0x00100020
BURNED_IN = 0x00280301
CAPTURED = (0x00080018, 0x00080050, 0x00100020, 0x0020000D, 0x0020000E, BURNED_IN)
"""SOP instance UID, accession number, patient ID, study and series UID: the record wants to know what they became. And
whether text is burned into the pixels: the engine wants to know it."""


MILESTONES = (0x00100020, 0x00120064, 0x00280303)
"""Behind each of these the engine may put in elements of its own."""
Table = dict[bytes, Entry]


@dataclass(frozen=True, kw_only=True, eq=False)
class Tables:
    """The decisions for one encoding."""

    encoding: Encoding
    nested: Table
    """For items."""
    top: tuple[Table, ...]
    """For the outermost level: one table up to each milestone, and one for the rest.

    The walk changes tables where it would otherwise have to compare each element's tag with the next milestone.
    """
    rulebook: Rulebook
    person_names: frozenset[bytes]
    """How elements start that name a person."""


@lru_cache(maxsize=64)
def compiled(rulebook: Rulebook, encoding: Encoding) -> Tables:
    """Return the tables of a rulebook for an encoding."""
    nested: Table = {encoding.pack_tag(*divmod(ITEM_END, 0x10000)): (Kind.ITEM_END, None)}
    if not encoding.implicit:
        nested = {key + b"\0\0": entry for key, entry in nested.items()}
    for tag, decision in rulebook.standard.items():
        nested |= _entries(tag, decision, encoding)
    for tag in CONTENT_SEQUENCES if rulebook.unwanted_items else ():
        if nested.get(key := encoding.key(tag, "SQ")) == (Kind.SEQUENCE, None):
            nested[key] = Kind.SEQUENCE, rulebook.unwanted_items
    last = dict(nested)
    for tag in CAPTURED:
        last |= _captured(tag, rulebook.decide(tag), encoding)
    last |= {
        encoding.key(tag, "US"): (Kind.BITS, tag) for tag in BITS if isinstance(rulebook.decide(tag).operation, Keep)
    }
    top = (*(_up_to(milestone, last, encoding) for milestone in MILESTONES), last)
    person_names = frozenset(encoding.key(tag, "PN") for tag, (vrs, _) in dictionary().items() if "PN" in vrs)
    return Tables(encoding=encoding, nested=nested, top=top, rulebook=rulebook, person_names=person_names)


def _up_to(milestone: int, table: Table, encoding: Encoding) -> Table:
    """Return a table in which everything beyond the milestone is the milestone."""
    stop: Entry = (Kind.MILESTONE, None)
    return {key: stop if milestone < encoding.tag(key) < ITEM else entry for key, entry in table.items()}


def entry_of(operation: Operation, tag: int, vr: str, multiplicity: str, *, implicit: bool) -> Entry:
    """Return what the walk does with an element of this tag and representation."""
    if isinstance(operation, Remove):
        return NO_RULE
    if isinstance(operation, ShiftDate) and vr == "TM":
        return Kind.MATCH, TIMES
    if not isinstance(operation, Keep):
        return Kind.APPLY, (operation, Target(tag, vr))
    if vr == "SQ":
        return Kind.SEQUENCE, None
    return (Kind.PIXELS, None) if tag == PIXEL_DATA else _kept(vr, multiplicity, implicit=implicit)


def private_entry_of(operation: Operation, tag: int, creator: str, came: str, *, implicit: bool) -> Entry:
    """Return what the walk does with a listed private element that came in a representation; `UN` if that is unseen.

    It must come as its maker documents it, and what only its maker can read is not kept: anything may be in there.
    """
    known = private_entry(tag >> 16, creator, tag & 0xFF)
    vr, multiplicity = known or (came, "1-n")
    if came not in (vr, "UN") or (isinstance(operation, Keep) and vr in BLOBS):
        return NO_RULE
    return entry_of(operation, tag, vr, multiplicity, implicit=implicit)


def _kept(vr: str, multiplicity: str, *, implicit: bool) -> Entry:
    """Return how a value is passed on, and what it must look like for that."""
    long_header = not implicit and vr.encode() in LONG_VRS
    if vr in SIZES and multiplicity.isdigit() and not long_header:
        return Kind.EXACT, SIZES[vr] * int(multiplicity)
    if vr in SHAPES:
        return Kind.MATCH, SHAPES[vr]
    return (Kind.LONG, None) if long_header else (Kind.KEEP, None)


def _entries(tag: int, decision: Decision, encoding: Encoding) -> Table:
    """Return the entry of each representation that the dictionary allows; if it cannot be seen, of the loosest."""
    vrs, multiplicity = dictionary().get(tag, ((), ""))
    entries = {
        encoding.key(tag, vr): entry_of(decision.operation, tag, vr, multiplicity, implicit=encoding.implicit)
        for vr in vrs
    }
    return {key: entry for key, entry in entries.items() if entry is not NO_RULE}


@dataclass(frozen=True)
class KeepCode(Keep):
    """Keep a coded string that is captured, if it looks like one; as `_kept` has it for those that are not."""

    def apply(self, value: bytes, target: Target, instance: Instance) -> bytes:  # noqa: ARG002
        """Return the value, or nothing."""
        return value if SHAPES["CS"](value) else b""

    @property
    def name(self) -> str:
        """What a policy calls it."""
        return "keep"


def _captured(tag: int, decision: Decision, encoding: Encoding) -> Table:
    vr, operation = dictionary()[tag][0][0], decision.operation
    if tag == PATIENT_ID and isinstance(operation, Hash):
        operation = HashOfPatient(operation.length)
    if tag == BURNED_IN and isinstance(operation, Keep):
        operation = KeepCode()
    return {encoding.key(tag, vr): (Kind.APPLY, (operation, Target(tag, vr)))}
