"""Real FTPS servers, good ones and bad ones."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from pyftpdlib.ioloop import IOLoop

from pixl.domain.errors import ConfigurationError
from pixl.export import open_destination
from pixl.testing.safe_haven import HOST, KEPT_AS, USER, SafeHaven, make_certificates, make_server, prepare
from pixl.testing.vsftpd import reason_to_skip, vsftpd


class Secrets:
    """A secret store in memory."""

    def __init__(self, **secrets: str) -> None:
        self.secrets = secrets

    def get(self, name: str) -> bytes:
        if name not in self.secrets:
            raise ConfigurationError(f"there is no secret {name!r}")
        return self.secrets[name].encode()


def open_at(server, file: Path, *, password: str | None = None, **changes):
    """Open a server as a destination of a destinations file."""
    options = {**server.options(), "timeout": 5, **changes}
    file.write_text(yaml.safe_dump({"haven": options}))
    return open_destination("haven", file, Secrets(**{KEPT_AS: password or server.password}))


class Haven:
    """A server and a destination that leads to it."""

    def __init__(self, server, destination) -> None:
        self.server, self.folder, self.destination = server, server.folder, destination
        self.put, self.remove = destination.put, destination.remove

    def files(self) -> dict[str, bytes]:
        paths = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in paths}


KINDS = {
    "pyftpdlib explicit": ("explicit", None),
    "pyftpdlib implicit": ("implicit", None),
    "vsftpd TLS 1.2": ("explicit", ssl.TLSVersion.TLSv1_2),
    "vsftpd TLS 1.3": ("explicit", ssl.TLSVersion.TLSv1_3),
    "vsftpd implicit": ("implicit", ssl.TLSVersion.TLSv1_3),
}


@pytest.fixture(scope="session", params=KINDS)
def server(request, tmp_path_factory):
    tls, version = KINDS[request.param]
    if version is None:
        base = tmp_path_factory.mktemp("haven")
        with SafeHaven(base / "received", base / "state", tls=tls) as running:
            yield running, version
        return
    if reason := reason_to_skip():
        pytest.skip(reason)
    with vsftpd(tls) as running:
        yield running, version


@pytest.fixture
def haven(server, tmp_path):
    running, version = server
    destination = open_at(running, tmp_path / "destinations.yaml")
    if version is not None:
        destination._access.context.maximum_version = version
        destination._access.context.minimum_version = version
    return Haven(running, destination)


class ThreadedHaven:
    """A server in a thread of the test, so that a test can give it a handler that misbehaves."""

    user, host, tls = USER, HOST, "explicit"

    def __init__(self, base: Path, handler, **certificates) -> None:
        self.folder, self.state = base / "received", base / "state"
        self.folder.mkdir(parents=True)
        self.state.mkdir()
        make_certificates(self.state, **certificates)
        prepare(self.folder, self.state)
        self.password = (self.state / "password").read_text()
        self._server = make_server(self.folder, self.state, 0, handler, IOLoop())
        self.port = self._server.address[1]

    def options(self):
        ca = str(self.state / "ca.pem")
        return {"kind": "ftps", "host": HOST, "port": self.port, "user": USER, "password_secret": KEPT_AS, "ca": ca}

    @contextmanager
    def running(self) -> Iterator[ThreadedHaven]:
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                self._server.serve_forever(timeout=0.02, blocking=False)
            self._server.close_all()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield self
        finally:
            ended.set()
            thread.join()


@pytest.fixture
def serve(tmp_path):
    """Start a server with a handler class; return a `Haven`. Options of the destination may be changed."""
    running = []

    def start(handler, *, certificates=None, **changes):
        threaded = ThreadedHaven(tmp_path / f"haven-{len(running)}", handler, **(certificates or {}))
        context = threaded.running()
        context.__enter__()
        running.append(context)
        return Haven(threaded, open_at(threaded, tmp_path / "destinations.yaml", **changes))

    yield start
    for context in running:
        context.__exit__(None, None, None)


@pytest.fixture
def opened():
    """The function that opens a server as a destination."""
    return open_at
