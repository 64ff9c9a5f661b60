"""An OMOP-ES extract folder: public parquet with sequential ids, private links from them to identifiers."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import itertools
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pixl.cohort import cells
from pixl.cohort.cells import BadCell
from pixl.cohort.cohort import Cohort
from pixl.cohort.problems import Place, Problems
from pixl.cohort.rows import NO_ACCESSION_NUMBER, CohortRows, ExtractRows, Row, RulesOf, no_rules

SUMMARY = "extract_summary.json"
NO_PROCEDURE = "its procedure is not in PROCEDURE_OCCURRENCE"
IDENTIFYING = frozenset({"primarymrn", "mrn", "accessionnumber", "nhsnumber", "patientdurablekey", "studyuid_x"})
"""Columns of the link tables that no public table may have (lower case)."""
BATCH = 10_000

Column: TypeAlias = "pa.ChunkedArray[Any]"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where a table is in an extract, and which columns of it are read."""

    name: str
    folders: tuple[str, ...]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


PERSON_LINKS = Layout(name="PERSON_LINKS", folders=("private",), required=("person_id", "PrimaryMrn"))
PROCEDURE_LINKS = Layout(
    name="PROCEDURE_OCCURRENCE_LINKS",
    folders=("private",),
    required=("procedure_occurrence_id", "AccessionNumber"),
    optional=("StudyUid_X",),
)
PROCEDURES = Layout(
    name="PROCEDURE_OCCURRENCE",
    folders=("public/omop", "public"),
    required=("procedure_occurrence_id", "person_id", "procedure_date"),
)
IDS = ("person_id", "procedure_occurrence_id")
LINK_COLUMNS = {"accession_number": "AccessionNumber", "study_uid": "StudyUid_X"}


@dataclass(frozen=True, kw_only=True, repr=False)
class Linked:
    """A table of the extract, of one file or of several parts. Identifiable."""

    data: pa.Table
    files: tuple[str, ...]
    ends: tuple[int, ...]
    """How many rows there are up to the end of each file."""

    def place(self, row: int, column: str) -> Place:
        """Return where a row stands, counted from 1 in its own file."""
        part = next(n for n, end in enumerate(self.ends) if row < end)
        start = self.ends[part - 1] if part else 0
        return Place(file=self.files[part], row=row - start + 1, column=column)


def read_extract(folder: Path, known_projects: Collection[str], rules: RulesOf = no_rules) -> Cohort:
    """Read an extract folder, plain or batched.

    Raises
    ------
    CohortInvalid
        With a line for each problem.
    """
    problems = Problems(folder.name or str(folder))
    rows = CohortRows(known_projects=known_projects, problems=problems, rules=rules)
    extract = _extract_rows(folder, rows)
    tables = [
        _Tables(folder=folder, problems=problems).read(layout) for layout in (PROCEDURES, PERSON_LINKS, PROCEDURE_LINKS)
    ]
    _check_public(folder, problems)
    problems.raise_if_any()
    procedures, people, links = (table for table in tables if table)
    if extract:
        _Join(procedures=procedures, people=people, links=links, rows=extract, problems=problems).run()
    return rows.finish()


def _extract_rows(folder: Path, rows: CohortRows) -> ExtractRows | None:
    try:
        summary = json.loads((folder / SUMMARY).read_bytes())
        project = _project(rows, summary["settings"]["cdm_source_name"])
        return rows.of(project, rows.generated_at(summary["datetime"]), public=folder / "public")
    except FileNotFoundError:
        rows.problems.add(f"{SUMMARY}: is missing; give the folder of the extract, the one that holds it")
    except (KeyError, TypeError, AttributeError):
        rows.problems.add(
            f"{SUMMARY}: must hold the texts `datetime` and `settings.cdm_source_name`; ask for a new extract"
        )
    except (ValueError, RecursionError):
        rows.problems.add(f"{SUMMARY}: is no JSON; it may be cut off, copy the extract again")
    except BadCell as reason:
        rows.problems.add(f"{SUMMARY}: {reason}")
    return None


def _project(rows: CohortRows, name: str) -> str:
    """Return the project; its name in the summary is a setting of the extract and may be shown."""
    try:
        return rows.project(name)
    except BadCell as reason:
        raise BadCell(str(reason).replace("no such project", f"no project {cells.slug(name)}", 1)) from None


