"""What stands for an identifier in one project, and the port that makes it."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class PseudonymKind(enum.StrEnum):
    """What a value becomes. The kind is part of what is hashed, so that two kinds never give related results."""

    __hash__ = str.__hash__  # every image is asked about by dictionaries, and that of an enumeration is slow

    HASH = "hash"
    """Lower-case hexadecimal digits of a keyed BLAKE2b, as many as `length` says (2 to 64)."""
    UID = "uid"
    """A UID `2.25.<128 bits>` (PS3.5 B.2)."""
    SHIFT = "shift"
    """A whole number below 2**64, as decimal text: a project's `DateShift` makes days of it, by which dates move."""


@dataclass(frozen=True, kw_only=True, repr=False)
class PseudonymQuery:
    """An identifier, and what it shall become. Identifiable: its `repr` does not show the value."""

    value: str
    kind: PseudonymKind = PseudonymKind.HASH
    length: int = 64
    """Hexadecimal digits of a `HASH`; of no meaning for the other kinds."""

    def __repr__(self) -> str:
        return f"PseudonymQuery(kind={self.kind.value!r}, length={self.length})"


class Pseudonymiser(Protocol):
    """Gives the pseudonyms of one project: the same query always has the same answer, another project another one."""

    def pseudonyms(self, queries: Sequence[PseudonymQuery]) -> list[str]:
        """Return a pseudonym for each query, in their order.

        Raises
        ------
        RetryLater
            There was no answer. Nothing may be sent on without one.
        ConfigurationError
            The project has no key.
        """
        ...
