"""Whose study it is, decided with a stand-in for orthanc-raw."""

from __future__ import annotations

import pytest

from pixl.domain.errors import RetryLater, StudyHeld
from pixl.intake import Fetcher, Source, Wanted
from pixl.orthanc import StoredInstance, StoredStudy

WANTED = Wanted(mrn="M", accession_number="A", study_uid="1.2.3")
ANSWER = {"StudyInstanceUID": "1.2.3", "PatientID": "M", "NumberOfStudyRelatedInstances": "1"}


class Raw:
    """An orthanc-raw that has one instance of the study, under the patient id `mrn`."""

    def __init__(self, mrn, answers):
        self.mrn, self.answers, self.moves = mrn, answers, []

    def find_remote(self, name, *, level, keys, timeout):
        return self.answers

    def studies_by_uid(self, uid):
        return [
            StoredStudy(
                orthanc_id="s",
                patient_orthanc_id="p",
                study_uid=uid,
                mrn=self.mrn,
                accession_number="X",
                is_stable=True,
                series=(),
            )
        ]

    def keep(self, study):
        pass

    def instances_of(self, study):
        return [StoredInstance(orthanc_id="i", series_orthanc_id="x", sop_uid="1.2.9")]

    def series_of(self, study):
        return []

    def job(self, job):
        raise RetryLater("Orthanc did not answer (ReadTimeout)")

    def move(self, *arguments, **options):
        self.moves.append(options)
        raise RetryLater("stop here")


def fetcher(raw):
    return Fetcher(raw, [Source(name="primary")], aet="X", timeout=1)


@pytest.mark.parametrize("answers", [[], [ANSWER]], ids=["no archive knows it", "the archive names the right patient"])
def test_a_study_that_raw_has_under_another_patient_is_held(answers):
    with pytest.raises(StudyHeld):
        fetcher(Raw("SOMEBODY-ELSE", answers)).fetch(WANTED)


@pytest.mark.parametrize("mrn", ["M", ""])
def test_a_study_that_raw_has_under_the_right_patient_or_none_is_taken(mrn):
    assert fetcher(Raw(mrn, [ANSWER])).fetch(WANTED).instances == 1


def test_a_move_that_cannot_be_followed_for_a_moment_is_not_asked_for_again():
    raw = Raw("M", [ANSWER])
    raw.studies_by_uid = lambda uid: []
    with pytest.raises(RetryLater):
        fetcher(raw).fetch(WANTED, running=["job"])
    assert raw.moves == []


def test_a_study_known_by_its_uid_that_raw_has_under_another_patient_than_the_archive_is_held():
    with pytest.raises(StudyHeld):
        fetcher(Raw("SOMEBODY-ELSE", [ANSWER])).fetch(Wanted(mrn="", accession_number="", study_uid="1.2.3"))


def test_a_study_known_by_its_uid_that_an_archive_has_under_two_patients_is_held():
    answers = [ANSWER, {**ANSWER, "PatientID": "N"}]
    with pytest.raises(StudyHeld, match="2 patient ids"):
        fetcher(Raw("M", answers)).fetch(Wanted(mrn="", accession_number="", study_uid="1.2.3"))
