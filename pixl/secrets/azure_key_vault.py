"""Secrets in Azure Key Vault (extra `azure`)."""

from __future__ import annotations

from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
)
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient

from pixl.domain.errors import ConfigurationError, PixlError, RetryLater
from pixl.secrets.names import checked_name

PATIENCE = {"retry_total": 1, "connection_timeout": 5, "read_timeout": 10}
"""The library's own would try for minutes; whoever asks here has retries of his own."""

DENIED = frozenset({400, 401, 403})


class AzureKeyVault:
    """The secrets of one vault, with the credential that the machine or the environment gives.

    `options` go to Azure's `SecretClient`.
    """

    def __init__(self, url: str, credential: TokenCredential | None = None, **options: Any) -> None:
        self._url = url
        self._client = SecretClient(url, credential or DefaultAzureCredential(), **{**PATIENCE, **options})

    def get(self, name: str) -> bytes:
        """Return the secret called `name`.

        Raises
        ------
        ConfigurationError
            There is no such secret, or this process may not read it.
        RetryLater
            The vault does not answer.
        """
        try:
            value = self._client.get_secret(checked_name(name)).value
        except (AzureError, ValueError) as error:
            # The library's own text may quote the response: only the kind of failure goes on.
            raise self._explained(error, name) from None
        if not value:
            raise ConfigurationError(f"the secret {name!r} in {self._url} is empty")
        return value.encode("utf-8")

    def _explained(self, error: AzureError | ValueError, name: str) -> PixlError:
        match error:
            case ResourceNotFoundError():
                return ConfigurationError(
                    f"there is no secret {name!r} in {self._url}: make it with `az keyvault secret set`"
                )
            case ClientAuthenticationError():
                return ConfigurationError(f"{self._url} does not know who asks: check this machine's Azure credential")
            case HttpResponseError(status_code=status) if status in DENIED:
                return ConfigurationError(
                    f"{self._url} refuses the secret {name!r} ({status}): grant this process `get` on secrets"
                )
            case ValueError():
                return ConfigurationError(f"{self._url} is not the address of an Azure Key Vault")
            case _:
                return RetryLater(f"{self._url} gave no answer for the secret {name!r} ({type(error).__name__})")
