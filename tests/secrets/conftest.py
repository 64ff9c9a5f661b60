"""Stand-ins for the two cloud stores: one HTTPS server that speaks the parts of their REST that are used.

Azure Key Vault: `GET /secrets/{name}?api-version=...`, a challenge (401) first, then a bearer token.
HashiCorp Vault, KV version 2: `GET /v1/{mount}/data/{name}` with `X-Vault-Token`.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme
from azure.core.credentials import AccessToken

from pixl.domain.secret import SecretStore
from pixl.secrets import FileStore
from pixl.secrets.azure_key_vault import AzureKeyVault
from pixl.secrets.hashicorp_vault import HashicorpVault

TOKEN = "stand-in-token"
VALUE = b"correct horse battery staple 0123456789"


@dataclass
class Cloud:
    """What the server holds, and how it fails."""

    secrets: dict[str, str] = field(default_factory=dict)
    fault: str = ""
    released: threading.Event = field(default_factory=threading.Event)
    asked: int = 0
    url: str = ""
    ca: str = ""


def handler_for(cloud: Cloud) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            """Keep the test's output clean."""

        def do_GET(self) -> None:
            cloud.asked += 1
            place = urlsplit(self.path).path
            if cloud.fault == "silence":
                cloud.released.wait(30)
                self.close_connection = True
            elif cloud.fault:
                # A server's error page may quote anything.
                self.reply(int(cloud.fault), {"errors": [f"trouble with {VALUE.decode()}"]})
            elif place.startswith("/secrets/"):
                self.azure(place.split("/")[2])
            else:
                self.vault(place)

        def azure(self, name: str) -> None:
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                challenge = f'Bearer authorization="{cloud.url}/tenant", resource="https://vault.azure.net"'
                self.reply(401, {"error": {"code": "Unauthorized"}}, {"WWW-Authenticate": challenge})
            elif name in cloud.secrets:
                self.reply(200, {"value": cloud.secrets[name], "id": f"{cloud.url}/secrets/{name}/1", "attributes": {}})
            else:
                self.reply(404, {"error": {"code": "SecretNotFound", "message": "not found"}})

        def vault(self, place: str) -> None:
            name = place.removeprefix("/v1/pixl/data/")
            if self.headers.get("X-Vault-Token") != TOKEN:
                self.reply(403, {"errors": ["permission denied"]})
            elif name in cloud.secrets:
                self.reply(200, {"data": {"data": {"value": cloud.secrets[name]}, "metadata": {"version": 1}}})
            else:
                self.reply(404, {"errors": []})

        def reply(self, status: int, document: object, headers: dict[str, str] | None = None) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def cloud(authority: trustme.CA, tmp_path: Path) -> Iterator[Cloud]:
    state = Cloud()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(state))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    state.url = f"https://127.0.0.1:{server.server_address[1]}"
    state.ca = str(tmp_path / "ca.pem")
    authority.cert_pem.write_to_path(state.ca)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield state
    state.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


class StaticCredential:
    """What `DefaultAzureCredential` would get from Azure."""

    def get_token(self, *scopes: str, **options: object) -> AccessToken:
        return AccessToken(TOKEN, int(time.time()) + 3600)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A store, and how a test puts a secret into it or takes the right to read one away."""

    store: SecretStore
    put: Callable[[str, bytes], None]
    forbid: Callable[[str], None]


def azure_store(cloud: Cloud, **options: object) -> AzureKeyVault:
    quick = {"retry_total": 0, "read_timeout": 0.5, "connection_verify": cloud.ca, "verify_challenge_resource": False}
    return AzureKeyVault(cloud.url, StaticCredential(), **{**quick, **options})


def vault_store(cloud: Cloud, folder: Path, *, token: str = TOKEN, **options: object) -> HashicorpVault:
    token_file = folder / "vault-token"
    token_file.touch(0o600)
    token_file.write_text(f"{token}\n")
    return HashicorpVault(
        cloud.url, mount="pixl", token_file=token_file, **{"timeout": 0.5, "verify": cloud.ca, **options}
    )


@pytest.fixture
def azure(cloud: Cloud) -> AzureKeyVault:
    return azure_store(cloud)


@pytest.fixture
def vault(cloud: Cloud, tmp_path: Path) -> HashicorpVault:
    return vault_store(cloud, tmp_path)


@pytest.fixture(params=["file", "azure", "vault"])
def case(request: pytest.FixtureRequest, cloud: Cloud, tmp_path: Path) -> Case:
    def put(name: str, value: bytes) -> None:
        cloud.secrets[name] = value.decode()

    def forbid(_name: str) -> None:
        cloud.fault = "403"

    match request.param:
        case "file":
            store = FileStore(tmp_path / "secrets")
            return Case(store=store, put=store.create, forbid=lambda name: (tmp_path / "secrets" / name).chmod(0o644))
        case "azure":
            return Case(store=azure_store(cloud), put=put, forbid=forbid)
        case _:
            return Case(store=vault_store(cloud, tmp_path), put=put, forbid=forbid)


@pytest.fixture(params=["azure", "vault"])
def cloud_store(request: pytest.FixtureRequest, cloud: Cloud, tmp_path: Path) -> SecretStore:
    cloud.secrets["database-password"] = VALUE.decode()
    return azure_store(cloud) if request.param == "azure" else vault_store(cloud, tmp_path)


@pytest.fixture
def secret_value() -> bytes:
    return VALUE


@pytest.fixture
def untrusting(cloud: Cloud, tmp_path: Path) -> tuple[SecretStore, SecretStore]:
    """Both cloud stores with the system's authorities, which do not know the stand-in's."""
    return azure_store(cloud, connection_verify=True), vault_store(cloud, tmp_path, verify=True)


@pytest.fixture
def vault_with_old_token(cloud: Cloud, tmp_path: Path) -> HashicorpVault:
    return vault_store(cloud, tmp_path, token="expired")
