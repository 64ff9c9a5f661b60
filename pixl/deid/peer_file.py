"""Tag operation files in the peer's format, as rules. Pure: the files have been read.

The peer names private elements by number. Here a private element stays only with its creator, so a number is looked up
in the private data dictionary, and each creator that it may belong to becomes a rule; what is not found is noted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import pydantic
from pydicom._private_dict import private_dictionaries

from pixl.deid.operations import AgeBand, Empty, Hash, Keep, Operation, Remove, Replace, ShiftDate, Uid
from pixl.deid.policy import Override, PrivateTag, Rule
from pixl.deid.policy_file import pattern
from pixl.dicom.encoding import tag_text
from pixl.dicom.names import dictionary, keyword
from pixl.domain.errors import ConfigurationError
from pixl.domain.suggest import suggestion
from pixl.project.yaml_file import as_form

Number = Annotated[int, pydantic.Field(ge=0, le=0xFFFF, strict=True)]


class TagKeys(pydantic.BaseModel):
    """One entry of a tag operation file."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    group: Number
    element: Number
    op: str

    @property
    def tag(self) -> int:
        """The tag as 0xGGGGEEEE."""
        return self.group << 16 | self.element


class OverrideKeys(pydantic.BaseModel):
    """One entry of a manufacturer overrides file."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    manufacturer: str
    tags: tuple[TagKeys, ...]


class _TagsFile(pydantic.RootModel[tuple[TagKeys, ...]]):
    """A tag operation file."""


class _OverridesFile(pydantic.RootModel[tuple[OverrideKeys, ...]]):
    """A manufacturer overrides file."""


OPERATIONS: dict[str, Operation] = {
    "keep": Keep(),
    "delete": Remove(),
    "remove": Remove(),
    "empty": Empty(),
    "replace": Replace(),
    "replace_UID": Uid(),
    "secure-hash": Hash(),
    "empty_or_replace": Replace(),
    "delete_or_empty": Empty(),
    "delete_or_replace": Replace(),
    "delete_or_empty_or_replace": Replace(),
    "delete_or_empty_or_replace_UID": Uid(),
    # Names that its earlier files use.
    "hash-uid": Uid(),
    "date-time": ShiftDate(),
    "fixed": Empty(),
    "num-range": AgeBand(),
}
PATIENT_POSITION = 0x00185100
FIRST_PRIVATE_ELEMENT = 0x1000
BLOBS = frozenset({"OB", "OW", "UN"})


@dataclass(frozen=True, kw_only=True)
class PeerRules:
    """What files of the peer say, and where that means something else here."""

    rules: tuple[Rule, ...] = ()
    overrides: tuple[Override, ...] = ()
    notes: tuple[str, ...] = field(default=())


def peer_rules(base: Iterable[tuple[Path, Any]], overrides: Iterable[tuple[Path, Any]]) -> PeerRules:
    """Return the rules of tag operation files and manufacturer overrides, each a path and the document read from it.

    Raises
    ------
    ConfigurationError
        It names the file, the entry, and what was probably meant.
    """
    notes: list[str] = []
    rules = [
        rule
        for path, document in base
        for rule in _rules(as_form(path, document, _TagsFile).root, path, "", None, notes)
    ]
    found = [
        _override(entry, path, f"[{number}]", notes)
        for path, document in overrides
        for number, entry in enumerate(as_form(path, document, _OverridesFile).root, start=1)
    ]
    return PeerRules(rules=tuple(rules), overrides=tuple(found), notes=tuple(notes))


def _override(entry: OverrideKeys, path: Path, place: str, notes: list[str]) -> Override:
    manufacturer = pattern(entry.manufacturer, path, f"{place}.manufacturer")
    rules = tuple(_rules(entry.tags, path, f"{place}.tags", manufacturer, notes))
    return Override(rules=rules, manufacturer=manufacturer)


def _rules(
    entries: tuple[TagKeys, ...], path: Path, place: str, manufacturer: str | None, notes: list[str]
) -> Iterator[Rule]:
    for number, entry in enumerate(entries, start=1):
        source = f"{path.name} {place}[{number}]"
        if entry.op not in OPERATIONS:
            hint = suggestion(entry.op, OPERATIONS)
            raise ConfigurationError(f"{path}: {place}[{number}].op: unknown operation {entry.op!r}{hint}")
        if entry.group % 2:
            yield from _private(entry, entries, manufacturer, source, notes)
        elif entry.tag in dictionary():
            yield Rule(operation=_operation(entry, source, notes), source=source, tags=(entry.tag,))
        else:
            notes.append(f"{source}: {tag_text(entry.tag)} is not in the data dictionary and is removed")


def _operation(entry: TagKeys, source: str, notes: list[str]) -> Operation:
    """Return what the entry's operation is for this element."""
    operation = OPERATIONS[entry.op]
    if isinstance(operation, Replace) and entry.tag == PATIENT_POSITION:
        notes.append(f"{source}: {keyword(entry.tag)} is kept: another value would turn the patient over")
        return Keep()
    vr = dictionary()[entry.tag][0][0]
    if isinstance(operation, Replace) and vr == "UI":
        return Uid()
    return Empty() if isinstance(operation, Uid) and vr != "UI" else operation


def _private(
    entry: TagKeys, entries: tuple[TagKeys, ...], manufacturer: str | None, source: str, notes: list[str]
) -> Iterator[Rule]:
    """Yield a rule for each creator that the element may belong to; creators themselves need none."""
    if entry.element < FIRST_PRIVATE_ELEMENT:
        return
    low = entry.element & 0xFF
    creators = {} if isinstance(OPERATIONS[entry.op], Remove) else _creators(entry, entries, manufacturer)
    kept = sorted(creator for creator, vr in creators.items() if vr not in BLOBS)
    if kept:
        names = ", ".join(kept)
        notes.append(f"{source}: private {tag_text(entry.tag)} is taken only from the private creators {names}")
        tags = tuple(PrivateTag(group=entry.group, creator=creator, element=low) for creator in kept)
        yield Rule(operation=OPERATIONS[entry.op], source=source, private=tags)
    elif creators:
        notes.append(
            f"{source}: private {tag_text(entry.tag)} is removed: identifiers may hide in what only its maker reads"
        )
    elif not isinstance(OPERATIONS[entry.op], Remove):
        notes.append(f"{source}: private {tag_text(entry.tag)} is removed: no known private creator has it")


def _creators(entry: TagKeys, entries: tuple[TagKeys, ...], manufacturer: str | None) -> dict[str, str]:
    """Return creators that define this element, with its representation; those that the file itself names, if any."""
    key = f"{entry.group:04X}xx{entry.element & 0xFF:02X}"
    known = {
        creator: elements[key][0]
        for creator, elements in private_dictionaries.items()
        if key in elements and re.search(manufacturer or "", creator, re.IGNORECASE)
    }
    said = " ".join(other.name for other in entries if other.group == entry.group)
    return {creator: vr for creator, vr in known.items() if creator in said} or known
