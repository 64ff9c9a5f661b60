"""The real process: what it writes, what it answers when it cannot start."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pixl.secrets import FileStore
from pixl.testing.hashing_service import HashingService

pytestmark = pytest.mark.servers

MRN = "MRN-4711-Lovelace"


def ask(service: HashingService, body: bytes, path: str = "/pseudonyms") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
    connection.request("POST", path, body=body, headers={"Authorization": f"Bearer {service.token.decode()}"})
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    return response.status, answer


def queries(project: str, value: str = MRN) -> bytes:
    return json.dumps({"project": project, "queries": [{"value": value}, {"value": value, "kind": "uid"}]}).encode()


def test_values_keys_and_the_token_are_never_written_nor_answered(service: HashingService) -> None:
    replies = [
        ask(service, queries("lungs")),
        ask(service, queries("unheard-of")),
        ask(service, queries(MRN)),
        ask(service, queries("lungs")[:-3]),
        ask(service, MRN.encode()),
        ask(service, json.dumps({MRN: MRN}).encode()),
        ask(service, queries("lungs"), f"/pseudonyms?value={MRN}"),
        ask(service, queries("lungs"), f"/{MRN}"),
    ]
    assert [status for status, _ in replies] == [200, 404, 422, 422, 422, 422, 200, 404]
    with socket.create_connection(("127.0.0.1", service.port)) as connection:  # hangs up in the middle of its body
        head = f"POST /pseudonyms HTTP/1.1\r\nAuthorization: Bearer {service.token.decode()}\r\nContent-Length: 999\r\n"
        connection.sendall(f"{head}\r\n{MRN}".encode())
    with socket.create_connection(("127.0.0.1", service.port)) as connection:  # speaks no HTTP
        connection.sendall(f"{MRN}\r\n\r\n".encode())
        connection.recv(1000)
    ask(service, queries("hearts"))
    said = service.output + "".join(text.decode() for _, text in replies)
    secrets = [service.store.get(name).decode() for name in ("service-token", "project-lungs", "project-hearts")]
    assert [word for word in (MRN, "4711", "Lovelace", *secrets) if word in said] == []
    assert "project lungs: 2 pseudonyms" in service.output
    assert "loaded the key of project hearts" in service.output
    assert "Traceback" not in service.output


def test_a_name_in_an_answer_is_no_pseudonym_of_another_project(service: HashingService) -> None:
    answers = [json.loads(ask(service, queries(project))[1])["pseudonyms"] for project in ("lungs", "hearts")]
    assert not set(answers[0]) & set(answers[1])


def start(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hashing_api"],
        env={**os.environ, "PIXL_DATA": str(folder), **env},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_without_a_token_it_does_not_start_and_says_why(tmp_path: Path) -> None:
    done = start(tmp_path)
    assert done.returncode == 2
    assert "there is no secret 'service-token'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_token_that_others_can_read_is_refused_at_the_start(tmp_path: Path) -> None:
    FileStore(tmp_path / "secrets").create("service-token", b"value")
    (tmp_path / "secrets" / "service-token").chmod(0o644)
    done = start(tmp_path)
    assert done.returncode == 2
    assert "chmod 600" in done.stderr


def test_a_store_that_is_away_at_the_start_has_its_own_exit_code(tmp_path: Path) -> None:
    (tmp_path / "token").touch(0o600)
    (tmp_path / "token").write_text("t")
    env = {"PIXL_SECRETS": "vault:https://127.0.0.1:1/pixl", "VAULT_TOKEN_FILE": str(tmp_path / "token")}
    done = start(tmp_path, **env)
    assert done.returncode == 3
    assert "gave no answer" in done.stderr


def test_a_wrong_log_level_is_a_matter_of_configuration(tmp_path: Path) -> None:
    done = start(tmp_path, PIXL_LOG_LEVEL="LOUD")
    assert done.returncode == 2
    assert "PIXL_LOG_LEVEL" in done.stderr


def test_a_port_that_is_taken_is_an_error_that_names_it(service: HashingService, tmp_path: Path) -> None:
    FileStore(tmp_path / "secrets").create("service-token", b"value")
    done = start(tmp_path, PIXL_HOST="127.0.0.1", PIXL_HASHING_PORT=str(service.port))
    assert done.returncode != 0
    assert str(service.port) in done.stderr
    assert "Traceback" not in done.stderr
