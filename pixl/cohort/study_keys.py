"""Whether MRN and accession number tell the studies of a project apart, as the ledger trusts them to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pixl.cohort.problems import Problems

Key = tuple[str, str]
"""MRN and accession number."""
Place = Callable[[str], object]


@dataclass(kw_only=True, repr=False)
class StudyKeys:
    """The studies of one project so far. Identifiable."""

    problems: Problems
    by_key: dict[Key, tuple[str, Place]] = field(default_factory=dict)
    """The study UID of each key, and where it stands."""
    by_uid: dict[str, tuple[Key, Place]] = field(default_factory=dict)

    def are_one(self, values: Mapping[str, str | None], place: Place) -> bool:
        """Whether a row's key and study UID stand for the same study; if not, the problem is noted."""
        key, uid = (values["mrn"] or "", values["accession_number"] or ""), values["study_uid"]
        if not uid:
            return True
        known_uid, there = self.by_key.setdefault(key, (uid, place))
        if known_uid != uid:
            self.problems.add(
                f"{place('study_uid')}: is not that of {_row(there)} under the same MRN and accession number; two "
                "studies under one accession number cannot be told apart: correct the cohort, or ask for one of them"
            )
            return False
        known_key, there = self.by_uid.setdefault(uid, (key, place))
        if known_key != key:
            self.problems.add(
                f"{place('study_uid')}: is that of {_row(there)} under another MRN or accession number; "
                "a study belongs to one patient and has one accession number: correct the cohort"
            )
            return False
        return True


def _row(place: Place) -> str:
    return str(place("study_uid")).rpartition(", column ")[0]
