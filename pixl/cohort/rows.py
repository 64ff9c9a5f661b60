"""Rows of a cohort, whatever file they stand in, are checked and counted here in one way."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pixl.cohort import cells
from pixl.cohort.cells import BadCell
from pixl.cohort.cohort import ROW_SCHEMA, Cohort, ExtractCohort, Requests, Skipped, Summary
from pixl.cohort.participants import Participants
from pixl.cohort.problems import SHOWN, Place, PlaceOf, Problems
from pixl.cohort.study_keys import StudyKeys
from pixl.domain.extractable import RowRule, why_not
from pixl.domain.study import ExtractId

NO_ACCESSION_NUMBER = "no accession number"
NO_MRN = "no MRN"
NO_UID = "no UID"
NOT_EXTRACTABLE = "not extractable"
DUPLICATE = "the same as an earlier row"
MOST_REASONS = 50
"""Different reasons of one extract; a column of more is a column of something else."""
FLUSH_AT = 10_000
"""Rows that are kept as Python objects before they become a record batch."""
AHEAD = dt.timedelta(days=1)
"""How far in the future an extract may have been made: clocks and time zones differ, by less than this."""

RulesOf = Callable[[str], Sequence[RowRule]]
"""The rules of a project, by its name."""

READERS: dict[str, Callable[[object], Any]] = {
    "procedure_occurrence_id": cells.whole_number,
    "mrn": cells.identifier,
    "accession_number": cells.identifier,
    "study_date": cells.date,
    "study_uid": cells.uid,
    "series_uid": cells.uids,
    "participant_id": cells.participant,
    "modality": cells.text,
    "sop_uid": cells.uid,
}
NEEDED = {"accession_number": NO_ACCESSION_NUMBER, "mrn": NO_MRN}
"""What a row has to have -> why it asks for nothing without it."""


def no_rules(_: str) -> Sequence[RowRule]:
    """Ask for every row."""
    return ()


@dataclass(frozen=True, kw_only=True, repr=False)
class Row:
    """A row as it stands in its file: cells by the name of the `StudyRequest`'s field. Identifiable."""

    cells: Mapping[str, object]
    place: PlaceOf
    known_by: str = ""
    """The field of the UID that is all there is, in a list of UIDs."""


@dataclass
class _Count:
    count: int = 0
    rows: list[int] = field(default_factory=list)


@dataclass(kw_only=True, repr=False)
class ExtractRows:
    """Collects the rows of one extract."""

    extract: ExtractId
    problems: Problems
    studies: StudyKeys
    participants: Participants
    public: Path | None = None
    rules: Sequence[RowRule] = ()
    """The project's, about rows that are not asked for."""
    waiting: list[dict[str, object]] = field(default_factory=list)
    batches: list[pa.RecordBatch] = field(default_factory=list)
    seen: set[tuple[object, ...]] = field(default_factory=set)
    procedures: dict[int, tuple[object, ...]] = field(default_factory=dict)
    left_out: dict[tuple[str, str], _Count] = field(default_factory=dict)

    def add(self, row: Row) -> None:
        """Check `row` and keep it, or note why not."""
        if self._asks_for_nothing(row) or self._is_flagged(row):
            return
        values = self._values(row)
        reason = why_not(self.rules, values) if values else None
        if reason:
            self.skip(row.place("procedure_occurrence_id"), f"{NOT_EXTRACTABLE}: {reason}")
        elif values is not None and self._is_known_by_its_keys(row, values):
            self._keep(row, values)

    def skip(self, place: Place, reason: str) -> None:
        """Count a row that asks for nothing."""
        counted = self.left_out.setdefault((reason, place.file), _Count())
        counted.count += 1
        if len(counted.rows) < SHOWN:
            counted.rows.append(place.row)

    def finish(self) -> ExtractCohort:
        """Return what has been collected."""
        self._flush()
        table = pa.Table.from_batches(self.batches, ROW_SCHEMA)
        skipped = tuple(self._skipped())
        return ExtractCohort(
            extract=self.extract,
            requests=Requests(project=self.extract.project, table=table),
            skipped=skipped,
            public=self.public,
            summary=_summary(table, sum(each.count for each in skipped)),
        )

    def _asks_for_nothing(self, row: Row) -> bool:
        for name, reason in {row.known_by: NO_UID}.items() if row.known_by else NEEDED.items():
            value = row.cells.get(name)
            if value is None or (isinstance(value, str) and value.strip().lower() in cells.MISSING):
                self.skip(row.place(name), reason)
                return True
        return False

    def _is_flagged(self, row: Row) -> bool:
        """Whether the cohort itself says that the row is not extractable, or does not say it clearly."""
        if "extractable" not in row.cells:
            return False
        try:
            reason = cells.why_not_extractable(row.cells["extractable"], row.cells.get("not_extractable_reason"))
        except BadCell as problem:
            self.problems.add(f"{row.place('extractable')}: {problem}")
            return True
        if reason is not None and len(self.left_out) > MOST_REASONS:
            self.problems.add(
                f"{row.place('extractable')}: has one more of over {MOST_REASONS} different reasons; "
                "put them into a few groups: they are counted and shown"
            )
        elif reason is not None:
            self.skip(row.place("extractable"), f"{NOT_EXTRACTABLE}: {reason}" if reason else NOT_EXTRACTABLE)
        return reason is not None

    def _values(self, row: Row) -> dict[str, Any] | None:
        values: dict[str, Any] = dict.fromkeys(NEEDED, "") if row.known_by else {}
        for name, read in READERS.items():
            try:
                values.setdefault(name, read(row.cells.get(name)))
            except BadCell as reason:
                self.problems.add(f"{row.place(name)}: {reason}")
        return values if len(values) == len(READERS) else None

    def _is_known_by_its_keys(self, row: Row, values: Mapping[str, Any]) -> bool:
        if "participant_id" in row.cells:
            self.participants.match(self.extract.project, values["mrn"], values["participant_id"], row.place)
        return self._is_its_procedures_study(row, values) and self.studies.are_one(values, row.place)

    def _is_its_procedures_study(self, row: Row, values: Mapping[str, Any]) -> bool:
        """Whether the procedure's id stands for one study only: the linker table could not tell two apart."""
        study = (values["mrn"], values["accession_number"], values["study_uid"])
        if self.procedures.setdefault(values["procedure_occurrence_id"], study) == study:
            return True
        self.problems.add(
            f"{row.place('procedure_occurrence_id')}: an earlier row gives the same id to another study; "
            "each procedure needs an id of its own"
        )
        return False

    def _keep(self, row: Row, values: dict[str, Any]) -> None:
        fresh = [series for series in values["series_uid"] or [None] if self._is_new(values, series)]
        if not fresh:
            self.skip(row.place("procedure_occurrence_id"), DUPLICATE)
        place = str(row.place("participant_id")) if values["participant_id"] else None
        self.waiting += [{**values, "series_uid": series, "participant_place": place} for series in fresh]
        if len(self.waiting) >= FLUSH_AT:
            self._flush()

    def _is_new(self, values: Mapping[str, Any], series: str | None) -> bool:
        key = (values["procedure_occurrence_id"], series)
        is_new = key not in self.seen
        self.seen.add(key)
        return is_new

    def _flush(self) -> None:
        self.batches.append(pa.RecordBatch.from_pylist(self.waiting, schema=ROW_SCHEMA))
        self.waiting.clear()

    def _skipped(self) -> Iterator[Skipped]:
        for (reason, file), counted in self.left_out.items():
            yield Skipped(reason=reason, file=file, count=counted.count, rows=tuple(counted.rows))


