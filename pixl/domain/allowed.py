"""What a policy lets leave, for those who prove that nothing else did: data, and the port that gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True, eq=False)
class Allowed:
    """The elements that may be in an output of one kind of device, at every depth."""

    kept: frozenset[int] = frozenset()
    """Standard elements that may leave with the value they came with."""
    changed: frozenset[int] = frozenset()
    """Standard elements that may leave, with another value or none."""
    private: frozenset[tuple[int, str, int]] = frozenset()
    """Private elements that may leave: group, creator, last two digits of the element."""
    moved: frozenset[int] = frozenset()
    """Standard elements whose dates move by more than a life: none of them is a day of the original by chance."""
    identifying: frozenset[int] = frozenset()
    """Standard elements whose values say who, where or when (PS3.15 table E.1-1), and which are not kept."""
    every_standard: bool = False
    """Whether any element of the data dictionary may leave: for files of which the policy is not known."""


class AllowedBy(Protocol):
    """Says what may leave, by the manufacturer and the modality that an instance had before."""

    def __call__(self, manufacturer: str, modality: str) -> Allowed:
        """Return what is allowed for such a device."""
        ...
