"""A console over a real ledger; the two Orthancs are real only in the tests of the browser."""

from __future__ import annotations

import dataclasses
import re

import argon2
import pytest
from fastapi.testclient import TestClient

from console.house import House
from console.main import make_app
from console.originals import Originals
from console.pages import Pages
from console.pictures import Pictures
from pixl.domain.person import Role
from pixl.hashing import KeyedPseudonymiser
from pixl.ledger.people import Lifetimes
from pixl.orthanc import OrthancClient
from pixl.testing.review_queue import hold, named

QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "five invented words, no more"
NOWHERE = "http://127.0.0.1:9"
ROLES = {"rita": Role.READER, "vera": Role.REVIEWER, "olga": Role.RELEASER, "adam": Role.ADMIN}


class Hand:
    """A browser, with the little that our own pages add to a form."""

    def __init__(self, client):
        self.client = client
        self.get = client.get
        self.cookies = client.cookies

    def csrf(self, path="/account"):
        return re.search(r'name="csrf" value="([^"]+)"', self.get(path).text)[1]

    def sign_in(self, name, password=PASSWORD, then="/"):
        fields = {"csrf": self.csrf("/login"), "name": name, "password": password, "then": then}
        return self.client.post("/login", data=fields)

    def post(self, path, **fields):
        return self.client.post(path, data={"csrf": self.csrf(), **fields})


@pytest.fixture
def people(ledger):
    """One person of each role."""
    ledger.people._hasher = QUICK
    for name, role in ROLES.items():
        ledger.people.add(name, role, PASSWORD, by="test")
    return ledger.people


@pytest.fixture
def house(ledger):
    """A house whose Orthancs do not answer."""
    away = OrthancClient(NOWHERE, "pixl", "none", 2)
    originals = Originals(away, away, lambda _: KeyedPseudonymiser(b"k" * 64))
    pages = Pages(ledger.overview.decision)
    return House(
        ledger=ledger, pictures=Pictures(away), originals=originals, pages=pages, lifetimes=Lifetimes(idle_seconds=600)
    )


@pytest.fixture
def open_console(house):
    """Return new browsers without a session."""

    def open_one(*, url="http://console", **changes):
        app = make_app(dataclasses.replace(house, **changes))
        return TestClient(app, base_url=url, follow_redirects=False)

    return open_one


@pytest.fixture
def stranger(open_console, people):
    """A browser in which nobody is logged in."""
    return Hand(open_console())


@pytest.fixture
def log_in(open_console, people):
    """Return a browser in which somebody is logged in."""

    def log_one_in(name, **changes):
        client = open_console(**changes)
        assert Hand(client).sign_in(name).status_code == 303
        return Hand(client)

    return log_one_in


@pytest.fixture
def waiting(ledger):
    """Three studies that wait because of the same words, and one because of others; the numbers of their findings."""
    hold(
        ledger, 4, lambda number: [named("Bath chest" if number < 4 else "Dr Quill", "Bath" if number < 4 else "Quill")]
    )
    return [one.id for one in ledger.reviews.open()]
