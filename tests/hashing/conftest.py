from __future__ import annotations

import http.server
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from pixl.domain.pseudonym import Pseudonymiser
from pixl.hashing import CachedPseudonymiser, HashingClient, KeyedPseudonymiser
from pixl.testing.hashing_service import HashingService

PROJECTS = ("mapping-lungs", "mapping-hearts")


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HashingService]:
    with HashingService(tmp_path_factory.mktemp("hashing"), projects=PROJECTS) as running:
        yield running


@pytest.fixture(scope="session")
def client(service: HashingService) -> Iterator[HashingClient]:
    client = HashingClient(service.url, service.token)
    yield client
    client.close()


Give = Callable[[str], Pseudonymiser]


@pytest.fixture(params=["keyed", "client", "cached", "cached client"])
def give(request: pytest.FixtureRequest, service: HashingService, client: HashingClient) -> Give:
    """Each way to a project's pseudonymiser. All have the same keys, so all must give the same."""

    def keyed(project: str) -> Pseudonymiser:
        return KeyedPseudonymiser(service.store.get(f"project-{project}"))

    ways: dict[str, Give] = {
        "keyed": keyed,
        "client": client.for_project,
        "cached": lambda project: CachedPseudonymiser(keyed(project), 3),
        "cached client": lambda project: CachedPseudonymiser(client.for_project(project), 1000),
    }
    return ways[request.param]


@dataclass
class Hasher:
    """A hashing service that answers whatever a test says."""

    status: int = 200
    body: bytes = b""
    length: int | None = None
    """What `Content-Length` claims, when it is not true."""
    closes: bool = False
    silent: bool = False
    paths: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    connections: int = 0
    url: str = ""
    released: threading.Event = field(default_factory=threading.Event)

    def says(self, document: object, status: int = 200) -> None:
        self.status, self.body = status, json.dumps(document).encode()


@contextmanager
def serving(state: Hasher, tls: ssl.SSLContext | None = None) -> Iterator[None]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            """Keep the test's output clean."""

        def setup(self) -> None:
            super().setup()
            state.connections += 1

        def do_POST(self) -> None:
            state.paths.append(self.requestline)
            state.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            if state.silent:
                state.released.wait(30)
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(state.body) if state.length is None else state.length))
            self.end_headers()
            self.wfile.write(state.body)
            self.close_connection = state.closes or state.length is not None

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *args: object) -> None:
            """A client that does not trust the certificate hangs up; that is what the test is about."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    state.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        state.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def hasher() -> Iterator[Hasher]:
    state = Hasher()
    with serving(state):
        yield state


@pytest.fixture
def tls_hasher(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of one behind TLS, and the file of the authority that signed its certificate."""
    authority, context, state = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), Hasher()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    state.says({"pseudonyms": ["0" * 64]})
    with serving(state, context):
        yield state.url, tmp_path / "ca.pem"


@pytest.fixture
def asking(hasher: Hasher) -> Iterator[Pseudonymiser]:
    client = HashingClient(hasher.url, "token", 0.5)
    yield client.for_project("mapping-lungs")
    client.close()


@pytest.fixture
def tmp_service(tmp_path: Path) -> Iterator[HashingService]:
    """One that a test may kill."""
    with HashingService(tmp_path, projects=PROJECTS) as running:
        yield running
