"""The processes of a stack: how each is started, in which order, and how one sees that it works."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pixl.settings import HOUSE, Settings
from pixl.stack import database, orthanc
from pixl.stack.layout import Layout
from pixl.stack.processes import MARK

POSTGRES = "postgres"

KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(64 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(256 * 2**20),
    "MALLOC_ARENA_MAX": "4",
}
"""For glibc (mallopt(3)): an image's memory is used again for the next, not asked of the kernel, which clears it."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """One supervised process."""

    name: str
    command: tuple[str, ...]
    priority: int
    """Lower ones are started first and stopped last."""
    url: str
    """Where people and other processes find it."""
    heartbeat: str = ""
    """The path that answers when it works; empty for what does not speak HTTP."""
    password: str = ""
    """The secret that the user `pixl` logs in with; empty when the heart-beat asks for none."""
    stop_signal: Literal["TERM", "INT"] = "TERM"
    stop_seconds: int = 30
    environment: Mapping[str, str] = field(default_factory=dict)


def programs(settings: Settings) -> list[Program]:
    """Return the processes of this stack in the order they are started in."""
    own = [_postgres(settings)] if database.is_own(settings) else []
    services = [
        _service(settings, "hashing_api", settings.hashing_url, priority=10),
        _orthanc(settings, orthanc.raw(settings), settings.raw_url, priority=20),
        _orthanc(settings, orthanc.anon(settings), settings.anon_url, priority=21),
        _service(settings, "ehr_api", settings.ehr_url, priority=30),
        _service(settings, "console", settings.console_url, priority=35),
        # Last to start and first to stop: it makes all the others work.
        _service(settings, "imaging_api", settings.imaging_url, priority=40),
    ]
    return own + services


def environment(settings: Settings) -> dict[str, str]:
    """Return what every process gets whatever the environment of `pixl up` was."""
    return {
        "PIXL_DATA": str(settings.data),
        "PIXL_PROJECTS": str(settings.projects),
        "PIXL_DESTINATIONS": str(settings.destinations),
        "PIXL_REPORTS": str(settings.reports),
        "PIXL_SECRETS": settings.secrets,
        # Without it every C-STORE of Orthanc waits for an acknowledgement: 17 instances a second, not 100.
        "TCP_NODELAY": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _postgres(settings: Settings) -> Program:
    folder = Layout(data=settings.data).postgres
    module = ("-m", "pixl.stack.run_postgres")
    return Program(
        name=POSTGRES,
        command=(sys.executable, *module, str(folder), settings.host, str(settings.ports.postgres)),
        priority=1,
        url=f"{settings.host}:{settings.ports.postgres}",
        stop_signal="INT",  # Postgres' fast shutdown: it does not wait for its clients to go
        stop_seconds=60,
        environment=_house(settings),
    )


def _service(settings: Settings, name: str, url: str, *, priority: int) -> Program:
    return Program(
        name=name,
        command=(sys.executable, "-m", name),
        priority=priority,
        url=url,
        heartbeat="/heart-beat",
        environment=_house(settings),
    )


def _orthanc(settings: Settings, which: orthanc.Orthanc, url: str, *, priority: int) -> Program:
    path = Layout(data=settings.data).orthanc_configuration(which.name)
    return Program(
        name=which.name,
        command=(orthanc.program(), str(path)),
        priority=priority,
        url=url,
        heartbeat="/system",
        password=f"{which.name}-password",
        environment={**_house(settings), **KEEP_MEMORY},
    )


def _house(settings: Settings) -> dict[str, str]:
    """Return where Python finds PIXL, also the one inside Orthanc, which knows nothing of our virtual environment."""
    return {MARK: str(settings.data), "PYTHONPATH": f"{HOUSE}:{sysconfig.get_path('purelib')}"}