@dataclass(frozen=True, kw_only=True)
class _Tables:
    """Reads the tables of an extract and notes what is wrong with them."""

    folder: Path
    problems: Problems

    def read(self, layout: Layout) -> Linked | None:
        """Return the table with its columns in the types we join on, or None if there is a problem with it."""
        files = _files(self.folder, layout)
        if not files:
            self.problems.add(_missing_table(self.folder, layout))
        parts = [self._part(file, layout) for file in files]
        whole = [part for part in parts if part is not None]
        if not files or len(whole) < len(parts):
            return None
        table = pa.concat_tables(whole)
        names = tuple(file.relative_to(self.folder).as_posix() for file in files)
        linked = Linked(data=table, files=names, ends=_row_ends(whole))
        return self._with_ids(linked)

    def _part(self, file: Path, layout: Layout) -> pa.Table | None:
        name = file.relative_to(self.folder).as_posix()
        try:
            schema = pq.read_schema(file)
            if not self._has_columns(name, schema.names, layout):
                return None
            wanted = [column for column in layout.required + layout.optional if column in schema.names]
            table = pq.read_table(file, columns=wanted, partitioning=None)
        except (pa.ArrowException, OSError, ValueError):
            self.problems.add(f"{name}: cannot be read as parquet; it may be cut off, copy the extract again")
            return None
        return self._typed(name, table, layout)

    def _has_columns(self, name: str, present: Sequence[str], layout: Layout) -> bool:
        missing = [column for column in layout.required if column not in present]
        for column in missing:
            close = difflib.get_close_matches(column.lower(), [each.lower() for each in present], n=1, cutoff=0.8)
            hint = f"; there is {next(each for each in present if each.lower() == close[0])}" if close else ""
            self.problems.add(f"{name}: the column {column} is missing{hint}; ask for an extract that has it")
        twice = [column for column in layout.required + layout.optional if present.count(column) > 1]
        for column in twice:
            self.problems.add(f"{name}: the column {column} is there twice; ask for a new extract")
        return not missing and not twice

    def _typed(self, name: str, table: pa.Table, layout: Layout) -> pa.Table | None:
        columns = {}
        for column in layout.required + layout.optional:
            found = (
                table[column] if column in table.column_names else pa.chunked_array([pa.nulls(len(table), pa.string())])
            )
            try:
                columns[column] = _as_we_read_it(column, found)
            except (BadCell, pa.ArrowException) as error:
                reason = error if isinstance(error, BadCell) else "holds what cannot be read as that"
                self.problems.add(f"{name}, column {column}: {reason}; ask for a new extract")
        return pa.table(columns) if len(columns) == len(layout.required + layout.optional) else None

    def _with_ids(self, linked: Linked) -> Linked:
        data = linked.data
        for column in set(IDS) & set(data.column_names):
            ids = [self._id(linked, column, row, value) for row, value in enumerate(data[column].to_pylist())]
            data = data.set_column(data.column_names.index(column), column, pa.array(ids, pa.int64()))
        return dataclasses.replace(linked, data=data)

    def _id(self, linked: Linked, column: str, row: int, value: object) -> int | None:
        if value is None and column == "person_id":
            return None
        try:
            return cells.whole_number(value)
        except BadCell as reason:
            self.problems.add(f"{linked.place(row, column)}: {reason}")
            return None


@dataclass(frozen=True, kw_only=True, repr=False)
class _Join:
    """Brings procedures, their links and their people together, a row for each link."""

    procedures: Linked
    people: Linked
    links: Linked
    rows: ExtractRows
    problems: Problems

    def run(self) -> None:
        """Hand each row on; what has no partner is counted."""
        self._check_unique(self.procedures, "procedure_occurrence_id", "")
        self._check_unique(self.people, "person_id", "PrimaryMrn")
        self._skip_procedures_without_link()
        ids = self.links.data["procedure_occurrence_id"]
        to_procedure = pc.index_in(ids, value_set=self.procedures.data["procedure_occurrence_id"])
        joined = _joined(self.links.data, self.procedures.data, self.people.data, to_procedure)
        start = 0
        for batch in joined.to_batches(max_chunksize=BATCH):
            for number, row in enumerate(batch.to_pylist(), start=start):
                self._add(number, row)
            start += len(batch)

    def _add(self, number: int, row: dict[str, Any]) -> None:
        if row["procedure_row"] is None:
            self.rows.skip(self.links.place(number, "procedure_occurrence_id"), NO_PROCEDURE)
            return
        place = functools.partial(self._place, number, row["procedure_row"], row["person_row"])
        self.rows.add(Row(cells=row, place=place))

    def _place(self, link: int, procedure: int, person: int | None, name: str) -> Place:
        if name == "study_date":
            return self.procedures.place(procedure, "procedure_date")
        if name == "mrn" and person is not None:
            return self.people.place(person, "PrimaryMrn")
        if name == "mrn":
            return self.procedures.place(procedure, "person_id")
        return self.links.place(link, LINK_COLUMNS.get(name, name))

    def _check_unique(self, linked: Linked, column: str, unless_same: str) -> None:
        """Note ids that stand there twice, unless the column `unless_same` holds the same in both rows."""
        first = pc.index_in(linked.data[column], value_set=linked.data[column]).to_pylist()
        values = linked.data[unless_same].to_pylist() if unless_same else []
        for row, earlier in enumerate(first):
            if earlier is None or earlier == row or (values and values[row] == values[earlier]):
                continue
            there = linked.place(earlier, column)
            self.problems.add(
                f"{linked.place(row, column)}: is the same id as in {there.file} row {there.row}; ask for a new extract"
            )

    def _skip_procedures_without_link(self) -> None:
        ids = self.procedures.data["procedure_occurrence_id"]
        linked = pc.is_in(ids, value_set=self.links.data["procedure_occurrence_id"])
        for row, has_link in enumerate(linked.to_pylist()):
            if not has_link:
                self.rows.skip(self.procedures.place(row, "procedure_occurrence_id"), NO_ACCESSION_NUMBER)


