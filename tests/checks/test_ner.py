"""Daemons that know names: what they say is used, what they do not say holds the study."""

import socket
import time

import pytest

from pixl.checks import KnownStudy
from pixl.checks.ner import DaemonFailed, Daemons
from pixl.checks.rules_file import SocketRule
from pixl.domain.finding import Outcome
from pixl.testing.ner_daemon import answer_of, ner_daemon
from pixl.testing.outputs import dicom

from .conftest import findings


def ask(answer, *texts, seconds=5.0):
    with ner_daemon(answer) as port:
        daemons = Daemons(seconds=seconds)
        try:
            return [daemons.ask(SocketRule(Host="127.0.0.1", Port=port), text) for text in texts]
        finally:
            daemons.close()


def test_what_a_daemon_finds_is_told_with_class_and_place():
    found, nothing = ask(answer_of({"Ashbury": "person", "Leeds": "LOCATION"}), "Ashbury of Leeds", "nobody")
    assert [(part.word, part.kind, part.offset) for part in found] == [
        ("Ashbury", "Person", 0),
        ("Leeds", "Location", 11),
    ]
    assert nothing == []


@pytest.mark.parametrize("silence", [b"\0", b"\0\0"])
def test_both_answers_that_mean_nothing_are_understood(silence):
    assert ask(lambda _text: silence, "one", "two", "three") == [[], [], []]


@pytest.mark.parametrize(
    "junk",
    [
        b"Person\0zero\0Ashbury\0\0",
        b"Pirate\x000\0Ashbury\0\0",
        b"Person\x000\0\0",
        b"Person\x00999\0Ashbury\0\0",
        b"\xff\xfe\x000\0x\0\0",
        b"x" * (2 << 20),
    ],
)
def test_an_answer_that_is_none_is_an_error_without_the_text(junk):
    with pytest.raises(DaemonFailed) as told:
        ask(lambda _text: junk, "Ashbury")
    assert "Ashbury" not in str(told.value)


def test_a_daemon_that_does_not_answer_in_time_is_an_error():
    def slow(_text):
        time.sleep(1)
        return b"\0\0"

    with pytest.raises(DaemonFailed, match="in time"):
        ask(slow, "Ashbury", seconds=0.1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_daemon_that_is_not_there_holds_the_study(tmp_path):
    rules = tmp_path / "rules.yaml"
    rules.write_text(f"SocketRules: [{{Host: 127.0.0.1, Port: {free_port()}}}]", "utf-8")
    found = findings("rules", dicom(StudyDescription="for Ashbury"), options={"files": [str(rules)]})
    assert {(one.kind, one.outcome) for one in found} == {("checker-failed", Outcome.HOLD)}
    assert not any("Ashbury" in one.reason for one in found)


def test_what_a_daemon_says_becomes_a_finding(tmp_path):
    with ner_daemon(answer_of({"Ashbury": "Person"})) as port:
        rules = tmp_path / "rules.yaml"
        rules.write_text(f"SocketRules: [{{Host: 127.0.0.1, Port: {port}}}]", "utf-8")
        options = {"files": [str(rules)]}
        found = findings("rules", dicom(StudyDescription="for Ashbury"), options=options, known=KnownStudy())
    assert [(one.kind, one.where) for one in found] == [("name", "(0008,1030)")]
