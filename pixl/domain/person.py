"""The people who use the console, and what each role may do."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Role(enum.StrEnum):
    """What a person may do; each role may do what those before it may."""

    READER = "reader"
    """See how projects are getting on. Nothing identifiable."""
    REVIEWER = "reviewer"
    """See what was found, with its values, and decide on it."""
    RELEASER = "releaser"
    """Give the second, last word where a project asks for two people."""
    ADMIN = "admin"
    """See the audit trail, and who may log in."""

    def includes(self, other: Role) -> bool:
        """Whether this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who may log in."""

    name: str
    role: Role
