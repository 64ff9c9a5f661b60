"""What a project does with its images: its filters, its policy and its pseudonyms, put together."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial

from pixl.deid import Deidentifier, Policies, Subject
from pixl.domain.project import Project
from pixl.domain.pseudonym import Pseudonymiser, PseudonymKind, PseudonymQuery
from pixl.hashing import CachedPseudonymiser, HashingClient
from pixl.orthanc import StoredSeries
from pixl.project import Projects
from pixl.routing.filters import SeriesHeader, reason_to_skip_series
from plugins.anon_request import Treatment

REMEMBERED = 10_000
"""Pseudonyms kept in memory for each project: a patient's identifiers come again with every instance."""


class Treatments:
    """Gives each project's treatment. Threads may share it."""

    def __init__(self, projects: Projects, hashing: HashingClient) -> None:
        self._projects = projects
        self._hashing = hashing
        self._pseudonymisers: dict[str, Pseudonymiser] = {}
        self._policies = Policies()
        self._lock = threading.Lock()

    def __call__(self, name: str, patient_pseudonym: str | None) -> Treatment:
        """Return a project's treatment, from its files as they are now.

        Raises
        ------
        ConfigurationError
            There is no such project, or its files are wrong.
        """
        project = self._projects.get(name)
        policy = self._policies(project)
        pseudonymiser = self._pseudonymiser(project)
        subject = Subject(patient_pseudonym=patient_pseudonym)
        return Treatment(
            policy=policy.hash,
            reason_to_skip=lambda series: reason_to_skip_series(header_of(series), project),
            # One for each request: what it remembers of a patient goes with the study.
            deidentify=Deidentifier(policy, pseudonymiser, subject=subject),
            new_uids=partial(new_uids, pseudonymiser),
        )

    def _pseudonymiser(self, project: Project) -> Pseudonymiser:
        with self._lock:
            if project.name not in self._pseudonymisers:
                inner = self._hashing.for_project(project.name)
                self._pseudonymisers[project.name] = CachedPseudonymiser(inner, REMEMBERED)
            return self._pseudonymisers[project.name]


def header_of(series: StoredSeries) -> SeriesHeader:
    """Return what the filters look at."""
    return SeriesHeader(
        modality=series.modality,
        description=series.description,
        number=series.number,
        manufacturer=series.manufacturer,
        instances=series.instances,
    )


def new_uids(pseudonymiser: Pseudonymiser, uids: Sequence[str]) -> list[str]:
    """Return the project's UIDs for original ones."""
    return pseudonymiser.pseudonyms([PseudonymQuery(value=uid, kind=PseudonymKind.UID) for uid in uids])
