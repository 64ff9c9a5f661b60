"""The projects' keys, kept in this process's memory."""

from __future__ import annotations

import logging

from pixl.domain.secret import SecretStore
from pixl.hashing import KeyedPseudonymiser

log = logging.getLogger(__name__)


class ProjectKeys:
    """Loads each project's secret once. A failure is never kept: the next request asks the store again."""

    def __init__(self, store: SecretStore) -> None:
        self._store = store
        self._loaded: dict[str, KeyedPseudonymiser] = {}

    def loaded(self, project: str) -> KeyedPseudonymiser | None:
        """Return the project's pseudonymiser when its key is in memory already."""
        return self._loaded.get(project)

    def load(self, project: str) -> KeyedPseudonymiser:
        """Ask the store for the project's key, which may take its time.

        Raises
        ------
        ConfigurationError
            The project has no key, or none that is fit.
        RetryLater
            The store does not answer.
        """
        pseudonymiser = KeyedPseudonymiser(self._store.get(f"project-{project}"))
        log.info("loaded the key of project %s", project)
        # The first one stays when two requests loaded it: a key must not change under a running study.
        return self._loaded.setdefault(project, pseudonymiser)
