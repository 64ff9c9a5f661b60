"""What keeps everything out of orthanc-anon that its own plugin is not storing at this moment.

Two locks, because Orthanc has two kinds of doors. No instance is kept but those of a thread that the plugin has
marked, whichever way it came: upload, C-STORE, WebDAV, a job that modifies, splits or merges. And of the REST API only
what reads, finds, deletes or archives is open, because attachments and metadata are stored without being instances.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

log = logging.getLogger("pixl.plugins.gate")

ID = r"[^/]+"
OPEN_DOORS: dict[str, re.Pattern[str]] = {
    "GET": re.compile(r".*"),
    "DELETE": re.compile(rf"/(patients|studies|series|instances|queries)/{ID}"),
    "POST": re.compile(
        r"/pixl/deidentify"
        r"|/tools/(find|lookup|count-resources|create-archive|create-media)"
        rf"|/(patients|studies|series)/{ID}/(archive|media)"
        rf"|/jobs/{ID}/(cancel|pause|resume|resubmit)"
    ),
}
"""Method -> the whole path. What is not here is refused."""


class Gate:
    """Opens for the plugin's own instances only."""

    def __init__(self, orthanc: Any) -> None:
        self._orthanc = orthanc
        self._mark = threading.local()
        self._methods = {getattr(orthanc.HttpMethod, method): door for method, door in OPEN_DOORS.items()}

    def register(self) -> None:
        """Close the gate."""
        self._orthanc.RegisterReceivedInstanceCallback(self._received)
        self._orthanc.RegisterIncomingHttpRequestFilter(self._allows)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Let pass what this thread stores."""
        self._mark.mine = True
        try:
            yield
        finally:
            self._mark.mine = False

    def _received(self, _data: bytes, _origin: int) -> tuple[int, None]:
        if getattr(self._mark, "mine", False):
            return self._orthanc.ReceivedInstanceAction.KEEP_AS_IS, None
        log.warning("an instance that was sent to orthanc-anon has been refused")
        return self._orthanc.ReceivedInstanceAction.DISCARD, None

    def _allows(self, uri: str, **request: Any) -> bool:
        door = self._methods.get(request["method"])
        allowed = bool(door and door.fullmatch(uri))
        if not allowed:
            log.warning("a request that orthanc-anon does not take has been refused")
        return allowed
