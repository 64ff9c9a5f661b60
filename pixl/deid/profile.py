"""The Basic Application Level Confidentiality Profile and its options (PS3.15 annex E), as rules. Pure.

Table E.1-1 leaves three things open, which are decided here:

* Which of two or three actions an attribute gets (X/Z, X/D, Z/D, X/Z/D, X/Z/U*): the last. Which one is needed depends
  on the attribute's type in its object; a dummy value is right for each type, an empty one for types 2 and 3, and
  neither tells more than that the attribute was there. A sequence has no dummy: it is emptied where the table allows
  that, and removed otherwise; but performed procedure steps and verifying observers, of which objects must have items,
  get the table's actions for what is in them.
* What cleaning is: `clean-text` for text, `shift-date` for dates, the same rules again inside a sequence. What cannot
  be cleaned, such as overlays, curves and anything else that is binary, is removed.
* Which option wins where several speak of an attribute: the one that cleans, over the one that keeps.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pixl.deid.operations import TEXT_VRS, AgeBand, CleanText, Empty, Keep, Operation, Remove, Replace, ShiftDate, Uid
from pixl.deid.policy import TREATED_INSIDE, Rule
from pixl.dicom.names import REPEATING_GROUPS, dictionary
from pixl.domain.errors import ConfigurationError

EDITION = "2026d"
PRIVATE = "PRIVATE"
FIRST_GROUP = 0x0008
"""What is in the groups below is no part of a data set."""
DATES = frozenset({"DA", "DT", "TM"})
REPEATING = (0x50, 0x60)
"""Curves and overlays: what belongs to one says nothing without its data, which nobody can clean."""
DUMMY_TEXT = "REMOVED"


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """One line of the table."""

    tags: tuple[int, ...]
    """Those of the data dictionary; none for private attributes."""
    basic: str
    """The profile's action: `X`, `Z`, `D`, `U`, or a choice such as `X/Z/D`."""
    options: Mapping[str, str]
    """What is done instead, `K` or `C`, if an option is in force."""

    def action(self, options: Iterable[str]) -> str:
        """Return what is done under these options."""
        actions = {self.options[option] for option in options if option in self.options}
        return ("C" if "C" in actions else "K") if actions else self.basic


def read_table(text: str) -> tuple[Attribute, ...]:
    """Return the lines of table E.1-1 from our CSV form of it."""
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return tuple(
        Attribute(
            tags=tuple(tag for tag in _tags(row["tag"]) if tag in dictionary() and tag >> 16 >= FIRST_GROUP),
            basic=row["basic"],
            options=dict(pair.split("=") for pair in row["options"].split()),
        )
        for row in csv.DictReader(lines)
    )


def profile_rules(table: Iterable[Attribute], options: tuple[str, ...]) -> tuple[Rule, ...]:
    """Return a rule for each attribute of the table, as the profile with these options has it.

    Raises
    ------
    ConfigurationError
        Two options contradict each other.
    """
    if {"retain-full-dates", "retain-modified-dates"} <= set(options):
        raise ConfigurationError("retain-full-dates and retain-modified-dates: dates are moved or they are not")
    return tuple(
        Rule(
            operation=operation_for(attribute, tag, attribute.action(options)),
            source=f"PS3.15 {EDITION} table E.1-1: {attribute.action(options)}",
            tags=(tag,),
        )
        for attribute in table
        for tag in attribute.tags
    )


def limits(table: Iterable[Attribute], options: tuple[str, ...]) -> dict[int, str]:
    """Return tag -> the action that a policy may not fall behind if it claims the profile with these options."""
    return {tag: attribute.action(options) for attribute in table for tag in attribute.tags}


def operation_for(attribute: Attribute, tag: int, action: str) -> Operation:
    """Return the operation that an action of the table is for one attribute."""
    vr = (*dictionary()[tag][0], "UN")[0]
    if tag in TREATED_INSIDE:
        return Keep()
    match action:
        case "K":
            return AgeBand() if vr == "AS" else Keep()
        case "C":
            return Remove() if tag >> 24 in REPEATING else _cleaning(vr, attribute.basic)
        case "X/Z/U*":
            return Keep()
    return _replacing(vr, action)


def _cleaning(vr: str, basic: str) -> Operation:
    """Return how a value is cleaned; what is left must be a value where the profile would have put one."""
    if vr == "SQ":
        return Keep()
    if vr in DATES:
        return ShiftDate()
    if vr not in TEXT_VRS:
        return Remove()
    return CleanText({"D": DUMMY_TEXT, "Z": ""}.get(basic[-1]))


def _replacing(vr: str, action: str) -> Operation:
    """Return what puts nothing of the value there, and leaves the element where its object may have to have it."""
    if action == "U":
        return Uid()
    if vr == "SQ":
        return Empty() if "Z" in action else Remove()
    match action[-1]:
        case "D":
            return Replace()
        case "Z":
            return Empty()
    return Remove()


def _tags(text: str) -> tuple[int, ...]:
    """Return the tags that a line of the table means; `60xx3000` is one in each repeating group."""
    if text == PRIVATE:
        return ()
    if text.endswith("xxxxxx"):
        groups = {int(text[:2] + "00", 16) | low for low in REPEATING_GROUPS}
        return tuple(tag for tag in dictionary() if tag >> 16 in groups)
    if "xx" in text:
        return tuple(int(text.replace("xx", "00"), 16) | low << 16 for low in REPEATING_GROUPS)
    return (int(text, 16),)
