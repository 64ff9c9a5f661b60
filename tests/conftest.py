"""Fixtures that several folders of tests use."""

from __future__ import annotations

import os

import pytest

from pixl.ledger import Ledger, migrate
from pixl.testing.postgres import temporary_postgres

LEDGER_KEY = os.urandom(32).hex().encode()


@pytest.fixture(scope="session")
def postgres():
    with temporary_postgres() as server:
        yield server


@pytest.fixture
def database(postgres):
    """A connection string of an empty database with PIXL's schema."""
    conninfo = postgres.new_database()
    migrate(conninfo, postgres.password)
    return conninfo


@pytest.fixture
def ledger(postgres, database):
    opened = Ledger.open(database, password=postgres.password, key=LEDGER_KEY)
    yield opened
    opened.close()
