"""What a command says that needs the stack, or a file, that is not there."""

from __future__ import annotations

import subprocess
import sys

import pytest

NEEDS_THE_LEDGER = [
    ("review", "list"),
    ("report", "demo"),
    ("block", "list"),
    ("console", "user", "list"),
]


def run(data, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "200", "PIXL_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("words", NEEDS_THE_LEDGER, ids=" ".join)
def test_where_pixl_was_never_started_every_command_says_so(tmp_path, words):
    done = run(tmp_path / "none", *words)
    assert done.returncode == 2
    assert "run `pixl up` first" in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_notifications_file_that_is_not_there_is_said(tmp_path):
    done = run(tmp_path, "notify", "test")
    assert done.returncode == 2
    assert f"there is no {tmp_path / 'notifications.yaml'}" in done.stderr
    assert "is not there" in run(tmp_path, "notify", "list").stdout


def test_a_notifications_file_without_channels_is_said(tmp_path):
    (tmp_path / "notifications.yaml").write_text("channels: {}\n")
    assert "has no channel" in run(tmp_path, "notify", "test").stderr
    assert "has no channels" in run(tmp_path, "notify", "list").stdout
