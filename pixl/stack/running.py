"""Starts the whole stack and stops it."""

from __future__ import annotations

import fcntl
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from pixl.domain.errors import ConfigurationError, ServiceUnavailable
from pixl.domain.secret import SecretStore
from pixl.ledger import migrate
from pixl.project import Projects
from pixl.settings import Settings
from pixl.stack import cluster, database, orthanc, processes, supervision
from pixl.stack.credentials import PASSWORDS, ensure_keys, ensure_secrets, text_of
from pixl.stack.layout import Layout
from pixl.stack.ports import refuse_taken_ports
from pixl.stack.programs import POSTGRES, environment, programs
from pixl.stack.status import ProcessStatus, current_status
from pixl.stack.supervision import Supervisor

START_SECONDS = 90.0
STOP_SECONDS = 180.0
RESTARTS_TO_GIVE_UP = 4
"""A process that ended so often while `pixl up` waits for it will go on doing so."""
PAUSE = 0.3

Watcher = Callable[[list[ProcessStatus]], None]
"""Is shown the status of all processes again and again while they start."""


def is_up(settings: Settings) -> bool:
    """Whether the supervisor of this stack runs."""
    return Supervisor(Layout(data=settings.data)).pid() is not None


def bring_up(
    settings: Settings, store: SecretStore, env: Mapping[str, str], watch: Watcher = lambda _: None
) -> list[ProcessStatus]:
    """Start what does not run, and return when every process answers. What runs is left alone.

    Parameters
    ----------
    env
        The environment that the processes are started with; only what they need is passed on.

    Raises
    ------
    ConfigurationError
        A port is taken, a program is not installed, a folder cannot be written, a key that was used is lost, another
        `pixl up` is at work.
    ServiceUnavailable
        A process does not answer in time.
    """
    layout = Layout(data=settings.data)
    layout.prepare()
    with alone(layout):
        supervisor = Supervisor(layout)
        if supervisor.pid() is None:
            end_leftovers(layout)
            supervisor = _launch(settings, store, env)
            with _nothing_left_of_a_refusal(layout):
                _start_all(supervisor, settings, store)
        else:
            _start_all(supervisor, settings, store)
        return _wait(settings, store, watch)


def bring_down(settings: Settings) -> None:
    """Stop every process, Postgres last, and the supervisor. Nothing is left, whatever state the stack was in.

    Raises
    ------
    ConfigurationError
        Another `pixl up` or `pixl down` is at work.
    """
    layout = Layout(data=settings.data)
    if not layout.data.is_dir():
        return
    layout.prepare()
    with alone(layout):
        _end_supervisor(layout)
        end_leftovers(layout)


def end_leftovers(layout: Layout) -> None:
    """End the processes of a stack whose supervisor was killed."""
    processes.stop(lambda: processes.marked_with(layout.data), signal.SIGTERM, 30)
    if layout.postgres.is_dir():
        cluster.end_leftovers(layout.postgres)


def _launch(settings: Settings, store: SecretStore, env: Mapping[str, str]) -> Supervisor:
    refuse_taken_ports(settings)
    wanted = programs(settings)
    ensure_secrets(store, PASSWORDS)
    for which in (orthanc.raw(settings), orthanc.anon(settings)):
        orthanc.write_configuration(which, settings, store)
    layout = Layout(data=settings.data)
    if database.is_own(settings):
        cluster.create(layout.postgres, text_of(store, "database-admin-password"))
    return supervision.launch(layout, wanted, {**supervision.passed_on(env), **environment(settings)})


def _start_all(supervisor: Supervisor, settings: Settings, store: SecretStore) -> None:
    """Start Postgres, make the database, look at the keys, then start all the others."""
    asleep = [info.name for info in supervisor.processes() if info.state in {"STOPPED", "EXITED", "FATAL"}]
    if not asleep:
        return
    if POSTGRES in asleep:
        supervisor.start(POSTGRES)
    if database.is_own(settings):
        database.prepare(settings, store, seconds=START_SECONDS)
    migrate(settings.database, text_of(store, "database-password"))
    # Not earlier: only the ledger knows whether a key that is missing was used. Not later: services work with them.
    ensure_keys(settings, store, Projects(settings.projects).names())
    for name in asleep:
        supervisor.start(name)


@contextmanager
def _nothing_left_of_a_refusal(layout: Layout) -> Iterator[None]:
    """Stop the database again where what a person has to mend keeps the others from being started."""
    try:
        yield
    except ConfigurationError:
        _end_supervisor(layout)
        end_leftovers(layout)
        raise


def _wait(settings: Settings, store: SecretStore, watch: Watcher) -> list[ProcessStatus]:
    end = time.monotonic() + START_SECONDS
    while True:
        statuses = current_status(settings, store)
        watch(statuses)
        silent = [status for status in statuses if not status.answering]
        if not silent:
            return statuses
        if time.monotonic() > end or any(status.restarts >= RESTARTS_TO_GIVE_UP for status in silent):
            names = ", ".join(status.name for status in silent)
            raise ServiceUnavailable(
                f"no answer from {names}; `pixl logs {silent[-1].name}` says why, `pixl down` stops the others"
            )
        time.sleep(PAUSE)


def _end_supervisor(layout: Layout) -> None:
    supervisor = Supervisor(layout)
    pid = supervisor.pid()
    if pid is None:
        return
    try:
        supervisor.shut_down()
    except ServiceUnavailable:
        processes.send(pid, signal.SIGTERM)  # the same, without the socket
    processes.stop(lambda: [pid] if processes.is_alive(pid) else [], signal.SIGCONT, STOP_SECONDS)


@contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """Keep every other `pixl up`, `pixl down`, `pixl backup` and `pixl restore` of the same data folder out."""
    with (layout.run / "lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                f"another `pixl up` or `pixl down` is at work on {layout.data}: wait until it is done"
            ) from None
        yield
