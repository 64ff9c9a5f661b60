"""`python -m pixl.stack.run_postgres FOLDER HOST PORT`: what the supervisor starts, and again after a crash.

It ends what a killed Postgres left behind, stops being root and becomes Postgres.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pixl.stack import cluster


def main(folder: Path, host: str, port: int) -> None:
    """Replace this process by the Postgres server."""
    cluster.end_leftovers(folder)
    user = cluster.owner()
    program = str(cluster.binaries(cluster.version_of(folder)) / "postgres")
    place = f"/proc/self/fd/{cluster.open_folder(folder, user)}"
    os.chdir("/")
    cluster.become(user)
    os.execve(program, [program, "-D", place, *options(host, port)], cluster.ENVIRONMENT)  # noqa: S606 - no shell


def options(host: str, port: int) -> list[str]:
    """Return Postgres' settings as command line options, so that they hold whatever the cluster's files say."""
    values = {
        "listen_addresses": host,
        "port": str(port),
        # Nobody needs the local socket; a password is asked for on the loopback address.
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
        # An error's details and its statement may hold the values of a row: they are told to the client only.
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_statement": "none",
    }
    return [part for name, value in values.items() for part in ("-c", f"{name}={value}")]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
