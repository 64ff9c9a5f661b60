"""What reviewers want removed is removed from an instance after it has been de-identified, before it is stored."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from pixl.deid import Deidentified
from pixl.deid.redaction import Redactions, redact
from pixl.domain.finding import Box
from plugins.anon_request import Treatment, Wanted


def with_redactions(treatment: Treatment, wanted: Mapping[str, Wanted]) -> Treatment:
    """Return a treatment that also removes what is wanted, by the new SOP Instance UID."""
    if not wanted:
        return treatment

    def deidentify(data: bytes) -> Deidentified:
        done = treatment.deidentify(data)
        mine = wanted.get(done.record.sop_uid)
        return done if mine is None else Deidentified(parts=(redact(done.data, _of(mine)),), record=done.record)

    return dataclasses.replace(treatment, deidentify=deidentify)


def _of(wanted: Wanted) -> Redactions:
    boxes = tuple(
        Box(frame=frame, left=left, top=top, width=width, height=height, last=last)
        for frame, left, top, width, height, last in wanted.boxes
    )
    return Redactions(boxes=boxes, elements=wanted.elements)
