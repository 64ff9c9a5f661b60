"""Findings as IsIdentifiable reports failures: its columns, its classes, a part beside a part."""

from __future__ import annotations

from collections.abc import Mapping

from pixl.checks.columns import column_of
from pixl.checks.rules_file import Classification
from pixl.domain.finding import Finding, Part

COLUMNS = (
    "Resource",
    "ResourcePrimaryKey",
    "ProblemField",
    "ProblemValue",
    "PartWords",
    "PartClassifications",
    "PartOffsets",
)
BETWEEN = "###"
CLASSES: Mapping[str, Classification] = {
    "name": Classification.PERSON,
    "clinician": Classification.PERSON,
    "date": Classification.DATE,
    "unmoved-date": Classification.DATE,
    "address": Classification.LOCATION,
    "institution": Classification.ORGANIZATION,
    "postcode": Classification.POSTCODE,
    "burned-in": Classification.PIXEL_TEXT,
}
"""What the peer calls our kinds; whatever else is found is a `PrivateIdentifier`."""


def row_of(finding: Finding, *, resource: str, key: str) -> tuple[str, ...]:
    """Return the cells of a finding: `resource` is the file's path, `key` its SOP Instance UID."""
    parts = finding.parts or (Part(word=finding.value, kind=finding.kind, offset=0 if finding.value else -1),)
    return (
        resource,
        key,
        column_of(finding.where),
        finding.value or finding.reason,
        BETWEEN.join(part.word for part in parts),
        BETWEEN.join(class_of(part.kind) for part in parts),
        BETWEEN.join(str(part.offset) for part in parts),
    )


def class_of(kind: str) -> str:
    """Return IsIdentifiable's class of one of our kinds, or of one of its own."""
    if kind in {each.value for each in Classification}:
        return kind
    return CLASSES.get(kind, Classification.PRIVATE_IDENTIFIER).value
