"""A cohort that is a list of UIDs: a table whose header says what they are the UIDs of."""

from __future__ import annotations

import datetime as dt
import functools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pixl.cohort.cells import BadCell
from pixl.cohort.cohort import Cohort
from pixl.cohort.problems import Place
from pixl.cohort.rows import DUPLICATE, CohortRows, ExtractRows, Row
from pixl.domain.errors import CohortInvalid

STUDY = "study_uid"
KINDS = {"SOPInstanceUID": "sop_uid", "SeriesInstanceUID": "series_uid", "StudyInstanceUID": STUDY}
"""What a list may be of -> the field of a request. The finest is what it is of; a study may stand beside it."""
MODALITY = "modality"
_FIELDS = {name.lower(): field_ for name, field_ in {**KINDS, "Modality": MODALITY}.items()}
_HEADERS = {field_: name for name, field_ in {**KINDS, "Modality": MODALITY}.items()}


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What a list does not say itself."""

    project: str | None
    modality: str | None = None
    """Only what is of this modality is asked for."""
    modalities: tuple[str, ...] = ()
    """Those that the project takes: what a column may say."""


def is_header_of_list(name: str) -> bool:
    """Whether a list of UIDs may have a column of this name."""
    return name.strip().lower() in _FIELDS


def is_list(header: Sequence[str]) -> bool:
    """Whether a table with this header is a list of UIDs."""
    names = [name.strip().lower() for name in header]
    return set(names) <= _FIELDS.keys() and any(_FIELDS[name] in KINDS.values() for name in names)


@dataclass(kw_only=True, repr=False)
class UidList:
    """Reads such a table. A line's number is its procedure's id: so does the report name it."""

    name: str
    listing: Listing | None
    made_at: dt.datetime
    rows: CohortRows
    columns: list[str] = field(default_factory=list)
    """The field of each cell."""
    kind: str = STUDY
    """The field of the UIDs that the list is of."""
    seen: set[tuple[str, str]] = field(default_factory=set)

    def read(self, header: Sequence[str], table: Iterable[tuple[int, list[str]]]) -> Cohort:
        """Return the cohort.

        Raises
        ------
        CohortInvalid
            With a line for each problem.
        """
        self._read_header(header)
        extract = self._extract()
        for number, cells in table:
            self._add(extract, number, cells)
        return self.rows.finish()

    def _read_header(self, header: Sequence[str]) -> None:
        self.columns = [_FIELDS[name.strip().lower()] for name in header]
        self.kind = next(field_ for field_ in KINDS.values() if field_ in self.columns)
        twice = [_HEADERS[field_] for field_, count in Counter(self.columns).items() if count > 1]
        if twice:
            raise CohortInvalid(f"{self.name}: the column {twice[0]} is there twice; remove one")
        if {"sop_uid", "series_uid"} <= set(self.columns):
            raise CohortInvalid(
                f"{self.name}: is a list of two kinds of UIDs; make a list of SOPInstanceUID and another of "
                "SeriesInstanceUID (StudyInstanceUID may stand beside either)"
            )
        if MODALITY in self.columns and self.listing and self.listing.modality:
            raise CohortInvalid(f"{self.name}: has a column Modality; leave --modality out, or the column")

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
        width = len(self.columns)
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            self.rows.problems.add(
                f"{self.name} line {number}: has {len(cells)} cells and the header {width}; correct it"
            )
            return
        row = {name: cell.strip() for name, cell in zip(self.columns, cells, strict=False)}
        row.setdefault(MODALITY, (self.listing and self.listing.modality) or "")
        place = functools.partial(self._place, number)
        problem = self._problem(row)
        if problem:
            self.rows.problems.add(f"{place(problem[0])}: {problem[1]}")
        elif row[self.kind] and (row[self.kind], row[MODALITY]) in self.seen:
            extract.skip(place(self.kind), DUPLICATE)
        else:
            self.seen.add((row[self.kind], row[MODALITY]))
            extract.add(Row(cells={**row, "procedure_occurrence_id": number}, place=place, known_by=self.kind))

    def _problem(self, row: Mapping[str, str]) -> tuple[str, str] | None:
        """Return the field that is wrong in a row, and why."""
        if is_header_of_list(row[self.kind]):
            return self.kind, "is the name of a column: load each list from a file of its own"
        if self.kind != STUDY and row[self.kind] and row[self.kind] == row.get(STUDY):
            return self.kind, "is the same as the StudyInstanceUID beside it; each has a UID of its own"
        said, known = row[MODALITY], self.listing.modalities if self.listing else ()
        if MODALITY in self.columns and said and said not in known:
            return MODALITY, f"the project takes no such modality; it takes: {', '.join(known)}"
        return None

    def _place(self, number: int, name: str) -> Place:
        return Place(file=self.name, row=number, column=_HEADERS.get(name, _HEADERS[self.kind]), row_word="line")
