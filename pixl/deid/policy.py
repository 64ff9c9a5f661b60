"""A policy: rules by tag, group or private creator, compiled to one dispatch by an element's first bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

from pixl.deid.content import Concept
from pixl.deid.operations import Keep, Operation, Remove
from pixl.deid.regions import DeviceRegions
from pixl.dicom.encoding import tag_text
from pixl.dicom.names import dictionary, keyword
from pixl.domain.date_shift import DateShift


@dataclass(frozen=True, kw_only=True)
class PrivateTag:
    """A private element by its creator, never by its block number alone (PS3.5 section 7.8.1)."""

    group: int
    creator: str
    element: int
    """The last two hexadecimal digits of the element number."""

    def __str__(self) -> str:
        return f'({self.group:04x},"{self.creator}",{self.element:02x})'


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One operation, and the elements that it is for, at every depth."""

    operation: Operation
    source: str
    """Where a person finds this rule: file and number."""
    tags: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    vrs: tuple[str, ...] = ()
    """With `groups`: only what the dictionary gives one of these representations."""
    private: tuple[PrivateTag, ...] = ()

    def wide_targets(self) -> Iterator[int]:
        """Yield the standard tags that this rule is for without naming them."""
        yield from _listed(self.groups, self.vrs) if self.groups or self.vrs else ()


@cache
def _listed(groups: tuple[int, ...], vrs: tuple[str, ...]) -> tuple[int, ...]:
    """Return the tags of the dictionary in some groups, of some representations; none given means any."""
    return tuple(
        tag
        for tag, (own, _) in dictionary().items()
        if (not groups or tag >> 16 in groups) and (not vrs or (own[:1] and own[0] in vrs))
    )


@dataclass(frozen=True, kw_only=True)
class Override:
    """Rules that win over the others for some devices or modalities."""

    rules: tuple[Rule, ...]
    manufacturer: str | None = None
    """Regular expression, searched for in any case."""
    modalities: tuple[str, ...] = ()

    def applies(self, manufacturer: str, modality: str) -> bool:
        """Whether an instance of this device and modality is meant."""
        if self.modalities and modality not in self.modalities:
            return False
        return self.manufacturer is None or bool(re.search(self.manufacturer, manufacturer, re.IGNORECASE))


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What happens to an element, and which rule says so."""

    operation: Operation
    source: str

    def __str__(self) -> str:
        return f"{self.operation} [{self.source}]"


NO_LIMITS: Mapping[int, str] = {}
TREATED_INSIDE = frozenset({0x00081111, 0x0040A073})
"""Sequences that the table wants a dummy of, and whose attributes it has actions for: what these leave is the dummy.

Performed procedure steps and verifying observers; objects must have items of them, if they have any.
"""
DATES = frozenset({"shift-date", "year", "age-band"})
DUMMIES = frozenset({"remove", "empty", "replace"})
CLEAN = DUMMIES | DATES | {"clean-text", "hash", "uid", "regions"}
ALLOWED = {"X": DUMMIES, "Z": DUMMIES | {"hash", "uid"}, "D": DUMMIES | {"hash", "uid"}, "U": DUMMIES | {"uid"}}
"""What is at least as strict as an action of the profile."""


def is_looser(tag: int, operation: Operation, limits: Mapping[int, str]) -> bool:
    """Whether an operation does less to an attribute than the profile's action for it, if it has one."""
    action = limits.get(tag, "K")
    if action == "K":
        return False
    inside = tag in TREATED_INSIDE or action in ("C", "X/Z/U*")
    if isinstance(operation, Keep) and dictionary()[tag][0] == ("SQ",) and inside:
        return False  # The rules are applied to what is in it.
    allowed = CLEAN if action == "C" else ALLOWED.get(action[-1], DUMMIES)
    return operation.name not in allowed


NO_RULE = Decision(operation=Remove(), source="no rule names it")


