"""The service in this process, with a store that a test can break."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from hashing_api.main import create_app
from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.domain.pseudonym import PseudonymQuery
from pixl.hashing import KeyedPseudonymiser
from pixl.hashing.queries import BODY_LIMIT, QUERIES_LIMIT, VALUE_LIMIT

MRN = "MRN-4711-Lovelace"
TOKEN = b"the-service-token"
AUTH = {"Authorization": f"Bearer {TOKEN.decode()}"}


class Store:
    """A secret store that counts, and fails when told to."""

    def __init__(self) -> None:
        self.secrets = {"project-lungs": b"l" * 64, "project-hearts": b"h" * 64, "project-weak": b"changeme"}
        self.asked: list[str] = []
        self.away = False

    def get(self, name: str) -> bytes:
        self.asked.append(name)
        if self.away:
            raise RetryLater("the store is away")
        if name not in self.secrets:
            raise ConfigurationError(f"there is no secret {name!r}")
        return self.secrets[name]


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def http(store: Store) -> Iterator[TestClient]:
    with TestClient(create_app(store, TOKEN), headers=AUTH) as client:
        yield client


def body(*values: str, project: str = "lungs", **more: object) -> dict[str, object]:
    return {"project": project, "queries": [{"value": value, **more} for value in values]}


def test_the_heart_beats_without_a_token(http: TestClient) -> None:
    answer = http.get("/heart-beat", headers={"Authorization": ""})
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_values_become_the_pseudonyms_of_the_pure_function(http: TestClient, store: Store) -> None:
    answer = http.post("/pseudonyms", json=body(MRN, "Zoë", kind="hash", length=9))
    queries = [PseudonymQuery(value=value, length=9) for value in (MRN, "Zoë")]
    pure = KeyedPseudonymiser(store.secrets["project-lungs"])
    assert answer.json() == {"pseudonyms": pure.pseudonyms(queries)}


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN.decode()}", "ü"])
def test_without_the_token_there_is_no_answer(http: TestClient, store: Store, header: str) -> None:
    answer = http.post("/pseudonyms", json=body(MRN), headers={"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert store.asked == []


def test_the_token_is_looked_at_before_the_body(http: TestClient) -> None:
    answer = http.post("/pseudonyms", content=b"x" * (BODY_LIMIT + 1), headers={"Authorization": "Bearer no"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (f"no JSON, {MRN}", "body: json_invalid"),
        (f'{{"project": "lungs", "queries": [{{"value": "{MRN}"', "body: json_invalid"),
        (json.dumps([MRN]), "body"),
        (json.dumps({"project": "lungs"}), "queries: missing"),
        (json.dumps({"project": "lungs", "queries": MRN}), "queries: list_type"),
        (json.dumps({"project": "lungs", "queries": [MRN]}), "queries.0"),
        (json.dumps({"project": "lungs", "queries": [{"value": [MRN]}]}), "queries.0.value: string_type"),
        (json.dumps({"project": "lungs", "queries": [{"value": 4711}]}), "queries.0.value: string_type"),
        (json.dumps({"project": "lungs", "queries": [{"value": ""}]}), "queries.0.value: string_too_short"),
        (json.dumps({"project": "lungs", "queries": [{"value": " "}]}), "empty identifier"),
        (json.dumps(body("x" * (VALUE_LIMIT + 1))), "queries.0.value: string_too_long"),
        (json.dumps(body(MRN, length=1)), "queries.0.length"),
        (json.dumps(body(MRN, length=65)), "queries.0.length"),
        (json.dumps(body(MRN, length="8")), "queries.0.length"),
        (json.dumps(body(MRN, kind="md5")), "queries.0.kind: enum"),
        (json.dumps(body(MRN, **{MRN: 1})), "queries.0.(unknown key): extra_forbidden"),
        (json.dumps({**body(MRN), MRN: 1}), "(unknown key): extra_forbidden"),
        (json.dumps(body(MRN, project=f"../{MRN}")), "project: string_pattern_mismatch"),
        (json.dumps(body(MRN, project="")), "project: string_pattern_mismatch"),
        (json.dumps(body(*["x"] * (QUERIES_LIMIT + 1))), "queries: too_long"),
        ('{"project": "lungs", "queries": [{"value": "\\ud800"}]}', "json_invalid"),
        ("[" * 100_000, "body"),
    ],
)
def test_a_wrong_body_is_refused_without_repeating_it(
    http: TestClient, caplog: pytest.LogCaptureFixture, document: str, words: str
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = http.post("/pseudonyms", content=document)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert MRN not in answer.text + caplog.text


def test_a_body_beyond_the_limit_is_refused_also_when_its_size_was_not_announced(http: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(BODY_LIMIT // 1_000_000 + 1):
            yield b"x" * 1_000_000

    assert http.post("/pseudonyms", content=chunks()).status_code == 413


@pytest.mark.parametrize("project", ["unheard-of", "weak"])
def test_a_project_without_a_usable_key_is_404_and_no_pseudonym(http: TestClient, project: str) -> None:
    answer = http.post("/pseudonyms", json=body(MRN, project=project))
    assert answer.status_code == 404
    assert answer.json().keys() == {"detail"}
    assert MRN not in answer.text
    assert "changeme" not in answer.text


def test_a_key_that_is_made_later_is_found(http: TestClient, store: Store) -> None:
    assert http.post("/pseudonyms", json=body(MRN, project="new")).status_code == 404
    store.secrets["project-new"] = b"n" * 64
    assert http.post("/pseudonyms", json=body(MRN, project="new")).status_code == 200


def test_a_store_that_is_away_is_503_and_asked_again(http: TestClient, store: Store) -> None:
    store.away = True
    answer = http.post("/pseudonyms", json=body(MRN))
    assert (answer.status_code, answer.json()) == (503, {"detail": "the store is away"})
    store.away = False
    assert http.post("/pseudonyms", json=body(MRN)).status_code == 200


def test_a_key_is_loaded_once_and_stays_while_the_store_is_away_or_changes(http: TestClient, store: Store) -> None:
    before = http.post("/pseudonyms", json=body(MRN)).json()
    store.away = True
    store.secrets["project-lungs"] = b"x" * 64
    assert http.post("/pseudonyms", json=body(MRN)).json() == before
    assert store.asked == ["project-lungs"]


def test_two_projects_asked_at_once_do_not_get_each_others_pseudonyms(http: TestClient) -> None:
    expected = {name: http.post("/pseudonyms", json=body(MRN, project=name)).json() for name in ("lungs", "hearts")}
    assert expected["lungs"] != expected["hearts"]
    seen: set[tuple[str, str]] = set()

    def ask(project: str) -> None:
        for _ in range(20):
            seen.add((project, json.dumps(http.post("/pseudonyms", json=body(MRN, project=project)).json())))

    threads = [threading.Thread(target=ask, args=(name,)) for name in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {(name, json.dumps(answer)) for name, answer in expected.items()}


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/redoc", "/", f"/pseudonyms/{MRN}", "/hash"])
def test_there_is_nothing_else(http: TestClient, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 404
    assert MRN not in answer.text


def test_a_value_in_the_url_is_no_request(http: TestClient) -> None:
    assert http.get("/pseudonyms", params={"value": MRN}).status_code == 405
