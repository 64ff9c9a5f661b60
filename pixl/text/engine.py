"""The engine: what is known, then patterns, then names, then every word that no list calls safe."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pixl.text.figures import ordinals, slashed
from pixl.text.known import prepared
from pixl.text.names import name_spans
from pixl.text.patterns import pattern_spans
from pixl.text.reading import read
from pixl.text.spans import NOTHING_KNOWN, Identifiers, Kind, Span, settle

LABEL = re.compile(rf"\[(?:{'|'.join(Kind)})\]")
"""What a redacted text has already."""


def find(text: str, known: Identifiers = NOTHING_KNOWN) -> list[Span]:
    """Return every identifier, and every word that no list calls safe."""
    reading = read(text)
    spans = [*pattern_spans(reading), *slashed(reading), *ordinals(reading)]
    if known != NOTHING_KNOWN:
        spans += list(prepared(known).spans(text, spans))
    spans += name_spans(reading, spans)
    settled = list(_as_one(text, settle(spans)))
    return list(_beside_labels(text, settled)) if "[" in text else settled


def _as_one(text: str, spans: list[Span]) -> Iterator[Span]:
    """Yield spans with the words of one name as one."""
    last: Span | None = None
    for span in spans:
        if last and last.kind is span.kind is Kind.NAME and text[last.end : span.start] in {" ", "-"}:
            last = Span(last.start, span.end, Kind.NAME, last.rule, max(last.certainty, span.certainty))
            continue
        if last:
            yield last
        last = span
    if last:
        yield last


def _beside_labels(text: str, spans: list[Span]) -> Iterator[Span]:
    """Yield spans without the labels in them: what is redacted stays as it is."""
    labels = [found.span() for found in LABEL.finditer(text)]
    for span in spans:
        start = span.start
        for first, last in labels:
            if first < span.end and last > start:
                if start < first:
                    yield Span(start, first, span.kind, span.rule, span.certainty)
                start = last
        if start < span.end:
            yield Span(start, span.end, span.kind, span.rule, span.certainty) if start > span.start else span
