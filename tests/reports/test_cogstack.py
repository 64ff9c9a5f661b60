"""The client against a local server that answers with CogStack's documented schemas."""

import json

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from pixl.domain.errors import ConfigurationError, ReportFailed, RetryLater
from pixl.reports.cogstack import INTERFACES, CogStackEngine, CogStackOptions, aligned
from pixl.testing.cogstack import Server, serving
from pixl.text import NOTHING_KNOWN

TEXT = "CT of Mrs Quarshievik on 03/02/2021.\nNHS 9990000018. No lesion [as before].\n"
TO_BE_FOUND = ["Mrs Quarshievik", "03/02/2021", "9990000018"]


@pytest.fixture
def server():
    with serving(Server()) as running:
        yield running


@pytest.fixture
def engine(server):
    made = []

    def make(interface="modelserve-process", token=None, url=None, **options):
        told = CogStackOptions(kind="cogstack", interface=interface, url=url or server.url, **options)
        made.append(CogStackEngine(name="cogstack", options=told, token=token))
        return made[-1]

    yield make
    for one in made:
        one.close()


def found(engine, text=TEXT):
    return [text[span.start : span.end] for span in engine.find(text, NOTHING_KNOWN).spans]


@pytest.mark.parametrize("interface", INTERFACES)
def test_each_interface_finds_what_the_service_redacts(engine, interface):
    assert found(engine(interface)) == TO_BE_FOUND


@pytest.mark.parametrize("interface", INTERFACES)
def test_a_service_that_finds_nothing_is_silent(engine, server, interface):
    server.behaviour.blind = True
    seen = engine(interface).find(TEXT, NOTHING_KNOWN)
    assert (seen.spans, seen.silent) == ((), True)


@pytest.mark.parametrize("interface", INTERFACES)
def test_the_bulk_interface_that_returns_the_original_is_never_called(engine, server, interface):
    engine(interface).find(TEXT, NOTHING_KNOWN)
    assert server.behaviour.paths
    assert not any("bulk" in path for path in server.behaviour.paths)


@pytest.mark.parametrize("interface", INTERFACES)
def test_the_text_goes_in_the_body_and_not_in_the_url(engine, server, interface):
    engine(interface).find(TEXT, NOTHING_KNOWN)
    assert "Quarshievik" not in "".join(server.behaviour.paths)


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize(
    "text", ["", "Zürich, größer 😀 Mr Ólafsson", "Dr A.\r\nDr B", " \n Mr Small \n\n", "[x] Mr Long [y]"]
)
def test_any_text_comes_back_or_is_refused_but_never_mixed_up(engine, interface, text):
    try:
        spans = engine(interface).find(text, NOTHING_KNOWN).spans
    except ReportFailed:
        return
    assert all(text[span.start : span.end].strip() for span in spans)


@pytest.mark.parametrize("interface", ["modelserve-redact", "redact"])
def test_the_reply_for_another_text_fails(engine, server, interface):
    server.behaviour.answer = lambda _: (200, "text/plain", b"MR of [patient_name]. A fracture.")
    with pytest.raises(ReportFailed, match="another text"):
        engine(interface).find(TEXT, NOTHING_KNOWN)


def test_the_entities_of_another_text_fail(engine, server):
    body = json.dumps({"text": "another", "annotations": []}).encode()
    server.behaviour.answer = lambda _: (200, "application/json", body)
    with pytest.raises(ReportFailed, match="another text"):
        engine().find(TEXT, NOTHING_KNOWN)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"[]",
        b'{"text": 1}',
        json.dumps({"text": TEXT, "annotations": [{"start": 5, "end": 4000, "label_name": "x"}]}).encode(),
        json.dumps({"text": TEXT, "annotations": [{"start": 5, "end": 5, "label_name": "x"}]}).encode(),
        b"\xff\xfe",
    ],
)
def test_what_is_not_as_documented_is_tried_again(engine, server, body):
    server.behaviour.answer = lambda _: (200, "application/json", body)
    with pytest.raises(RetryLater):
        engine().find(TEXT, NOTHING_KNOWN)


def test_a_web_page_in_place_of_a_text_is_tried_again(engine, server):
    server.behaviour.answer = lambda _: (200, "text/html", b"<p>Please log in</p>")
    with pytest.raises(RetryLater):
        engine("redact").find(TEXT, NOTHING_KNOWN)


def test_a_medcat_service_without_success_is_tried_again(engine, server):
    body = json.dumps({"result": {"success": False, "errors": ["no"], "text": TEXT}}).encode()
    server.behaviour.answer = lambda _: (200, "application/json", body)
    with pytest.raises(RetryLater):
        engine("medcat-service").find(TEXT, NOTHING_KNOWN)


