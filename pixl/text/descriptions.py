"""Descriptions of a few words, such as those of a series or a protocol: default-deny without a sentence around."""

from __future__ import annotations

import re

from pixl.text import lists
from pixl.text.places import POSTCODE

WORD = re.compile(r"[^\W_]+")
DIGIT = re.compile(r"\d")
NUMBER = re.compile(r"\d{1,3}")
ONE_NUMBER = re.compile(r"\d{1,3}(\.\d{1,3})?")
WITH_NUMBER = re.compile(r"([a-z]{3,})\d{1,3}")
MEASURE = re.compile(
    r"\d{1,4}(mm|cm|ml|s|sec|ms|min|deg|d|kv|kvp|ma|mas|mgy|gy|t|th|st|nd|rd|x|phase|ph|ns|vd|b|mci|mbq)"
)
SHORT_CODE = re.compile(r"[a-z]{1,2}\d{1,4}[a-z]{0,2}|\d[a-z]{1,2}")
SEQUENCE_CODE = re.compile(
    r"(ep|epfid|epse|fl|tfl|tse|se|tir|spc|spcir|gre|fi|qfl|h|hst|me|b)[23]d\d{0,3}[a-z]{0,3}\d{0,2}"
)
NUMBERS_IN_A_ROW = re.compile(r"\d{1,3}(?:[^\w]+\d{1,3}){2,}")


def clean_description(text: str, names: frozenset[str], known: frozenset[str]) -> str:
    """Return a description with its known words only; as it is if it has no other.

    Parameters
    ----------
    text
        One description, label or protocol name.
    names
        Words, in lower case, that name somebody in the same object: they go even if they are known.
    known
        Words, in lower case, that stay besides those of `lists.descriptions()`.
    """
    if ONE_NUMBER.fullmatch(text):
        return text
    words = WORD.findall(text)
    kept = [word for word in words if _is_known(word.lower(), known) and word.lower() not in names]
    numbers = sum(NUMBER.fullmatch(word) is not None for word in words)
    if kept and len(kept) + numbers == len(words) and text.isascii() and not _is_like_a_number(text):
        return text
    return " ".join(word for word in kept if _is_plain(word.lower(), known))


def _is_like_a_number(text: str) -> bool:
    return bool(DIGIT.search(text) and (POSTCODE.search(text) or NUMBERS_IN_A_ROW.search(text)))


def _is_known(low: str, known: frozenset[str]) -> bool:
    with_number = WITH_NUMBER.fullmatch(low)
    return (
        _is_plain(low, known)
        or bool(with_number and with_number[1] in lists.descriptions())
        or any(shape.fullmatch(low) for shape in (MEASURE, SHORT_CODE, SEQUENCE_CODE))
    )


def _is_plain(low: str, known: frozenset[str]) -> bool:
    return low in lists.descriptions() or low in known
