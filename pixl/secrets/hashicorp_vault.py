"""Secrets in HashiCorp Vault's KV engine, version 2 (extra `vault`)."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import hvac
import requests
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest, Unauthorized, VaultError

from pixl.domain.errors import ConfigurationError, PixlError, RetryLater
from pixl.secrets.files import read_private
from pixl.secrets.names import checked_name

FIELD = "value"
"""A KV entry holds several fields; the secret is the one with this name."""


class HashicorpVault:
    """The entries below one mount; each secret is the field `value` of the entry with its name.

    The token is read from its file at each question, since Vault's agent renews it there. `options` go to
    `hvac.Client`.
    """

    def __init__(self, url: str, *, mount: str, token_file: Path, timeout: float = 10, **options: Any) -> None:
        self._url = url
        self._mount = mount
        self._token_file = token_file
        self._options = {"timeout": timeout, "allow_redirects": False, **options}

    def get(self, name: str) -> bytes:
        """Return the secret called `name`.

        Raises
        ------
        ConfigurationError
            There is no such secret, or the token may not read it.
        RetryLater
            Vault does not answer.
        """
        checked_name(name)
        token = read_private(self._token_file).decode("ascii", "replace")
        try:
            answer = self._ask(name, token)
        except (VaultError, requests.RequestException) as error:
            # The library's own text may quote the response: only the kind of failure goes on.
            raise self._explained(error, name) from None
        return self._field(answer, name)

    def _ask(self, name: str, token: str) -> Any:
        client = hvac.Client(url=self._url, token=token, **self._options)
        with contextlib.closing(client.adapter):
            return client.secrets.kv.v2.read_secret_version(
                path=name, mount_point=self._mount, raise_on_deleted_version=True
            )

    def _field(self, answer: Any, name: str) -> bytes:
        match answer:
            case {"data": {"data": {"value": str() as value}}} if value:
                return value.encode("utf-8")
            case {"data": {"data": dict()}}:
                raise ConfigurationError(f"the entry {self._place(name)} has no text in its field `{FIELD}`")
            case _:
                raise RetryLater(f"{self._url} gave no answer of Vault's for the secret {name!r}")

    def _explained(self, error: VaultError | requests.RequestException, name: str) -> PixlError:
        match error:
            case InvalidPath():
                return ConfigurationError(
                    f"there is no secret {self._place(name)}: make it with `vault kv put -mount={self._mount} {name} "
                    f"{FIELD}=-`"
                )
            case Forbidden() | Unauthorized() | InvalidRequest():
                return ConfigurationError(
                    f"Vault refuses {self._place(name)}: check the token in {self._token_file} and its policy"
                )
            case requests.exceptions.SSLError():
                return ConfigurationError(f"the certificate of {self._url} is not trusted: set VAULT_CACERT to its CA")
            case _:
                return RetryLater(f"{self._url} gave no answer for the secret {name!r} ({type(error).__name__})")

    def _place(self, name: str) -> str:
        return f"{self._mount}/{name} in {self._url}"
