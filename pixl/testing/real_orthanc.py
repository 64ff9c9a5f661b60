"""Real Orthancs that live for one test, on free ports of the loopback, with a configuration of their own."""

from __future__ import annotations

import json
import os
import signal
import site
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from pixl.orthanc import OrthancClient
from pixl.settings import HOUSE
from pixl.stack.ports import free_port

PYTHON_PLUGIN = "/usr/share/orthanc/plugins/libOrthancPython.so"
PASSWORD = "invented-for-a-test"  # noqa: S105 - of servers that live for one test


@dataclass
class RealOrthanc:
    """An Orthanc below `folder`; `script` is the Python plugin it runs, `config` wins over the usual configuration."""

    folder: Path
    config: dict[str, Any] = field(default_factory=dict)
    script: Path | None = None
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    http_port: int = field(default_factory=free_port)
    dicom_port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        """Where its REST API is."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def storage(self) -> Path:
        """The folder of its files and index."""
        return self.folder / "storage"

    @property
    def log(self) -> str:
        """All it has said so far."""
        return (self.folder / "log").read_text(errors="replace")

    def client(self, user: str = "pixl", timeout: float = 30, **options: Any) -> OrthancClient:
        """Return a client of its REST API."""
        return OrthancClient(self.url, user, PASSWORD, timeout, **options)

    def http(self, user: str = "admin") -> httpx.Client:
        """Return a plain HTTP client, for what `OrthancClient` does not do."""
        return httpx.Client(base_url=self.url, auth=(user, PASSWORD), trust_env=False, timeout=60)

    def start(self) -> RealOrthanc:
        """Start it and wait until it answers."""
        self.storage.mkdir(parents=True, exist_ok=True)
        (self.folder / "orthanc.json").write_text(json.dumps(self._configuration()))
        site_packages = os.pathsep.join([*site.getsitepackages(), str(HOUSE)])
        env = {**os.environ, "TCP_NODELAY": "1", "PYTHONPATH": site_packages, "PYTHONUNBUFFERED": "1", **self.env}
        with (self.folder / "log").open("ab") as log:
            command = ["Orthanc", str(self.folder / "orthanc.json")]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=env, cwd=self.folder)
        self._wait()
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it, and return its exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(60)
        self.process = None
        return code

    def kill(self) -> None:
        """End it as a power cut would."""
        self.stop(signal.SIGKILL)

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                raise AssertionError(f"Orthanc ended at start:\n{self.log[-3000:]}")
            try:
                httpx.get(f"{self.url}/system", auth=("pixl", PASSWORD), trust_env=False).raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(f"Orthanc does not answer:\n{self.log[-3000:]}")

    def _configuration(self) -> dict[str, Any]:
        plugin = {"Plugins": [PYTHON_PLUGIN], "PythonScript": str(self.script)} if self.script else {}
        return {
            "Name": self.folder.name,
            "StorageDirectory": str(self.storage),
            "IndexDirectory": str(self.storage),
            "HttpPort": self.http_port,
            "DicomPort": self.dicom_port,
            "AuthenticationEnabled": True,
            "RegisteredUsers": {"pixl": PASSWORD, "admin": PASSWORD},
            "HttpCompressionEnabled": False,
            "SyncStorageArea": False,
            "MaximumPduLength": 131072,
            "StableAge": 1,
            **plugin,
            **self.config,
        }
