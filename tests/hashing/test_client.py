"""An answer that is not exactly one is an error, never a pseudonym."""

from __future__ import annotations

import signal
import socket
import threading
import traceback
from pathlib import Path
from typing import Any

import pytest

from pixl.domain.errors import ConfigurationError, PixlError, RetryLater
from pixl.domain.pseudonym import PseudonymKind, PseudonymQuery
from pixl.hashing import HashingClient, KeyedPseudonymiser

MRN = "MRN-4711-Lovelace"
QUERY = PseudonymQuery(value=MRN)
GOOD = "0" * 64


def said(caught: pytest.ExceptionInfo[BaseException]) -> str:
    return "".join(traceback.format_exception(caught.value)) + repr(caught.value)


def test_a_good_answer_is_passed_on_and_the_value_travelled_in_the_body_only(asking: Any, hasher: Any) -> None:
    hasher.says({"pseudonyms": [GOOD]})
    assert asking.pseudonyms([QUERY]) == [GOOD]
    assert hasher.paths == ["POST /pseudonyms HTTP/1.1"]
    assert MRN.encode() in hasher.bodies[0]


@pytest.mark.parametrize("status", [301, 302, 408, 429, 500, 502, 503, 504])
def test_an_http_error_of_the_hasher_never_becomes_a_pseudonym(asking: Any, hasher: Any, status: int) -> None:
    hasher.says({"pseudonyms": [GOOD]}, status)
    with pytest.raises(RetryLater, match=str(status)):
        asking.pseudonyms([QUERY])
    hasher.status, hasher.body = status, b"Internal Server Error"
    with pytest.raises(RetryLater):
        asking.pseudonyms([QUERY])


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "project-mapping-lungs"), (401, "service-token"), (403, "service-token"), (413, "413"), (422, "422")],
)
def test_what_a_person_has_to_mend_is_a_matter_of_configuration(
    asking: Any, hasher: Any, status: int, words: str
) -> None:
    hasher.says({"detail": f"trouble with {MRN}"}, status)
    with pytest.raises(ConfigurationError, match=words) as caught:
        asking.pseudonyms([QUERY])
    assert MRN not in said(caught)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ok",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"[" * 90_000,
        b'{"pseudonyms": null}',
        b'{"pseudonyms": {}}',
        b'{"pseudonyms": []}',
        b'{"pseudonyms": [null]}',
        b'{"pseudonyms": [1]}',
        b'{"pseudonyms": [["%s"]]}' % GOOD.encode(),
        b'{"pseudonyms": ["%s", "%s"]}' % (GOOD.encode(), GOOD.encode()),
        b'{"pseudonyms": ["%s"]}' % GOOD[1:].encode(),
        b'{"pseudonyms": ["%s0"]}' % GOOD.encode(),
        b'{"pseudonyms": ["%s"]}' % GOOD.replace("0", "G").encode(),
        b'{"pseudonyms": ["%s"]}' % MRN.encode(),
        b'{"pseudonyms": "%s"}' % GOOD.encode(),
        b'{"detail": "Internal Server Error"}',
        b"<html>502 Bad Gateway</html>",
    ],
)
def test_a_200_that_is_no_answer_never_becomes_a_pseudonym(asking: Any, hasher: Any, body: bytes) -> None:
    hasher.body = body
    with pytest.raises(RetryLater) as caught:
        asking.pseudonyms([QUERY])
    assert MRN not in said(caught)


@pytest.mark.parametrize(
    ("kind", "text"),
    [(PseudonymKind.UID, GOOD), (PseudonymKind.UID, "1.2.3"), (PseudonymKind.SHIFT, "-1"), (PseudonymKind.SHIFT, GOOD)],
)
def test_an_answer_of_another_kind_is_none(asking: Any, hasher: Any, kind: PseudonymKind, text: str) -> None:
    hasher.says({"pseudonyms": [text]})
    with pytest.raises(RetryLater):
        asking.pseudonyms([PseudonymQuery(value=MRN, kind=kind)])


def test_a_silent_hasher_means_later(asking: Any, hasher: Any) -> None:
    hasher.silent = True
    with pytest.raises(RetryLater, match="did not answer"):
        asking.pseudonyms([QUERY])


def test_an_answer_that_breaks_off_means_later(asking: Any, hasher: Any) -> None:
    hasher.says({"pseudonyms": [GOOD]})
    hasher.length = len(hasher.body) + 10
    hasher.body = hasher.body[:-1]
    with pytest.raises(RetryLater):
        asking.pseudonyms([QUERY])


