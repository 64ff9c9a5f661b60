"""What a hospital's own login (an OpenID provider) is asked, and what its answer means here. Pure.

Source: OpenID Connect Core 1.0, sections 2 and 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixl.domain.person import Role


@dataclass(frozen=True, kw_only=True)
class OpenId:
    """How the hospital's own login is asked."""

    issuer: str
    """As the provider spells itself: what it signs has to say the same."""
    client_id: str
    roles: tuple[tuple[Role, str], ...]
    """Which role a value of the claim gives."""
    role_claim: str = "roles"
    """A claim of the ID token, or a path into it, such as `realm_access.roles`."""
    scopes: str = "openid profile"
    ca: Path | None = None
    """The certificates that its own is verified with, in place of the system's."""

    def role_of(self, claims: Mapping[str, Any]) -> Role | None:
        """Return the highest role that claims give; None is nobody who may do anything here."""
        values = set(_values(claims, self.role_claim))
        given = [role for role, value in self.roles if value in values]
        return max(given, key=list(Role).index, default=None)


def _values(claims: Mapping[str, Any], path: str) -> Iterator[str]:
    """Yield what a claim says. A name with dots may be a name (`https://...`) or a path."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for step in path.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    yield from [found] if isinstance(found, str) else filter(_is_text, found) if isinstance(found, list) else []


def _is_text(value: object) -> bool:
    return isinstance(value, str)
