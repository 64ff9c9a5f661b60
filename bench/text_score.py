"""How a text engine is scored: what leaks, and what is masked without need. Pure; the same for every engine.

The rule: an entity leaks if two or more letters or digits of it in a row (with nothing between them) are not masked.
An entity that has no two in a row (`S M I T H`, `J`) leaks if any of it is not masked. Little words within an entity
(`of`, `the`, `and`, `at`, `dot`: `the 4th of May`) say nothing and do not count. What is masked is either said
by the engine, as spans (start, end), or found by laying its output beside the text (`masked_by`).
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Span = tuple[int, int]
Find = Callable[[str], Iterable[Span]]

RUN = re.compile(r"[^\W_]+")
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")  # noqa: RUF001 - typists use both apostrophes
TOKEN = re.compile(r"[^\W_]+|[\W_]")
LABEL = re.compile(r"\[[^\]\[]*\]|<[^<>]*>|\*+")
LITTLE = frozenset({"of", "the", "and", "at", "dot"})
LEAST = 2
APART = frozenset({"HOSPITAL"})
"""Kinds that have a recall of their own and do not make a report one with a leak."""


class Marked(Protocol):
    """What identifies somebody, from character `start` to before `end`."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def kind(self) -> str: ...


class Text(Protocol):
    """A text with its entities."""

    @property
    def text(self) -> str: ...
    @property
    def entities(self) -> Sequence[Marked]: ...


@dataclass(frozen=True, kw_only=True)
class Entity:
    """An entity of a public corpus."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class Document:
    """A text with exact marks, and the situation or corpus that it is of."""

    text: str
    entities: tuple[Marked, ...]
    situation: str = ""


def covered(text: str, spans: Iterable[Span]) -> bytearray:
    """Return one byte a character of the text: 1 where it is masked."""
    mask = bytearray(len(text))
    for start, end in spans:
        mask[start:end] = b"\x01" * (min(end, len(text)) - start)
    return mask


def leaks(text: str, start: int, end: int, mask: bytearray) -> bool:
    """Return whether the entity from `start` to before `end` leaks (see the module's rule)."""
    runs = [found.span() for found in RUN.finditer(text, start, end)]
    if all(last - first < LEAST for first, last in runs):
        return any(not mask[first] for first, _ in runs)
    telling = [run for run in runs if text[slice(*run)].lower() not in LITTLE]
    return any(not (mask[at] or mask[at + 1]) for first, last in telling for at in range(first, last - 1))


def masked_by(text: str, output: str) -> list[Span]:
    """Return what of `text` is not at its place in `output` any more: for engines that return text only.

    Both are laid beside each other by words. A word of the text counts as masked if it has no partner; if it was
    replaced in part (`24Jun` by `24[DATE]`), the part that is left counts as left.
    """
    before, after = TOKEN.findall(text), TOKEN.findall(output)
    starts = _starts(before)
    spans: list[Span] = []
    for what, low, high, first, last in difflib.SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if what in {"replace", "delete"}:
            remains = RUN.findall(LABEL.sub(" ", "".join(after[first:last])))
            spans += [_without(starts[at], before[at], remains) for at in range(low, high)]
    return spans


def _starts(tokens: Sequence[str]) -> list[int]:
    starts, position = [], 0
    for token in tokens:
        starts.append(position)
        position += len(token)
    return starts


def _without(start: int, token: str, remains: Sequence[str]) -> Span:
    """Return the span of the token without the part at its beginning or end that is among `remains`."""
    for rest in remains:
        if len(rest) >= LEAST and token.startswith(rest):
            return start + len(rest), start + len(token)
        if len(rest) >= LEAST and token.endswith(rest):
            return start, start + len(token) - len(rest)
    return start, start + len(token)


@dataclass(kw_only=True)
class Score:
    """Counts of one engine on one corpus."""

    reports: int = 0
    with_a_leak: int = 0
    entities: Counter[str] = field(default_factory=Counter)
    leaked: Counter[str] = field(default_factory=Counter)
    words: int = 0
    """Words outside entities."""
    masked_words: int = 0
    leaks_by_situation: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[str, str, str]] = field(default_factory=list)
    """What leaked of invented text: situation, kind, entity with a little of its surroundings."""

    def add(self, document: Text, spans: Iterable[Span]) -> None:
        """Count one text under what an engine masks of it."""
        mask = covered(document.text, spans)
        leaked = [each for each in document.entities if leaks(document.text, each.start, each.end, mask)]
        self.reports += 1
        self.entities.update(each.kind for each in document.entities)
        self.leaked.update(each.kind for each in leaked)
        direct = [each for each in leaked if each.kind not in APART]
        self.with_a_leak += bool(direct)
        situation = getattr(document, "situation", "") or getattr(document, "style", "")
        self.leaks_by_situation[situation] += len(direct)
        self.examples += [(situation, each.kind, surroundings(document.text, each)) for each in direct]
        self._count_words(document, mask)

    def _count_words(self, document: Text, mask: bytearray) -> None:
        inside = covered(document.text, ((each.start, each.end) for each in document.entities))
        for word in WORD.finditer(document.text):
            if not any(inside[word.start() : word.end()]):
                self.words += 1
                self.masked_words += any(mask[word.start() : word.end()])

    @property
    def recall(self) -> float:
        """The share of entities that do not leak, without the kinds that are scored apart."""
        kinds = set(self.entities) - APART
        total = sum(self.entities[kind] for kind in kinds)
        return 1 - sum(self.leaked[kind] for kind in kinds) / total if total else 1.0

    @property
    def recall_by_kind(self) -> dict[str, float]:
        """The share of entities of each kind that do not leak."""
        return {kind: 1 - self.leaked[kind] / total for kind, total in sorted(self.entities.items())}

    @property
    def share_of_reports_with_a_leak(self) -> float:
        """The share of reports in which at least one entity leaks, without the kinds that are scored apart."""
        return self.with_a_leak / self.reports if self.reports else 0.0

    @property
    def share_of_words_masked(self) -> float:
        """The share of words outside entities that are masked, at least in part."""
        return self.masked_words / self.words if self.words else 0.0

    def figures(self) -> dict[str, object]:
        """Return what a benchmark prints, shares in per cent."""
        return {
            "reports": self.reports,
            "entities": sum(self.entities.values()),
            "recall": per_cent(self.recall),
            "recall_by_kind": {kind: per_cent(share) for kind, share in self.recall_by_kind.items()},
            "reports_with_a_leak": per_cent(self.share_of_reports_with_a_leak),
            "words_masked_outside_entities": per_cent(self.share_of_words_masked),
        }


def per_cent(share: float) -> float:
    """Return a share in per cent, to two places."""
    return round(100 * share, 2)


def surroundings(text: str, entity: Marked, width: int = 25) -> str:
    """Return the entity in brackets, with a little of the text around it."""
    before, after = text[max(0, entity.start - width) : entity.start], text[entity.end : entity.end + width]
    return f"{before}[[{text[entity.start : entity.end]}]]{after}".replace("\n", "\\n")


def score(documents: Iterable[Text], find: Find) -> Score:
    """Return how an engine that says spans does on these texts."""
    result = Score()
    for document in documents:
        result.add(document, find(document.text))
    return result


def score_outputs(documents: Iterable[Text], redact: Callable[[str], str]) -> Score:
    """Return how an engine that says nothing but its output does on these texts."""
    return score(documents, lambda text: masked_by(text, redact(text)))


def prose_documents(texts: Iterable[str]) -> Iterator[Document]:
    """Yield identifier-free texts as documents without entities."""
    for text in texts:
        yield Document(text=text, entities=())
