"""Text whose entities are marked inside it: `seen by Dr {{NAME:Smith}}`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pixl.testing.report_corpus.model import KINDS, Entity

MARK = re.compile(r"\{\{([A-Z]+):(.*?)\}\}", flags=re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """A stretch of text that is one entity, or none."""

    text: str
    kind: str | None


def mark(kind: str, text: str) -> str:
    """Return `text` marked as an entity."""
    return f"{{{{{kind}:{text}}}}}"


def pieces(marked: str) -> Iterator[Piece]:
    """Yield the stretches of a marked text, in order.

    Raises
    ------
    ValueError
        A mark has a kind that is not in `KINDS`, or does not end.
    """
    end = 0
    for found in MARK.finditer(marked):
        yield Piece(_plain(marked[end : found.start()]), None)
        if found[1] not in KINDS:
            raise ValueError(f"no such kind of entity: {found[1]}")
        yield Piece(_plain(found[2]), found[1])
        end = found.end()
    yield Piece(_plain(marked[end:]), None)


def _plain(text: str) -> str:
    if "{{" in text or "}}" in text:
        raise ValueError(f"a mark that does not begin or end: {text[:60]!r}")
    return text


def joined(parts: Iterable[Piece]) -> tuple[str, tuple[Entity, ...]]:
    """Return the text of the pieces and where its entities are."""
    texts: list[str] = []
    entities: list[Entity] = []
    position = 0
    for piece in parts:
        if piece.kind and piece.text:
            entities.append(Entity(start=position, end=position + len(piece.text), kind=piece.kind))
        texts.append(piece.text)
        position += len(piece.text)
    return "".join(texts), tuple(entities)


def parse(marked: str) -> tuple[str, tuple[Entity, ...]]:
    """Return the text of a marked text and where its entities are.

    Raises
    ------
    ValueError
        A mark has a kind that is not in `KINDS`, or does not end.
    """
    return joined(pieces(marked))


def changed(parts: Iterable[Piece], change: Callable[[str, str | None], str]) -> Iterator[Piece]:
    """Yield the pieces with `change(text, kind)` as their text."""
    for piece in parts:
        yield Piece(change(piece.text, piece.kind), piece.kind)
