"""Sends the report of an extract to where its tables went, and says there whether the extract is complete."""

from __future__ import annotations

from pathlib import Path

from pixl.account.account import Account
from pixl.account.write import FILES
from pixl.chunks import FileChunks
from pixl.domain.destination import Destination
from pixl.domain.study import ExtractId

READY = "READY"


def send_report(account: Account, folder: Path, destination: Destination) -> list[str]:
    """Send the files of a report; return their names.

    Only a report without values may be sent.

    Raises
    ------
    RetryLater, ConfigurationError
        As `Destination.put` does. What has arrived stays.
    """
    base = f"{account.extract.project}/{account.extract.slug}"
    names = [f"{base}/report/{file}" for file in FILES]
    for file, name in zip(FILES, names, strict=True):
        destination.put(FileChunks(folder / file), name)
    return names


def ready_name(extract: ExtractId) -> str:
    """Return what the file is called that says that an extract is complete."""
    return f"{extract.project}/{extract.slug}/{READY}"


def write_ready(account: Account, version: str, destination: Destination) -> None:
    """Say that an extract is complete: the sum, and the version of the extract of which that is said."""
    destination.put([f"{account.equation}\nversion {version}\n".encode()], ready_name(account.extract))


def remove_ready(extract: ExtractId, destination: Destination) -> None:
    """Say no longer that an extract is complete."""
    destination.remove(ready_name(extract))