@dataclass(frozen=True, kw_only=True, eq=False)
class Rulebook:
    """The decisions for one kind of instance: every rule and the overrides that apply, the later ones winning."""

    standard: Mapping[int, Decision]
    private: Mapping[tuple[int, str, int], Decision]
    unwanted_items: frozenset[Concept] = frozenset()
    """Content items that go, whatever the rules say of what is in them."""

    @classmethod
    def of(
        cls,
        rules: tuple[Rule, ...],
        limits: Mapping[int, str] = NO_LIMITS,
        unwanted_items: frozenset[Concept] = frozenset(),
    ) -> Rulebook:
        """Merge rules; one by group or representation never loosens what the profile says of a single attribute."""
        standard: dict[int, Decision] = {}
        private: dict[tuple[int, str, int], Decision] = {}
        for rule in rules:
            decision = Decision(operation=rule.operation, source=rule.source)
            broad = (tag for tag in rule.wide_targets() if not is_looser(tag, rule.operation, limits))
            standard |= dict.fromkeys((*broad, *rule.tags), decision)
            private |= {(tag.group, tag.creator, tag.element): decision for tag in rule.private}
        return cls(standard=standard, private=private, unwanted_items=unwanted_items)

    @cached_property
    def creators(self) -> frozenset[tuple[int, str]]:
        """The private creators of which something may stay, each with its group."""
        return frozenset(
            (group, creator)
            for (group, creator, _), decision in self.private.items()
            if not isinstance(decision.operation, Remove)
        )

    def decide(self, tag: int) -> Decision:
        """Return what happens to a standard element."""
        return self.standard.get(tag, NO_RULE)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What leaves, and how it is changed before. What no rule names is removed, at every depth."""

    name: str
    rules: tuple[Rule, ...]
    overrides: tuple[Override, ...] = ()
    options: tuple[str, ...] = ()
    """The names, in `OPTION_CODES`, of the PS3.15 profile and options in force."""
    modalities: tuple[str, ...] = ()
    """Instances of another modality are rejected; empty: of any."""
    refuse_pixels: str = ""
    """Why instances with pixel data are rejected, if they are."""
    allow_burned_in: bool = False
    """Whether pictures may leave that say that text is burned into them, without any of it being blackened."""
    dates: DateShift = field(default_factory=DateShift)
    """Between how many days and how many each patient's dates move."""
    notes: tuple[str, ...] = ()
    limits: Mapping[int, str] = field(default_factory=dict, repr=False)
    """Tag -> the action of the profile with these options; empty if the policy claims none."""
    regions: tuple[DeviceRegions, ...] = ()
    """What is blackened in the pictures of which device."""
    unwanted_items: frozenset[Concept] = frozenset()
    """Which content items of structured reports go."""
    _rulebooks: dict[tuple[bool, ...], Rulebook] = field(default_factory=dict, compare=False, repr=False)

    def rulebook(self, manufacturer: str, modality: str) -> Rulebook:
        """Return the decisions for instances of a device and a modality."""
        applies = tuple(override.applies(manufacturer, modality) for override in self.overrides)
        if applies not in self._rulebooks:
            extra = (override.rules for override, yes in zip(self.overrides, applies, strict=True) if yes)
            self._rulebooks[applies] = Rulebook.of(sum(extra, self.rules), self.limits, self.unwanted_items)
        return self._rulebooks[applies]

    @cached_property
    def deviations(self) -> tuple[str, ...]:
        """Where this policy does less than the profile that it claims: a sentence an attribute."""
        books = [Rulebook.of(self.rules, self.limits)]
        books += [Rulebook.of(override.rules, self.limits) for override in self.overrides]
        loose = {
            tag: decision
            for book in books
            for tag, decision in book.standard.items()
            if is_looser(tag, decision.operation, self.limits)
        }
        private = self.limits and "retain-safe-private" not in self.options and any(book.creators for book in books)
        return (
            *(f"{tag_text(tag)} {keyword(tag)}: {loose[tag]}, not {self.limits[tag]}" for tag in sorted(loose)),
            *(("private elements stay without retain-safe-private",) if private else ()),
        )

    @cached_property
    def claims(self) -> tuple[str, ...]:
        """The profile and options that the output may be stamped with: none if the policy falls behind them."""
        return () if self.deviations else self.options

    @cached_property
    def hash(self) -> str:
        """What tells this policy from another: the hexadecimal SHA-256 of its description."""
        return hashlib.sha256("\n".join(self.describe()).encode()).hexdigest()

    def describe(self) -> Iterator[str]:
        """Yield what the policy does, a line an element, the standard ones by tag."""
        yield f"policy {self.name}"
        yield f"profile and options: {', '.join(self.options) or 'none'}"
        yield f"modalities: {', '.join(self.modalities) or 'all'}"
        if self.refuse_pixels:
            yield f"instances with pixel data are rejected: {self.refuse_pixels}"
        if self.allow_burned_in:
            yield "pictures that say that text is burned into them may leave"
        yield f"dates move by {self.dates}"
        if self.unwanted_items:
            yield f"content items that go: {', '.join(sorted(map(' '.join, self.unwanted_items)))}"
        yield from (f"pixels: {device.name}: {_what(device)}" for device in self.regions)
        yield from (f"less than the profile: {deviation}" for deviation in self.deviations)
        yield from _lines(Rulebook.of(self.rules, self.limits))
        for override in self.overrides:
            device = f"manufacturer matches {override.manufacturer!r}" if override.manufacturer else "any manufacturer"
            yield f"for {device}, modality {' or '.join(override.modalities) or 'any'}:"
            yield from (f"  {line}" for line in _lines(Rulebook.of(override.rules, self.limits)))
        yield "everything else is removed"


