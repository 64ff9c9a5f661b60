"""A report is de-identified by the engines of its project, and what comes out is read by another one. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pixl.domain.finding import Finding, Outcome, Part
from pixl.domain.report import Counted, ReportKeys
from pixl.reports.certainty import SILENT, certainty_of
from pixl.reports.engine import Engine
from pixl.text import Identifiers, Span, Surrogates, redact
from pixl.text.spans import settle

LABEL = re.compile(r"\[[A-Z]+\]")
CHECKER = "report"
"""How findings of the second method are called: `report-NAME`."""
AROUND = 60
"""Characters before and behind what was found that a reviewer sees."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Treated:
    """What became of a text."""

    text: str
    """What leaves."""
    read: str
    """What the second method read: the same with labels, where the text has surrogates."""
    certainty: float
    findings: tuple[Finding, ...]
    flagged: bool
    counted: Counted

    def __repr__(self) -> str:
        return f"Treated(certainty={self.certainty}, flagged={self.flagged})"


@dataclass(frozen=True, kw_only=True)
class Treatment:
    """What a project does with a report. The same for every report of it."""

    engines: tuple[Engine, ...]
    second: Engine
    keys: ReportKeys

    @property
    def engine(self) -> str:
        """The engines by name, as the parquet file says it."""
        return "+".join(engine.name for engine in self.engines)

    def deidentify(self, text: str, known: Identifiers, surrogates: Surrogates | None = None) -> Treated:
        """Mask whatever any engine finds, and let the second method read what is left.

        Raises
        ------
        RetryLater, ReportFailed
            As `Engine.find` does. There is no output then.
        """
        known = replace(known, mrn_shapes=self.keys.mrn_shapes)
        seen = [engine.find(text, known) for engine in self.engines]
        spans = settle(span for one in seen for span in one.spans)
        silent = [engine.name for engine, one in zip(self.engines, seen, strict=True) if one.silent and spans]
        read = redact(text, spans)
        before = self.second.find(text, known).spans
        agreed = sum(any(one.start <= span.start and span.end <= one.end for one in spans) for span in before)
        output = read if surrogates is None else redact(text, spans, surrogates)
        counted = (len(spans), len(before), agreed)
        return self._checked(output, read, known, silent=silent, counted=counted)

    def check_again(self, text: str, read: str, known: Identifiers) -> Treated:
        """Let the second method read an output of which a reviewer had something masked."""
        return self._checked(text, read, known, silent=(), counted=(0, 0, 0))

    def _checked(
        self, text: str, read: str, known: Identifiers, *, silent: Sequence[str], counted: tuple[int, int, int]
    ) -> Treated:
        left = _outside_labels(self.second.find(read, known).spans, read)
        certainty = certainty_of([span.certainty for span in left], silent=len(silent))
        flagged = certainty < self.keys.flag_below
        outcome = Outcome.HOLD if flagged else Outcome.NOTE
        found = [self._finding(read, span, outcome) for span in left] + [_silence(name, outcome) for name in silent]
        masked, seen, agreed = counted
        return Treated(
            text=text,
            read=read,
            certainty=certainty,
            findings=tuple(found),
            flagged=flagged,
            counted=Counted(words=len(text.split()), masked=masked, seen=seen, agreed=agreed),
        )

    def _finding(self, read: str, span: Span, outcome: Outcome) -> Finding:
        start, end = _around(read, span)
        part = Part(word=read[span.start : span.end], kind=span.kind.value, offset=span.start - start)
        return Finding(
            checker=f"{CHECKER}-{self.second.name}",
            kind=span.kind.value.lower(),
            reason=f"the second method sees what looks like an identifier: {span.rule}",
            where="report",
            outcome=outcome,
            value=read[start:end],
            parts=(part,),
            confidence=span.certainty,
        )


def _silence(name: str, outcome: Outcome) -> Finding:
    return Finding(
        checker=f"{CHECKER}-{name}",
        kind="silent",
        reason=f"engine {name!r} found nothing in a report in which others did",
        where="report",
        outcome=outcome,
        confidence=SILENT,
    )


def _outside_labels(spans: Sequence[Span], text: str) -> list[Span]:
    """Return what was not found in the labels themselves."""
    labels = [found.span() for found in LABEL.finditer(text)]
    return [span for span in spans if not any(start < span.end and span.start < end for start, end in labels)]


def _around(text: str, span: Span) -> tuple[int, int]:
    """Return the stretch around a span, up to the next labels: it is the same in a text with surrogates."""
    before = text[max(0, span.start - AROUND) : span.start]
    behind = text[span.end : span.end + AROUND]
    return span.start - len(before) + _last(before, "]"), span.end + _first(behind, "[")


def _last(text: str, mark: str) -> int:
    return text.rfind(mark) + 1


def _first(text: str, mark: str) -> int:
    found = text.find(mark)
    return len(text) if found < 0 else found
