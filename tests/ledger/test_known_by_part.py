"""Requests of which a cohort told nothing but the UID of a series or of an instance."""

from __future__ import annotations

import datetime as dt

import pytest

from pixl.domain.part import Part
from pixl.domain.state import State
from pixl.domain.study import ExtractId, StudyRequest
from pixl.ledger import Portion

pytestmark = pytest.mark.servers

DAYS = [ExtractId(project="lungs", generated_at=dt.datetime(2026, 5, day, tzinfo=dt.UTC)) for day in range(1, 9)]
UID = "1.2.3.7"
SERIES = f"{UID}.1"


def by_part(number=2, **fields):
    return StudyRequest(project="lungs", procedure_occurrence_id=number, mrn="", accession_number="", **fields)


def to_state(ledger, study_id, *states, **fields):
    before = ledger.study(study_id).state
    for state in states:
        assert ledger.advance(study_id, state, before={before}, **fields)
        before = state


def named(ledger, study_id, *uids):
    """Begin the fetch of a request, and let the archive tell that its study has these series or instances."""
    to_state(ledger, study_id, State.FETCHING)
    return ledger.join(study_id, UID, uids)


def exported(ledger, study_id):
    way = (State.CACHED, State.DEIDENTIFYING, State.CHECKING, State.RELEASED, State.EXPORTING, State.EXPORTED)
    to_state(ledger, study_id, *way)


def requested(ledger):
    return [one.requested for one in ledger.status("lungs")]


@pytest.mark.parametrize("field", ["series_uid", "sop_uid"])
def test_a_request_shows_what_is_known_of_it_until_its_study_is_named(ledger, field):
    ledger.load(DAYS[0], [by_part(**{field: SERIES})])
    assert ledger.study(1).part_to_be_named == Part(**{field: SERIES})
    assert named(ledger, 1, SERIES)
    study = ledger.study(1)
    assert (study.part_to_be_named, study.study_uid, study.parts) == (None, UID, {Part(**{field: SERIES})})


@pytest.mark.parametrize("modality", [None, "CT"])
def test_loading_it_twice_asks_once_before_and_after_its_study_is_named(ledger, modality):
    rows = [by_part(series_uid=SERIES, modality=modality)]
    loads = [ledger.load(DAYS[0], rows), ledger.load(DAYS[0], rows)]
    named(ledger, 1, SERIES)
    loads += [ledger.load(DAYS[0], rows), ledger.load(DAYS[1], rows)]
    assert [(one.new_studies, one.reopened) for one in loads] == [(1, 0), (0, 0), (0, 0), (0, 0)]
    assert requested(ledger) == [1, 1]


def test_all_requests_of_one_study_become_one(ledger):
    ledger.load(DAYS[0], [by_part(n, series_uid=f"{UID}.{n}") for n in range(2, 6)])
    assert requested(ledger) == [4]
    assert named(ledger, 2, *(f"{UID}.{n}" for n in range(2, 5)))
    assert requested(ledger) == [2]  # one of the four is of another study
    assert {part.series_uid for part in ledger.study(2).parts} == {f"{UID}.{n}" for n in range(2, 5)}
    assert not named_again(ledger, 1)


def named_again(ledger, study_id):
    """Whether a worker that was at the request of another row goes on with it."""
    return ledger.join(study_id, UID, [])


def test_a_request_that_another_worker_took_along_is_not_taken_twice(ledger):
    ledger.load(DAYS[0], [by_part(n, series_uid=f"{UID}.{n}") for n in (2, 3)])
    to_state(ledger, 2, State.FETCHING)
    assert named(ledger, 1, f"{UID}.2", f"{UID}.3")
    assert not ledger.join(2, UID, [f"{UID}.2", f"{UID}.3"])
    assert requested(ledger) == [1]


