"""What `pixl doctor` tries of reports: each source with its query, each engine with a text about nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from pixl.domain.errors import ConfigurationError
from pixl.domain.report import ReportKey, ReportKeys
from pixl.domain.secret import SecretStore
from pixl.project import Projects
from pixl.reports import Deployment
from pixl.settings import Settings
from pixl.text import NOTHING_KNOWN

NOBODY = ReportKey(mrn="pixl-doctor", accession_number="pixl-doctor")
ABOUT_NOBODY = "No focal abnormality. This text is about nobody."


def tries(settings: Settings, store: SecretStore) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield what is tried, by its name: the sources and engines that projects name."""
    wanted = list(_wanted(Projects(settings.projects)))
    deployment = Deployment(settings.reports, store)
    for name in sorted({keys.source for keys in wanted}):
        yield f"reports from {name}", partial(_asked, deployment, name)
    for name in sorted({engine for keys in wanted for engine in (*keys.engines, keys.second)}):
        yield f"report engine {name}", partial(_run, deployment, name)
    deployment.close()


def _wanted(projects: Projects) -> Iterator[ReportKeys]:
    for name in projects.names():
        try:
            keys = projects.get(name).reports
        except ConfigurationError:
            continue  # the projects' own check tells of it
        if keys:
            yield keys


def _asked(deployment: Deployment, name: str) -> str:
    deployment.source(name).find(NOBODY)
    return "answers the query, over a connection that cannot write"


def _run(deployment: Deployment, name: str) -> str:
    engine = deployment.engine(name)
    engine.find(ABOUT_NOBODY, NOTHING_KNOWN)
    return f"works, version {engine.version}"
