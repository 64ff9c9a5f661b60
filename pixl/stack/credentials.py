"""The secrets of a deployment: made at the first start where the store can keep them, asked for where it cannot."""

from __future__ import annotations

from collections.abc import Iterable

from pixl.domain.secret import SecretStore
from pixl.secrets import FileStore, new_secret

SECRETS = (
    "database-password",
    "database-admin-password",
    "ledger-key",
    "service-token",
    "orthanc-raw-password",
    "orthanc-anon-password",
    "orthanc-admin-password",
)


def project_secret(project: str) -> str:
    """Return the name of the secret that a project's pseudonyms are made with."""
    return f"project-{project}"


def ensure_secrets(store: SecretStore, projects: Iterable[str]) -> None:
    """See to it that each secret is there; a folder of files gets those that are missing.

    Raises
    ------
    ConfigurationError
        The store is not ours to write to and a secret is missing.
    """
    for name in (*SECRETS, *map(project_secret, projects)):
        if isinstance(store, FileStore):
            store.ensure(name, new_secret)
        else:
            store.get(name)


def text_of(store: SecretStore, name: str) -> str:
    """Return a secret that is text: a password or a token."""
    return store.get(name).decode("utf-8")
