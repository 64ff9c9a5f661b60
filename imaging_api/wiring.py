"""Puts the stages together from the settings and the secret store."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Collection

from pixl.domain.errors import NotBefore
from pixl.domain.secret import SecretStore
from pixl.export import open_destination
from pixl.flow.checking import SeriesChecker
from pixl.flow.child import CheckProcesses, Limits
from pixl.flow.steps import Flow
from pixl.flow.work import Workload, work
from pixl.flow.worker import Task, Worker
from pixl.hashing import HashingClient
from pixl.intake import Fetcher, Hours, Source
from pixl.ledger import Ledger
from pixl.orthanc import Anonymiser, OrthancClient
from pixl.project import Projects
from pixl.queue import Step
from pixl.settings import Settings

USER = "pixl"
"""What PIXL's processes call themselves to both Orthancs."""


QUEUES = (Step.FETCH, Step.DEIDENTIFY, Step.CHECK, Step.EXPORT)
"""Those of a study's way."""


class Turns:
    """Makes fetches wait for their turn, until the process stops."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Let what waits go, so that the process can end."""
        self._stopping.set()

    def take(self) -> None:
        """Return when the archive may be asked."""
        while (seconds := self._ledger.pass_gate()) is not None:
            if self._stopping.wait(seconds):
                raise NotBefore("imaging_api was stopped while this study waited for its turn", dt.datetime.now(dt.UTC))


def open_ledger(settings: Settings, secrets: SecretStore) -> Ledger:
    """Connect to the ledger."""
    workers = settings.fetch_workers + settings.deidentify_workers + settings.check_workers + settings.export_workers
    return Ledger.connect(settings.database, secrets, size=workers + 2)


def build_flow(
    settings: Settings, secrets: SecretStore, ledger: Ledger, turns: Turns, steps: Collection[Step] = QUEUES
) -> Flow:
    """Wire the stages, for the worker of these queues."""
    raw = OrthancClient(settings.raw_url, USER, secrets.get("orthanc-raw-password").decode())
    anon_password = secrets.get("orthanc-anon-password").decode()
    anon = OrthancClient(settings.anon_url, USER, anon_password)
    hashing = HashingClient(settings.hashing_url, secrets.get("service-token").decode())
    suite = CheckProcesses(
        Limits(seconds=settings.check_seconds, megabytes=settings.check_memory_mb),
        ready=settings.check_workers if Step.CHECK in steps else 0,
    )
    return Flow(
        ledger=ledger,
        project=Projects(settings.projects).get,
        fetcher=Fetcher(
            raw, _sources(settings), aet=settings.raw_aet, timeout=settings.archive_timeout, take_turn=turns.take
        ),
        anonymiser=Anonymiser(settings.anon_url, USER, anon_password),
        anon=anon,
        checker=SeriesChecker(raw=raw, anon=anon, pseudonymiser=hashing.for_project, suite=suite),
        destination=lambda name: open_destination(name, settings.destinations, secrets),
    )


def build_worker(settings: Settings, secrets: SecretStore, flow: Flow, steps: Collection[Step] = QUEUES) -> Worker:
    """Make the worker of the queues of a study's way, or of some of them."""
    workers = {
        Step.FETCH: settings.fetch_workers,
        Step.DEIDENTIFY: settings.deidentify_workers,
        Step.CHECK: settings.check_workers,
        Step.EXPORT: settings.export_workers,
    }
    return Worker(
        settings.database,
        secrets.get("database-password").decode(),
        {step: _task(step, flow, settings, count) for step, count in workers.items() if step in steps},
        retry_seconds=settings.retry_seconds,
    )


def _task(step: Step, flow: Flow, settings: Settings, workers: int) -> Task:
    def run(number: int) -> None:
        is_check = step is Step.CHECK
        study_id = flow.ledger.study_of_check(number) if is_check else number
        load = Workload(
            step=step, study_id=study_id, max_tries=settings.max_tries, check_id=number if is_check else None
        )
        work(flow, load)

    return Task(step=step, run=run, workers=workers)


def _sources(settings: Settings) -> list[Source]:
    sources = []
    if settings.primary:
        sources.append(Source(name=settings.primary.name))
    if settings.secondary:
        sources.append(Source(name=settings.secondary.name, hours=Hours.parse(settings.secondary_hours)))
    return sources
