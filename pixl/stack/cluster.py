"""The Postgres cluster as files and processes.

Postgres refuses to run as root. Started by root it runs as the user `postgres`, and it reaches its folder through a
descriptor that root has opened for it (`/proc/self/fd/N`): so the data folder can stay closed to everybody else, also
when it lies below root's home.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

from pixl.domain.errors import ConfigurationError
from pixl.stack import processes
from pixl.stack.layout import PRIVATE_FOLDER

BINARIES = Path("/usr/lib/postgresql")
"""Where Debian keeps the server's programs, one folder a version."""
VERSION_FILE = "PG_VERSION"
FAST_SHUTDOWN = signal.SIGINT
STOP_SECONDS = 60.0
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
"""All that Postgres gets of the environment, which may hold the secret store's credentials."""


def binaries(version: str = "") -> Path:
    """Return the folder of the Postgres server's programs: those of a major `version`, or the newest.

    Raises
    ------
    ConfigurationError
        They are not installed.
    """
    folders = [folder for folder in BINARIES.glob(f"{version or '*'}/bin") if (folder / "initdb").is_file()]
    if folders:
        return max(folders, key=lambda folder: tuple(map(int, re.findall(r"\d+", folder.parent.name))))
    found = shutil.which("postgres")
    if version and not found:
        raise ConfigurationError(
            f"this database was made by Postgres {version}, which is not installed: `apt-get install "
            f"postgresql-{version}`, or make a new one from a backup"
        )
    if not found:
        raise ConfigurationError("Postgres' server is not installed: run `make setup`, or `apt-get install postgresql`")
    return Path(found).resolve().parent


def version_of(folder: Path) -> str:
    """Return the major version of Postgres that made the cluster; another one cannot read it."""
    return (folder / VERSION_FILE).read_text(encoding="utf-8").strip()


def owner() -> pwd.struct_passwd:
    """Return who runs Postgres: the user of this process or, as root must not, `postgres` or `nobody`."""
    if os.geteuid():
        return pwd.getpwuid(os.geteuid())
    users = {user.pw_name: user for user in pwd.getpwall()}
    if not users.keys() & {"postgres", "nobody"}:
        raise ConfigurationError("Postgres does not run as root and there is no user `postgres`: add one, with adduser")
    return users.get("postgres") or users["nobody"]


def create(folder: Path, password: str) -> None:
    """Make the cluster with `postgres` as its administrator, unless it is there already.

    Raises
    ------
    ConfigurationError
        It could not be made; the message is initdb's.
    """
    if (folder / VERSION_FILE).is_file():
        return
    # Renamed when complete: an initdb that was killed leaves no half of a cluster that looks like one.
    partial = folder.with_name(f"{folder.name}.partial")
    if partial.exists():
        shutil.rmtree(partial)
    done = _run_initdb(partial, password)
    if done.returncode:
        raise ConfigurationError(f"Postgres' cluster could not be made in {folder}: {done.stderr.strip()}")
    try:
        partial.rename(folder)
    except OSError:
        raise ConfigurationError(f"{folder} holds files but no Postgres cluster: move them away") from None


def open_folder(folder: Path, user: pwd.struct_passwd) -> int:
    """Open the cluster's folder so that a program run as `user` can reach it by the descriptor."""
    folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    if not os.geteuid():
        os.chown(folder, user.pw_uid, user.pw_gid)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    os.set_inheritable(descriptor, True)  # noqa: FBT003 - the standard library's signature
    return descriptor


def become(user: pwd.struct_passwd) -> None:
    """Give up being root for good."""
    if os.geteuid():
        return
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def end_leftovers(folder: Path) -> None:
    """End what still runs on the cluster after its parent was killed, and remove the pid file that nobody owns."""

    def at_work() -> list[int]:
        return processes.working_in(folder)

    postmaster = _postmaster(folder)
    if postmaster in at_work():
        processes.stop(lambda: [postmaster] if processes.is_alive(postmaster) else [], FAST_SHUTDOWN, STOP_SECONDS)
    # Its children see by themselves that it is gone, all but one in the middle of a long query.
    if not processes.wait_until(lambda: not at_work(), 5):
        processes.stop(at_work, signal.SIGQUIT, 5)
    (folder / "postmaster.pid").unlink(missing_ok=True)


def _run_initdb(folder: Path, password: str) -> subprocess.CompletedProcess[str]:
    user = owner()
    descriptor = open_folder(folder, user)
    secret = _in_memory(password, user)
    choices = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions")
    command = [str(binaries() / "initdb"), "-D", _path(descriptor), "-U", "postgres", f"--pwfile={_path(secret)}"]
    try:
        return subprocess.run(
            [*command, *choices],
            pass_fds=(descriptor, secret),
            env=ENVIRONMENT,
            cwd="/",
            check=False,
            capture_output=True,
            text=True,
            **_identity(user),
        )
    finally:
        os.close(descriptor)
        os.close(secret)


def _path(descriptor: int) -> str:
    return f"/proc/self/fd/{descriptor}"


def _identity(user: pwd.struct_passwd) -> dict[str, Any]:
    return {} if os.geteuid() else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _in_memory(text: str, user: pwd.struct_passwd) -> int:
    """Return the descriptor of a file that is on no disk and that only `user` can read."""
    descriptor = os.memfd_create("password")
    os.write(descriptor, text.encode() + b"\n")
    if not os.geteuid():
        os.fchown(descriptor, user.pw_uid, user.pw_gid)
    return descriptor


def _postmaster(folder: Path) -> int:
    try:
        return int((folder / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return 0
