"""Follows orthanc-raw's change log, so that each stable study is told of, whatever was killed or away meanwhile.

Orthanc's own callbacks only wake the thread: a callback that is lost with its process loses nothing here.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time

from pixl.domain.errors import PixlError
from pixl.orthanc import Change, NotStored
from plugins.raw_desk import Desk
from plugins.raw_keeper import Keeper
from plugins.raw_store import RawStore, key_of
from plugins.rest import where_it_broke

log = logging.getLogger("pixl.plugins.follower")

PAGE = 500
POLL_SECONDS = 5.0
SWEEP_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
SLACK = dt.timedelta(seconds=30)
"""Orthanc looks for what has become stable every now and then, not at the very moment."""
ARRIVALS = frozenset({"NewInstance", "NewSeries", "NewStudy"})


class Follower(threading.Thread):
    """A thread that tells the desk of stable studies and lets the keeper protect new ones."""

    def __init__(
        self, *, store: RawStore, desk: Desk, keeper: Keeper, stable_seconds: int, sweep_seconds: float = SWEEP_SECONDS
    ) -> None:
        super().__init__(name="follower", daemon=True)
        self._store = store
        self._desk = desk
        self._keeper = keeper
        self._stable_seconds = stable_seconds
        self._sweep_seconds = sweep_seconds
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._told = -1
        self._seen = -1
        self._unfinished: set[str] = set()
        self._unfinished_due = 0.0
        self._sweep_due = 0.0

    def wake(self) -> None:
        """Have a look now."""
        self._wake.set()

    def end(self) -> None:
        """Stop soon."""
        self._ending.set()
        self._wake.set()

    def run(self) -> None:
        """Follow until `end`."""
        pause = FIRST_PAUSE_SECONDS
        while not self._ending.is_set():
            try:
                self._round()
            except PixlError as error:
                log.warning("cannot follow orthanc-raw's changes now, trying again in %.1f s: %s", pause, error)
                self._ending.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            except Exception as bug:  # noqa: BLE001 - the thread's outermost loop: a bug must not end it unseen
                log.critical("following orthanc-raw's changes broke: %s", where_it_broke(bug))
                self._ending.wait(LONGEST_PAUSE_SECONDS)
            else:
                pause = FIRST_PAUSE_SECONDS
                self._wake.wait(POLL_SECONDS)

    def _round(self) -> None:
        self._wake.clear()
        if self._seen < 0:
            self._look_back()
        self._protect_new()
        self._tell()
        self._tell_unfinished()
        if time.monotonic() >= self._sweep_due:
            self._sweep_due = time.monotonic() + self._sweep_seconds
            self._keeper.sweep()

    # What was under way when this Orthanc, or the one before it, ended

    def _look_back(self) -> None:
        last = self._store.last_change()
        self._unfinished = self._studies_that_never_became_stable(last)
        self._unfinished_due = time.monotonic() + self._stable_seconds
        self._seen = last
        for study in self._unfinished:
            self._protect(study)

    def _studies_that_never_became_stable(self, last: int) -> set[str]:
        """Orthanc forgets which studies it waits for when it ends; its log tells what came just before."""
        arrived: dict[str, int] = {}
        stable: dict[str, int] = {}
        for change in self._last_moments(last):
            if change.kind == "StableStudy":
                stable[change.orthanc_id] = change.sequence
            elif change.kind in ARRIVALS and (study := self._study_of(change)):
                arrived[study] = change.sequence
        return {study for study, sequence in arrived.items() if stable.get(study, 0) < sequence}

    def _last_moments(self, last: int) -> list[Change]:
        """Return the changes since shortly before the newest: what came earlier has become stable, or would have."""
        changes: list[Change] = []
        since = last
        while since > 0:
            upto, since = since, max(0, since - PAGE)
            page = [change for change in self._store.changes(since, PAGE).changes if change.sequence <= upto]
            changes = [*page, *changes]
            if page and page[0].at < changes[-1].at - dt.timedelta(seconds=self._stable_seconds) - SLACK:
                break
        return changes

    def _study_of(self, change: Change) -> str | None:
        """Return the study a new instance or study belongs to; a new series comes with a new instance."""
        try:
            if change.kind == "NewInstance":
                return self._store.study_of_instance(change.orthanc_id)
        except NotStored:
            return None
        return change.orthanc_id if change.kind == "NewStudy" else None

    def _tell_unfinished(self) -> None:
        if not self._unfinished or time.monotonic() < self._unfinished_due:
            return
        for study in sorted(self._unfinished):
            # What goes on arriving becomes stable by itself.
            self._tell_of(study, self._told, only_if_stable=True)
            self._unfinished.discard(study)

    # What is new

    def _protect_new(self) -> None:
        """Protect what arrives, also while the ledger is away and nothing can be told."""
        done = False
        while not done and not self._ending.is_set():
            page = self._store.changes(self._seen, PAGE)
            for change in page.changes:
                if change.kind == "NewStudy":
                    self._protect(change.orthanc_id)
            self._seen, done = page.last, page.done

    def _protect(self, study: str) -> None:
        try:
            self._keeper.keep_if_needed(self._store.study(study))
        except NotStored:
            log.info("a study left orthanc-raw before it could be protected")

    def _tell(self) -> None:
        """Tell of each stable study since the desk's cursor, in their order."""
        if self._told < 0:
            self._told = self._where_to_begin()
        done = False
        while not done and not self._ending.is_set():
            page = self._store.changes(self._told, PAGE)
            for change in page.changes:
                if change.kind == "StableStudy":
                    self._tell_of(change.orthanc_id, change.sequence)
                self._told = change.sequence
            self._told, done = max(self._told, page.last), page.done

    def _where_to_begin(self) -> int:
        cursor = self._desk.cursor()
        if cursor > self._store.last_change():
            log.warning("orthanc-raw's change log is younger than the ledger's cursor: reading it from its beginning")
            return 0
        return cursor

    def _tell_of(self, orthanc_id: str, cursor: int, *, only_if_stable: bool = False) -> None:
        try:
            study = self._store.study(orthanc_id)
        except NotStored:
            return
        if study.is_stable or not only_if_stable:
            self._desk.study_arrived(**key_of(study), cursor=cursor)
