"""A participant_id that would carry a patient's identifier out, and studies that the ledger could not tell apart."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pixl.cohort import read_cohort
from pixl.domain.errors import CohortInvalid

STAMP = "2023-12-07T14:08:58Z"
UID = "1.2.826.0.1.3680043.8.498.777"
ONE = ("QZ12345678", "RKX00000001", UID)
TWO = ("QZ23456789", "0047110815", "1.2.826.0.1.3680043.8.498.888")


def line(number: int, identifiers: tuple[str, str, str], participant: str, project: str = "demo") -> str:
    mrn, accession, uid = identifiers
    return f"{number},{mrn},{accession},{project},{STAMP},2020-05-23,{uid},,{participant}"


def problem(path: Path) -> str:
    with pytest.raises(CohortInvalid) as caught:
        read_cohort(path, known_projects=["demo", "other-project"])
    text = str(caught.value)
    assert not re.search("QZ|RKX|4711|12345|3680043|SECRET", text, flags=re.IGNORECASE)
    return text


def accepted(path: Path) -> int:
    cohort = read_cohort(path, known_projects=["demo", "other-project"])
    return sum(extract.summary.requests for extract in cohort.extracts)


@pytest.mark.parametrize(
    ("participant", "column"),
    [
        ("QZ12345678", "mrn"),
        ("qz12345678", "mrn"),
        ("  QZ12345678 ", "mrn"),
        ("QZ-12345678", "mrn"),
        ("QZ 1234 5678", "mrn"),
        ("RKX00000001", "accession_number"),
        (UID, "study_uid"),
        ("P-QZ12345678-1", "mrn"),
        ("xxQZ12345678xx", "mrn"),
        ("12345678", "mrn"),
        ("P12345678", "mrn"),
        ("234567", "mrn"),
        (f"study-{UID}", "study_uid"),
        ("3680043.8.498", "study_uid"),
    ],
)
def test_a_participant_id_made_of_the_rows_own_identifiers_is_refused(
    csv_of: Callable[..., Path], participant: str, column: str
) -> None:
    text = problem(csv_of(line(1, ONE, participant), line(2, TWO, "P-2")))
    assert f"cohort.csv line 2, column participant_id: is, holds or is part of the {column} of line 2" in text
    assert "1 problem" in text


@pytest.mark.parametrize(
    ("participant", "column"),
    [
        ("QZ23456789", "mrn"),
        ("qz23456789", "mrn"),
        ("23456789", "mrn"),
        ("P-QZ23456789", "mrn"),
        ("P23456789", "mrn"),
        ("2023QZ2345678901", "mrn"),
        ("1x23456789y2", "mrn"),
        ("LUNG0047110815X1", "accession_number"),
        ("0047110815", "accession_number"),
        ("47110815", "accession_number"),
        ("P-0047110815", "accession_number"),
        (TWO[2], "study_uid"),
        (f"P-{TWO[2]}", "study_uid"),
    ],
)
@pytest.mark.parametrize("other", ["demo", "other-project"])
def test_a_participant_id_made_of_another_rows_identifiers_is_refused(
    csv_of: Callable[..., Path], participant: str, column: str, other: str
) -> None:
    for rows in ([(1, ONE, participant), (2, TWO, "P-2", other)], [(2, TWO, "P-2", other), (1, ONE, participant)]):
        text = problem(csv_of(*(line(*row) for row in rows)))
        here, there = ("2", "3") if rows[0][0] == 1 else ("3", "2")
        assert f"line {here}, column participant_id: is, holds or is part of the {column} of line {there};" in text


@pytest.mark.parametrize("missing", ["mrn", "accession_number"])
def test_the_identifiers_of_a_row_that_is_left_out_are_no_participant_ids_either(
    csv_of: Callable[..., Path], missing: str
) -> None:
    mrn, accession, uid = TWO
    left_out = (("", accession, uid), accession) if missing == "mrn" else ((mrn, "", uid), mrn)
    assert "column participant_id: is" in problem(csv_of(line(1, ONE, left_out[1]), line(2, left_out[0], "P-2")))


def test_a_short_mrn_as_participant_id_is_refused_too(csv_of: Callable[..., Path]) -> None:
    assert "of line 3" in problem(csv_of(line(1, ONE, "17"), line(2, ("17", "RKX00000002", ""), "P-2")))


def test_each_row_with_such_a_participant_id_is_named(csv_of: Callable[..., Path]) -> None:
    text = problem(csv_of(line(1, ONE, ONE[0]), line(2, TWO, TWO[0])))
    assert "line 2, column participant_id" in text
    assert "line 3, column participant_id" in text


@pytest.mark.parametrize(
    "participants",
    [
        ("P-1", "P-2"),
        ("100001", "100002"),
        ("8b1a9953c4611296a827abf8c47804d7", "c4ca4238a0b923820dcc509a6f75849b"),
        ("1234", "5678"),
        ("", ""),
        ("NA", "none"),
    ],
)
def test_participant_ids_that_say_nothing_of_the_patient_are_taken(
    csv_of: Callable[..., Path], participants: tuple[str, str]
) -> None:
    left_out = line(3, ("NA", "none", ""), participants[1])
    assert accepted(csv_of(line(1, ONE, participants[0]), line(2, TWO, participants[1]), left_out)) == 2


def test_a_participant_id_that_dicom_cannot_hold_is_refused_at_load(csv_of: Callable[..., Path]) -> None:
    assert "line 2, column participant_id: has a letter" in problem(csv_of(line(1, ONE, "SECRETÄ")))


def test_one_participant_id_for_two_patients_is_refused(csv_of: Callable[..., Path]) -> None:
    text = problem(csv_of(line(1, ONE, "P-1"), line(2, TWO, "P-1")))
    assert "line 3, column participant_id: is that of another patient in line 2" in text


@pytest.mark.parametrize(("first", "second"), [("P-1", "P-2"), ("P-1", "p-1"), ("P-1", ""), ("", "P-1")])
def test_two_participant_ids_for_one_patient_are_refused(csv_of: Callable[..., Path], first: str, second: str) -> None:
    same_patient = (ONE[0], TWO[1], TWO[2])
    text = problem(csv_of(line(1, ONE, first), line(2, same_patient, second)))
    assert "line 3, column participant_id: is not what line 2 says for the same patient" in text


def test_a_patient_may_have_another_participant_id_in_another_project(csv_of: Callable[..., Path]) -> None:
    assert accepted(csv_of(line(1, ONE, "P-1"), line(2, ONE, "L-9", "other-project"), line(3, TWO, "P-2"))) == 3


def test_two_studies_under_one_accession_number_are_told_apart_by_their_uids(csv_of: Callable[..., Path]) -> None:
    assert accepted(csv_of(line(1, ONE, ""), line(2, (*ONE[:2], f"{UID}.9"), ""))) == 2


@pytest.mark.parametrize("identifiers", [(ONE[0], TWO[1], UID), (TWO[0], ONE[1], UID), (TWO[0], TWO[1], UID)])
def test_one_study_under_two_accession_numbers_or_patients_is_refused(
    csv_of: Callable[..., Path], identifiers: tuple[str, str, str]
) -> None:
    text = problem(csv_of(line(1, ONE, ""), line(2, identifiers, "")))
    assert "line 3, column study_uid: is that of line 2 under another MRN or accession number" in text


def test_all_extracts_of_a_project_are_looked_at_together(csv_of: Callable[..., Path]) -> None:
    later = line(2, (ONE[0], TWO[1], UID), "").replace("2023", "2024")
    assert "line 3, column study_uid" in problem(csv_of(line(1, ONE, ""), later))


def test_a_study_may_be_asked_for_by_two_procedures_projects_and_with_or_without_its_uid(
    csv_of: Callable[..., Path],
) -> None:
    without = (*ONE[:2], "")
    rows = [line(1, ONE, ""), line(2, ONE, ""), line(3, ONE, "", "other-project"), line(4, without, "")]
    assert accepted(csv_of(*rows)) == 4


def test_one_study_under_two_accession_numbers_in_an_extract_is_named_by_table_and_row(extract: Any) -> None:
    extract.write(
        "private/PROCEDURE_OCCURRENCE_LINKS",
        procedure_occurrence_id=[10, 11, 12],
        AccessionNumber=["RKX00000001", "RKX00000002", "RKX00000003"],
        StudyUid_X=["1.2.3.1", "1.2.3.1", None],
    )
    with pytest.raises(
        CohortInvalid, match=r"LINKS\.parquet row 2, column StudyUid_X: is that of row 1 under"
    ) as caught:
        read_cohort(extract.folder, known_projects=["test-extract-uclh-omop-cdm"])
    assert "RKX" not in str(caught.value)


@pytest.mark.parametrize("stamp", ["2999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_an_extract_of_the_future_is_refused(csv_of: Callable[..., Path], extract: Any, stamp: str) -> None:
    text = problem(csv_of(line(1, ONE, "").replace(STAMP, stamp)))
    assert "line 2, column extract_generated_timestamp: is in the future" in text
    extract.summary(datetime=stamp, settings={"cdm_source_name": "demo"})
    assert "extract_summary.json: is in the future" in problem(extract.folder)


def test_an_extract_of_the_next_hours_is_taken_for_one_of_another_time_zone(csv_of: Callable[..., Path]) -> None:
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=13)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert accepted(csv_of(line(1, ONE, "").replace(STAMP, soon))) == 1
