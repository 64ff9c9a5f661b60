"""Studies of which a cohort told nothing but the UID."""

from __future__ import annotations

import datetime as dt

import pytest

from pixl.domain.errors import CohortInvalid
from pixl.domain.part import Part
from pixl.domain.state import State
from pixl.domain.study import ExtractId, StudyRequest
from pixl.ledger import Portion

pytestmark = pytest.mark.servers

MONDAY = ExtractId(project="lungs", generated_at=dt.datetime(2026, 5, 4, tzinfo=dt.UTC))
TUESDAY = ExtractId(project="lungs", generated_at=dt.datetime(2026, 5, 5, tzinfo=dt.UTC))
UID = "1.2.3.7"
KEY = ("MRN-SECRET-7", "ACC-SECRET-7")


def by_uid(uid=UID, **fields):
    return StudyRequest(
        project="lungs", procedure_occurrence_id=2, mrn="", accession_number="", study_uid=uid, **fields
    )


def in_full(uid=UID, accession_number=KEY[1]):
    return StudyRequest(
        project="lungs", procedure_occurrence_id=9, mrn=KEY[0], accession_number=accession_number, study_uid=uid
    )


def counts(loaded):
    return loaded.new_studies, loaded.reopened


def fetched(ledger, key=KEY):
    ledger.advance(1, State.FETCHING, before={State.REQUESTED})
    ledger.advance(1, State.CACHED, before={State.FETCHING}, study_uid=UID, key=key)


def key_of(study):
    return study.mrn, study.accession_number


def test_studies_known_by_uid_are_each_their_own(ledger):
    assert counts(ledger.load(MONDAY, [by_uid(), by_uid("1.2.3.8")])) == (2, 0)
    assert counts(ledger.load(MONDAY, [by_uid(), by_uid("1.2.3.8")])) == (0, 0)
    assert ledger.study(1).study_uid == UID


@pytest.mark.parametrize(("uid", "is_fetched"), [(UID, False), (UID, True), (None, True)])
def test_a_cohort_that_names_it_in_full_later_is_of_the_same_study(ledger, uid, is_fetched):
    ledger.load(MONDAY, [by_uid()])
    if is_fetched:
        fetched(ledger)
    assert counts(ledger.load(TUESDAY, [in_full(uid)])) == (0, 0)
    assert key_of(ledger.study(1)) == KEY
    assert [status.requested for status in ledger.status("lungs")] == [1, 1]


def test_a_list_that_names_it_by_its_uid_later_is_of_the_same_study(ledger):
    ledger.load(MONDAY, [in_full()])
    assert counts(ledger.load(TUESDAY, [by_uid()])) == (0, 0)
    assert key_of(ledger.study(1)) == KEY


def test_a_cohort_that_names_it_under_another_mrn_than_the_archive_is_refused(ledger):
    ledger.load(MONDAY, [by_uid()])
    fetched(ledger, ("MRN-SECRET-OTHER", "ACC"))
    with pytest.raises(CohortInvalid, match="procedure_occurrence_id 9"):
        ledger.load(TUESDAY, [in_full()])


def test_an_archive_that_tells_no_mrn_leaves_it_as_it_is(ledger):
    ledger.load(MONDAY, [by_uid()])
    fetched(ledger, ("", ""))
    assert counts(ledger.load(MONDAY, [by_uid()])) == (0, 0)
    assert counts(ledger.load(TUESDAY, [in_full()])) == (0, 0)
    assert key_of(ledger.study(1)) == KEY


def test_a_patient_who_has_opted_out_is_known_as_soon_as_the_archive_tells_the_mrn(ledger):
    ledger.load(MONDAY, [by_uid()])
    ledger.blocks.add("patient", [KEY[0]], project=None, reason="opted out", by="ann")
    assert ledger.why_blocked(ledger.study(1)) is None
    fetched(ledger)
    assert ledger.why_blocked(ledger.study(1)) == "opted out"


def test_a_key_that_the_cohort_told_is_not_changed_by_the_archive(ledger):
    ledger.load(MONDAY, [in_full()])
    fetched(ledger, ("SOMEBODY", "ELSE"))
    assert key_of(ledger.study(1)) == KEY


def test_only_the_series_of_a_modality_are_asked_for_until_a_row_asks_for_more(ledger):
    ledger.load(MONDAY, [by_uid(modality="CT")])
    assert ledger.study(1).parts == {Part(modality="CT")}
    assert ledger.load(TUESDAY, [by_uid(modality="CT")]).reopened == 0
    fetched(ledger)
    later = ExtractId(project="lungs", generated_at=TUESDAY.generated_at + dt.timedelta(days=1))
    ledger.advance(1, State.FAILED, before={State.CACHED})
    assert ledger.load(later, [by_uid(modality="MR"), by_uid(series_uid="1.2.3.7.1")]).reopened == 1
    assert ledger.study(1).parts == {Part(modality="CT"), Part(modality="MR"), Part(series_uid="1.2.3.7.1")}
    ledger.load(later, [by_uid()])
    assert ledger.study(1).parts == frozenset()


def test_no_report_is_asked_for_where_only_the_uid_is_known(ledger):
    portion = Portion(extract=MONDAY, requests=[by_uid(), in_full("1.2.3.9")], reports=True)
    assert ledger.load_all([portion])[0].new_reports == 1
