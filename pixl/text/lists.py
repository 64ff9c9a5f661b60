"""The lists that come with the engine: safe words, names, eponyms."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def safe() -> frozenset[str]:
    """Return the words that say nothing about a person, in lower case."""
    return common() | rare() | eponyms()


@cache
def common() -> frozenset[str]:
    """Return words of English and of medicine that a report may have, in lower case."""
    return _by_beginning("words.txt") | words("clinical.txt") | words("ordinary.txt") | descriptions()


@cache
def rare() -> frozenset[str]:
    """Return English words that a report hardly has: safe only where they are written as words are."""
    return _by_beginning("rare.txt") - common()


@cache
def plain() -> frozenset[str]:
    """Return words that reports use as words, even if they are names too."""
    usual = words("ordinary.txt") | words("clinical.txt") | descriptions()
    return usual | section("cues.txt", "never") | section("cues.txt", "function words")


@cache
def descriptions() -> frozenset[str]:
    """Return words of descriptions, which say something about an image whatever their case."""
    return words("descriptions.txt")


@cache
def common_names() -> frozenset[str]:
    """Return ordinary words that are common names."""
    return words("common_names.txt")


@cache
def first_names() -> frozenset[str]:
    """Return first names, in lower case."""
    return _by_beginning("first.txt")


@cache
def surnames() -> frozenset[str]:
    """Return surnames, in lower case."""
    return _by_beginning("surnames.txt")


@cache
def eponyms() -> frozenset[str]:
    """Return names that mean a disease, a sign, a device wherever they stand."""
    return words("eponyms.txt") - owned_eponyms()


@cache
def sure_eponyms() -> frozenset[str]:
    """Return those of them that are nobody's name today."""
    return eponyms() - first_names() - surnames() - common_names()


@cache
def owned_eponyms() -> frozenset[str]:
    """Return names that mean it only if what it is stands behind them: `Baker's cyst`."""
    return words("eponyms_with_noun.txt") | (words("eponyms.txt") & first_names())


@cache
def eponym_phrases() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Return the first word of phrases that are eponyms as a whole -> the phrases' other words."""
    phrases: dict[str, tuple[tuple[str, ...], ...]] = {}
    for line in _lines("eponym_phrases.txt"):
        first, *rest = line.split()
        phrases[first] = (*phrases.get(first, ()), tuple(rest))
    return phrases


@cache
def phrase_words() -> frozenset[str]:
    """Return all words of such phrases."""
    return words("eponym_phrases.txt")


@cache
def words(name: str) -> frozenset[str]:
    """Return the words of a list that has them as they are."""
    return frozenset(word for line in _lines(name) for word in line.split())


@cache
def section(name: str, title: str) -> frozenset[str]:
    """Return the words of a list that stand below `[title]`."""
    found: set[str] = set()
    inside = False
    for line in _lines(name):
        if line.startswith("["):
            inside = line == f"[{title}]"
        elif inside:
            found.update(line.split())
    return frozenset(found)


def lines(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the words of a list, line by line."""
    return tuple(tuple(line.split()) for line in _lines(name))


@cache
def in_order(words_: frozenset[str]) -> tuple[str, ...]:
    """Return words in an order that is always the same."""
    return tuple(sorted(words_))


def _by_beginning(name: str) -> frozenset[str]:
    """Return the words of a list that is ordered by beginnings: `abd omen ominal` are abdomen and abdominal."""
    found = []
    for line in _lines(name):
        beginning, *rests = line.split()
        found += [beginning if rest == "." else beginning + rest for rest in rests]
    return frozenset(found)


def _lines(name: str) -> list[str]:
    text = (files("pixl.text") / "data" / name).read_text("utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]
