"""A stand-in for CogStack's services: answers with their documented schemas, in their faults too.

`python -m pixl.testing.cogstack PORT` serves until it is killed.
"""

from __future__ import annotations

import json
import re
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

HOST = "127.0.0.1"
ENTITY = re.compile(
    r"(?P<patient_name>\b(?:Mr|Mrs|Ms|Dr)\.? [A-Z]\w+)|(?P<date>\b\d\d/\d\d/\d{4}\b)|(?P<nhs_number>\b\d{10}\b)"
)
"""What the stand-in's model knows."""
NO_ENTITIES = "WARNING: No entities were detected for redaction."


@dataclass
class Behaviour:
    """How a stand-in behaves; tests change it while it runs."""

    token: str = ""
    blind: bool = False
    """Whether its model sees nothing."""
    answer: Callable[[str], tuple[int, str, bytes]] | None = None
    """What is answered instead, by path: status, content type, body."""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    paths: list[str] = field(default_factory=list)
    """What was asked for."""
    at_once: int = 0
    most_at_once: int = 0


def entities(text: str) -> Iterator[dict[str, Any]]:
    """Yield entities as ModelServe's `/process` does (`end` is exclusive)."""
    for found in ENTITY.finditer(text):
        label = found.lastgroup or ""
        yield {
            "label_name": label,
            "label_id": f"C{abs(hash(label)) % 1000:04d}",
            "start": found.start(),
            "end": found.end(),
            "accuracy": 0.97,
            "meta_anns": None,
        }


def redacted(text: str, label: Callable[[str], str]) -> str:
    """Return a text as the services redact it."""
    return ENTITY.sub(lambda found: label(found.lastgroup or ""), text)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        """Answer what a probe asks."""
        if self.path in ("/healthz", "/readyz", "/api/health/ready", "/api/info"):
            self._answer(200, "application/json", b"{}")
        else:
            self._answer(404, "application/json", b"{}")

    def do_POST(self) -> None:
        """Answer a question."""
        told = self.server.behaviour
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told.paths.append(self.path)
        with self.server.counted():
            time.sleep(told.seconds)
            if told.token and self.headers.get("Authorization") != f"Bearer {told.token}":
                self._answer(401, "application/json", b'{"detail": "Unauthorized"}')
            elif told.answer:
                self._answer(*told.answer(self.path))
            else:
                self._answer(*_answer(self.path, body, blind=told.blind))

    def _answer(self, code: int, kind: str, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in self.server.behaviour.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _answer(path: str, body: bytes, *, blind: bool) -> tuple[int, str, bytes]:
    url = urlsplit(path)
    match url.path:
        case "/process":
            text = body.decode("utf-8")
            found = [] if blind else list(entities(text))
            return 200, "application/json", json.dumps({"text": text, "annotations": found}).encode()
        case "/redact" | "/":
            text = body.decode("utf-8")
            done = text if blind else redacted(text, lambda label: f"[{label}]")
            if done == text and parse_qs(url.query).get("warn_on_no_redaction") == ["true"]:
                done = NO_ENTITIES
            return 200, "text/plain; charset=utf-8", done.encode()
        case "/api/process":
            text = json.loads(body)["content"]["text"]
            return 200, "application/json", json.dumps(_medcat(text, blind=blind)).encode()
        case "/api/process_bulk":  # the original text, and `success`: as the real one in its de-identification mode
            texts = [each["text"] for each in json.loads(body)["content"]]
            results = [{"text": text, "annotations": [], "success": True} for text in texts]
            return 200, "application/json", json.dumps({"result": results, "medcat_info": {}}).encode()
        case _:
            return 404, "application/json", b"{}"


def _medcat(text: str, *, blind: bool) -> dict[str, Any]:
    result = {
        "text": text if blind else redacted(text, lambda _: "[*****]"),
        "annotations": [] if blind else [{str(n): each} for n, each in enumerate(entities(text))],
        "success": True,
        "timestamp": "2024-01-01T00:00:00.000+00:00",
        "elapsed_time": 0.01,
    }
    return {"result": result, "medcat_info": {"service_app_name": "MedCAT", "service_version": "1.0"}}


class Server(ThreadingHTTPServer):
    """The stand-in, and how it behaves."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int = 0, behaviour: Behaviour | None = None) -> None:
        super().__init__((HOST, port), _Handler)
        self.behaviour = behaviour or Behaviour()
        self._lock = threading.Lock()
        self.scheme = "http"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that has gone."""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self.scheme}://{HOST}:{self.server_address[1]}"

    def use_tls(self, certificate: Path) -> None:
        """Speak TLS with a PEM file of key and certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.scheme = "https"

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count how many are asked at once."""
        told = self.behaviour
        with self._lock:
            told.at_once += 1
            told.most_at_once = max(told.most_at_once, told.at_once)
        try:
            yield
        finally:
            with self._lock:
                told.at_once -= 1


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Serve in a thread."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


if __name__ == "__main__":
    Server(int(sys.argv[1])).serve_forever()
