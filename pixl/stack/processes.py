"""Which processes of this machine belong to a stack, found in /proc: a pid file can be lost, or lie after a reboot."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

MARK = "PIXL_STACK"
"""In the environment of every process that a stack starts: the stack's data folder."""
PROC = Path("/proc")


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent to notice does not."""
    try:
        status = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def marked_with(data: Path) -> list[int]:
    """Return the processes that the stack in `data` started, and theirs."""
    mark = f"{MARK}={data}".encode()
    return [pid for pid in _pids() if mark in _environment(pid)]


def working_in(folder: Path) -> list[int]:
    """Return the processes whose working folder is `folder`; Postgres' processes work in their cluster."""
    place = str(folder.resolve())
    return [pid for pid in _pids() if _working_folder(pid) == place]


def stop(pids: Callable[[], list[int]], number: signal.Signals, seconds: float) -> None:
    """Send a signal to each process that `pids` finds, wait, and kill what has not ended."""
    for pid in pids():
        send(pid, number)
    if not wait_until(lambda: not pids(), seconds):
        for pid in pids():
            send(pid, signal.SIGKILL)
        wait_until(lambda: not pids(), seconds)


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal; a process that has ended meanwhile needs none."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.1) -> bool:
    """Wait for `condition`; return whether it came true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def _pids() -> Iterator[int]:
    own = os.getpid()
    numbers = (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())
    return (pid for pid in numbers if pid != own and is_alive(pid))


def _environment(pid: int) -> list[bytes]:
    try:
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:  # ended, or somebody else's
        return []


def _working_folder(pid: int) -> str:
    try:
        return str((PROC / str(pid) / "cwd").readlink())
    except OSError:  # ended, or somebody else's
        return ""
