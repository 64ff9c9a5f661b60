"""Asks for pseudonyms, and takes nothing else for one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pixl.domain.errors import RetryLater
from pixl.domain.pseudonym import Pseudonymiser, PseudonymKind, PseudonymQuery

ANSWERS = {
    PseudonymKind.HASH: re.compile(r"[0-9a-f]{2,64}").fullmatch,
    PseudonymKind.UID: re.compile(r"2\.25\.(0|[1-9]\d{0,38})").fullmatch,
    PseudonymKind.SHIFT: re.compile(r"0|[1-9]\d{0,19}").fullmatch,
}


def ask(pseudonymiser: Pseudonymiser, queries: Sequence[PseudonymQuery]) -> list[str]:
    """Return a pseudonym for each query, in their order.

    Raises
    ------
    RetryLater
        There was no answer, or one that is no pseudonym.
    """
    if not queries:
        return []
    pseudonyms = list(pseudonymiser.pseudonyms(queries))
    if len(pseudonyms) != len(queries) or not all(map(_is_answer, queries, pseudonyms)):
        raise RetryLater("the pseudonymiser did not answer every question with a pseudonym")
    return pseudonyms


def _is_answer(query: PseudonymQuery, answer: str) -> bool:
    """Whether an answer looks like what was asked for: an error's text must never become a pseudonym."""
    if query.kind is PseudonymKind.HASH and len(answer) != query.length:
        return False
    return bool(ANSWERS[query.kind](answer))
