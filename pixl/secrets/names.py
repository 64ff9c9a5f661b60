"""What a secret may be called, and how a new one is made."""

from __future__ import annotations

import re
import secrets

from pixl.domain.errors import ConfigurationError

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,125}[a-z0-9])?")
"""What all three kinds of store accept. No dot and no slash, so that a name never leaves the store's folder."""


def checked_name(name: str) -> str:
    """Return `name`, or raise `ConfigurationError` when a store may not be asked for it."""
    if not NAME.fullmatch(name):
        raise ConfigurationError(
            "the name of a secret is made of lower-case letters, digits and `-` (at most 127), and starts and ends "
            f"with a letter or digit; {name!r} is not"
        )
    return name


def new_secret() -> bytes:
    """Return a new random secret of 256 bits as 64 hexadecimal digits: a key, a password or a token."""
    return secrets.token_hex(32).encode("ascii")