def _joined(links: pa.Table, procedures: pa.Table, people: pa.Table, to_procedure: pa.Array[Any]) -> pa.Table:
    """Return a row for each link: its own cells, and those of its procedure and person where there are such."""
    person_ids = procedures["person_id"].take(to_procedure)
    to_person = pc.index_in(person_ids, value_set=people["person_id"], skip_nulls=True)
    return pa.table(
        {
            "procedure_occurrence_id": links["procedure_occurrence_id"],
            "accession_number": links["AccessionNumber"],
            "study_uid": links["StudyUid_X"],
            "mrn": people["PrimaryMrn"].take(to_person),
            "study_date": procedures["procedure_date"].take(to_procedure),
            "procedure_row": to_procedure,
            "person_row": to_person,
        }
    )


def _files(folder: Path, layout: Layout) -> list[Path]:
    """Return the table's file, or the parts of it in their order."""
    for parent in layout.folders:
        for plain in (layout.name, layout.name.lower()):
            if (file := folder / parent / f"{plain}.parquet").is_file():
                return [file]
            if parts := sorted((folder / parent / plain).glob("*.parquet"), key=_natural):
                return parts
    return []


def _natural(path: Path) -> list[tuple[int, str]]:
    return [(int(digits or 0), word) for digits, word in re.findall(r"(\d*)(\D*)", path.name)]


def _missing_table(folder: Path, layout: Layout) -> str:
    where = layout.folders[0]
    if not (folder / layout.folders[-1]).is_dir():
        return f"{layout.folders[-1]}/: is missing; give the folder of the extract, the one that holds it"
    parts = f"{where}/{layout.name.lower()}/part-*.parquet"
    return f"{where}/{layout.name}.parquet (or {parts}): is missing; copy the extract again"


def _row_ends(parts: Sequence[pa.Table]) -> tuple[int, ...]:
    return tuple(itertools.accumulate(part.num_rows for part in parts))


def _as_we_read_it(column: str, found: Column) -> Column:
    """Return a column in the type that we join on or check."""
    kind = found.type
    if pa.types.is_dictionary(kind):
        found = found.cast(kind.value_type)
        kind = found.type
    if column in IDS:
        return _checked(found, "whole numbers", fits=_is_number(kind) or _is_text(kind) or pa.types.is_null(kind))
    if column == "procedure_date":
        wanted = pa.types.is_date(kind) or pa.types.is_timestamp(kind)
        _checked(found, "dates", fits=wanted or _is_text(kind) or pa.types.is_null(kind))
        return found.cast(pa.date32(), safe=False) if wanted else found.cast(pa.string())
    _checked(found, "text", fits=pa.types.is_integer(kind) or _is_text(kind) or pa.types.is_null(kind))
    return found.cast(pa.string())


def _checked(found: Column, wanted: str, *, fits: bool) -> Column:
    if not fits:
        raise BadCell(f"is of the type {found.type}, not {wanted}")
    return found


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def _check_public(folder: Path, problems: Problems) -> None:
    """Note columns that must not leave: an identifier in `public/` is a mistake of the extract."""
    for file in sorted((folder / "public").rglob("*.parquet")):
        name = file.relative_to(folder).as_posix()
        try:
            columns = pq.read_schema(file).names
        except (pa.ArrowException, OSError, ValueError):
            problems.add(f"{name}: cannot be read as parquet; it may be cut off, copy the extract again")
            continue
        for column in columns:
            if column.lower() in IDENTIFYING:
                problems.add(
                    f"{name}: the column {column} identifies people and belongs into private/; ask for a new extract"
                )
