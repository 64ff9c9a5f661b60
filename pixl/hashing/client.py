"""The client of `hashing_api`. It fails closed: what is not exactly an answer is an error, never a pseudonym.

The standard library's client is used on purpose: one request an instance goes through here, from Orthanc's threads.
It also never goes through a proxy that the environment names, which would see the identifiers.
"""

from __future__ import annotations

import http.client
import json
import ssl
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.domain.pseudonym import Pseudonymiser, PseudonymKind, PseudonymQuery
from pixl.hashing.queries import PROJECT, QUERIES_LIMIT, batches, encoded, is_pseudonym

ANSWER_LIMIT = 100 * QUERIES_LIMIT
"""Bytes. The longest pseudonym has 64 digits."""

REFUSED = {
    401: "the hashing service refuses this process's token: both must read the same secret `service-token`",
    403: "the hashing service refuses this process's token: both must read the same secret `service-token`",
    404: "the hashing service has no usable key for the project {project!r}: its log says what to do about the secret "
    "`project-{project}`",
}
NOT_NOW = frozenset({408, 425, 429})


class HashingClient:
    """A pool of connections to one `hashing_api`, for all projects. Threads may share it.

    Parameters
    ----------
    base_url
        Such as `http://127.0.0.1:8110`; with `https://` the certificate is verified.
    token
        The secret `service-token`.
    timeout
        Seconds of silence after which the service counts as not answering.
    ca
        PEM file of the authority that signed the service's certificate; the system's authorities when `None`.

    Raises
    ------
    ConfigurationError
        The address is none.
    """

    def __init__(self, base_url: str, token: bytes | str, timeout: float = 10, *, ca: Path | None = None) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigurationError("the hashing service's address must be http://HOST:PORT or https://HOST:PORT")
        self._host, self._port, self._path = parts.hostname, parts.port, parts.path.rstrip("/") + "/pseudonyms"
        self._timeout = timeout
        self._tls = ssl.create_default_context(cafile=ca) if parts.scheme == "https" else None
        text = token if isinstance(token, str) else token.decode("ascii")
        self._headers = {"Authorization": f"Bearer {text}", "Content-Type": "application/json"}
        self._idle: deque[http.client.HTTPConnection] = deque()

    def for_project(self, name: str) -> Pseudonymiser:
        """Return the pseudonymiser of one project; nothing is asked yet."""
        if not PROJECT.fullmatch(name):
            raise ConfigurationError("a project's name is made of lower-case letters, digits and `-` (at most 101)")
        return _ProjectClient(self, name)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    def ask(self, project: str, queries: Sequence[PseudonymQuery]) -> list[str]:
        """Return a pseudonym for each of at most `QUERIES_LIMIT` queries.

        Raises
        ------
        RetryLater
            The service did not answer, or with something that is no answer.
        ConfigurationError
            The service knows no key for the project, or refuses the token or the request, or is not trusted.
        """
        document = {"project": project, "queries": [_item(query) for query in queries]}
        status, answer = self._exchange(json.dumps(document, ensure_ascii=False).encode("utf-8"))
        if status != http.client.OK:
            raise _refusal(status, project)
        return _checked(answer, queries)

    def _exchange(self, body: bytes) -> tuple[int, bytes]:
        """Send a request over a connection that is open already, else over a new one."""
        try:
            while self._idle:
                try:
                    return self._send(self._idle.pop(), body)
                except (IndexError, ConnectionError):
                    # Taken by another thread, or closed by the service while it was idle. Asking twice does no harm.
                    continue
            return self._send(self._connection(), body)
        except ssl.SSLCertVerificationError:
            raise ConfigurationError("the hashing service's certificate is not trusted: check its authority") from None
        except (OSError, http.client.HTTPException) as error:
            # The text of an HTTP error may quote what was received.
            raise RetryLater(f"the hashing service did not answer ({type(error).__name__})") from None

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls:
            return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=self._tls)
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)

    def _send(self, connection: http.client.HTTPConnection, body: bytes) -> tuple[int, bytes]:
        keep = False
        try:
            connection.request("POST", self._path, body=body, headers=self._headers)
            with closing(connection.getresponse()) as response:
                answer = response.read(ANSWER_LIMIT)
                keep = response.isclosed() and not response.will_close
            return response.status, answer
        finally:
            if keep:
                self._idle.append(connection)
            else:
                connection.close()


class _ProjectClient:
    def __init__(self, client: HashingClient, project: str) -> None:
        self._client = client
        self._project = project

    def pseudonyms(self, queries: Sequence[PseudonymQuery]) -> list[str]:
        """Return a pseudonym for each query, in their order. See `HashingClient.ask`."""
        for query in queries:
            encoded(query)  # refuses what must not have a pseudonym, before anything is sent
        return list(chain.from_iterable(self._client.ask(self._project, batch) for batch in batches(queries)))


def _item(query: PseudonymQuery) -> dict[str, str | int]:
    if query.kind is PseudonymKind.HASH:
        return {"value": query.value, "kind": query.kind, "length": query.length}
    return {"value": query.value, "kind": query.kind}


def _refusal(status: int, project: str) -> ConfigurationError | RetryLater:
    if status in REFUSED:
        return ConfigurationError(REFUSED[status].format(project=project))
    if 400 <= status < 500 and status not in NOT_NOW:  # noqa: PLR2004 the class of client errors
        return ConfigurationError(f"the hashing service refuses the request ({status}): is it of the same version?")
    return RetryLater(f"the hashing service answered {status}")


def _checked(answer: bytes, queries: Sequence[PseudonymQuery]) -> list[str]:
    try:
        document = json.loads(answer)
    except (ValueError, RecursionError):
        raise RetryLater("the hashing service answered with something that is no JSON") from None
    match document:
        case {"pseudonyms": list(pseudonyms)} if len(pseudonyms) == len(queries):
            if all(map(is_pseudonym, pseudonyms, queries)):
                return pseudonyms
    raise RetryLater("the hashing service answered with something that are not the pseudonyms asked for")
