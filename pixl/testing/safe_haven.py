"""A safe haven for tests and the demo: a real FTPS server (pyftpdlib) with its own certificate authority.

`python -m pixl.testing.safe_haven --folder RECEIVED --state STATE` serves until it is ended. The state folder holds
what a client needs: `ca.pem`, `password` and, once the server listens, `port`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import trustme
from OpenSSL import SSL
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import TLS_FTPHandler
from pyftpdlib.servers import FTPServer

from pixl.domain.errors import ServiceUnavailable

Tls = Literal["explicit", "implicit"]

USER = "pixl"
HOST = "127.0.0.1"
NAMES = ("localhost", HOST)
PERMISSIONS = "elradfmw"
START_SECONDS = 30
KEPT_AS = "safe-haven-password"
"""What the password is called in the secret store, unless said otherwise."""


class ExplicitHandler(TLS_FTPHandler):  # type: ignore[misc]
    """Insists on TLS for commands and for data."""

    tls_control_required = True
    tls_data_required = True
    auth_failed_timeout = 0.1


class ImplicitHandler(ExplicitHandler):
    """TLS from the first byte; the greeting waits for it."""

    def handle(self) -> None:
        """Begin with TLS instead of the greeting."""
        self.secure_connection(self.ssl_context)

    def handle_ssl_established(self) -> None:
        """Greet."""
        super().handle()


HANDLERS: dict[Tls, type[ExplicitHandler]] = {"explicit": ExplicitHandler, "implicit": ImplicitHandler}


def make_certificates(state: Path, names: Sequence[str] = NAMES, *, expired: bool = False) -> None:
    """Write `ca.pem`, and `server.pem` with its key, into the state folder."""
    now = dt.datetime.now(dt.UTC)
    ca = trustme.CA()
    end = now - dt.timedelta(days=1) if expired else now + dt.timedelta(days=365)
    server = ca.issue_cert(*names, not_before=now - dt.timedelta(days=30), not_after=end)
    ca.cert_pem.write_to_path(str(state / "ca.pem"))
    pem = state / "server.pem"
    pem.touch(mode=0o600)
    server.private_key_and_cert_chain_pem.write_to_path(str(pem))


def prepare(folder: Path, state: Path) -> None:
    """Make the folders and, where they are not there from last time, certificates and password."""
    folder.mkdir(parents=True, exist_ok=True)
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (state / "server.pem").exists():
        make_certificates(state)
    if not (state / "password").exists():
        (state / "password").touch(mode=0o600)
        (state / "password").write_text(secrets.token_urlsafe(18))


def make_server(folder: Path, state: Path, port: int, handler: type[ExplicitHandler], ioloop: Any = None) -> FTPServer:
    """Return a server that listens on the loopback interface; `handler` is made its own by subclassing."""
    authorizer = DummyAuthorizer()
    authorizer.add_user(USER, (state / "password").read_text(), str(folder), perm=PERMISSIONS)
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate_chain_file(str(state / "server.pem"))
    context.use_privatekey_file(str(state / "server.pem"))
    context.set_session_id(b"pixl")  # without it OpenSSL's servers refuse to resume a session
    own: Any = type("Handler", (handler,), {"authorizer": authorizer, "ssl_context": context, "banner": "Safe haven"})
    return FTPServer((HOST, port), own, ioloop=ioloop)


class SafeHaven:
    """A context in which a safe haven runs as a process of its own.

    Examples
    --------
    >>> with SafeHaven(tmp / "received", tmp / "state") as haven:  # doctest: +SKIP
    ...     haven.options()
    """

    user = USER
    host = HOST

    def __init__(self, folder: Path, state: Path, *, tls: Tls = "explicit", port: int = 0) -> None:
        self.folder, self.state, self.tls, self.port = folder, state, tls, port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def ca(self) -> Path:
        """The PEM file of the authority that signed the server's certificate."""
        return self.state / "ca.pem"

    @property
    def password(self) -> str:
        """The generated password."""
        return (self.state / "password").read_text()

    def options(self, password_secret: str = KEPT_AS) -> dict[str, Any]:
        """Return the options for the destinations file; the secret they name must hold `password`."""
        return {
            "kind": "ftps",
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password_secret": password_secret,
            "ca": str(self.ca),
            "tls": self.tls,
        }

    def __enter__(self) -> Self:
        prepare(self.folder, self.state)
        (self.state / "port").unlink(missing_ok=True)
        arguments = ["--folder", str(self.folder), "--state", str(self.state), "--port", str(self.port)]
        command = [sys.executable, "-m", __name__, *arguments, "--tls", self.tls]
        with (self.state / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self.port = self._wait_for_port(self._process)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def _wait_for_port(self, process: subprocess.Popen[bytes]) -> int:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if (self.state / "port").exists():
                return int((self.state / "port").read_text())
            time.sleep(0.02)
        process.kill()
        process.wait()
        raise ServiceUnavailable(f"the safe haven did not start; {self.state / 'log'} says why")


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m pixl.testing.safe_haven", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where what arrives is kept")
    parser.add_argument("--state", type=Path, required=True, help="where certificates, password and port are written")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--tls", choices=sorted(HANDLERS), default="explicit")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO)  # a test reads how often each file arrived
    prepare(given.folder, given.state)
    server = make_server(given.folder, given.state, given.port, HANDLERS[given.tls])
    partial = given.state / ".port"
    partial.write_text(str(server.address[1]))
    partial.replace(given.state / "port")
    server.serve_forever()


if __name__ == "__main__":
    main()