@dataclass(kw_only=True, repr=False)
class CohortRows:
    """Collects the rows of a cohort, by extract."""

    known_projects: Collection[str]
    problems: Problems
    rules: RulesOf = no_rules
    extracts: dict[ExtractId, ExtractRows] = field(default_factory=dict)
    studies: dict[str, StudyKeys] = field(default_factory=dict)
    """By project."""
    participants: Participants = field(init=False)
    latest: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC) + AHEAD)
    """When an extract may have been made at the latest."""

    def __post_init__(self) -> None:
        self.participants = Participants(problems=self.problems)

    def of(self, project: str, generated_at: dt.datetime, public: Path | None = None) -> ExtractRows:
        """Return where the rows of this extract go."""
        key = ExtractId(project=project, generated_at=generated_at)
        if key not in self.extracts:
            studies = self.studies.setdefault(project, StudyKeys(problems=self.problems))
            self.extracts[key] = ExtractRows(
                extract=key,
                problems=self.problems,
                studies=studies,
                participants=self.participants,
                public=public,
                rules=self.rules(project),
            )
        return self.extracts[key]

    def generated_at(self, value: object) -> dt.datetime:
        """Return when an extract was made.

        Raises
        ------
        BadCell
            That is no moment, or is still to come: every extract made before it would be refused as an older one.
        """
        moment = cells.timestamp(value)
        if moment > self.latest:
            raise BadCell("is in the future, by more than a day; write when the extract was made")
        return moment

    def project(self, name: str) -> str:
        """Return the project that `name` stands for.

        Raises
        ------
        BadCell
            There is no such project; the reason names those that there are.
        """
        project = cells.slug(name)
        if project in self.known_projects:
            return project
        known = sorted(self.known_projects)
        like = difflib.get_close_matches(project, known, n=1)
        hint = f"did you mean {like[0]}? " if like else ""
        raise BadCell(
            f"there is no such project ({hint}known: {', '.join(known) or 'none yet'}); "
            "correct the name, or make the project: pixl project new"
        )

    def finish(self) -> Cohort:
        """Return the cohort.

        Raises
        ------
        CohortInvalid
            There was a problem, or nothing is left to ask for.
        """
        self.participants.finish()
        extracts = [rows.finish() for rows in self.extracts.values()]
        if not self.problems.count and not any(len(each.requests) for each in extracts):
            for each in extracts:
                list(map(self.problems.add, map(str, each.skipped)))
            self.problems.add("there is no row left that asks for a study; check that this is the right extract")
        self.problems.raise_if_any()
        return Cohort(extracts=tuple(sorted(extracts, key=lambda each: each.extract.generated_at)))


def _summary(table: pa.Table, skipped: int) -> Summary:
    named = pc.or_(pc.is_valid(table["study_uid"]), pc.not_equal(table["mrn"], pa.scalar("")))
    studies = _different(table.filter(named), ["mrn", "accession_number", "study_uid"])
    # Until an archive tells which study a series or an instance is of, it is counted by itself.
    studies += _different(table.filter(pc.invert(named)), ["series_uid", "sop_uid"])
    patients = _different(table, ["mrn"])
    return Summary(requests=table.num_rows, studies=studies, patients=patients, skipped=skipped)


def _different(table: pa.Table, columns: list[str]) -> int:
    rows: int = table.group_by(columns, use_threads=False).aggregate([]).num_rows
    return rows
