"""Checkers in a process of their own: whatever they do, a study is held at most, and nothing waits for ever."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from pixl.checks import Checked, KnownStudy
from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.flow.child import CheckProcesses, Limits
from pixl.orthanc import NotStored
from pixl.stack.processes import is_alive, wait_until

STAND_IN = (sys.executable, str(Path(__file__).with_name("stand_in_checks.py")))
PROJECT = Path("lungs.yaml")


@pytest.fixture
def processes():
    made = CheckProcesses(Limits(seconds=20, megabytes=2048), STAND_IN)
    yield made
    made.close()


def instances(*texts):
    return (Checked(name=f"2.25.{n}", data=text.encode()) for n, text in enumerate(texts))


def check(processes, *texts, **known):
    return processes.check(PROJECT, KnownStudy(**known), instances(*texts))


def idle(processes):
    """Return the process that waits for the next series."""
    process = processes._take()
    processes._idle.put(process)
    return process


def test_what_is_found_comes_back_and_the_process_is_used_again(processes):
    found = check(processes, "find SMITH", "nothing", "find JONES", expected_instances=3)
    assert [finding.value for finding in found.findings] == ["SMITH", "JONES"]
    assert found.made_with == {"stand-in": "1"}
    first = idle(processes).pid
    assert list(check(processes, "nothing").findings) == []
    assert idle(processes).pid == first


def test_an_original_is_compared_with_what_it_became(processes):
    one = Checked(name="2.25.1", data=b"original", original=b"SMITH")
    found = processes.check(PROJECT, KnownStudy(), iter([one]))
    assert [finding.value for finding in found.findings] == ["SMITH"]


def test_the_whole_original_is_fetched_when_a_checker_asks_for_it_and_once(processes):
    asked = []

    def pair(number):
        def whole():
            asked.append(number)
            return b"SMITH"

        text = b"whole" if number == 1 else b"nothing"
        return Checked(name=f"2.25.{number}", data=text, original=b"SM", original_pixels="00", whole_original=whole)

    found = processes.check(PROJECT, KnownStudy(), iter([pair(0), pair(1), pair(2)]))
    assert [finding.value for finding in found.findings] == ["SMITHSMITH"]
    assert asked == [1]


def test_an_original_that_has_vanished_is_an_error_of_its_own(processes):
    def whole():
        raise NotStored

    one = Checked(name="2.25.1", data=b"whole", original=b"SM", original_pixels="00", whole_original=whole)
    with pytest.raises(NotStored):
        processes.check(PROJECT, KnownStudy(), iter([one]))
    assert list(check(processes, "nothing").findings) == []


@pytest.mark.parametrize("text", ["kill", "eat", "raise"])
def test_a_checker_that_breaks_the_process_holds_the_series_and_the_next_one_has_another(processes, text):
    found = check(processes, "find SMITH", text, "find JONES")
    assert [finding.kind for finding in found.findings] == ["name", "checker-failed"]
    assert "stand-in" in found.findings[-1].reason
    assert "SECRET" not in found.findings[-1].reason
    assert list(check(processes, "nothing").findings) == []


def test_a_checker_that_hangs_is_ended_when_its_time_is_up():
    made = CheckProcesses(Limits(seconds=1, megabytes=2048), STAND_IN)
    began = time.monotonic()
    found = made.check(PROJECT, KnownStudy(), instances("nothing", "hang"))
    assert [finding.kind for finding in found.findings] == ["checker-failed"]
    assert time.monotonic() - began < 15
    made.close()


def test_the_time_is_that_of_one_instance(processes):
    made = CheckProcesses(Limits(seconds=8, megabytes=2048), STAND_IN)
    found = made.check(PROJECT, KnownStudy(), instances(*["sleep 2"] * 5))
    assert list(found.findings) == []
    made.close()


def test_the_start_of_a_process_does_not_count_in_the_time_of_an_instance():
    slow = f"import runpy, time; time.sleep(5); runpy.run_path({STAND_IN[1]!r}, run_name='__main__')"
    made = CheckProcesses(Limits(seconds=4, megabytes=2048), (sys.executable, "-c", slow))
    found = made.check(PROJECT, KnownStudy(), instances("find SMITH"))
    assert [finding.kind for finding in found.findings] == ["name"]
    made.close()


def test_a_process_that_hangs_in_its_start_is_ended_when_the_time_of_a_start_is_up():
    hangs = sys.executable, "-c", "import time; time.sleep(30)"
    made = CheckProcesses(Limits(seconds=1000, start_seconds=1, megabytes=2048), hangs)
    began = time.monotonic()
    found = made.check(PROJECT, KnownStudy(), instances("nothing"))
    assert [finding.kind for finding in found.findings] == ["checker-failed"]
    assert time.monotonic() - began < 25
    made.close()


def test_a_process_that_is_killed_while_it_waits_is_replaced(processes):
    check(processes, "nothing")
    os.kill(idle(processes).pid, signal.SIGKILL)
    assert [finding.kind for finding in check(processes, "find SMITH").findings] in (["name"], ["checker-failed"])
    assert [finding.kind for finding in check(processes, "find SMITH").findings] == ["name"]


def test_a_process_that_is_killed_at_work_holds_the_series(processes):
    check(processes, "nothing")
    process = idle(processes)
    threading.Timer(0.5, lambda: os.kill(process.pid, signal.SIGKILL)).start()
    found = check(processes, "sleep 5", "nothing")
    assert [finding.kind for finding in found.findings] == ["checker-failed"]


def test_what_a_checker_prints_goes_nowhere(processes, capfd):
    assert list(check(processes, "print", "nothing").findings) == []
    assert "SECRET" not in "".join(capfd.readouterr())


def test_an_instance_that_cannot_be_read_is_an_error_of_its_own(processes):
    def broken():
        yield Checked(name="2.25.1", data=b"nothing")
        raise RetryLater("orthanc-anon is away")

    with pytest.raises(RetryLater):
        processes.check(PROJECT, KnownStudy(), broken())
    assert list(check(processes, "nothing").findings) == []


def test_a_project_that_does_not_load_says_so():
    made = CheckProcesses(Limits(megabytes=2048))
    with pytest.raises(ConfigurationError, match="nowhere"):
        made.check(Path("/nowhere.yaml"), KnownStudy(), iter(()))
    made.close()


def test_the_process_ends_with_its_parent(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys, time\n"
        "from pixl.flow.child import CheckProcess, Limits\n"
        "print(CheckProcess(Limits(megabytes=2048)).pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    import subprocess

    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    time.sleep(2)
    parent.kill()
    parent.wait()
    # In a container nobody may take note of its end, so that its number stays.
    assert wait_until(lambda: not is_alive(child), 60)
