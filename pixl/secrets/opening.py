"""From the text of a setting to a secret store."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from pixl.domain.errors import ConfigurationError
from pixl.domain.secret import SecretStore
from pixl.secrets.cache import CachedStore
from pixl.secrets.files import FileStore

CACHE_SECONDS = 300.0
"""How long a cloud store's secret is kept in memory: a changed password is seen without a restart."""


def open_store(text: str) -> SecretStore:
    """Open the store that `text` names. Nothing is asked of it yet.

    Parameters
    ----------
    text
        `file:FOLDER`, `azure:https://VAULT-URL` or `vault:https://HOST:PORT/MOUNT`.

    Raises
    ------
    ConfigurationError
        There is no such kind of store, its place is wrong, or its extra is not installed.
    """
    kind, _, place = text.partition(":")
    if kind not in KINDS or not place:
        raise ConfigurationError(
            "PIXL_SECRETS must be file:FOLDER, azure:https://VAULT-URL or vault:https://HOST:PORT/MOUNT"
        )
    return KINDS[kind](place)


def _open_files(place: str) -> SecretStore:
    return FileStore(Path(place).absolute())


def _open_azure(place: str) -> SecretStore:
    store: SecretStore = _module("azure_key_vault", extra="azure").AzureKeyVault(_https(place))
    return CachedStore(store, seconds=CACHE_SECONDS)


def _open_vault(place: str) -> SecretStore:
    url, _, mount = _https(place).removeprefix("https://").partition("/")
    if not mount:
        raise ConfigurationError("vault:https://HOST:PORT/MOUNT names no mount of the KV version 2 engine")
    # Vault's own convention, as VAULT_CACERT is, which its client library reads.
    token_file = Path(os.environ.get("VAULT_TOKEN_FILE", Path.home() / ".vault-token"))
    module = _module("hashicorp_vault", extra="vault")
    store: SecretStore = module.HashicorpVault(f"https://{url}", mount=mount, token_file=token_file)
    return CachedStore(store, seconds=CACHE_SECONDS)


def _https(place: str) -> str:
    if not place.startswith("https://") or len(place) <= len("https://"):
        raise ConfigurationError("a secret store in the network is given as https://..., nothing else is safe")
    return place.rstrip("/")


def _module(name: str, *, extra: str) -> ModuleType:
    try:
        return importlib.import_module(f"pixl.secrets.{name}")
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"this secret store needs the extra {extra!r} ({error.name} is not installed): pip install 'pixl[{extra}]'"
        ) from None


KINDS: dict[str, Callable[[str], SecretStore]] = {"file": _open_files, "azure": _open_azure, "vault": _open_vault}