@pytest.mark.parametrize(
    ("code", "error"), [(500, RetryLater), (503, RetryLater), (408, RetryLater), (404, ConfigurationError)]
)
def test_the_class_of_the_error_follows_from_the_status(engine, server, code, error):
    server.behaviour.answer = lambda _: (code, "text/plain", TEXT.encode())
    with pytest.raises(error) as caught:
        engine().find(TEXT, NOTHING_KNOWN)
    assert "Quarshievik" not in str(caught.value)


def test_a_text_that_the_service_does_not_take_fails(engine, server):
    server.behaviour.answer = lambda _: (413, "text/plain", b"")
    with pytest.raises(ReportFailed, match="413"):
        engine().find(TEXT, NOTHING_KNOWN)


def test_after_429_the_service_is_left_alone_for_as_long_as_it_says(engine, server):
    server.behaviour.answer = lambda _: (429, "text/plain", b"")
    server.behaviour.headers["Retry-After"] = "30"
    asked = engine()
    for _ in range(3):
        with pytest.raises(RetryLater):
            asked.find(TEXT, NOTHING_KNOWN)
    assert len(server.behaviour.paths) == 1


def test_the_token_is_sent_and_its_lack_is_a_matter_of_configuration(engine, server):
    server.behaviour.token = "a-token"
    assert found(engine(token="a-token")) == TO_BE_FOUND
    with pytest.raises(ConfigurationError, match="token"):
        engine().find(TEXT, NOTHING_KNOWN)


def test_a_service_that_is_not_there_or_too_slow_is_tried_again(engine, server):
    with pytest.raises(RetryLater):
        engine(url="http://127.0.0.1:9").find(TEXT, NOTHING_KNOWN)
    server.behaviour.seconds = 0.5
    with pytest.raises(RetryLater, match="ReadTimeout"):
        engine(timeout=0.1).find(TEXT, NOTHING_KNOWN)


def test_no_more_than_the_limit_are_asked_at_once(engine, server):
    from concurrent.futures import ThreadPoolExecutor

    server.behaviour.seconds = 0.05
    asked = engine(concurrency=2)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: found(asked) == TO_BE_FOUND, range(16)))
    assert server.behaviour.most_at_once == 2


def test_reports_do_not_go_over_the_network_in_the_clear(engine):
    with pytest.raises(ConfigurationError, match="https"):
        engine(url="http://cogstack.example.org")


def test_a_certificate_that_nobody_vouches_for_is_refused(engine, tmp_path):
    authority = trustme.CA()
    certificate = tmp_path / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = Server()
    server.use_tls(certificate)
    with serving(server):
        assert found(engine(url=server.url, ca=tmp_path / "ca.pem")) == TO_BE_FOUND
        with pytest.raises(RetryLater):
            engine(url=server.url).find(TEXT, NOTHING_KNOWN)


@given(st.lists(st.tuples(st.booleans(), st.text("ab .", min_size=1, max_size=4)), max_size=8))
def test_nothing_stays_that_the_reply_had_masked(pieces):
    text = "".join(piece for _, piece in pieces)
    reply = "".join("[n]" if is_masked else piece for is_masked, piece in pieces)
    spans = aligned(reply, text)
    if spans is None:  # it fails, which is safe
        return
    left, at = [], 0
    for span in spans:
        left, at = [*left, text[at : span.start]], span.end
    assert "".join([*left, text[at:]]).split() == reply.replace("[n]", "").split() or _same(left, text[at:], reply)


def _same(left, rest, reply):
    """Whether what stays is what the reply shows, but for white space at its ends."""
    return "".join([*left, rest]).strip() == reply.replace("[n]", "").strip()


@pytest.mark.parametrize(
    ("redacted", "text", "masked"),
    [
        ("[N] saw [N] left", "John saw Mary saw Bob left", ["John", "Mary saw Bob"]),
        ("x [see above] [N] y", "x [see above] Anna y", ["Anna"]),
        ("[A][B] z", "Ann Bob z", ["Ann Bob"]),
        ("Hi [N]. Hi [N]", "Hi Al. Hi Bo", ["Al", "Bo"]),
        ("[N]", "Bob", ["Bob"]),
        ("a [N]", "a Bob\n", ["Bob"]),
        ("same", "same", []),
        ("other", "John", None),
        ("John", "John and more", None),
        ("[N] and more and more", "John and more", None),
    ],
)
def test_what_a_reply_masked_is_found_by_what_it_left(redacted, text, masked):
    spans = aligned(redacted, text)
    assert masked == (None if spans is None else [text[span.start : span.end] for span in spans])
