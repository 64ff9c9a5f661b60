"""The secrets of a deployment: made at the first start where the store can keep them, asked for where it cannot."""

from __future__ import annotations

from collections.abc import Iterable

from pixl.domain.errors import ConfigurationError
from pixl.domain.secret import SecretStore
from pixl.ledger.keys import LEDGER_KEY, PROJECT_KEY, KeyChecks, open_key_checks
from pixl.secrets import FileStore, new_secret
from pixl.settings import Settings

PASSWORDS = (
    "database-password",
    "database-admin-password",
    "service-token",
    "orthanc-raw-password",
    "orthanc-anon-password",
    "orthanc-admin-password",
)
"""Anybody may change these: whoever asks for them and whoever checks them are told anew at each start."""
SECRETS = (*PASSWORDS, LEDGER_KEY)
LOST_LEDGER_KEY = (
    "put it back from your backup of the secrets. If it is lost for good, so are the ledger's identifiers: take the "
    "database away (the folder `postgres` of the data folder, or give an empty one) and load the cohorts anew, which "
    "fetches and exports all of it again"
)
LOST_PROJECT_KEY = (
    "put it back from your backup of the secrets. If it is lost for good, the same patients can only get other "
    "pseudonyms: take `{project}.yaml` away and give the project a new name, so that nobody mixes the two"
)


def project_secret(project: str) -> str:
    """Return the name of the secret that a project's pseudonyms are made with."""
    return f"{PROJECT_KEY}{project}"


def ensure_secrets(store: SecretStore, names: Iterable[str]) -> None:
    """See to it that each secret is there; a folder of files gets those that are missing.

    Raises
    ------
    ConfigurationError
        The store is not ours to write to and a secret is missing.
    """
    for name in names:
        _ensure(store, name)


def ensure_keys(settings: Settings, store: SecretStore, projects: Iterable[str]) -> None:
    """See to it that each key is there and is the one it always was; only one that was never used is made.

    The database must be up and have its schema. Nothing may work with the keys before.

    Raises
    ------
    ConfigurationError
        A key that was used is missing or is another one, or the store is not ours to write to and a key is missing.
    ServiceUnavailable
        The database does not answer.
    """
    with open_key_checks(settings.database, text_of(store, "database-password")) as checks:
        for name in (LEDGER_KEY, *map(project_secret, projects)):
            key = _used(store, name) if checks.is_used(name) else _ensure(store, name)
            _refuse_another(checks, name, key)
            checks.remember(name, key)


def check_key(settings: Settings, store: SecretStore, name: str) -> None:
    """Raise what `ensure_keys` would raise for the key of this name; nothing is made and nothing taken down."""
    with open_key_checks(settings.database, text_of(store, "database-password")) as checks:
        key = _used(store, name) if checks.is_used(name) else store.get(name)
        _refuse_another(checks, name, key)


def text_of(store: SecretStore, name: str) -> str:
    """Return a secret that is text: a password or a token."""
    return store.get(name).decode("utf-8")


def _ensure(store: SecretStore, name: str) -> bytes:
    return store.ensure(name, new_secret) if isinstance(store, FileStore) else store.get(name)


def _used(store: SecretStore, name: str) -> bytes:
    try:
        return store.get(name)
    except ConfigurationError as error:
        raise ConfigurationError(f"{error}. PIXL has worked with this key: {_what_to_do(name)}") from None


def _refuse_another(checks: KeyChecks, name: str, key: bytes) -> None:
    if not checks.is_right(name, key):
        raise ConfigurationError(f"the secret {name!r} is not the key PIXL has worked with: {_what_to_do(name)}")


def _what_to_do(name: str) -> str:
    if name == LEDGER_KEY:
        return LOST_LEDGER_KEY
    return LOST_PROJECT_KEY.format(project=name.removeprefix(PROJECT_KEY))
