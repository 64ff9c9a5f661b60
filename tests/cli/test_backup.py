"""`pixl backup` and `pixl restore`, run as people run them, against a real Postgres."""

from __future__ import annotations

import datetime as dt
import os
import re
import stat
import tempfile
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from pixl.domain.state import State
from pixl.ledger import migrate
from pixl.ledger.backup import Database
from pixl.ledger.keys import open_key_checks
from pixl.queue import Step
from pixl.secrets import FileStore
from pixl.settings import Settings
from pixl.stack.database_only import database_at_hand
from pixl.stack.ports import is_free, keep_free_ports

pytestmark = pytest.mark.servers

LATE = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
TABLES = "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY 1"


def contents(database, postgres):
    """Every row of every table."""
    with psycopg.connect(database, password=postgres.password) as connection:
        names = [name for (name,) in connection.execute(TABLES)]
        return {
            name: sorted(map(str, connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name)))))
            for name in names
        }


@pytest.fixture
def loaded(pixl, extract):
    """A ledger with studies in several states, and a job that was at work when the backup was made."""
    pixl("cohort", "load", extract(1, 2, 3))
    pixl("fetch", "rate", "30")
    with pixl.ledger() as ledger:
        ledger.advance(1, State.FETCHING, before={State.REQUESTED})
        ledger.advance(1, State.CACHED, before={State.FETCHING}, instances=5, then=Step.DEIDENTIFY)
        ledger.advance(2, State.FAILED, before={State.REQUESTED}, reason="the archive is silent")
    with psycopg.connect(pixl.database, password=pixl.postgres.password) as connection:
        connection.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')")
        connection.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT max(id) FROM procrastinate_workers)"
            " WHERE args->>'study_id' = '3'"
        )
    return pixl


@pytest.fixture
def dump(loaded, tmp_path):
    loaded("backup", tmp_path / "my.dump")
    return tmp_path / "my.dump"


@pytest.fixture
def other(loaded, tmp_path, postgres):
    """Another machine, with an empty database and the same ledger-key."""
    return loaded.in_another(tmp_path / "other", postgres.new_database())


def test_a_backup_is_only_its_owners_and_says_that_the_secrets_are_not_in_it(loaded):
    shown = loaded("backup")
    [file] = (loaded.data / "backups").iterdir()
    assert re.fullmatch(r"pixl-\d{4}-\d\d-\d\dt\d\d-\d\d-\d\d\.dump", file.name)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "not in it" in shown
    assert "ledger-key" in shown


def test_a_backup_holds_no_identifier_and_no_secret(dump, loaded, identifiers):
    held = dump.read_bytes()
    secret = [*identifiers, loaded.key.decode(), loaded.postgres.password]
    assert [text for text in secret if text.encode() in held] == []


def test_a_restored_database_is_the_same_in_all_tables(dump, loaded, other, postgres):
    before = contents(loaded.database, postgres)
    shown = other("restore", dump)
    assert contents(other.database, postgres) == before
    assert "`project-demo` is missing" in shown


def test_a_restored_ledger_decrypts_with_its_key_and_its_studies_go_on(dump, loaded, other, extract):
    other("restore", dump)
    assert other.counts() == loaded.counts() == {"requested": 1, "cached": 1, "failed": 1}
    with other.ledger() as ledger, loaded.ledger() as original:
        assert ledger.study(1).mrn == original.study(1).mrn
        assert ledger.advance(1, State.DEIDENTIFYING, before={State.CACHED})
    other("cohort", "retry", "demo")
    assert "asked for: 1 new" in other("cohort", "load", extract(1, 2, 3, 4))
    assert other.counts() == {"requested": 3, "deidentifying": 1}


def test_a_restored_ledger_goes_on_refusing_that_its_events_are_changed(dump, other, postgres):
    other("restore", dump)
    with (
        psycopg.connect(other.database, password=postgres.password) as connection,
        pytest.raises(psycopg.errors.RaiseException),
    ):
        connection.execute("DELETE FROM event")


def test_a_restored_ledger_still_knows_the_key_that_a_project_had(loaded, other, tmp_path, postgres):
    with open_key_checks(loaded.database, postgres.password) as checks:
        checks.remember("project-demo", b"the right one")
    loaded("backup", tmp_path / "my.dump")
    other("restore", tmp_path / "my.dump")
    with open_key_checks(other.database, postgres.password) as checks:
        assert checks.is_right("project-demo", b"the right one")
        assert not checks.is_right("project-demo", b"another one")


def test_a_job_that_was_at_work_is_one_that_has_lost_its_worker(dump, other, postgres):
    other("restore", dump)
    with psycopg.connect(other.database, password=postgres.password) as connection:
        [(args,)] = connection.execute(
            "SELECT args FROM procrastinate_jobs AS job JOIN procrastinate_workers AS worker"
            " ON worker.id = worker_id WHERE status = 'doing' AND last_heartbeat < now() - interval '10 seconds'"
        )
    assert args == {"study_id": 3}


