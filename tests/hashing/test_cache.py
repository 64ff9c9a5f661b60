from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from pixl.domain.errors import RetryLater
from pixl.domain.pseudonym import PseudonymKind, PseudonymQuery
from pixl.hashing import CachedPseudonymiser, KeyedPseudonymiser


class Counting:
    """The pure one, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[PseudonymQuery] = []
        self.away = False
        self.inner = KeyedPseudonymiser(b"k" * 32)

    def pseudonyms(self, queries: Sequence[PseudonymQuery]) -> list[str]:
        if self.away:
            raise RetryLater
        self.asked += queries
        return self.inner.pseudonyms(queries)


def queries(*values: str) -> list[PseudonymQuery]:
    return [PseudonymQuery(value=value) for value in values]


def test_a_value_is_asked_once() -> None:
    inner = Counting()
    cached = CachedPseudonymiser(inner, 10)
    assert cached.pseudonyms(queries("a", "b", "a")) == inner.inner.pseudonyms(queries("a", "b", "a"))
    assert cached.pseudonyms(queries("b", "c")) == inner.inner.pseudonyms(queries("b", "c"))
    assert inner.asked == queries("a", "b", "c")


def test_kind_and_length_are_part_of_what_is_remembered() -> None:
    cached = CachedPseudonymiser(Counting(), 10)
    answers = cached.pseudonyms(
        [
            PseudonymQuery(value="a"),
            PseudonymQuery(value="a", length=8),
            PseudonymQuery(value="a", kind=PseudonymKind.UID),
            PseudonymQuery(value="a", kind=PseudonymKind.SHIFT),
        ]
    )
    assert len(set(answers)) == 4


def test_the_value_not_used_for_longest_is_forgotten_first() -> None:
    inner = Counting()
    cached = CachedPseudonymiser(inner, 2)
    for value in ("a", "b", "a", "c", "a", "b"):
        cached.pseudonyms(queries(value))
    assert inner.asked == queries("a", "b", "c", "b")


def test_more_values_at_once_than_it_remembers_are_all_answered() -> None:
    cached = CachedPseudonymiser(Counting(), 2)
    assert len(set(cached.pseudonyms(queries(*"abcdef")))) == 6


def test_a_failure_is_not_remembered() -> None:
    inner = Counting()
    cached = CachedPseudonymiser(inner, 10)
    inner.away = True
    with pytest.raises(RetryLater):
        cached.pseudonyms(queries("a"))
    inner.away = False
    assert cached.pseudonyms(queries("a")) == inner.inner.pseudonyms(queries("a"))


def test_an_inner_pseudonymiser_that_answers_too_little_is_not_believed() -> None:
    class Short:
        def pseudonyms(self, queries: Sequence[PseudonymQuery]) -> list[str]:
            return ["0" * 64]

    with pytest.raises(ValueError, match="shorter"):
        CachedPseudonymiser(Short(), 10).pseudonyms(queries("a", "b"))


def test_a_size_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="remembers nothing"):
        CachedPseudonymiser(Counting(), 0)


def test_threads_get_what_one_alone_would_get() -> None:
    inner = KeyedPseudonymiser(b"k" * 32)
    cached = CachedPseudonymiser(inner, 5)
    wrong = []

    def ask(first: int) -> None:
        for i in range(first, first + 300):
            some = queries(*(str(j % 12) for j in range(i, i + 4)))
            if cached.pseudonyms(some) != inner.pseudonyms(some):
                wrong.append(i)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
