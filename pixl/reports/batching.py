"""Look-ups of many workers become few queries, at the pace that the source allows."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from pixl.domain.errors import PixlError, RetryLater
from pixl.domain.report import ReportKey, SourceReport

STOP_SECONDS = 3.0
"""How long a stop waits for a query that runs."""


class Source(Protocol):
    """Where reports come from."""

    def find(self, keys: Sequence[ReportKey]) -> dict[ReportKey, SourceReport]:
        """Return what there is; a key without a report is not in it.

        Raises
        ------
        RetryLater
            It did not answer, or not in time.
        ConfigurationError
            It refuses: password, query, a column.
        """
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


class Batched:
    """Asks a source for what several threads want in one query; one query at a time."""

    def __init__(self, source: Source, *, size: int, per_minute: float | None = None) -> None:
        self._source, self._size, self._per_minute = source, size, per_minute
        self._waiting: list[tuple[ReportKey, Future[SourceReport | None]]] = []
        self._list = threading.Lock()
        self._turn = threading.Lock()
        self._next_at = 0.0
        self._stopping = threading.Event()

    def find(self, key: ReportKey) -> SourceReport | None:
        """Return the report of a key, or None; raises as `Source.find` does."""
        mine: Future[SourceReport | None] = Future()
        with self._list:
            self._waiting.append((key, mine))
        while not mine.done():
            with self._turn:
                if not mine.done():
                    self._ask()
        return mine.result()

    def close(self) -> None:
        """Let what waits go, and close the source."""
        self._stopping.set()
        if self._turn.acquire(timeout=STOP_SECONDS):
            self._source.close()
            self._turn.release()

    def _ask(self) -> None:
        self._keep_pace()
        with self._list:
            some, self._waiting = self._waiting[: self._size], self._waiting[self._size :]
        try:
            found = self._found([key for key, _ in some])
        except PixlError as error:
            for _, waiting in some:
                waiting.set_exception(type(error)(str(error)))
        except BaseException as error:
            for _, waiting in some:
                waiting.set_exception(error)
            raise
        else:
            for key, waiting in some:
                waiting.set_result(found.get(key))
        if self._per_minute:
            self._next_at = max(self._next_at, time.monotonic()) + len(some) * 60 / self._per_minute

    def _found(self, keys: Sequence[ReportKey]) -> dict[ReportKey, SourceReport]:
        if self._stopping.is_set():
            raise RetryLater("the process was stopped while a report waited for its turn")
        return self._source.find(list(dict.fromkeys(keys)))

    def _keep_pace(self) -> None:
        pause = self._next_at - time.monotonic()
        if pause > 0:
            self._stopping.wait(pause)
