"""Writes the file READY of an extract, and takes it back as soon as more is asked for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from pixl.account import Account, ready_name, remove_ready, write_ready
from pixl.domain.destination import Destination
from pixl.domain.errors import PixlError, RetryLater
from pixl.domain.study import ExtractId
from pixl.ledger import Marker, Markers

log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0


class Ready:
    """Keeps READY at destinations true. What is there, and of which version, is in the ledger.

    It looks at how things are, not at what changes them, so no way of asking for more can be forgotten here.
    """

    def __init__(self, markers: Markers, destination: Callable[[str], Destination]) -> None:
        self._markers, self._destination = markers, destination

    def settle(self, account: Account, name: str, version: str) -> list[str]:
        """After an export, write READY if all is at its end and was when it began; else remove it. Return its name.

        Parameters
        ----------
        version
            Of the extract, from before its tables were made.

        Raises
        ------
        RetryLater, ConfigurationError
            As the destination does.
        """
        marker, destination = Marker(extract=account.extract, destination=name), self._destination(name)
        with self._markers.alone(account.extract):
            if not account.is_final or self._markers.version(account.extract) != version:
                self._remove(marker, destination)
                return []
            self._markers.note(marker, version)
            write_ready(account, version, destination)
        return [ready_name(account.extract)]

    def withdraw(self, extract: ExtractId | None = None) -> int:
        """Remove every READY, or those of one extract, that is not true any more; return how many.

        Raises
        ------
        RetryLater, ConfigurationError
            As the destination does; the ledger keeps what is left to do.
        """
        stale = self._markers.stale(extract)
        for marker in stale:
            self._withdraw(marker)
        return len(stale)

    def look(self) -> None:
        """Withdraw what is not true any more. A destination that fails keeps no other waiting."""
        for marker in self._markers.stale():
            try:
                self._withdraw(marker)
            except PixlError as error:
                extract = marker.extract
                log.warning(
                    "READY of %s %s is still there, though more is asked for: %s", extract.project, extract.slug, error
                )

    def _withdraw(self, marker: Marker) -> None:
        with self._markers.alone(marker.extract):
            if marker in self._markers.stale(marker.extract):  # nobody has written or removed it while we waited
                self._remove(marker, self._destination(marker.destination))
                log.info("READY of %s %s was taken back", marker.extract.project, marker.extract.slug)

    def _remove(self, marker: Marker, destination: Destination) -> None:
        remove_ready(marker.extract, destination)
        self._markers.forget(marker)


async def watch_ready(ready: Ready) -> None:
    """Look twice a minute, until cancelled: what could not be removed is tried again then."""
    while True:
        try:
            await asyncio.to_thread(ready.look)
        except RetryLater as error:
            log.info("whether READY is still true could not be seen: %s", error)
        await asyncio.sleep(LOOK_SECONDS)
