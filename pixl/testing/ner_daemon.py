"""A daemon that recognises some invented names over IsIdentifiable's socket protocol, and can misbehave."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

ANSWER_END = b"\0"
Answer = Callable[[str], bytes]


def answer_of(words: Mapping[str, str]) -> Answer:
    """Return what a daemon answers that knows these words, each with its class."""

    def answer(text: str) -> bytes:
        found = [
            f"{kind}\0{text.index(word)}\0{word}\0".encode() for word, kind in words.items() if word and word in text
        ]
        return b"".join(found) + ANSWER_END if found else ANSWER_END * 2

    return answer


@contextmanager
def ner_daemon(answer: Answer) -> Iterator[int]:
    """Run a daemon on a free port of this machine; yield the port."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            message = b""
            while received := self.request.recv(1 << 16):
                message += received
                while b"\0" in message:
                    text, _, message = message.partition(b"\0")
                    self.request.sendall(answer(text.decode("utf-8")))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
