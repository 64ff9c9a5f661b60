"""Real mail: a server of one's own that insists on TLS and a password, and a certificate that has to be verified."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import socket
import ssl

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.domain.notice import Notice, Occasion
from pixl.domain.state import State
from pixl.notify import Channel, send, write
from pixl.notify.messages import TEMPLATES
from pixl.stack.ports import free_port

HOST = "127.0.0.1"
PASSWORD = "an-invented-password"
NOTICE = {
    "project": "lungs",
    "generated_at": dt.datetime(2026, 5, 4, 10, 0, 0, tzinfo=dt.UTC),
    "counts": {State.HELD: 2, State.EXPORTED: 7, State.FAILED: 1},
}


class Post:
    """What a mail server has taken."""

    def __init__(self):
        self.messages = []
        self.refuses = False

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  what aiosmtpd calls
        if self.refuses:
            return "451 come again later"
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 taken"


class Mail:
    """A mail server with STARTTLS and passwords."""

    def __init__(self, folder):
        authority = trustme.CA()
        self.ca = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca))
        pem = folder / "server.pem"
        authority.issue_cert(HOST).private_key_and_cert_chain_pem.write_to_path(str(pem))
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(pem)
        self.post = Post()
        self.port = free_port()

    def start(self):
        self.controller = Controller(
            self.post,
            hostname=HOST,
            port=self.port,
            tls_context=self.tls,
            require_starttls=True,
            auth_required=True,
            authenticator=_is_right,
        )
        self.controller.start()

    def stop(self):
        self.controller.stop()

    def url(self, password=PASSWORD, scheme="mailtos", more=""):
        return (
            f"{scheme}://pixl:{password}@{HOST}:{self.port}/?from=pixl@hospital.example&to=team@hospital.example{more}"
        )


def _is_right(_server, _session, _envelope, _mechanism, data):
    return AuthResult(success=(data.login, data.password) == (b"pixl", PASSWORD.encode()))


@pytest.fixture
def mail(tmp_path):
    server = Mail(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def trusted(mail, monkeypatch):
    """The mail server, whose certificate this machine can verify."""
    monkeypatch.setenv("SSL_CERT_FILE", str(mail.ca))
    return mail


class Secrets:
    def __init__(self, url):
        self.url = url

    def get(self, _):
        return self.url.encode()


def tell(url, occasion=Occasion.DIGEST):
    channel = Channel(name="team", url_secret="team", occasions=tuple(Occasion))
    send(channel, Secrets(url), *write(Notice(occasion=occasion, **NOTICE), TEMPLATES[occasion]))


@pytest.mark.parametrize("occasion", list(Occasion))
def test_every_occasion_arrives_by_mail_over_tls_and_with_a_password(trusted, occasion):
    tell(trusted.url(), occasion)
    [message] = trusted.post.messages
    title, body = write(Notice(occasion=occasion, **NOTICE), TEMPLATES[occasion])
    assert message["subject"] == title
    text = message.get_body(("plain", "html")).get_content()
    assert "10 requested = 7 exported + 2 held" in text.replace("&nbsp;", " ")
    assert body.splitlines()[0].split("`")[0].strip() in text
    assert "team@hospital.example" in message["to"]


def test_a_certificate_that_cannot_be_verified_is_refused_and_no_password_is_told(mail):
    with pytest.raises(RetryLater):
        tell(mail.url())
    assert mail.post.messages == []


def test_a_wrong_password_is_said_without_it(trusted):
    with pytest.raises(RetryLater) as refused:
        tell(trusted.url(password="another-password"))
    assert "another-password" not in str(refused.value)
    assert trusted.post.messages == []


def test_a_server_that_refuses_or_is_away_is_tried_again_later(trusted):
    trusted.post.refuses = True
    with pytest.raises(RetryLater):
        tell(trusted.url())
    trusted.stop()
    with pytest.raises(RetryLater):
        tell(trusted.url())
    trusted.start()
    trusted.post.refuses = False
    tell(trusted.url())
    assert len(trusted.post.messages) == 1


def test_a_server_that_says_nothing_is_given_up(trusted):
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(RetryLater):
            tell(f"mailtos://pixl:{PASSWORD}@{HOST}:{port}/?from=pixl@hospital.example&to=team@hospital.example")


@pytest.mark.parametrize(("scheme", "more"), [("mailto", ""), ("mailtos", "&mode=insecure"), ("mailtos", "&verify=no")])
def test_a_password_is_never_sent_where_others_can_read_it(trusted, scheme, more):
    with pytest.raises(ConfigurationError, match="TLS"):
        tell(trusted.url(scheme=scheme, more=more))
    assert trusted.post.messages == []