def test_a_hasher_that_is_not_there_means_later() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        client = HashingClient(f"http://127.0.0.1:{taken.getsockname()[1]}", "token", 1)
        with pytest.raises(RetryLater, match="ConnectionRefusedError") as caught:
            client.for_project("mapping-lungs").pseudonyms([QUERY])
    assert MRN not in said(caught)


def test_what_speaks_no_http_is_not_repeated() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def parrot() -> None:
            connection, _ = server.accept()
            with connection:
                heard = b""
                while MRN.encode() not in heard:
                    heard += connection.recv(65536)
                connection.sendall(heard[-200:] + b"\r\n\r\n")

        thread = threading.Thread(target=parrot)
        thread.start()
        client = HashingClient(f"http://127.0.0.1:{server.getsockname()[1]}", "token", 2)
        with pytest.raises(RetryLater, match="did not answer") as caught:
            client.for_project("mapping-lungs").pseudonyms([QUERY])
        thread.join()
    assert MRN not in said(caught)


def test_one_connection_is_used_again_and_again(asking: Any, hasher: Any) -> None:
    hasher.says({"pseudonyms": [GOOD]})
    for _ in range(5):
        asking.pseudonyms([QUERY])
    assert hasher.connections == 1


def test_a_connection_that_the_service_closed_while_idle_is_no_error(asking: Any, hasher: Any) -> None:
    hasher.says({"pseudonyms": [GOOD]})
    hasher.closes = True  # closes without a word in its headers
    for _ in range(3):
        assert asking.pseudonyms([QUERY]) == [GOOD]
    assert hasher.connections == 3


@pytest.mark.parametrize("url", ["", "127.0.0.1:8110", "ftp://127.0.0.1", "http://", "unix:/run/pixl"])
def test_an_address_that_is_none_is_a_matter_of_configuration(url: str) -> None:
    with pytest.raises(ConfigurationError, match="http"):
        HashingClient(url, "token")


@pytest.mark.parametrize("name", ["", "../x", "Lungs", "a b", "a\n", "a" * 102])
def test_a_project_name_that_is_none_is_a_matter_of_configuration(name: str) -> None:
    with pytest.raises(ConfigurationError, match="project's name"):
        HashingClient("http://127.0.0.1:1", "token").for_project(name)


def test_a_proxy_of_the_environment_never_sees_a_value(
    asking: Any, hasher: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    hasher.says({"pseudonyms": [GOOD]})
    assert asking.pseudonyms([QUERY]) == [GOOD]


@pytest.mark.servers
def test_threads_share_a_client(client: Any, service: Any) -> None:
    pure = KeyedPseudonymiser(service.store.get("project-mapping-lungs"))
    wrong: list[object] = []

    def ask(first: int) -> None:
        for i in range(first, first + 50):
            queries = [PseudonymQuery(value=f"{first}-{i}-{j}") for j in range(5)]
            try:
                answers = client.for_project("mapping-lungs").pseudonyms(queries)
            except PixlError as error:
                wrong.append(error)
            else:
                wrong.extend(set(answers) - set(pure.pseudonyms(queries)))

    threads = [threading.Thread(target=ask, args=(1000 * i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.servers
def test_a_service_that_was_killed_gives_the_same_pseudonyms_again(tmp_service: Any) -> None:
    client = HashingClient(tmp_service.url, tmp_service.token, 2)
    asking = client.for_project("mapping-lungs")
    queries = [PseudonymQuery(value=f"1.2.{i}", kind=kind) for i in range(20) for kind in PseudonymKind]
    before = asking.pseudonyms(queries)
    tmp_service.stop(signal.SIGKILL)
    with pytest.raises(RetryLater):
        asking.pseudonyms(queries)
    tmp_service.start()
    assert asking.pseudonyms(queries) == before


@pytest.mark.servers
def test_a_project_without_a_key_or_a_wrong_token_is_a_matter_of_configuration(service: Any) -> None:
    with pytest.raises(ConfigurationError, match="project-unheard-of"):
        HashingClient(service.url, service.token).for_project("unheard-of").pseudonyms([QUERY])
    with pytest.raises(ConfigurationError, match="service-token"):
        HashingClient(service.url, b"guessed").for_project("mapping-lungs").pseudonyms([QUERY])


def test_over_https_the_certificate_is_verified(tls_hasher: Any, tmp_path: Path) -> None:
    url, ca = tls_hasher
    assert HashingClient(url, "token", 2, ca=ca).for_project("lungs").pseudonyms([QUERY]) == [GOOD]
    with pytest.raises(ConfigurationError, match="certificate"):
        HashingClient(url, "token", 2).for_project("lungs").pseudonyms([QUERY])
