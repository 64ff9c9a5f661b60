"""A patient's identifiers come again with every instance: ask for them once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from pixl.domain.pseudonym import Pseudonymiser, PseudonymQuery


class CachedPseudonymiser:
    """Remembers the last `size` pseudonyms that another pseudonymiser gave. Its memory is identifiable.

    Threads may share it. What went wrong is not remembered.
    """

    def __init__(self, inner: Pseudonymiser, size: int) -> None:
        if size < 1:
            raise ValueError("a cache that remembers nothing is none")
        self._inner = inner
        self._size = size
        self._known: OrderedDict[PseudonymQuery, str] = OrderedDict()
        self._lock = threading.Lock()

    def pseudonyms(self, queries: Sequence[PseudonymQuery]) -> list[str]:
        """Return a pseudonym for each query, in their order; raises what the other pseudonymiser raises."""
        answers = self._recall(queries)
        unknown = list(dict.fromkeys(query for query, answer in zip(queries, answers, strict=True) if answer is None))
        if not unknown:
            return [answer for answer in answers if answer is not None]
        fresh = dict(zip(unknown, self._inner.pseudonyms(unknown), strict=True))
        self._remember(fresh)
        return [answer or fresh[query] for query, answer in zip(queries, answers, strict=True)]

    def _recall(self, queries: Sequence[PseudonymQuery]) -> list[str | None]:
        """Return what is known, None in the place of what is not."""
        with self._lock:
            answers = [self._known.get(query) for query in queries]
            for query, answer in zip(queries, answers, strict=True):
                if answer:
                    self._known.move_to_end(query)
        return answers

    def _remember(self, fresh: dict[PseudonymQuery, str]) -> None:
        with self._lock:
            self._known.update(fresh)
            while len(self._known) > self._size:
                self._known.popitem(last=False)
