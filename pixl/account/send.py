"""Sends the report of an extract to where its tables went, and says there when the extract is complete."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pixl.account.account import Account
from pixl.account.write import FILES
from pixl.domain.destination import Destination

READY = "READY"
CHUNK = 1 << 20


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
        destination.put(_Chunks(folder / file), name)
    if account.is_final:
        destination.put([f"{account.equation}\n".encode()], f"{base}/{READY}")
        names.append(f"{base}/{READY}")
    return names


class _Chunks:
    """A file's content, from its start each time that it is asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
