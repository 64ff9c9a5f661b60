"""What each process of the stack is doing."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pixl.domain.errors import ServiceUnavailable
from pixl.domain.secret import SecretStore
from pixl.settings import Settings
from pixl.stack import heartbeat
from pixl.stack.layout import Layout
from pixl.stack.programs import Program, programs
from pixl.stack.supervision import ProcessInfo, Supervisor

NOT_RUNNING = "stopped"


@dataclass(frozen=True, kw_only=True)
class ProcessStatus:
    """One line of `pixl status`."""

    name: str
    state: str
    """`running`, `starting`, `backoff` (it ended; it is started again after a pause), `stopping` or `stopped`."""
    pid: int | None
    uptime_seconds: int
    restarts: int
    """How often it was started again since `pixl up`."""
    url: str
    answering: bool


def current_status(settings: Settings, store: SecretStore) -> list[ProcessStatus]:
    """Return the status of every process, asking each for its heart-beat."""
    layout = Layout(data=settings.data)
    known = _known(Supervisor(layout))
    starts = _starts(layout)
    expected = programs(settings)

    def one(program: Program) -> ProcessStatus:
        info = known.get(program.name)
        answering = info is not None and info.pid > 0 and heartbeat.is_answering(program, settings, store)
        return _status(program, info, starts.get(program.name, 0), answering=answering)

    with ThreadPoolExecutor(len(expected)) as pool:
        return list(pool.map(one, expected))


def _status(program: Program, info: ProcessInfo | None, starts: int, *, answering: bool) -> ProcessStatus:
    return ProcessStatus(
        name=program.name,
        state=info.state.lower() if info else NOT_RUNNING,
        pid=info.pid or None if info else None,
        uptime_seconds=info.uptime if info else 0,
        restarts=max(0, starts - 1) if info else 0,
        url=program.url,
        answering=answering,
    )


def _known(supervisor: Supervisor) -> dict[str, ProcessInfo]:
    try:
        return {info.name: info for info in supervisor.processes()}
    except ServiceUnavailable:
        return {}


def _starts(layout: Layout) -> dict[str, int]:
    """Return how often each process was started since the supervisor was, from the supervisor's log."""
    try:
        text = layout.supervisor_log.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return {}
    counts: dict[str, int] = {}
    for name in re.findall(r"spawned: '([^']+)'", text.rpartition("supervisord started with pid")[2]):
        counts[name] = counts.get(name, 0) + 1
    return counts
