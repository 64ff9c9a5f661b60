"""Fewer questions to a store in the network."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from pixl.domain.secret import SecretStore


class CachedStore:
    """Keeps what another store gave for a bounded time. What went wrong is never kept."""

    def __init__(self, inner: SecretStore, *, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._inner = inner
        self._seconds = seconds
        self._clock = clock
        self._kept: dict[str, tuple[float, bytes]] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> bytes:
        """Return the secret called `name`; raises what the other store raises."""
        now = self._clock()
        with self._lock:
            until, value = self._kept.get(name, (now, b""))
        if until > now:
            return value
        value = self._inner.get(name)
        with self._lock:
            self._kept[name] = (now + self._seconds, value)
        return value
