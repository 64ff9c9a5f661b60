"""What de-identifying one instance gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pixl.deid.parts import Chunks, pieces


@dataclass(frozen=True, kw_only=True)
class Record:
    """What was done to an instance. Holds no identifier: the UIDs and the patient ID are the new ones."""

    sop_uid: str
    series_uid: str
    study_uid: str
    patient_id: str
    accession_number: str
    modality: str
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many elements each operation changed or removed; what stayed is not counted."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Deidentified:
    """A DICOM file that may leave, and what was done to it."""

    parts: Chunks = field(repr=False)
    """The file, piece by piece: what stays as it was is a view of the input."""
    record: Record

    @cached_property
    def data(self) -> bytes:
        """The whole file."""
        return b"".join(pieces(self.parts))
