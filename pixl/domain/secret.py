"""The port to where secrets are kept."""

from __future__ import annotations

from typing import Protocol


class SecretStore(Protocol):
    """Where keys, passwords and tokens are kept: a folder of 0600 files, Azure Key Vault, HashiCorp Vault."""

    def get(self, name: str) -> bytes:
        """Return the secret called `name` (lower-case letters, digits and `-`).

        Raises
        ------
        ConfigurationError
            There is no such secret, or it may not be read; the message says how to make it.
        RetryLater
            The store does not answer.
        """
        ...
