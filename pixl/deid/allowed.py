"""What a policy lets leave, as data: the checkers compare outputs with it and know nothing else of the engine."""

from __future__ import annotations

from functools import cache

from pixl.deid.loader import confidentiality_table
from pixl.deid.operations import Keep, Remove, ShiftDate
from pixl.deid.parts import TYPE_2
from pixl.deid.policy import Policy, Rulebook
from pixl.dicom.names import dictionary
from pixl.domain.allowed import Allowed, AllowedBy
from pixl.domain.date_shift import DateShift

STAMPED = frozenset({0x00100020, 0x00120062, 0x00120063, 0x00120064, 0x00280303, 0x00080100, 0x00080102, 0x00080104})
"""What the engine puts in itself: the patient ID, and what says how it was de-identified, with its codes."""


def allowed_by(policy: Policy) -> AllowedBy:
    """Return what `policy` lets leave, by device."""
    known: dict[Rulebook, Allowed] = {}

    def allowed(manufacturer: str, modality: str) -> Allowed:
        rulebook = policy.rulebook(manufacturer, modality)
        if rulebook not in known:
            known[rulebook] = _allowed(rulebook, policy.dates)
        return known[rulebook]

    return allowed


def allowed_without_policy() -> AllowedBy:
    """Return what may be in files of which the policy is not known: anything standard, nothing private."""
    found = Allowed(every_standard=True, identifying=identifying())
    return lambda manufacturer, modality: found  # noqa: ARG005  for every device the same


@cache
def identifying() -> frozenset[int]:
    """Return what says who, where or when: table E.1-1 of PS3.15, and every element that holds a person's name."""
    named = {tag for tag, (vrs, _) in dictionary().items() if "PN" in vrs}
    return frozenset(named.union(*(attribute.tags for attribute in confidentiality_table())))


def _allowed(rulebook: Rulebook, dates: DateShift) -> Allowed:
    kept = {tag for tag, decision in rulebook.standard.items() if isinstance(decision.operation, Keep)}
    there = {tag for tag, decision in rulebook.standard.items() if not isinstance(decision.operation, Remove)}
    moved = {tag for tag, decision in rulebook.standard.items() if isinstance(decision.operation, ShiftDate)}
    return Allowed(
        moved=frozenset(moved if dates.is_beyond_a_life else ()),
        kept=frozenset(kept),
        changed=frozenset(there - kept) | STAMPED | TYPE_2,
        private=frozenset(
            place for place, decision in rulebook.private.items() if not isinstance(decision.operation, Remove)
        ),
        identifying=identifying() - kept,
    )
