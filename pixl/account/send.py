"""Sends the report of an extract to where its tables went, and says there when the extract is complete."""

from __future__ import annotations

from pathlib import Path

from pixl.account.account import Account
from pixl.account.write import FILES
from pixl.chunks import FileChunks
from pixl.domain.destination import Destination

READY = "READY"


def send_report(account: Account, folder: Path, destination: Destination) -> list[str]:
    """Send the files of a report; if the extract is complete, a file `READY` last. Return the names of all.

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
    if account.is_final:
        destination.put([f"{account.equation}\n".encode()], f"{base}/{READY}")
        names.append(f"{base}/{READY}")
    return names