OPTION_CODES: dict[str, tuple[str, str]] = {
    "basic": ("113100", "Basic Application Confidentiality Profile"),
    "clean-pixel-data": ("113101", "Clean Pixel Data Option"),
    "clean-recognizable-visual-features": ("113102", "Clean Recognizable Visual Features Option"),
    "clean-graphics": ("113103", "Clean Graphics Option"),
    "clean-structured-content": ("113104", "Clean Structured Content Option"),
    "clean-descriptors": ("113105", "Clean Descriptors Option"),
    "retain-full-dates": ("113106", "Retain Longitudinal Temporal Information Full Dates Option"),
    "retain-modified-dates": ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    "retain-patient-characteristics": ("113108", "Retain Patient Characteristics Option"),
    "retain-device-identity": ("113109", "Retain Device Identity Option"),
    "retain-uids": ("113110", "Retain UIDs Option"),
    "retain-safe-private": ("113111", "Retain Safe Private Option"),
    "retain-institution-identity": ("113112", "Retain Institution Identity Option"),
}
"""PS3.16 CID 7050."""


def temporal_information(options: tuple[str, ...]) -> str:
    """Return the value of (0028,0303) Longitudinal Temporal Information Modified (PS3.3 section C.12.1.1.9)."""
    if "retain-full-dates" in options:
        return "UNMODIFIED"
    return "MODIFIED" if "retain-modified-dates" in options else "REMOVED"


def _what(device: DeviceRegions) -> str:
    """Return all that an entry of a list of regions says, so that the policy's hash knows it."""
    said = ((name, getattr(device, name)) for name in device.__dataclass_fields__ if name != "name")
    return ", ".join(f"{name} {value}" for name, value in said if value)


def _lines(rulebook: Rulebook) -> Iterator[str]:
    for tag, decision in sorted(rulebook.standard.items()):
        yield f"{tag_text(tag)} {keyword(tag)}: {decision}"
    for (group, creator, element), decision in sorted(rulebook.private.items()):
        yield f"{PrivateTag(group=group, creator=creator, element=element)}: {decision}"
