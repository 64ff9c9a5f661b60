"""`pixl console user`: the first admin, and those after."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from cli import console
from pixl.domain.errors import ConfigurationError
from pixl.domain.person import Role
from pixl.ledger.people import LoginRefused

pytestmark = pytest.mark.servers
PASSWORD = "five invented words, no more"


@pytest.fixture
def people(ledger, monkeypatch, tmp_path):
    monkeypatch.setenv("PIXL_DATA", str(tmp_path))
    monkeypatch.setattr(console.Ledger, "connect", lambda *_, **__: _Open(ledger))
    return ledger.people


class _Open:
    """The test's ledger, which the command must not close."""

    def __init__(self, ledger):
        self.ledger = ledger

    def __enter__(self):
        return self.ledger

    def __exit__(self, *_):
        return None


def run(*words, given=""):
    return CliRunner().invoke(console.app, ["user", *words], input=given)


def test_a_password_is_made_and_shown_once(people):
    done = run("add", "ann", "--role", "admin", "--generate")
    assert done.exit_code == 0
    password = re.search(r"shown this once: (\S+)", done.stdout)[1]
    assert people.log_in("ann", password, address="here")
    assert password not in run("list").stdout


def test_a_password_is_asked_for_twice_and_not_shown(people):
    assert run("add", "bob", given=f"{PASSWORD}\n{PASSWORD}\n").exit_code == 0
    assert people.log_in("bob", PASSWORD, address="here")
    [bob] = people.all()
    assert bob.person.role is Role.REVIEWER
    two = run("add", "cy", given=f"{PASSWORD}\n{PASSWORD}!\n")
    assert isinstance(two.exception, ConfigurationError)
    assert PASSWORD not in two.stdout
    assert [one.person.name for one in people.all()] == ["bob"]


@pytest.mark.parametrize("name", ["Ann", "ann smith", "", "-ann", "a" * 64, "ann\n", "ann;--"])
def test_a_name_that_is_none_is_refused(people, name):
    with pytest.raises(ConfigurationError, match="a name has"):
        people.add(name, Role.READER, PASSWORD, by="test")


def test_roles_passwords_and_people_change(people):
    people.add("ann", Role.READER, PASSWORD, by="test")
    assert run("role", "ann", "releaser").exit_code == 0
    assert run("password", "ann", "--generate").exit_code == 0
    with pytest.raises(LoginRefused):
        people.log_in("ann", PASSWORD, address="here")
    assert "releaser" in run("list").stdout
    assert run("remove", "ann").exit_code == 0
    assert "removed" in run("list").stdout
    for words in (["role", "ann", "admin"], ["password", "ann", "-g"], ["remove", "ann"], ["role", "nobody", "admin"]):
        assert isinstance(run(*words).exception, ConfigurationError), words
    whats = [one.event.what for one in people.trail()]
    assert whats[0] == "user-removed"
    assert {"user-added", "role-changed", "password-changed"} <= set(whats)
    assert all(one.event.who.startswith(("cli:", "test", "somebody", "ann")) for one in people.trail())
