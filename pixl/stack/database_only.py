"""The database without the rest of the stack, for a backup or a restore."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from pixl.domain.errors import ConfigurationError
from pixl.domain.secret import SecretStore
from pixl.secrets import FileStore, new_secret
from pixl.settings import Settings
from pixl.stack import cluster, database
from pixl.stack.credentials import text_of
from pixl.stack.layout import Layout
from pixl.stack.ports import is_free
from pixl.stack.programs import POSTGRES, programs
from pixl.stack.running import START_SECONDS, alone, end_leftovers, is_up

STOP_SECONDS = 60


@contextmanager
def database_at_hand(settings: Settings, store: SecretStore) -> Iterator[None]:
    """See to it that the database can be used: that of a stack that is down is started, and stopped afterwards.

    Raises
    ------
    ConfigurationError
        Another command is at work on the data folder, or the database cannot be started.
    ServiceUnavailable
        It does not answer.
    """
    if not database.is_own(settings) or is_up(settings):
        yield
        return
    layout = Layout(data=settings.data)
    layout.prepare()
    with alone(layout):
        end_leftovers(layout)
        if not is_free(settings.host, settings.ports.postgres):
            raise ConfigurationError(
                f"port {settings.ports.postgres} is taken by another program: end it, or set PIXL_POSTGRES_PORT"
            )
        _make(settings, store)
        with _running(settings, store):
            yield


def _make(settings: Settings, store: SecretStore) -> None:
    """Make the cluster unless it is there, and the two secrets that it needs; no other, which may yet be put back."""
    if isinstance(store, FileStore):
        for name in ("database-admin-password", "database-password"):
            store.ensure(name, new_secret)
    cluster.create(Layout(data=settings.data).postgres, text_of(store, "database-admin-password"))


@contextmanager
def _running(settings: Settings, store: SecretStore) -> Iterator[None]:
    program = next(each for each in programs(settings) if each.name == POSTGRES)
    with Layout(data=settings.data).log(POSTGRES).open("ab") as log:
        server = subprocess.Popen(
            program.command, env=dict(program.environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        database.prepare(settings, store, seconds=START_SECONDS)
        yield
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=STOP_SECONDS)
