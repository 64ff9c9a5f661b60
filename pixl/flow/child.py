"""Runs checkers in a process of their own, with limits of time and memory: what they do there holds a study at most."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from pixl.checks import Checked, KnownStudy
from pixl.domain.errors import ConfigurationError
from pixl.domain.finding import Finding, Outcome
from pixl.flow.findings_json import finding_from_json, known_to_json
from pixl.flow.frames import receive, send
from pixl.ledger import Checks

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "pixl.flow.check_process")
MOST_FINDINGS = 100_000
"""Of one series. More tell a reviewer nothing more."""
END_SECONDS = 5.0
PIPE_BYTES = 1 << 20
"""An instance and its original fit in at once; Linux gives no more to who is not root."""
LOOK_SECONDS = 0.2
# Nothing of the worker's: its environment may name settings, or hold what opens a secret store.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What checkers may use."""

    seconds: float = 300.0
    """How long one instance may take them."""
    start_seconds: float = 120.0
    """How long may pass until a series' first instance is asked for: the process starts, and loads the checkers."""
    megabytes: int = 4096


class CheckProcess:
    """One such process. It checks one series after the other, until it breaks."""

    def __init__(self, limits: Limits, command: tuple[str, ...] = COMMAND) -> None:
        self._limits = limits
        self._looking = "suite"
        self._given: Checked | None = None
        self._process = subprocess.Popen(
            [*command, str(limits.megabytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            pipesize=PIPE_BYTES,
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can be given another series."""
        return self._process.poll() is None

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait(END_SECONDS)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                _close(pipe)

    def check(self, project: Path, known: KnownStudy, instances: Iterator[Checked]) -> Checks:
        """Check a series. A process that ends, or is silent for too long, is a finding that holds the study.

        Raises
        ------
        ConfigurationError
            The project's checkers cannot be loaded.
        """
        findings: list[Finding] = []
        try:
            with self._watched() as touch:
                return self._talk(project, known, instances, findings, touch)
        except (OSError, ValueError):  # a broken pipe, half a frame
            return self._lost(findings)

    def _talk(
        self, project: Path, known: KnownStudy, instances: Iterator[Checked], findings: list[Finding], touch: Any
    ) -> Checks:
        source, sink = self._process.stdout, self._process.stdin
        if source is None or sink is None:
            raise OSError("the process has no pipes")
        send(sink, {"project": str(project), "known": known_to_json(known)})
        while frame := receive(source):
            match frame[0]:
                case {"next": _} | {"whole": _}:
                    touch(None)  # reading an instance has limits of its own
                    self._give(sink, instances, only_whole="whole" in frame[0])
                case {"looking": name}:
                    self._looking = name
                    continue  # the time is an instance's, not a checker's
                case {"finding": document}:
                    if len(findings) < MOST_FINDINGS:
                        findings.append(finding_from_json(document))
                    continue
                case {"done": made_with}:
                    return Checks(findings=[*findings, *_too_many(findings)], made_with=made_with)
                case {"refused": reason}:
                    raise ConfigurationError(reason)
                case {"broke": kind, "at": where}:
                    log.error("a check process broke: %s at\n%s", kind, "".join(where))
                    break
            touch(time.monotonic() + self._limits.seconds)
        return self._lost(findings)

    def _give(self, sink: Any, instances: Iterator[Checked], *, only_whole: bool) -> None:
        """Give the next instance, or the whole original of the one that is being looked at."""
        if only_whole:
            self._give_whole(sink)
            return
        checked = self._given = next(instances, None)
        if checked is None:
            send(sink, {"end": True})
            return
        blobs = [checked.data] if checked.original is None else [checked.data, checked.original]
        cut = checked.whole_original is not None
        send(sink, {"name": checked.name, "pixels": checked.original_pixels, "cut": cut}, *blobs)

    def _give_whole(self, sink: Any) -> None:
        """Give the original of an instance; once, or a checker that asks for ever would never be too late."""
        if self._given is None or self._given.whole_original is None:
            raise ValueError("a check process asks for what it was not offered")
        send(sink, {}, self._given.whole_original())
        self._given = None

    def _lost(self, findings: list[Finding]) -> Checks:
        self.end()
        log.warning("a check process ended in the checker %s", self._looking)
        return Checks(findings=[*findings, not_finished(self._looking)])

    @contextmanager
    def _watched(self) -> Iterator[Any]:
        """Kill the process when the deadline that was last set has passed; None is none."""
        deadline: list[float | None] = [time.monotonic() + self._limits.start_seconds]
        over = threading.Event()

        def watch() -> None:
            while not over.wait(LOOK_SECONDS):
                if deadline[0] is not None and time.monotonic() > deadline[0]:
                    self._process.kill()
                    return

        thread = threading.Thread(target=watch, name="check-watch", daemon=True)
        thread.start()
        try:
            yield lambda moment: deadline.__setitem__(0, moment)
        finally:
            over.set()
            thread.join()


class CheckProcesses:
    """As many check processes as work at the same time; they are used again, and replaced when they break."""

    def __init__(self, limits: Limits, command: tuple[str, ...] = COMMAND, *, ready: int = 0) -> None:
        """Start so many at once: until one has read its word lists, a second of CPU time passes."""
        self._limits = limits
        self._command = command
        self._idle: SimpleQueue[CheckProcess] = SimpleQueue()
        for _ in range(ready):
            self._idle.put(CheckProcess(limits, command))

    def check(self, project: Path, known: KnownStudy, instances: Iterator[Checked]) -> Checks:
        """Check a series in one of them; raises what `CheckProcess.check` and the instances raise."""
        process = self._take()
        try:
            found = process.check(project, known, instances)
        except BaseException:
            process.end()  # it waits for an instance that does not come
            raise
        if process.is_alive:
            self._idle.put(process)
        return found

    def close(self) -> None:
        """End them all."""
        try:
            while True:
                self._idle.get_nowait().end()
        except Empty:
            return

    def _take(self) -> CheckProcess:
        try:
            while True:
                process = self._idle.get_nowait()
                if process.is_alive:
                    return process
                process.end()
        except Empty:
            return CheckProcess(self._limits, self._command)


def not_finished(checker: str) -> Finding:
    """Return what holds a study of which a checker did not come to its end."""
    return Finding(
        checker=checker,
        kind="checker-failed",
        reason=f"the checker {checker} did not finish: it crashed, was killed, or took too long",
        where="checker",
        outcome=Outcome.HOLD,
    )


def _too_many(findings: list[Finding]) -> Iterator[Finding]:
    if len(findings) >= MOST_FINDINGS:
        yield Finding(
            checker="suite",
            kind="too-many",
            reason=f"more than {MOST_FINDINGS} findings in a series; the others are not listed",
            where="series",
        )


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except OSError:
        return
