"""The ports of a deployment: finding free ones, and seeing which are taken before anything starts."""

from __future__ import annotations

import dataclasses
import random
import socket
from pathlib import Path

from pixl.domain.errors import ConfigurationError
from pixl.settings import PORT_NAMES, SETTINGS_FILE, Ports, Settings, read_settings_file

# Below the range from which Linux takes the ports of outgoing connections: one found free here stays so.
CANDIDATES = range(15000, 32000)


def variable(port_name: str) -> str:
    """Return the name of the setting of a port, such as `PIXL_RAW_HTTP_PORT`."""
    return f"PIXL_{port_name.upper()}_PORT"


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen on `port`, also on all of the machine's addresses as Orthanc does."""
    return all(_can_bind(address, port) for address in {host, "0.0.0.0"})  # noqa: S104 - tried, not listened on


def free_port(host: str = "127.0.0.1", taken: frozenset[int] = frozenset()) -> int:
    """Return a port nobody listens on.

    Raises
    ------
    ConfigurationError
        There is none.
    """
    for port in random.sample(CANDIDATES, k=len(CANDIDATES)):
        if port not in taken and is_free(host, port):
            return port
    raise ConfigurationError(f"no free port between {CANDIDATES.start} and {CANDIDATES.stop}")


def free_ports(host: str = "127.0.0.1") -> Ports:
    """Return a free port for each process of a stack."""
    found: dict[str, int] = {}
    for name in PORT_NAMES:
        found[name] = free_port(host, frozenset(found.values()))
    return Ports(**found)


def keep_free_ports(data: Path, host: str) -> None:
    """Write free ports into the data folder's `pixl.env`, for those that it does not name yet."""
    path = data / SETTINGS_FILE
    named = read_settings_file(path)
    found = dataclasses.asdict(free_ports(host))
    lines = [f"{variable(name)}={port}\n" for name, port in found.items() if variable(name) not in named]
    if lines:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(lines)


def refuse_taken_ports(settings: Settings) -> None:
    """Raise `ConfigurationError` with the port and its setting when one is taken, or given twice."""
    if not _can_bind(settings.host, 0):
        raise ConfigurationError(f"PIXL_HOST is {settings.host}, which is no address of this machine")
    seen: dict[int, str] = {}
    for name, port in dataclasses.asdict(settings.ports).items():
        if port in seen:
            raise ConfigurationError(f"{variable(name)} and {variable(seen[port])} are both {port}: change one of them")
        seen[port] = name
        if not is_free(settings.host, port):
            raise ConfigurationError(
                f"port {port} is taken by another program: end that program, or set {variable(name)} to another port, "
                f"in the environment or in {settings.data / SETTINGS_FILE}; `pixl up --free-ports` finds free ones"
            )


def _can_bind(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the servers do: a connection that has just been closed does not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True
