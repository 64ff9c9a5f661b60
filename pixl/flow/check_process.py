"""The process in which checkers run: `python -m pixl.flow.check_process MEGABYTES`. What breaks here breaks alone.

It is told everything through its standard input, has no secrets and no connections, and ends with its parent. What it
would print goes nowhere: a library may print what it looks at.
"""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from pixl.checks import Checked, Suite, load_suite
from pixl.checks.words import common_words
from pixl.deid import Policies, Policy
from pixl.deid.allowed import allowed_by
from pixl.domain.errors import ConfigurationError
from pixl.domain.project import Project
from pixl.flow.findings_json import finding_to_json, known_from_json
from pixl.flow.frames import receive, send
from pixl.project import load_project
from pixl.text import find_patterns

PARENT_SECONDS = 1.0


def main() -> int:
    """Check one series after the other until the parent closes the pipe."""
    # The pipe is for frames only; whatever a checker prints goes where standard error goes.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    limit = int(sys.argv[1]) * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    _read_lists()
    _load_models()
    worker = _Worker(sys.stdin.buffer, output)
    while frame := receive(sys.stdin.buffer):
        worker.series(frame[0])
    return 0


def _read_lists() -> None:
    """Read what every series needs before the first one comes."""
    common_words()
    find_patterns("some words, 01.02.2003")


def _load_models() -> None:
    """Load what reads pictures, where it is installed: it is one of the default checkers."""
    try:
        reading = import_module("pixl.checks.pixels_ocr")  # its libraries are those of an extra
        reading.open_reader(reading.find_models().folder)
    except (ImportError, ConfigurationError):
        return  # a project that names the checker is told


class _Worker:
    def __init__(self, source: IO[bytes], sink: IO[bytes]) -> None:
        self._source = source
        self._sink = sink
        self._policies = Policies()
        self._made_for: tuple[Project, Policy] | None = None

    def series(self, begin: Mapping[str, Any]) -> None:
        """Check a series, and say how it ended."""
        try:
            suite = self._suite_of(begin["project"])
            for finding in suite.check(self._instances(), known_from_json(begin["known"])):
                self._say({"finding": finding_to_json(finding)})
            self._say({"done": suite.made_with()})
        except ConfigurationError as error:
            self._say({"refused": str(error)})
        except Exception as bug:  # noqa: BLE001  the outermost loop: what broke is told without its message
            self._say(
                {"broke": type(bug).__name__, "at": traceback.format_list(traceback.extract_tb(bug.__traceback__))}
            )

    def _instances(self) -> Iterator[Checked]:
        while True:
            self._say({"next": True})
            frame = receive(self._source)
            if frame is None:
                os._exit(0)  # the parent is gone: nobody waits for the rest
            document, blobs = frame
            if "end" in document:
                return
            yield Checked(
                name=document["name"],
                data=blobs[0],
                original=blobs[1] if len(blobs) > 1 else None,
                original_pixels=document["pixels"],
                whole_original=cache(self._whole_original) if document["cut"] else None,
            )

    def _whole_original(self) -> bytes:
        """Have the parent fetch the original of the instance that is being looked at."""
        self._say({"whole": True})
        frame = receive(self._source)
        if frame is None:
            os._exit(0)
        return frame[1][0]

    def _suite_of(self, file: str) -> Suite:
        """Return a project's checkers, loaded anew where the project or its policy has changed."""
        project = load_project(Path(file))
        policy = self._policies(project)
        if self._made_for is None or self._made_for[0] != project or self._made_for[1] is not policy:
            suite = load_suite(project, allowed=allowed_by(policy))
            self._suite = suite.watched(lambda name: self._say({"looking": name}))
            self._made_for = project, policy
        return self._suite

    def _say(self, document: Mapping[str, Any]) -> None:
        send(self._sink, document)


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
