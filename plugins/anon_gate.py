"""What keeps everything out of orthanc-anon that its own plugin is not storing at this moment.

Two locks, because Orthanc has two kinds of doors. No instance is kept but one that is, byte for byte, what the plugin
is storing right now, whichever way it came: upload, C-STORE, WebDAV, a job that modifies, splits or merges. And of the
REST API only what reads, finds, deletes or archives is open, because attachments and metadata are stored without being
instances; uploads are open to who knows a token that never leaves the process's memory.
"""

from __future__ import annotations

import hmac
import logging
import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from plugins.callbacks import kept

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
OWN_DOOR = "/instances"
"""Where the plugin itself uploads, and nobody else."""
TOKEN_HEADER = "pixl-own-instance"  # noqa: S105 - the header's name; the token is made anew by each process


class Gate:
    """Opens for the plugin's own instances only."""

    def __init__(self, orthanc: Any) -> None:
        self._orthanc = orthanc
        self._token = secrets.token_hex(32)
        self._lock = threading.Lock()
        self._being_stored: list[bytes] = []
        self._methods = {getattr(orthanc.HttpMethod, method): door for method, door in OPEN_DOORS.items()}

    @property
    def headers(self) -> Mapping[str, str]:
        """What a request must carry to get through the plugin's own door."""
        return {TOKEN_HEADER: self._token}

    def register(self) -> None:
        """Close the gate."""
        self._orthanc.RegisterReceivedInstanceCallback(kept(self._received))
        self._orthanc.RegisterIncomingHttpRequestFilter(kept(self._allows))

    @contextmanager
    def open_for(self, data: bytes) -> Iterator[None]:
        """Let exactly these bytes pass meanwhile."""
        with self._lock:
            self._being_stored.append(data)
        try:
            yield
        finally:
            with self._lock:
                self._being_stored.remove(data)

    def _received(self, data: bytes, _origin: int) -> tuple[int, None]:
        # Comparing is exact and costs less than a digest: other instances differ within their first bytes.
        with self._lock:
            is_own = data in self._being_stored
        if is_own:
            return self._orthanc.ReceivedInstanceAction.KEEP_AS_IS, None
        log.warning("an instance that was sent to orthanc-anon has been refused")
        return self._orthanc.ReceivedInstanceAction.DISCARD, None

    def _allows(self, uri: str, **request: Any) -> bool:
        door = self._methods.get(request["method"])
        allowed = bool(door and door.fullmatch(uri)) or self._is_own(uri, request)
        if not allowed:
            log.warning("a request that orthanc-anon does not take has been refused")
        return allowed

    def _is_own(self, uri: str, request: Mapping[str, Any]) -> bool:
        token = request["headers"].get(TOKEN_HEADER, "").encode(errors="replace")
        is_upload = request["method"] == self._orthanc.HttpMethod.POST and uri == OWN_DOOR
        return is_upload and hmac.compare_digest(token, self._token.encode())
