"""Whether a study UID stands for one MRN and accession number; one accession number may have several studies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pixl.cohort.problems import PlaceOf, Problems

Key = tuple[str, str]
"""MRN and accession number."""
TWO_KEYS = "a study belongs to one patient and has one accession number: correct the cohort"


@dataclass(kw_only=True, repr=False)
class StudyKeys:
    """The studies of one project so far. Identifiable."""

    problems: Problems
    by_uid: dict[str, tuple[Key, PlaceOf]] = field(default_factory=dict)
    """The key of each study UID, and where it stands."""

    def are_one(self, values: Mapping[str, str | None], place: PlaceOf) -> bool:
        """Whether a row's key and study UID stand for the same study; if not, the problem is noted."""
        key, uid = (values["mrn"] or "", values["accession_number"] or ""), values["study_uid"]
        if not uid:
            return True
        known_key, first = self.by_uid.setdefault(uid, (key, place))
        if known_key != key:
            self._refuse(place, first, "is that of {} under another MRN or accession number; " + TWO_KEYS)
            return False
        return True

    def _refuse(self, place: PlaceOf, first: PlaceOf, problem: str) -> None:
        here = place("study_uid")
        self.problems.add(f"{here}: {problem.format(first('study_uid').seen_from(here))}")
