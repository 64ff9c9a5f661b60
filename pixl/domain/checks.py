"""Which checkers look at what a project sends, in which order, with which settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class CheckerChoice:
    """One checker that is switched on."""

    name: str
    """Of an entry point of the group `pixl.checkers`."""
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Its settings, which the checker itself reads."""


@dataclass(frozen=True, kw_only=True)
class Checks:
    """The checkers of a project, in the order in which they look."""

    checkers: tuple[CheckerChoice, ...] = tuple(
        CheckerChoice(name=name)
        for name in ("private", "consistency", "doubtful-objects", "known-values", "rules", "pixels")
    )
    """What costs most looks last."""
