"""A row of a cohort, and what is asked of the archive for it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pixl.domain.part import Part


@dataclass(frozen=True, kw_only=True)
class ExtractId:
    """One dated cohort of a project."""

    project: str
    generated_at: dt.datetime
    """When the extract was made (the peer's `extract_datetime`), in UTC."""

    @property
    def slug(self) -> str:
        """The folder name of this extract in the safe haven, such as `2023-12-07t14-08-58`."""
        return self.generated_at.strftime("%Y-%m-%dt%H-%M-%S")


@dataclass(frozen=True, kw_only=True, repr=False)
class StudyRequest:
    """One row of a cohort: a study, or a series or an instance of it, that a project asks for. Identifiable.

    A row of a list of UIDs has neither `mrn` nor `accession_number`: both are empty, and the UID is all that is known.
    It may be that of a series or of an instance, whose study nobody knows until an archive is asked.

    Its `repr` shows no field, so that a log line or a traceback cannot either.
    """

    project: str
    procedure_occurrence_id: int
    mrn: str
    accession_number: str
    study_date: dt.date | None = None
    study_uid: str | None = None
    series_uid: str | None = None
    participant_id: str | None = None
    """Becomes the pseudonymous patient id, where the cohort gives one."""
    participant_place: str | None = None
    """Where `participant_id` stands, as a person would look it up."""
    modality: str | None = None
    """Only the series of this modality."""
    sop_uid: str | None = None
    """Only this instance."""

    @property
    def part(self) -> Part | None:
        """What of the study is asked for; None is all of it."""
        if not (self.series_uid or self.sop_uid or self.modality):
            return None
        series = "" if self.sop_uid else self.series_uid or ""
        return Part(series_uid=series, sop_uid=self.sop_uid or "", modality=self.modality or "")

    @property
    def is_known_by_part(self) -> bool:
        """Whether nobody knows which study it is of."""
        return not (self.mrn or self.accession_number or self.study_uid)

    def __repr__(self) -> str:
        return f"StudyRequest(project={self.project!r}, ...)"
