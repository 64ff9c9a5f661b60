from __future__ import annotations

import datetime as dt
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.domain.notice import Occasion
from pixl.domain.state import State
from pixl.domain.study import ExtractId, StudyRequest
from pixl.flow.notifying import Notifier
from pixl.notify import Channel, Channels, send

pytestmark = pytest.mark.servers

EXTRACT = ExtractId(project="lungs", generated_at=dt.datetime(2026, 5, 4, 10, 0, 0, tzinfo=dt.UTC))


class Board:
    """A chat server of the kind that takes JSON by POST."""

    def __init__(self):
        self.messages = []
        self.status = 200
        board = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if board.status == 200:
                    board.messages.append((self.path, body.decode()))
                self.send_response(board.status)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def board():
    opened = Board()
    yield opened
    opened.server.shutdown()
    opened.server.server_close()


class Secrets:
    def __init__(self, **values):
        self.values = values

    def get(self, name):
        return self.values[name].encode()


def channel(*occasions):
    return Channel(name="team", url_secret="team", occasions=occasions or tuple(Occasion))


def notifier(ledger, url, *occasions):
    channels = Channels(channels=(channel(*occasions),))
    return Notifier(ledger=ledger, secrets=Secrets(team=url), channels=lambda: channels)


def load(ledger, *numbers):
    requests = [
        StudyRequest(
            project="lungs", procedure_occurrence_id=n, mrn=f"MRN-SECRET-{n}", accession_number=f"ACC-SECRET-{n}"
        )
        for n in numbers
    ]
    ledger.load(EXTRACT, requests)


def fail(ledger, study_id):
    ledger.advance(study_id, State.FAILED, before={State.REQUESTED}, reason="the archive is on fire")


def test_what_is_due_is_sent_once_and_holds_no_identifier(ledger, board):
    load(ledger, 1, 2)
    fail(ledger, 1)
    fail(ledger, 2)
    looks = notifier(ledger, f"json://127.0.0.1:{board.port}/hook")
    assert looks.look() == 2  # errored, digest
    assert looks.look() == 0
    text = " ".join(body for _, body in board.messages)
    assert "2 studies of lungs" in text
    assert "SECRET" not in text


def test_what_a_channel_does_not_take_is_tried_again_at_the_next_look(ledger, board):
    load(ledger, 1)
    fail(ledger, 1)
    looks = notifier(ledger, f"json://127.0.0.1:{board.port}/hook", Occasion.ERRORED)
    board.status = 500
    assert looks.look() == 0
    board.status = 200
    assert looks.look() == 1


def test_two_processes_do_not_tell_the_same_thing_twice(ledger, board):
    load(ledger, 1)
    fail(ledger, 1)
    looks = notifier(ledger, f"json://127.0.0.1:{board.port}/hook", Occasion.ERRORED)
    with ledger.notifications.turn() as turn:
        assert turn is not None
        assert looks.look() == 0
    assert looks.look() == 1


def test_mattermost_gets_the_message_in_its_own_form(board):
    send(channel(), Secrets(team=f"mmost://127.0.0.1:{board.port}/abcdefghijk1234567890abcd"), "title", "body")
    path, body = board.messages[0]
    assert path.startswith("/hooks/")
    assert "body" in json.loads(body)["text"]


@pytest.mark.parametrize("url", ["nonsense://x", "", "mailtos://u:p@h?verify=no"])
def test_a_wrong_url_is_refused_without_being_shown(url):
    with pytest.raises(ConfigurationError) as refused:
        send(channel(), Secrets(team=url), "title", "body")
    assert not url or url not in str(refused.value)


def test_a_server_that_is_not_there_is_tried_later_and_its_url_is_not_shown(caplog):
    with pytest.raises(RetryLater) as failed:
        send(channel(), Secrets(team="json://user:hunter2@127.0.0.1:9/hook"), "title", "body")
    assert "hunter2" not in str(failed.value) + caplog.text