def test_a_further_series_reopens_a_study_that_is_exported_and_a_known_one_does_not(ledger):
    ledger.load(DAYS[0], [by_part(series_uid=SERIES)])
    named(ledger, 1, SERIES)
    exported(ledger, 1)
    ledger.load(DAYS[1], [by_part(3, series_uid=SERIES, modality="CT"), by_part(4, series_uid=f"{UID}.9")])
    assert not named(ledger, 2, SERIES, f"{UID}.9")
    study = ledger.study(1)
    assert (study.state, study.revision, len(study.parts)) == (State.REQUESTED, 2, 3)
    assert requested(ledger) == [1, 1]


def test_a_series_of_a_study_that_is_asked_for_whole_asks_for_nothing_more(ledger):
    ledger.load(DAYS[0], [by_part(study_uid=UID)])
    to_state(ledger, 1, State.FETCHING)
    exported(ledger, 1)
    ledger.load(DAYS[1], [by_part(3, series_uid=SERIES)])
    assert not named(ledger, 2, SERIES)
    assert (ledger.study(1).state, requested(ledger)) == (State.EXPORTED, [1, 1])


def test_a_list_that_names_the_study_brings_a_series_home_that_no_archive_would_name(ledger):
    ledger.load(DAYS[0], [by_part(series_uid=SERIES)])
    to_state(ledger, 1, State.FETCHING, State.MISSING)
    loaded = ledger.load(DAYS[1], [by_part(3, series_uid=SERIES, study_uid=UID)])
    assert (loaded.new_studies, requested(ledger)) == (1, [1, 1])
    assert [dict(one.counts) for one in ledger.status("lungs")] == [{State.REQUESTED: 1}] * 2


def test_what_has_joined_a_study_is_neither_retried_nor_cancelled_nor_counted(ledger):
    ledger.load(DAYS[0], [by_part(n, series_uid=f"{UID}.{n}") for n in (2, 3)])
    named(ledger, 1, f"{UID}.2", f"{UID}.3")
    assert ledger.retry("lungs", states=[State.REJECTED]) == 0
    assert ledger.cancel("lungs") == 1
    assert ledger.reasons("lungs") == [("lungs", State.REJECTED, "cancelled", 1)]
    assert [dict(one.counts) for one in ledger.status("lungs")] == [{State.REJECTED: 1}]


def test_a_request_that_was_cancelled_is_not_brought_back_by_another_of_the_same_study(ledger):
    ledger.load(DAYS[0], [by_part(2, series_uid=f"{UID}.2")])
    ledger.cancel("lungs")
    ledger.load(DAYS[1], [by_part(3, series_uid=f"{UID}.3")])
    assert named(ledger, 2, f"{UID}.2", f"{UID}.3")
    assert {part.series_uid for part in ledger.study(2).parts} == {f"{UID}.3"}
    assert ledger.study(1).state is State.REJECTED


def test_requests_of_two_projects_stay_their_own(ledger):
    other = ExtractId(project="hearts", generated_at=DAYS[0].generated_at)
    ledger.load(DAYS[0], [by_part(series_uid=SERIES)])
    row = StudyRequest(project="hearts", procedure_occurrence_id=2, mrn="", accession_number="", series_uid=SERIES)
    assert ledger.load(other, [row]).new_studies == 1
    assert named(ledger, 1, SERIES)
    assert named(ledger, 2, SERIES)


def test_no_report_is_asked_for_where_only_a_part_is_known(ledger):
    portion = Portion(extract=DAYS[0], requests=[by_part(series_uid=SERIES)], reports=True)
    assert ledger.load_all([portion])[0].new_reports == 0


@pytest.mark.parametrize(
    "part",
    [
        Part(series_uid="1.2"),
        Part(sop_uid="1.2"),
        Part(modality="CT"),
        Part(series_uid="1.2", modality="CT"),
        Part(sop_uid="1.2", modality="CT"),
    ],
    ids=str,
)
def test_a_part_is_read_as_it_was_written(part):
    assert Part.read(str(part)) == part