def test_a_ledger_that_is_not_empty_is_replaced_only_by_force_and_then_whole(dump, loaded, extract, postgres):
    before = contents(loaded.database, postgres)
    loaded("cohort", "load", extract(8, 9, name="later", generated_at=LATE))
    with psycopg.connect(loaded.database, password=postgres.password) as connection:
        connection.execute("CREATE TABLE of_a_newer_pixl (id bigint REFERENCES study)")
    assert "--force" in loaded("restore", dump, code=2)
    assert len(loaded.status()) == 2
    loaded("restore", dump, "--force")
    assert contents(loaded.database, postgres) == before


def test_a_ledger_without_a_cohort_is_empty(dump, other, postgres):
    migrate(other.database, postgres.password)
    other("restore", dump)
    assert sum(other.counts().values()) == 3


def test_a_backup_replaces_no_file(dump, loaded):
    before = dump.read_bytes()
    assert "exists" in loaded("backup", dump, code=2)
    assert dump.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_wrong_use(loaded, dump):
    assert "cannot be written" in loaded("backup", dump / "in" / "a" / "file", code=2)


def test_a_backup_that_fails_leaves_no_file(pixl, tmp_path):
    away = "host=127.0.0.1 port=1 dbname=pixl user=pixl"
    pixl("backup", tmp_path / "new.dump", code=3, PIXL_DATABASE=away)
    assert list(tmp_path.glob("*dump*")) == []


def test_a_file_that_is_no_backup_is_refused(loaded, tmp_path):
    (tmp_path / "junk").write_text("junk")
    assert "is no backup" in loaded("restore", tmp_path / "junk", "--force", code=2)
    assert "no such file" in loaded("restore", tmp_path / "nothing", "--force", code=2)


def test_a_backup_that_is_cut_off_is_refused_and_the_ledger_stays(dump, loaded, postgres):
    before = contents(loaded.database, postgres)
    # In half: Postgres 17 writes the table of contents once more behind the rows, and does without that one.
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    assert "my.dump is" in loaded("restore", dump, "--force", code=2)
    assert contents(loaded.database, postgres) == before


def test_a_backup_of_another_version_is_refused_and_both_versions_are_named(loaded, other, tmp_path, postgres):
    with psycopg.connect(loaded.database, password=postgres.password) as connection:
        connection.execute("UPDATE pixl_migration SET version_num = '9999'")
    loaded("backup", tmp_path / "newer.dump")
    shown = other("restore", tmp_path / "newer.dump", code=2)
    assert "another version of PIXL" in shown
    assert "9999" in shown


def test_a_backup_of_another_key_is_refused_before_anything_is_replaced(dump, other):
    (other.data / "secrets/ledger-key").write_bytes(os.urandom(32).hex().encode())
    assert "another `ledger-key`" in other("restore", dump, code=2)


def test_nothing_is_restored_while_imaging_api_answers(dump, other):
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        shown = other("restore", dump, code=2, PIXL_IMAGING_PORT=str(server.server_port))
        server.shutdown()
    assert "stop PIXL" in shown


def test_nothing_is_restored_while_another_program_uses_the_database(dump, other, postgres):
    with psycopg.connect(other.database, password=postgres.password):
        assert "other programs are connected" in other("restore", dump, code=2)


def test_the_password_is_in_no_argument_also_when_the_setting_holds_it():
    database = Database(conninfo="host=127.0.0.1 dbname=pixl password=hidden", password="hidden")
    assert "hidden" not in database.public_conninfo
    assert "hidden" not in repr(database)


def test_a_stack_that_is_down_gets_its_ledger_back_on_a_new_machine_and_nothing_is_left_running(dump, loaded):
    # Not pytest's folder: Postgres, which will not run as root, could not enter it.
    with tempfile.TemporaryDirectory(prefix="pixl-restore-") as folder:
        data = Path(folder) / "data"
        keep_free_ports(data, "127.0.0.1")
        store = FileStore(data / "secrets")
        store.create("ledger-key", loaded.key)
        settings = Settings.from_env({"PIXL_DATA": str(data)})
        fresh = replace(loaded, data=data, database=settings.database)
        fresh("restore", dump)
        assert is_free("127.0.0.1", settings.ports.postgres)
        # The second time from the cluster that is there now.
        assert "--force" in fresh("restore", dump, code=2)
        fresh("backup", data / "again.dump")
        assert is_free("127.0.0.1", settings.ports.postgres)
        with database_at_hand(settings, store):
            assert sum(fresh.counts().values()) == 3
