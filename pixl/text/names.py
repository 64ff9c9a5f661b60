"""Words that are names, or that no list knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pixl.text import announced, doubt, figures, level, persons, runs, surroundings, torn
from pixl.text.marks import Marks
from pixl.text.reading import Reading
from pixl.text.spans import Span

STEPS = (
    announced.mark_announced,
    announced.mark_initials,
    surroundings.mark_unknown,
    doubt.mark_doubtful,
    surroundings.mark_lines,
    persons.mark_rows,
    persons.mark_before_titles,
    surroundings.mark_ambiguous,
    persons.mark_subjects,
    surroundings.mark_places,
    surroundings.mark_capitals,
    surroundings.mark_cells,
    level.mark_level,
    runs.mark_runs,
    surroundings.mark_chains,
    surroundings.mark_neighbours,
    torn.mark_torn,
    figures.mark_figures,
)
"""In this order: what is surest first, since later steps ask what stands next to a name."""


def name_spans(reading: Reading, found: Sequence[Span]) -> Iterator[Span]:
    """Yield the names of a text, and the words that no list knows.

    Parameters
    ----------
    reading
        The text.
    found
        What other rules have found in it: a name may stand next to it.
    """
    marks = Marks(reading, found)
    for step in STEPS:
        step(marks)
    yield from marks.spans()
