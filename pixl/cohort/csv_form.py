"""The CSV form of a cohort: one line a study or series, several projects in one file."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import difflib
import functools
import itertools
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pixl.cohort.cells import BadCell
from pixl.cohort.cohort import Cohort
from pixl.cohort.problems import Place, Problems
from pixl.cohort.rows import CohortRows, Row, RulesOf, no_rules
from pixl.cohort.uid_list import KINDS, Listing, UidList, is_header_of_list, is_list
from pixl.domain.errors import CohortInvalid

REQUIRED = {
    "procedure_id": "procedure_occurrence_id",
    "mrn": "mrn",
    "accession_number": "accession_number",
    "project_name": "project",
    "extract_generated_timestamp": "generated_at",
    "study_date": "study_date",
}
OPTIONAL = {
    "study_uid": "study_uid",
    "series_uid": "series_uid",
    "participant_id": "participant_id",
    "extractable": "extractable",
    "not_extractable_reason": "not_extractable_reason",
}
FIELD_OF = REQUIRED | OPTIONAL
COLUMN_OF = {name: column for column, name in FIELD_OF.items()}
DELIMITERS = ",;\t|"

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_OTHER_KINDS = {
    b"PAR1": "is a parquet file; give the folder of the extract, the one that holds public/ and private/",
    b"PK\x03\x04": "is a spreadsheet or a ZIP; save the table as CSV (UTF-8)",
    b"\x1f\x8b": "is compressed; unpack it first",
}


def read_csv(
    path: Path, known_projects: Collection[str], rules: RulesOf = no_rules, listing: Listing | None = None
) -> Cohort:
    """Read a CSV cohort, or a list of UIDs, which needs `listing`.

    Raises
    ------
    CohortInvalid
        With a line for each problem.
    """
    problems = Problems(path.name)
    encoding = _encoding(path)
    try:
        with path.open(encoding=encoding, newline="") as lines:
            rows = CohortRows(known_projects=known_projects, problems=problems, rules=rules)
            return _Reader(path.name, lines, rows, listing, _made_at(path)).read()
    except UnicodeError:
        raise CohortInvalid(f"{path.name}: is damaged {encoding.upper()} text; save it as CSV (UTF-8)") from None


def _made_at(path: Path) -> dt.datetime:
    """Return when a file was last changed: to load it twice is to load one extract."""
    return dt.datetime.fromtimestamp(int(path.stat().st_mtime), dt.UTC)


def _encoding(path: Path) -> str:
    """Find out how `path` is written, and end with the line where it is not what it seems."""
    with path.open("rb") as file:
        start = file.read(4)
        for magic, reason in _OTHER_KINDS.items():
            if start.startswith(magic):
                raise CohortInvalid(f"{path.name}: {reason}")
        for bom, encoding in _BOMS.items():
            if start.startswith(bom):
                return encoding
        file.seek(0)
        for number, line in enumerate(file, start=1):
            _check_line(path.name, number, line)
    return "utf-8"


def _check_line(name: str, number: int, line: bytes) -> None:
    if b"\0" in line:
        raise CohortInvalid(f"{name} line {number}: has NUL bytes (UTF-16 without its mark?); save it as CSV (UTF-8)")
    try:
        line.decode()
    except UnicodeDecodeError:
        raise CohortInvalid(
            f"{name} line {number}: is not UTF-8 text; save the table as CSV (UTF-8), "
            f"or convert it: iconv -f WINDOWS-1252 -t UTF-8 {name} > utf8-{name}"
        ) from None


@dataclass(repr=False)
class _Reader:
    name: str
    lines: Iterator[str]
    rows: CohortRows
    listing: Listing | None
    made_at: dt.datetime
    columns: dict[str, int] = field(default_factory=dict)
    """Where the cell of each field is."""
    width: int = 0
    projects: dict[str, str | None] = field(default_factory=dict)
    """What each name in the project column stands for; None is unknown, and has been reported."""

    @property
    def problems(self) -> Problems:
        return self.rows.problems

    def read(self) -> Cohort:
        table = self._table()
        _, header = next(table, (0, []))
        if is_list(header):
            return UidList(name=self.name, listing=self.listing, made_at=self.made_at, rows=self.rows).read(
                header, table
            )
        if self.listing and self.listing.modality:
            raise CohortInvalid(f"{self.name}: --modality goes with a list of UIDs; leave it out")
        self._read_header(header)
        for number, row_cells in table:
            if self._is_whole(number, row_cells):
                self._add(number, row_cells)
        return self.rows.finish()

    def _table(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each row that is not blank with the line where it begins; a quoted cell may hold line ends."""
        before, first = next(((n, line) for n, line in enumerate(self.lines) if line.strip()), (0, ""))
        reader = csv.reader(itertools.chain([first], self.lines), delimiter=_delimiter(first), strict=True)
        while True:
            number = before + reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error:
                self.problems.add(
                    f"{self.name} line {number}: a quotation mark or a line end is out of place; correct it"
                )
                return
            if any(cell.strip() for cell in row):
                yield number, row

    def _read_header(self, header: list[str]) -> None:
        """Find the columns. They are shown by number only: a file without a header begins with a patient."""
        self.width = len(header)
        for position, cell in enumerate(header):
            name = cell.strip().lower()
            if FIELD_OF.get(name) in self.columns:
                self.problems.add(f"{self.name}: the column {name} is there twice; remove one")
            elif name in FIELD_OF:
                self.columns[FIELD_OF[name]] = position
        missing = [column for column, name in REQUIRED.items() if name not in self.columns]
        if missing:
            self.problems.add(_missing_columns(self.name, header, missing))
        if "not_extractable_reason" in self.columns and "extractable" not in self.columns:
            self.problems.add(f"{self.name}: the column not_extractable_reason needs the column extractable; add it")
        self._report_misspelt(header)
        self.problems.raise_if_any()

    def _report_misspelt(self, header: list[str]) -> None:
        absent = [column for column, name in FIELD_OF.items() if name not in self.columns]
        for position, cell in enumerate(header, start=1):
            for column in difflib.get_close_matches(cell.strip().lower(), absent, n=1, cutoff=0.8):
                self.problems.add(f"{self.name}: column {position} of the header looks like {column}; write it so")

    def _is_whole(self, number: int, row: list[str]) -> bool:
        if len(row) == self.width or (len(row) > self.width and not any(map(str.strip, row[self.width :]))):
            return True
        self.problems.add(
            f"{self.name} line {number}: has {len(row)} cells and the header {self.width}; "
            "correct it (a comma inside a cell needs quotation marks around the cell)"
        )
        return False

    def _add(self, number: int, row: list[str]) -> None:
        by_field = {name: row[position] for name, position in self.columns.items()}
        place = functools.partial(self._place, number)
        if "participant_id" in by_field:
            self.rows.participants.see(by_field, place)
        project = self._project(number, by_field["project"])
        try:
            generated_at = self.rows.generated_at(by_field["generated_at"])
        except BadCell as reason:
            self.problems.add(f"{self._place(number, 'generated_at')}: {reason}")
            return
        if project:
            self.rows.of(project, generated_at).add(Row(cells=by_field, place=place))

    def _project(self, number: int, name: str) -> str | None:
        if name not in self.projects:
            try:
                self.projects[name] = self.rows.project(name)
            except BadCell as reason:
                self.projects[name] = None
                self.problems.add(f"{self._place(number, 'project')}: {reason}")
        return self.projects[name]

    def _place(self, number: int, name: str) -> Place:
        return Place(file=self.name, row=number, column=COLUMN_OF[name], row_word="line")


def _delimiter(header: str) -> str:
    """Return the delimiter that makes the most columns of ours."""

    def known(delimiter: str) -> int:
        names = [cell.strip(' "\r\n').lower() for cell in header.split(delimiter)]
        return sum(name in FIELD_OF or is_header_of_list(name) for name in names)

    return max(DELIMITERS, key=known)


def _missing_columns(name: str, header: list[str], missing: list[str]) -> str:
    if not header:
        return f"{name}: is empty; its first line must name the columns {', '.join(FIELD_OF)}"
    nouns = "column is" if len(missing) == 1 else "columns are"
    if len(header) == 1:
        return (
            f"{name}: has one column, and its first line does not say what is in it; "
            f"a list of UIDs begins with one of {', '.join(KINDS)}"
        )
    return (
        f"{name}: {len(missing)} {nouns} missing: {', '.join(missing)}; the first line has {len(header)} cells "
        f"and must name these columns: {', '.join(REQUIRED)} (and may name {', '.join(OPTIONAL)})"
    )
