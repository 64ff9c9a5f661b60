"""Findings, and what is known of a study, as JSON: what a worker and its check process tell each other."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from pixl.checks import KnownStudy
from pixl.domain.finding import Box, Finding, Outcome, Part
from pixl.text import Identifiers

TEXTS = ("checker", "kind", "reason", "where", "value", "instance", "series", "device", "confidence")
KNOWN_TEXTS = ("names", "numbers", "clinicians", "other")


def finding_to_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as a document."""
    return {
        **{name: getattr(finding, name) for name in TEXTS},
        "outcome": finding.outcome.value,
        "parts": [[part.word, part.kind, part.offset] for part in finding.parts],
        "box": dataclasses.asdict(finding.box) if finding.box else None,
    }


def finding_from_json(document: Mapping[str, Any]) -> Finding:
    """Return what `finding_to_json` was given."""
    return Finding(
        **{name: document[name] for name in TEXTS},
        outcome=Outcome(document["outcome"]),
        parts=tuple(Part(word=word, kind=kind, offset=offset) for word, kind, offset in document["parts"]),
        box=Box(**document["box"]) if document["box"] else None,
    )


def known_to_json(known: KnownStudy) -> dict[str, Any]:
    """Return what is known of a study as a document."""
    identifiers = known.identifiers
    return {
        **{name: list(getattr(identifiers, name)) for name in KNOWN_TEXTS},
        "dates": [date.isoformat() for date in identifiers.dates],
        "original_uids": sorted(known.original_uids),
        "expected_instances": known.expected_instances,
        "pixels_changed": sorted(known.pixels_changed),
        "made_again": known.made_again,
    }


def known_from_json(document: Mapping[str, Any]) -> KnownStudy:
    """Return what `known_to_json` was given."""
    return KnownStudy(
        identifiers=Identifiers(
            **{name: tuple(document[name]) for name in KNOWN_TEXTS},
            dates=tuple(dt.date.fromisoformat(date) for date in document["dates"]),
        ),
        original_uids=frozenset(document["original_uids"]),
        expected_instances=document["expected_instances"],
        pixels_changed=frozenset(document["pixels_changed"]),
        made_again=document["made_again"],
    )
