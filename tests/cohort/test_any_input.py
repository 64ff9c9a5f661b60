"""Whatever a file holds: a cohort, or a `CohortInvalid` without any of its cells."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixl.cohort import read_cohort
from pixl.domain.errors import CohortInvalid

COLUMNS = ["procedure_id", "mrn", "accession_number", "project_name", "extract_generated_timestamp", "study_date"]
GOOD = {
    "procedure_id": "1",
    "mrn": "QZ12345678",
    "accession_number": "RKX00000001",
    "project_name": "demo",
    "extract_generated_timestamp": "2023-12-07T14:08:58Z",
    "study_date": "2020-05-23",
}
SECRET = "Øvertwistle4711"
CELLS = st.one_of(st.text(max_size=20), st.integers().map(str), st.floats().map(str), st.dates().map(str)).map(
    lambda text: f"{text[:8]}{SECRET}{text[8:]}"
)
QUIET = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def outcome(path: Path) -> str:
    try:
        cohort = read_cohort(path, known_projects=["demo"])
    except CohortInvalid as error:
        return str(error)
    return "".join([repr(cohort), *(str(each) for extract in cohort.extracts for each in extract.skipped)])


@QUIET
@given(data=st.binary(max_size=400))
def test_any_bytes(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "cohort.csv").write_bytes(data)
    assert outcome(tmp_path / "cohort.csv")


@QUIET
@given(data=st.binary(max_size=200), position=st.integers(0, 300))
def test_any_bytes_in_the_middle_of_a_good_file(tmp_path: Path, data: bytes, position: int) -> None:
    good = ",".join(COLUMNS) + "\n" + ",".join(GOOD.values()) + "\n"
    raw = good.encode()
    (tmp_path / "cohort.csv").write_bytes(raw[:position] + data + raw[position:])
    assert outcome(tmp_path / "cohort.csv")


@QUIET
@given(row=st.fixed_dictionaries({}, optional=dict.fromkeys(COLUMNS, CELLS)))
def test_no_cell_of_a_csv_is_ever_shown(tmp_path: Path, row: dict[str, str]) -> None:
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    writer.writerow({**GOOD, **row})
    (tmp_path / "cohort.csv").write_text(file.getvalue(), encoding="utf-8", errors="surrogatepass")
    assert SECRET not in outcome(tmp_path / "cohort.csv")


@QUIET
@given(header=st.lists(CELLS, max_size=8), row=st.lists(CELLS, max_size=8))
def test_no_cell_of_a_file_without_our_header_is_ever_shown(tmp_path: Path, header: list[str], row: list[str]) -> None:
    file = io.StringIO()
    csv.writer(file).writerows([header, row])
    (tmp_path / "cohort.csv").write_text(file.getvalue(), encoding="utf-8", errors="surrogatepass")
    assert SECRET not in outcome(tmp_path / "cohort.csv")


ANY_COLUMN = st.one_of(
    st.lists(st.one_of(st.none(), CELLS.filter(lambda text: text.isprintable())), min_size=3, max_size=3),
    st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), min_size=3, max_size=3),
    st.lists(st.floats(), min_size=3, max_size=3),
    st.lists(st.binary(max_size=8), min_size=3, max_size=3),
    st.lists(st.datetimes(), min_size=3, max_size=3),
    st.lists(st.booleans(), min_size=3, max_size=3),
    st.lists(st.lists(st.integers(0, 9), max_size=2), min_size=3, max_size=3),
)
TABLES = [
    ("private/PERSON_LINKS", "person_id"),
    ("private/PERSON_LINKS", "PrimaryMrn"),
    ("private/PROCEDURE_OCCURRENCE_LINKS", "procedure_occurrence_id"),
    ("private/PROCEDURE_OCCURRENCE_LINKS", "AccessionNumber"),
    ("private/PROCEDURE_OCCURRENCE_LINKS", "StudyUid_X"),
    ("public/omop/PROCEDURE_OCCURRENCE", "procedure_occurrence_id"),
    ("public/omop/PROCEDURE_OCCURRENCE", "person_id"),
    ("public/omop/PROCEDURE_OCCURRENCE", "procedure_date"),
]


@QUIET
@given(place=st.sampled_from(TABLES), values=ANY_COLUMN)
def test_no_cell_of_a_parquet_is_ever_shown(extract: object, place: tuple[str, str], values: list[object]) -> None:
    name, column = place
    path = (extract.folder / name).with_suffix(".parquet")  # type: ignore[attr-defined]
    before = path.read_bytes()
    table = pq.read_table(path)
    whole = {**table.to_pydict(), column: [values[n % 3] for n in range(table.num_rows)]}
    pq.write_table(pa.table(whole), path)
    try:
        assert SECRET not in outcome(extract.folder)  # type: ignore[attr-defined]
    finally:
        path.write_bytes(before)


@QUIET
@given(position=st.integers(0, 3000), data=st.binary(min_size=1, max_size=16))
def test_any_damage_to_a_parquet(extract: object, position: int, data: bytes) -> None:
    path = extract.folder / "private/PROCEDURE_OCCURRENCE_LINKS.parquet"  # type: ignore[attr-defined]
    before = path.read_bytes()
    at = position % len(before)
    path.write_bytes(before[:at] + data + before[at + len(data) :])
    try:
        assert outcome(extract.folder)  # type: ignore[attr-defined]
    finally:
        path.write_bytes(before)


@pytest.mark.parametrize("name", ["x" * 200, "Ünïcode", "a\nb"])
def test_any_file_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    assert "is empty" in outcome(tmp_path / name)
