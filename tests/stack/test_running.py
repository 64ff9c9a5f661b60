"""The whole stack, for real."""

import contextlib
import fcntl
import os
import signal
import socket

import httpx
import psycopg
import pytest

from pixl.domain.errors import ConfigurationError
from pixl.secrets import open_store
from pixl.settings import Settings
from pixl.stack import Layout, bring_down, bring_up, current_status, is_up, processes
from pixl.stack.ports import keep_free_ports
from pixl.stack.supervision import Supervisor

pytestmark = pytest.mark.servers

ALL = ["postgres", "hashing_api", "orthanc-raw", "orthanc-anon", "ehr_api", "console", "imaging_api"]
BACK_SECONDS = 60


class Stack:
    def __init__(self, data):
        keep_free_ports(data, "127.0.0.1")
        self.settings = Settings.from_env({"PIXL_DATA": str(data)})
        self.store = open_store(self.settings.secrets)
        self.layout = Layout(data=data)

    def up(self):
        return bring_up(self.settings, self.store, os.environ)

    def down(self):
        bring_down(self.settings)

    def status(self, name):
        return next(status for status in current_status(self.settings, self.store) if status.name == name)

    def password(self, name):
        return self.store.get(name).decode()

    def left_over(self):
        return [*processes.marked_with(self.layout.data), *processes.working_in(self.layout.postgres)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    stack = Stack(tmp_path_factory.mktemp("stack") / "data")
    try:
        stack.up()
        yield stack
    finally:
        stack.down()


def test_all_processes_answer(stack):
    statuses = current_status(stack.settings, stack.store)
    assert [status.name for status in statuses] == ALL
    assert all(status.answering for status in statuses)


def test_a_second_start_changes_nothing(stack):
    before = {status.name: status.pid for status in current_status(stack.settings, stack.store)}
    after = {status.name: status.pid for status in stack.up()}
    assert after == before


@pytest.mark.parametrize("path", ["/system", "/studies", "/app/explorer.html"])
def test_both_orthancs_ask_for_a_password(stack, path):
    for url in (stack.settings.raw_url, stack.settings.anon_url):
        assert httpx.get(url + path, trust_env=False).status_code == 401


def test_an_administrator_may_look_into_both_orthancs(stack):
    auth = ("admin", stack.password("orthanc-admin-password"))
    for url in (stack.settings.raw_url, stack.settings.anon_url):
        assert httpx.get(f"{url}/app/explorer.html", auth=auth, trust_env=False).is_success


def test_the_database_asks_for_a_password_and_gives_pixl_no_more_than_its_own(stack):
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(stack.settings.database, password="guessed")
    with psycopg.connect(stack.settings.database, password=stack.password("database-password")) as connection:
        assert connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = 'pixl'").fetchone() == (False,)


def test_nothing_in_the_data_folder_is_open_to_others(stack):
    private = [stack.layout.data, stack.layout.configuration, stack.layout.logs, stack.layout.run]
    assert {folder.stat().st_mode & 0o077 for folder in private} == {0}
    files = [*stack.layout.configuration.iterdir(), *stack.layout.logs.glob("*.log")]
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_no_password_is_on_a_command_line_or_in_an_environment(stack):
    secrets = [path.read_bytes() for path in (stack.layout.data / "secrets").iterdir()]
    for pid in stack.left_over():
        with contextlib.suppress(OSError):
            seen = b"".join(open(f"/proc/{pid}/{name}", "rb").read() for name in ("cmdline", "environ"))  # noqa: PTH123, SIM115
            assert not any(secret in seen for secret in secrets)


@pytest.mark.parametrize("name", ALL)
def test_a_killed_process_is_started_again_and_the_restart_is_counted(stack, name):
    before = stack.status(name)
    os.kill(before.pid, signal.SIGKILL)

    def is_back():
        now = stack.status(name)
        return now.answering and now.pid != before.pid and now.restarts == before.restarts + 1

    assert processes.wait_until(is_back, BACK_SECONDS, pause=0.3)


def test_a_killed_supervisor_leaves_nothing_that_the_next_start_stumbles_over(stack):
    before = {status.name: status.pid for status in current_status(stack.settings, stack.store)}
    os.kill(Supervisor(stack.layout).pid(), signal.SIGKILL)
    processes.wait_until(lambda: not is_up(stack.settings), 5)
    after = stack.up()
    assert all(status.answering for status in after)
    assert not any(processes.is_alive(pid) for pid in before.values())


def test_a_stop_leaves_no_process_and_a_start_after_it_finds_the_data_again(stack):
    with psycopg.connect(stack.settings.database, password=stack.password("database-password")) as connection:
        connection.execute("CREATE TABLE kept (value int)")
    stack.down()
    assert stack.left_over() == []
    assert {status.state for status in current_status(stack.settings, stack.store)} == {"stopped"}
    stack.up()
    with psycopg.connect(stack.settings.database, password=stack.password("database-password")) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_password_is_changed_by_changing_the_secret(stack):
    stack.down()
    (stack.layout.data / "secrets" / "database-password").unlink()
    (stack.layout.data / "secrets" / "orthanc-raw-password").unlink()
    assert all(status.answering for status in stack.up())


@pytest.mark.parametrize("name", ["ledger-key", "project-demo"])
def test_a_lost_key_keeps_the_stack_from_starting_until_it_is_put_back(stack, name):
    stack.down()
    key = stack.layout.data / "secrets" / name
    kept = key.read_bytes()
    key.unlink()
    with pytest.raises(ConfigurationError, match=f"{name}.*put it back from your backup"):
        stack.up()
    assert not key.exists()
    assert stack.left_over() == []
    assert not is_up(stack.settings)
    stack.store.create(name, kept)
    assert all(status.answering for status in stack.up())


def test_a_taken_port_is_told_before_anything_starts(tmp_path):
    stack = Stack(tmp_path / "data")
    with socket.socket() as other:
        other.bind(("127.0.0.1", stack.settings.ports.ehr))
        other.listen()
        with pytest.raises(ConfigurationError, match="PIXL_EHR_PORT"):
            stack.up()
    assert not stack.layout.postgres.exists()
    assert stack.left_over() == []


def test_two_starts_at_the_same_time_do_not_get_into_each_others_way(tmp_path):
    stack = Stack(tmp_path / "data")
    stack.layout.prepare()

    with (stack.layout.run / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(ConfigurationError, match="wait"):
            stack.up()


def test_stopping_what_never_ran_is_no_error(tmp_path):
    Stack(tmp_path / "data").down()
