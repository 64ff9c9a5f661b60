import errno
import subprocess
import sys

import pytest
import typer

from cli import main
from pixl.domain.errors import (
    CohortInvalid,
    ConfigurationError,
    PixlError,
    RetryLater,
    ServiceUnavailable,
    StudyFailed,
)

STACK = {"up", "down", "status", "logs", "doctor"}


def run(*arguments, **env):
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "200", **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [(ConfigurationError, 2), (CohortInvalid, 2), (ServiceUnavailable, 3), (RetryLater, 3), (StudyFailed, 1)],
)
def test_the_class_of_an_error_decides_the_exit_code(error, code):
    assert main.exit_code(error()) == code


def test_every_error_has_an_exit_code_that_is_not_success():
    kinds = [PixlError, *PixlError.__subclasses__()]
    assert all(main.exit_code(kind()) in {1, 2, 3} for kind in kinds)


def test_the_commands_of_the_stack_are_at_the_root():
    assert typer.main.get_command(main.build()).commands.keys() >= STACK


def test_an_error_is_one_line_that_says_what_to_do_and_no_traceback(tmp_path):
    (tmp_path / "pixl.env").write_text("nonsense\n")
    done = run("status", PIXL_DATA=str(tmp_path))
    assert done.returncode == 2
    assert "pixl.env line 1" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_unknown_command_is_wrong_use():
    assert run("teleport").returncode == 2


def test_a_crash_does_not_show_the_values_of_variables():
    assert main.build().pretty_exceptions_enable is False


def test_a_full_disk_is_said_in_one_line(monkeypatch, capsys):
    def full():
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(main, "build", lambda: full)
    with pytest.raises(SystemExit) as stopped:
        main.main()
    assert stopped.value.code == 2
    assert "the disk is full" in capsys.readouterr().err


def test_a_refusal_of_the_system_that_nobody_foresaw_is_seen_whole(monkeypatch):
    def broken():
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(main, "build", lambda: broken)
    with pytest.raises(OSError, match="Bad file"):
        main.main()
