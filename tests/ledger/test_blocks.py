from __future__ import annotations

import datetime as dt

import pytest

from pixl.cohort.block_file import read_block_file
from pixl.domain.errors import CohortInvalid
from pixl.domain.study import ExtractId, StudyRequest

pytestmark = pytest.mark.servers

EXTRACT = ExtractId(project="lungs", generated_at=dt.datetime(2026, 5, 4, 10, 0, 0, tzinfo=dt.UTC))


@pytest.fixture
def two_studies(ledger):
    rows = [
        StudyRequest(
            project="lungs", procedure_occurrence_id=n, mrn=f"MRN-{n}", accession_number=f"A{n}", study_uid=f"1.2.{n}"
        )
        for n in (1, 2)
    ]
    ledger.load(EXTRACT, rows)
    return ledger


def reasons(ledger):
    return [ledger.why_blocked(ledger.study(number)) for number in (1, 2)]


def test_a_patient_who_opted_out_is_refused_in_every_project(two_studies):
    assert two_studies.blocks.add("patient", ["MRN-1"], project=None, reason="opted out", by="ann") == 1
    assert reasons(two_studies) == ["opted out", None]


def test_a_study_is_refused_by_its_uid(two_studies):
    two_studies.blocks.add("study", ["1.2.2"], project="lungs", reason="wrong patient", by="ann")
    assert reasons(two_studies) == [None, "wrong patient"]


def test_what_is_blocked_for_another_project_is_not_blocked_here(two_studies):
    two_studies.blocks.add("patient", ["MRN-1"], project="hearts", reason="opted out", by="ann")
    assert reasons(two_studies) == [None, None]


def test_the_same_list_twice_adds_nothing_and_lifting_it_lifts_all_of_it(two_studies):
    for expected in (2, 0):
        added = two_studies.blocks.add("patient", ["MRN-1", "MRN-2"], project=None, reason="opted out", by="ann")
        assert added == expected
    assert [(one.reason, one.count) for one in two_studies.blocks.counts()] == [("opted out", 2)]
    assert two_studies.blocks.lift(project=None, reason="opted out", by="bob") == 2
    assert reasons(two_studies) == [None, None]
    assert [entry.event.what for entry in two_studies.audit.events()][:3] == ["block-lifted", "blocked", "blocked"]
    assert two_studies.audit.verify().holds


@pytest.mark.parametrize("header", ["MRN", "PatientID", "mrn"])
def test_a_file_says_by_its_header_what_it_holds(tmp_path, header):
    path = tmp_path / "list.csv"
    path.write_text(f"{header}\n123\n\n 123 \n456\n", encoding="utf-8-sig")
    found = read_block_file(path)
    assert (found.level, found.values) == ("patient", ("123", "456"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"12345\n23456\n", "the first line must be the name"),
        (b"MRN,name\n1,2\n", "the first line must be the name"),
        (b"MRN\n1,SECRET\n", "row 2: has more than one cell"),
        (b"MRN\n\xff\xfe\n", "no CSV in UTF-8"),
    ],
)
def test_a_file_that_is_none_is_refused_without_showing_a_cell(tmp_path, content, message):
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(CohortInvalid, match=message) as refused:
        read_block_file(path)
    assert "SECRET" not in str(refused.value)
    assert "12345" not in str(refused.value)
