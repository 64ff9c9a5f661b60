import os
import signal
import subprocess
import sys

import pytest

from pixl.stack import processes

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


@pytest.fixture
def stubborn(tmp_path):
    """A process that does not listen to SIGTERM, marked as one of the stack in `tmp_path`."""
    command = [sys.executable, "-c", STUBBORN]
    env = {**os.environ, processes.MARK: str(tmp_path)}
    with subprocess.Popen(command, env=env, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process
        process.kill()


def test_processes_of_a_stack_are_found_by_their_mark_and_no_others(tmp_path, stubborn):
    assert processes.marked_with(tmp_path) == [stubborn.pid]
    assert processes.marked_with(tmp_path / "other") == []


def test_processes_are_found_by_the_folder_they_work_in(tmp_path, stubborn):
    assert processes.working_in(tmp_path) == [stubborn.pid]


def test_what_does_not_stop_is_killed(tmp_path, stubborn):
    processes.stop(lambda: processes.marked_with(tmp_path), signal.SIGTERM, seconds=0.3)
    assert not processes.is_alive(stubborn.pid)


def test_a_process_that_has_ended_and_was_not_waited_for_does_not_count_as_alive():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        assert processes.wait_until(lambda: not processes.is_alive(process.pid), 10)
