"""Asks a daemon that recognises names over IsIdentifiable's socket protocol. The only part of the rules that does I/O.

Sent: the text and a NUL. Answered: class, offset and word, each with a NUL behind it, any number of times, and a NUL
at the end. A daemon that does not answer, or answers anything else, is an error: what it would have said is not known.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

from pixl.checks.rules_file import Classification, SocketRule
from pixl.domain.errors import ServiceUnavailable
from pixl.domain.finding import Part

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 30.0
GRACE_SECONDS = 0.05
"""For the second NUL of an answer that found nothing; some daemons send only one."""
MAX_ANSWER = 1 << 20
"""Bytes."""
FIELDS = 3
CLASSES = {member.value.lower(): member for member in Classification}


class DaemonFailed(ServiceUnavailable):
    """The daemon that recognises names did not answer as it should."""


class Daemons:
    """The daemons of a rule set; a connection to each stays open."""

    def __init__(self, *, seconds: float = ANSWER_SECONDS) -> None:
        self._seconds = seconds
        self._connections: dict[tuple[str, int], socket.socket] = {}

    def ask(self, rule: SocketRule, text: str) -> list[Part]:
        """Return what a daemon finds in a text.

        Raises
        ------
        DaemonFailed
            It does not answer in time, or not as the protocol says. The message holds nothing of the text.
        """
        place = rule.Host, rule.Port
        try:
            answer = self._exchange(place, text.replace("\0", "").encode("utf-8") + b"\0")
            return list(_parts(answer, text))
        except (OSError, ValueError) as error:
            self._drop(place)
            reason = "in time" if isinstance(error, TimeoutError) else "as it should"
            raise DaemonFailed(f"the daemon at {rule.Host}:{rule.Port} did not answer {reason}") from None

    def close(self) -> None:
        """Close all connections."""
        for place in list(self._connections):
            self._drop(place)

    def _exchange(self, place: tuple[str, int], message: bytes) -> bytes:
        connection = self._connections.get(place)
        if connection is None:
            connection = socket.create_connection(place, CONNECT_SECONDS)
            self._connections[place] = connection
        connection.settimeout(self._seconds)
        connection.sendall(message)
        return _answer(connection, self._seconds)

    def _drop(self, place: tuple[str, int]) -> None:
        connection = self._connections.pop(place, None)
        if connection:
            connection.close()


def _answer(connection: socket.socket, seconds: float) -> bytes:
    """Return an answer without the NUL at its end."""
    answer = b""
    while not answer.endswith(b"\0\0"):
        if answer == b"\0":
            connection.settimeout(GRACE_SECONDS)
        try:
            received = connection.recv(1 << 16)
        except TimeoutError:
            if answer == b"\0":
                return b""
            raise
        if not received:
            if answer == b"\0":
                return b""
            raise ValueError
        answer += received
        connection.settimeout(seconds)
        if len(answer) > MAX_ANSWER:
            raise ValueError
    return answer[:-1]


def _parts(answer: bytes, text: str) -> Iterator[Part]:
    fields = answer.decode("utf-8").rstrip("\0").split("\0") if answer.strip(b"\0") else []
    if len(fields) % FIELDS:
        raise ValueError
    for kind, offset, word in zip(*(iter(fields),) * FIELDS, strict=True):
        if kind.lower() not in CLASSES or not 0 <= int(offset) <= len(text):
            raise ValueError
        yield Part(word=word, kind=CLASSES[kind.lower()].value, offset=int(offset))
