"""Which series are remembered: the last ones that had more than one image."""

from __future__ import annotations

from pixl.deid.common import Common, Known, Treated, learn
from pixl.deid.record import Deidentified
from pixl.dicom.part10 import Part10
from pixl.domain.pseudonym import Pseudonymiser

MOST_SERIES = 8
MOST_TRIES = 8
"""Of learning what a series has in common, before it is taken for one whose images have nothing."""
MOST_KNOWN = 1024
MOST_ELEMENTS = 4096
"""Of at most 4 KiB each."""


class Memory:
    """What series have in common. Threads may share it: what one forgets of another's costs a walk, nothing else."""

    def __init__(self) -> None:
        self._series: tuple[Common, ...] = ()
        self._tries: dict[str, int] = {}
        self._own: frozenset[bytes] = frozenset()
        self._known: Known = {}
        self._is_worth_it = False

    def recall(self, file: Part10, pseudonymiser: Pseudonymiser) -> Deidentified | None:
        """Return what becomes of an image of a remembered series, None if it is none.

        Raises
        ------
        RetryLater
            The pseudonymiser gave no answer.
        """
        for common in self._series:
            done = common.recall(file, pseudonymiser)
            if done:
                self._own, self._is_worth_it = common.own, True
                return done
        return None

    def note(self, treated: Treated, pseudonymiser: Pseudonymiser) -> None:
        """Take note of an instance that was walked whole, and learn what its series is like.

        The first of a series teaches only if the series before had more than a few images: learning costs more than
        a walk.
        """
        series = treated.done.record.series_uid
        tries = self._tries.get(series, 0)
        if len(self._tries) > MOST_KNOWN:
            self._tries = {}
        self._tries[series] = tries + 1
        if tries > MOST_TRIES or not (tries or self._is_worth_it):
            return
        for common in self._series:
            if common.series_uid == series and (finer := common.refined(treated.file)):
                self._put(finer, treated, pseudonymiser, instead_of=common)
                return
        self._is_worth_it = False
        if sum(map(len, tuple(self._known.values()))) > MOST_ELEMENTS:
            self._known = {}
        if learnt := learn(treated, self._own, self._known):
            self._put(learnt, treated, pseudonymiser)

    def _put(
        self, new: Common, treated: Treated, pseudonymiser: Pseudonymiser, instead_of: Common | None = None
    ) -> None:
        """Remember something, if it makes of an instance what the walk made of it."""
        others = tuple(common for common in self._series if common is not instead_of)
        done, right = new.recall(treated.file, pseudonymiser), treated.done
        if done and done.data == right.data and done.record == right.record:
            others = (new, *others)
        self._series = others[:MOST_SERIES]
