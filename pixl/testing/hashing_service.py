"""The real hashing service, as a process of its own that a test or a benchmark may kill and start again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from pixl.secrets import FileStore, new_secret
from pixl.stack.ports import free_port

START_SECONDS = 30.0


class HashingService:
    """`python -m hashing_api` on a free port of this machine, with a file store below `folder`."""

    def __init__(self, folder: Path, *, projects: tuple[str, ...] = (), log_level: str = "DEBUG") -> None:
        self.store = FileStore(folder / "secrets")
        for name in ("service-token", *(f"project-{project}" for project in projects)):
            self.store.ensure(name, new_secret)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "hashing_api.log"
        self._env = {
            **os.environ,
            "PIXL_DATA": str(folder),
            "PIXL_SECRETS": f"file:{folder / 'secrets'}",
            "PIXL_HOST": "127.0.0.1",
            "PIXL_HASHING_PORT": str(self.port),
            "PIXL_LOG_LEVEL": log_level,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def token(self) -> bytes:
        """What the services show each other."""
        return self.store.get("service-token")

    @property
    def pid(self) -> int:
        """The process id; 0 when it does not run."""
        return self._process.pid if self._process else 0

    @property
    def output(self) -> str:
        """Everything the process has written so far, also before it was started again."""
        return self._log.read_text(encoding="utf-8")

    def start(self) -> None:
        """Start the process and wait until its heart beats."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "hashing_api"], env=self._env, stdout=log, stderr=subprocess.STDOUT
            )
        until = time.monotonic() + START_SECONDS
        while not self._beats():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the hashing service did not start:\n{self.output}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process; `SIGKILL` gives it no chance to tidy up."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(timeout=START_SECONDS)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _beats(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/heart-beat", timeout=2) as answer:  # noqa: S310 our own address
                return bool(answer.status == 200)  # noqa: PLR2004
        except (urllib.error.URLError, OSError):
            return False
