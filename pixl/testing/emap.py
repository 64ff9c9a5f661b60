"""EMAP, the hospital's database of reports, filled with invented ones."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from pixl.testing.hospital import Hospital
from pixl.testing.identities import Patient
from pixl.testing.report_corpus import Clinician, Examination, identity_of, invent_clinician, parts_for
from pixl.testing.study import Study

SCHEMA = Path(__file__).with_name("emap.sql")
QUERY = Path(__file__).with_name("emap_reports.sql")
CODES = {"ADDENDA": 1, "NARRATIVE": 2, "IMPRESSION": 3, "SIGNATURE": 4}
"""Of `lab_test_definition`, in the order in which the schema makes them."""
READER = "pixl_reader"
GRANTS = "GRANT USAGE ON SCHEMA star TO {user}; GRANT SELECT ON ALL TABLES IN SCHEMA star TO {user}"
WRITTEN = dt.datetime(2023, 1, 1, 9, tzinfo=dt.UTC)
NO_REPORT, DOUBTFUL = 8, 7
"""Every eighth study has no report; in every seventh is something that looks like a name to the second method."""
LOOKS_LIKE_A_NAME = "\nReviewed by Thoracic Oncology before discharge."


@dataclass(frozen=True, kw_only=True)
class EmapReport:
    """A report as EMAP has it."""

    mrn: str
    accession_number: str
    parts: Mapping[str, str]
    """Code -> text."""
    nhs_number: str | None = None
    names: tuple[str, str, str] = ("", "", "")
    """Given, middle and family name."""
    birth_date: dt.date | None = None
    postcode: str | None = None
    versions: tuple[Mapping[str, str], ...] = ()
    """What it said before, the oldest first."""
    written: dt.datetime = field(default=WRITTEN)


def create(connection: psycopg.Connection[Any], password: str) -> None:
    """Make the tables, and the user who may only read them."""
    connection.execute(SCHEMA.read_text(encoding="utf-8").encode())
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [READER]).fetchone()
    statement = (
        "ALTER ROLE {user} LOGIN PASSWORD {password}" if known else "CREATE ROLE {user} LOGIN PASSWORD {password}"
    )
    names = {"user": sql.Identifier(READER), "password": sql.Literal(password)}
    connection.execute(sql.SQL(statement).format(**names))
    connection.execute(sql.SQL(GRANTS).format(**names))


def fill(connection: psycopg.Connection[Any], reports: Iterable[EmapReport]) -> int:
    """Write reports in bulk; return how many there were."""
    written = list(reports)
    people = list({report.mrn: report for report in written}.values())
    ids = {report.mrn: number for number, report in enumerate(people, start=_next(connection, "mrn"))}
    first = _next(connection, "lab_order")
    _copy(connection, "mrn (mrn_id, mrn, nhs_number)", ((ids[one.mrn], one.mrn, one.nhs_number) for one in people))
    _copy(
        connection,
        "core_demographic (mrn_id, firstname, middlename, lastname, date_of_birth, home_postcode)",
        ((ids[one.mrn], *(name or None for name in one.names), one.birth_date, one.postcode) for one in people),
    )
    numbered = list(enumerate(written, start=first))
    _copy(
        connection,
        "lab_sample (lab_sample_id, mrn_id, external_lab_number)",
        ((number, ids[one.mrn], one.accession_number) for number, one in numbered),
    )
    _copy(
        connection,
        "lab_order (lab_order_id, lab_sample_id, order_datetime)",
        ((number, number, one.written) for number, one in numbered),
    )
    _copy(
        connection,
        "lab_result (lab_order_id, lab_test_definition_id, result_last_modified_datetime, value_as_text)",
        (row for number, one in numbered for row in _results(number, one)),
    )
    connection.execute("ANALYZE")
    return len(written)


def reports_of(hospital: Hospital, seed: int = 1) -> Iterator[EmapReport]:
    """Yield a report on each study but every eighth; the same for the same seed."""
    staff = _Staff(seed)
    for study in hospital.studies:
        if study.number % NO_REPORT:
            yield report_of(hospital.patient_of(study), study, staff.examination(study))


def report_of(patient: Patient, study: Study, examination: Examination) -> EmapReport:
    """Return the report on a study, with all of the patient's names and numbers in it."""
    parts = {code: part.text for code, part in parts_for(identity_of(patient), examination, study.number).items()}
    if study.number % DOUBTFUL == 0:
        parts["IMPRESSION"] = parts.get("IMPRESSION", "") + LOOKS_LIKE_A_NAME
    return EmapReport(
        mrn=patient.mrn,
        accession_number=study.accession_number,
        parts=parts,
        nhs_number=patient.nhs_number,
        names=(patient.given_name, patient.middle_name, patient.family_name),
        birth_date=patient.birth_date,
        postcode=patient.postcode,
    )


class _Staff:
    """The radiologists of the hospital."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(f"staff {seed}")
        self._people: list[Clinician] = [invent_clinician(self._chance) for _ in range(8)]

    def examination(self, study: Study) -> Examination:
        """Return a study as the reporting radiologist sees it."""
        radiologist, referrer = self._chance.sample(self._people, 2)
        return Examination(
            accession_number=study.accession_number,
            date=study.study_date,
            modality=study.modality if study.modality in {"CT", "MR", "CR", "DX", "US"} else "CT",
            radiologist=radiologist,
            referrer=referrer,
        )


def _results(number: int, report: EmapReport) -> Iterator[tuple[Any, ...]]:
    for age, parts in enumerate((*report.versions, report.parts)):
        at = report.written + dt.timedelta(hours=age)
        yield from ((number, CODES[code], at, text) for code, text in parts.items())


def _next(connection: psycopg.Connection[Any], table: str) -> int:
    query = sql.SQL("SELECT coalesce(max({}), 0) + 1 FROM {}").format(
        sql.Identifier(f"{table}_id"), sql.Identifier("star", table)
    )
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 1


def _copy(connection: psycopg.Connection[Any], table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with connection.cursor().copy(f"COPY star.{table} FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)
