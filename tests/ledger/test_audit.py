"""The chain of audit events, in a real database."""

from __future__ import annotations

import datetime as dt

import psycopg
import pytest
from psycopg.rows import dict_row

from pixl.ledger import Cipher, audit
from pixl.ledger.audit import Event

pytestmark = pytest.mark.servers

CIPHER = Cipher(b"ab" * 32)


@pytest.fixture
def connection(database, postgres):
    with psycopg.connect(database, password=postgres.password, row_factory=dict_row) as opened:
        yield opened


@pytest.fixture
def chain(connection):
    for number in range(5):
        audit.append(connection, CIPHER, Event(who="ann", what="verdict", project="lungs", details={"n": number}))
    connection.commit()
    return connection


def tamper(connection, statement):
    connection.execute("ALTER TABLE audit DISABLE TRIGGER audit_append_only")
    connection.execute(statement)
    connection.execute("ALTER TABLE audit ENABLE TRIGGER audit_append_only")
    connection.commit()


def test_a_chain_that_nobody_touched_holds(chain):
    proof = audit.verify(chain, CIPHER)
    assert (proof.holds, proof.events) == (True, 5)
    assert [entry.position for entry in audit.events(chain, limit=2)] == [5, 4]
    assert [entry.position for entry in audit.events(chain, project="lungs", before=3)] == [2, 1]


def test_a_chain_over_which_the_clock_was_set_back_holds_and_keeps_its_order(chain):
    audit.append(chain, CIPHER, Event(who="ann", what="late"), now=lambda: dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    audit.append(chain, CIPHER, Event(who="ann", what="later"), now=lambda: dt.datetime(2019, 1, 1, tzinfo=dt.UTC))
    proof = audit.verify(chain, CIPHER)
    assert (proof.holds, proof.events) == (True, 7)
    assert [entry.event.what for entry in audit.events(chain, limit=3)] == ["later", "late", "verdict"]


def test_an_empty_chain_holds(connection):
    assert audit.verify(connection, CIPHER).holds


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET who = 'bob' WHERE position = 3",
        "UPDATE audit SET details = '{\"n\": 9}' WHERE position = 3",
        "UPDATE audit SET at = at + interval '1 second' WHERE position = 3",
        "DELETE FROM audit WHERE position = 3",
        "UPDATE audit SET position = 9 WHERE position = 3",
    ],
)
def test_whatever_is_altered_is_noticed(chain, statement):
    tamper(chain, statement)
    assert not audit.verify(chain, CIPHER).holds


def test_the_chain_of_another_key_does_not_hold(chain):
    assert audit.verify(chain, Cipher(b"cd" * 32)).broken_at == 1


def test_a_cut_off_end_is_seen_by_the_head_that_was_kept(chain):
    head = audit.verify(chain, CIPHER).head
    tamper(chain, "DELETE FROM audit WHERE position = 5")
    assert audit.verify(chain, CIPHER).head != head


def test_events_cannot_be_changed_by_a_mistake(chain):
    for statement in ("UPDATE audit SET who = 'x'", "DELETE FROM audit", "TRUNCATE audit"):
        with pytest.raises(psycopg.errors.RaiseException), chain.transaction():
            chain.execute(statement)


def test_an_event_of_a_transaction_that_failed_never_happened(chain):
    audit.append(chain, CIPHER, Event(who="ann", what="login"))
    chain.rollback()
    assert audit.verify(chain, CIPHER).events == 5
