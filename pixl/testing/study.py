"""A study of the invented hospital."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study as the archive has it."""

    number: int
    """The `procedure_occurrence_id` of the extract."""
    patient: int
    """The number of its `Patient`."""
    accession_number: str
    study_uid: str
    study_date: dt.date
    modality: str
    kind: str
    """A key of `dicom_files.KINDS`, or `ct-series`."""
    description: str
    files: tuple[str, ...]
    """Relative to the hospital's folder."""
    later: tuple[str, ...] = ()
    """Files that are not sent with the others: the same SOP Instance UID as one of `files`, with other content."""
    uids: tuple[str, ...]
    """All UIDs in the files that are the study's own: study, series, SOP instances, frames of reference, references."""
    burned_in: tuple[str, ...] = ()
    """Lines that are burned into its pictures, from top to bottom."""
    special: str = ""
    """What is odd about it; a value of `hospital.Special`."""
