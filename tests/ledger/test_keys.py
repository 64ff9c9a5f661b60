import os

import psycopg
import pytest

from pixl.domain.errors import ConfigurationError, ServiceUnavailable
from pixl.ledger.keys import check_value, open_key_checks

ANY = os.urandom(32).hex().encode()


def test_a_check_value_is_that_of_one_key_under_one_name():
    assert len(check_value("project-lungs", ANY)) == 16
    others = [("project-lungs", ANY[:-1]), ("project-hearts", ANY), ("ledger-key", ANY)]
    assert check_value("project-lungs", ANY) not in {check_value(name, key) for name, key in others}


def test_a_key_of_any_length_has_a_check_value():
    assert check_value("project-lungs", ANY * 9) != check_value("project-lungs", ANY * 8)


def test_the_ledgers_key_is_the_same_in_either_case_and_a_projects_is_not():
    assert check_value("ledger-key", b"ab" * 32) == check_value("ledger-key", b"AB" * 32 + b"\n")
    assert check_value("project-lungs", b"ab" * 32) != check_value("project-lungs", b"AB" * 32)


@pytest.mark.servers
def test_nothing_of_a_key_is_in_the_database(database, postgres):
    with open_key_checks(database, postgres.password) as checks:
        checks.remember("project-lungs", ANY)
    with psycopg.connect(database, password=postgres.password) as connection:
        [(name, value)] = connection.execute("SELECT name, value FROM key_check")
    assert name == "project-lungs"
    assert ANY not in value
    assert bytes.fromhex(ANY.decode()) not in value


@pytest.mark.servers
def test_what_is_taken_down_once_stays(database, postgres):
    with open_key_checks(database, postgres.password) as checks:
        assert not checks.is_used("project-lungs")
        checks.remember("project-lungs", ANY)
        checks.remember("project-lungs", b"another")
        assert checks.is_used("project-lungs")
    with open_key_checks(database, postgres.password) as checks:
        assert checks.is_right("project-lungs", ANY)
        assert not checks.is_right("project-lungs", b"another")


def test_a_database_that_does_not_answer_is_a_service_that_is_away():
    with pytest.raises(ServiceUnavailable), open_key_checks("host=127.0.0.1 port=1 dbname=pixl", "any"):
        pass


@pytest.mark.servers
def test_a_database_without_this_versions_schema_is_told(postgres):
    with (
        pytest.raises(ConfigurationError, match="pixl up"),
        open_key_checks(postgres.new_database(), postgres.password) as checks,
    ):
        checks.is_used("project-lungs")
