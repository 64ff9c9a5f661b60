"""`scripts/setup` on machines that lack something: what it says, and that it leaves nothing half made."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = ("bash", "dirname", "mktemp", "rm", "tail", "env", "tee", "chmod")


@pytest.fixture
def checkout(tmp_path):
    """A checkout with spaces in its path, and a PATH with what every machine has and nothing else."""
    folder = tmp_path / "my work" / "pixl"
    (folder / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "setup", folder / "scripts" / "setup")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in TOOLS:
        (programs / name).symlink_to(shutil.which(name))
    stand_in(programs, "id", "echo 1000")
    stand_in(programs, "dpkg-query", "exit 1")
    stand_in(programs, "apt-get", "echo apt-get ran >&2; exit 1")
    return folder


def stand_in(programs, name, text):
    path = programs / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def setup(checkout, *arguments):
    return subprocess.run(
        [checkout / "scripts" / "setup", *arguments],
        env={"PATH": str(checkout.parents[1] / "bin"), "TMPDIR": str(checkout.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_root_and_sudo_it_says_which_packages_are_missing_and_what_root_has_to_run(checkout):
    done = setup(checkout)
    assert done.returncode == 2
    assert "missing: orthanc orthanc-python postgresql" in done.stderr
    assert "chromium" not in done.stderr
    assert f"{str(checkout).replace(' ', chr(92) + ' ')}/scripts/setup packages\n" in done.stderr
    assert "apt-get ran" not in done.stderr


def test_for_the_tests_root_has_to_install_what_only_they_need_as_well(checkout):
    done = setup(checkout, "tests")
    assert "chromium" in done.stderr
    assert "/scripts/setup packages tests\n" in done.stderr


def test_what_apt_get_says_is_shown_where_it_fails(checkout):
    stand_in(checkout.parents[1] / "bin", "sudo", 'case "$1" in tee) cat >/dev/null ;; env) shift 2; "$@" ;; esac')
    done = setup(checkout, "packages")
    assert done.returncode == 2
    assert "apt-get ran" in done.stderr
    assert "apt-get did not install the packages" in done.stderr


def test_an_argument_it_does_not_know_is_refused(checkout):
    done = setup(checkout, "test")
    assert done.returncode == 2
    assert "`tests` and `packages`, not `test`" in done.stderr


def test_a_virtual_environment_of_another_user_is_left_alone(checkout):
    programs = checkout.parents[1] / "bin"
    stand_in(programs, "dpkg-query", "printf installed")
    for name in ("grep", "stat"):
        (programs / name).symlink_to(shutil.which(name))
    if os.geteuid():
        (checkout / ".venv").symlink_to("/")
    else:
        (checkout / ".venv").mkdir()
        os.chown(checkout / ".venv", 12345, 12345)
    done = setup(checkout)
    assert done.returncode == 2
    assert "not to you: have it removed" in done.stderr


def test_it_leaves_no_file_of_its_own(checkout):
    setup(checkout)
    assert list(checkout.parents[1].glob("tmp.*")) == []
