"""A cohort that is a list of UIDs: a table of one column, whose header says what they are the UIDs of."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pixl.cohort.cells import BadCell
from pixl.cohort.cohort import Cohort
from pixl.cohort.problems import Place
from pixl.cohort.rows import DUPLICATE, CohortRows, ExtractRows, Row
from pixl.domain.errors import CohortInvalid

STUDIES = "StudyInstanceUID"
NOT_YET = ("SeriesInstanceUID", "SOPInstanceUID")
"""Lists of these are understood, and refused."""
_HEADERS = {name.lower(): name for name in (STUDIES, *NOT_YET)}


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What a list does not say itself."""

    project: str | None
    modality: str | None = None
    """Only the series of this modality are asked for."""


def is_list(header: Sequence[str]) -> bool:
    """Whether a table with this header is a list of UIDs."""
    return len(header) == 1 and header[0].strip().lower() in _HEADERS


@dataclass(kw_only=True, repr=False)
class UidList:
    """Reads such a table. A line's number is its procedure's id: so does the report name it."""

    name: str
    listing: Listing | None
    made_at: dt.datetime
    rows: CohortRows
    seen: set[str] = field(default_factory=set)

    def read(self, header: Sequence[str], table: Iterable[tuple[int, list[str]]]) -> Cohort:
        """Return the cohort.

        Raises
        ------
        CohortInvalid
            With a line for each problem.
        """
        kind = _HEADERS[header[0].strip().lower()]
        if kind in NOT_YET:
            raise CohortInvalid(
                f"{self.name}: a list of {kind}s cannot be loaded yet; list the studies ({STUDIES}, --modality), "
                "or give series_uid in a cohort with all columns"
            )
        extract = self._extract()
        for number, cells in table:
            self._add(extract, number, cells)
        return self.rows.finish()

    def _extract(self) -> ExtractRows:
        if self.listing is None or self.listing.project is None:
            raise CohortInvalid(f"{self.name}: is a list of UIDs, which names no project; say --project NAME")
        try:
            made_at = self.rows.generated_at(self.made_at.isoformat())
        except BadCell as reason:
            raise CohortInvalid(f"{self.name}: the time of the file {reason}") from None
        try:
            return self.rows.of(self.rows.project(self.listing.project), made_at)
        except BadCell as reason:
            raise CohortInvalid(f"{self.name}, --project: {reason}") from None

    def _add(self, extract: ExtractRows, number: int, cells: Sequence[str]) -> None:
        if any(cell.strip() for cell in cells[1:]):
            self.rows.problems.add(f"{self.name} line {number}: has {len(cells)} cells and the header 1; correct it")
            return
        uid = cells[0].strip()
        place = functools.partial(self._place, number)
        if uid and uid in self.seen:
            extract.skip(place("study_uid"), DUPLICATE)
            return
        self.seen.add(uid)
        known = {
            "procedure_occurrence_id": number,
            "study_uid": uid,
            "modality": self.listing and self.listing.modality,
        }
        extract.add(Row(cells=known, place=place, known_by_uid=True))

    def _place(self, number: int, _: str) -> Place:
        return Place(file=self.name, row=number, column=STUDIES, row_word="line")
