"""Reasons that reviewers give again and again: one key each."""

from __future__ import annotations

PRESETS: dict[str, tuple[str, ...]] = {
    "pass": (
        "a place or an organisation, not a person",
        "a medical word or an eponym",
        "the name of a device, a protocol or a scanner",
        "an orientation mark, a scale or a ruler",
        "a date or number that tells nothing of the patient",
        "I have looked, and nothing here identifies anybody",
    ),
    "fail": (
        "the name of a person",
        "a number of the patient",
        "a date of the patient",
        "a document that was scanned or photographed",
        "other text that identifies somebody",
        "the patient can be recognised in the image",
    ),
    "redact": (
        "the name of a person",
        "a number of the patient",
        "a date of the patient",
        "other text that identifies somebody",
    ),
}
"""For each decision. None of them names what was found."""
