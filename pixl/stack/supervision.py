"""supervisord: its configuration, its start, and what one asks of it over its local socket."""

from __future__ import annotations

import base64
import configparser
import hashlib
import http.client
import io
import os
import secrets
import shlex
import socket
import subprocess
import sys
import tempfile
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixl.domain.errors import ConfigurationError, ServiceUnavailable
from pixl.stack import processes
from pixl.stack.layout import Layout, make_private, write_private
from pixl.stack.programs import Program

SOCKET_PATH_MAX = 90
"""Bytes; the system allows 107, and supervisord adds its process id while it makes the socket."""
ANSWER_SECONDS = 10.0
ENDLESSLY = "1000000"
PASSED_ON = ("PIXL_", "AZURE_", "VAULT_", "IDENTITY_", "MSI_", "SSL_CERT_", "LC_")
PASSED_ON_WHOLE = frozenset({"PATH", "HOME", "LANG", "TZ", "TMPDIR", "USER", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"})
"""What processes get of the environment of `pixl up`: settings, credentials of the secret store, the locale."""


@dataclass(frozen=True, kw_only=True)
class ProcessInfo:
    """What the supervisor knows of a process."""

    name: str
    state: str
    """supervisord's word: STARTING, RUNNING, BACKOFF, STOPPING, STOPPED, EXITED, FATAL."""
    pid: int
    uptime: int
    """Seconds."""


class Supervisor:
    """The running supervisor of a stack.

    Every method raises `ServiceUnavailable` when it does not answer.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def pid(self) -> int | None:
        """Return the supervisor's process id, or nothing when it does not run."""
        try:
            pid = int(self._layout.supervisor_pid.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return pid if processes.is_alive(pid) and self._is_ours(pid) else None

    def processes(self) -> list[ProcessInfo]:
        """Return what it knows of each process, in the order they are started in."""
        found: Any = self._ask("supervisor.getAllProcessInfo")
        return [
            ProcessInfo(
                name=info["name"],
                state=info["statename"],
                pid=info["pid"],
                uptime=max(0, info["now"] - info["start"]) if info["pid"] else 0,
            )
            for info in found
        ]

    def start(self, name: str) -> None:
        """Start a process; do nothing when it runs."""
        try:
            self._ask("supervisor.startProcess", name, False)  # noqa: FBT003 - do not wait for it
        except xmlrpc.client.Fault as fault:
            if "ALREADY_STARTED" not in fault.faultString:
                raise ServiceUnavailable(
                    f"{name} could not be started ({fault.faultString}); see `pixl logs supervisord`"
                ) from None

    def shut_down(self) -> None:
        """Ask it to stop all processes, in the reverse of their order, and itself. It does so after this returns."""
        self._ask("supervisor.shutdown")

    def _ask(self, method: str, *arguments: object) -> object:
        path, password = _address(self._layout)
        with xmlrpc.client.ServerProxy("http://localhost", transport=_Transport(path, password)) as server:
            try:
                return getattr(server, method)(*arguments)
            except (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError) as error:
                raise ServiceUnavailable("the supervisor does not answer") from error

    def _is_ours(self, pid: int) -> bool:
        """Whether a process id, which another program may have by now, is that of our supervisor."""
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return str(self._layout.supervisor_configuration).encode() in command


def launch(layout: Layout, programs: Sequence[Program], environment: Mapping[str, str]) -> Supervisor:
    """Start a supervisor for `programs`, which starts none of them yet, as a daemon.

    Raises
    ------
    ConfigurationError
        It does not take its configuration; the message is its own.
    ServiceUnavailable
        It does not answer.
    """
    write_private(layout.supervisor_configuration, configuration(layout, programs))
    done = subprocess.run(
        [sys.executable, "-m", "supervisor.supervisord", "-c", str(layout.supervisor_configuration)],
        env=dict(environment),
        cwd=layout.data,
        umask=0o077,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ConfigurationError(f"the supervisor did not start: {done.stderr.strip()}")
    supervisor = Supervisor(layout)
    if not processes.wait_until(lambda: _answers(supervisor), ANSWER_SECONDS):
        raise ServiceUnavailable(f"the supervisor does not answer; see {layout.supervisor_log}")
    return supervisor


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the processes shall get of the environment of `pixl up`."""
    return {
        name: value
        for name, value in environment.items()
        if name.upper() in PASSED_ON_WHOLE or name.startswith(PASSED_ON)
    }


def configuration(layout: Layout, programs: Sequence[Program]) -> str:
    """Return supervisord's configuration file."""
    parser = configparser.RawConfigParser()
    parser["unix_http_server"] = {
        "file": str(_socket_path(layout)),
        "chmod": "0600",
        "username": "pixl",
        "password": secrets.token_hex(32),
    }
    parser["rpcinterface:supervisor"] = {
        "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
    }
    parser["supervisord"] = _supervisor_section(layout)
    for program in programs:
        parser[f"program:{program.name}"] = _program_section(layout, program)
    text = io.StringIO()
    parser.write(text)
    return text.getvalue()


def _supervisor_section(layout: Layout) -> dict[str, str]:
    root = {} if os.geteuid() else {"user": "root"}
    return {
        "logfile": str(layout.supervisor_log),
        "logfile_maxbytes": "20MB",
        "logfile_backups": "3",
        "pidfile": str(layout.supervisor_pid),
        "directory": str(layout.data),
        "umask": "077",
        **root,
    }


def _program_section(layout: Layout, program: Program) -> dict[str, str]:
    log = str(layout.log(program.name))
    return {
        "command": shlex.join(program.command),
        "priority": str(program.priority),
        "environment": ",".join(f'{name}="{value}"' for name, value in program.environment.items()),
        # `pixl up` starts each when those it needs are there.
        "autostart": "false",
        "autorestart": "true",
        "startsecs": "2",
        # The pause grows by a second each time.
        "startretries": ENDLESSLY,
        "stopsignal": program.stop_signal,
        "stopwaitsecs": str(program.stop_seconds),
        "killasgroup": "true",
        "stdout_logfile": log,
        "stdout_logfile_maxbytes": "20MB",
        "stdout_logfile_backups": "5",
        "redirect_stderr": "true",
    }


def _socket_path(layout: Layout) -> Path:
    """Return where the socket is: in the data folder unless its path is too long for a socket."""
    path = layout.run / "supervisor.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_MAX:
        return path
    digest = hashlib.sha256(os.fsencode(layout.data)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"pixl-{os.geteuid()}-{digest}"
    make_private(folder)
    if folder.stat().st_uid != os.geteuid():
        raise ConfigurationError(f"{folder} belongs to somebody else: remove it, or set PIXL_DATA to a shorter path")
    return folder / "supervisor.sock"


def _address(layout: Layout) -> tuple[str, str]:
    parser = configparser.RawConfigParser()
    parser.read(layout.supervisor_configuration)
    try:
        section = parser["unix_http_server"]
    except KeyError:
        raise ServiceUnavailable("PIXL is not running; start it with `pixl up`") from None
    return section["file"], section["password"]


def _answers(supervisor: Supervisor) -> bool:
    try:
        return bool(supervisor.processes())
    except ServiceUnavailable:
        return False


class _Connection(http.client.HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(ANSWER_SECONDS)
        self.sock.connect(self._path)


class _Transport(xmlrpc.client.Transport):
    """XML-RPC to the supervisor's socket, with its password."""

    def __init__(self, path: str, password: str) -> None:
        token = base64.b64encode(f"pixl:{password}".encode()).decode()
        super().__init__(headers=[("Authorization", f"Basic {token}")])
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:  # noqa: ARG002 - the port's signature
        return _Connection(self._path)
