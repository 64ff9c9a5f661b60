"""Fixtures that several folders of tests use."""

from __future__ import annotations

import os

import psycopg
import pytest

from pixl.ledger import Ledger, migrate
from pixl.testing.postgres import temporary_postgres

LEDGER_KEY = os.urandom(32).hex().encode()


@pytest.fixture(scope="session")
def postgres():
    with temporary_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def migrated(postgres):
    """The name of a database with PIXL's schema, to be copied: that is faster than migrating each."""
    conninfo = postgres.new_database()
    migrate(conninfo, postgres.password)
    return psycopg.conninfo.conninfo_to_dict(conninfo)["dbname"]


@pytest.fixture
def database(postgres, migrated):
    """A connection string of an empty database with PIXL's schema."""
    return postgres.new_database(template=migrated)


@pytest.fixture
def ledger(postgres, database):
    opened = Ledger.open(database, password=postgres.password, key=LEDGER_KEY)
    yield opened
    opened.close()
