"""The states of a study of a project, and which may follow which.

A study is always in exactly one state, and every change is an event in the ledger. The diagram in
`docs/architecture.md` is compared with `FOLLOWS` by a test.
"""

from __future__ import annotations

import enum


class State(enum.StrEnum):
    """Where a study of a project is on its way to the safe haven."""

    REQUESTED = "requested"
    FETCHING = "fetching"
    CACHED = "cached"
    DEIDENTIFYING = "deidentifying"
    CHECKING = "checking"
    RELEASED = "released"
    EXPORTING = "exporting"
    EXPORTED = "exported"
    MISSING = "missing"
    HELD = "held"
    REJECTED = "rejected"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens unless a person, or a new extract, asks for it."""
        return self in FINAL


FINAL = frozenset({State.EXPORTED, State.MISSING, State.HELD, State.REJECTED, State.FAILED})
IN_FLIGHT = frozenset(State) - FINAL

FOLLOWS: dict[State, frozenset[State]] = {
    State.REQUESTED: frozenset({State.FETCHING, State.REJECTED, State.FAILED}),
    State.FETCHING: frozenset({State.REQUESTED, State.CACHED, State.MISSING, State.HELD, State.REJECTED, State.FAILED}),
    State.CACHED: frozenset({State.REQUESTED, State.DEIDENTIFYING, State.HELD, State.REJECTED, State.FAILED}),
    State.DEIDENTIFYING: frozenset({State.REQUESTED, State.CHECKING, State.HELD, State.REJECTED, State.FAILED}),
    State.CHECKING: frozenset({State.REQUESTED, State.RELEASED, State.HELD, State.REJECTED, State.FAILED}),
    State.RELEASED: frozenset(
        {State.REQUESTED, State.EXPORTING, State.EXPORTED, State.HELD, State.REJECTED, State.FAILED}
    ),
    State.EXPORTING: frozenset({State.REQUESTED, State.EXPORTED, State.REJECTED, State.FAILED}),
    State.EXPORTED: frozenset({State.REQUESTED}),
    State.MISSING: frozenset({State.REQUESTED, State.REJECTED}),
    State.HELD: frozenset({State.REQUESTED, State.CACHED, State.CHECKING, State.RELEASED, State.REJECTED}),
    State.REJECTED: frozenset({State.REQUESTED, State.HELD}),
    State.FAILED: frozenset({State.REQUESTED, State.CACHED, State.RELEASED, State.REJECTED}),
}


def may_follow(before: State, after: State) -> bool:
    """Whether a study may go from `before` to `after`."""
    return after in FOLLOWS[before]
