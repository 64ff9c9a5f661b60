"""Invented UK radiology reports with exact spans of what identifies people, for tests, benchmarks and the demo."""

from __future__ import annotations

import random
from collections.abc import Iterator

from pixl.testing.report_corpus.markup import mark, parse
from pixl.testing.report_corpus.model import Clinician, Entity, Examination, Identity, Known, Report, known_of
from pixl.testing.report_corpus.people import identity_of, invent_clinician, invent_examination, invent_identity
from pixl.testing.report_corpus.writing import eponymous, parts_for, prose, report_for

__all__ = [
    "Clinician",
    "Entity",
    "Examination",
    "Identity",
    "Known",
    "Report",
    "clinical_prose",
    "eponym_prose",
    "generate",
    "identity_of",
    "invent_clinician",
    "invent_examination",
    "invent_identity",
    "known_of",
    "mark",
    "parse",
    "parts_for",
    "report_for",
]


def generate(seed: int, count: int) -> Iterator[Report]:
    """Yield `count` reports, each on another patient; the same ones for the same seed."""
    for number in range(count):
        chance = random.Random(f"corpus {seed} {number}")
        identity = invent_identity(chance)
        yield report_for(identity, invent_examination(chance), f"{seed} {number}")


def clinical_prose(seed: int, count: int) -> Iterator[str]:
    """Yield `count` texts in which nothing identifies anybody."""
    for number in range(count):
        chance = random.Random(f"prose {seed} {number}")
        yield prose(chance, chance.randint(5, 14))


def eponym_prose(seed: int, count: int) -> Iterator[str]:
    """Yield `count` texts full of eponyms, in which nothing identifies anybody."""
    for number in range(count):
        chance = random.Random(f"eponyms {seed} {number}")
        yield eponymous(chance, chance.randint(4, 12))
