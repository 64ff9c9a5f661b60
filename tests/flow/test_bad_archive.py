"""What is wrong in the archive itself, with real processes: odd studies end where they should, and the rest goes on."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import zipfile

import pydicom
import pytest

from pixl.domain.state import State
from pixl.testing.hospital import Special, store

pytestmark = [pytest.mark.servers, pytest.mark.flow]

SITE = {"studies": 3, "kinds": ["ct", "mr"], "special": tuple(Special), "everywhere": True}


@pytest.fixture(scope="module")
def done(deployment):
    """A cohort that gives only MRN and accession number where these are not enough to tell two studies apart."""
    vague = {one.accession_number for one in of(deployment, Special.SHARED_ACCESSION_NUMBER)}
    path = deployment.data / "cohort.csv"
    with deployment.site.hospital.csv.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = [row for row in rows if row["accession_number"] not in vague]
    one = next(row for row in rows if row["accession_number"] in vague)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(one))
        writer.writeheader()
        writer.writerows([*known, {**one, "study_uid": "", "study_date": "1999-01-01"}])
    deployment.pixl("cohort", "load", str(path))
    deployment.wait()
    return deployment


def of(deployment, special):
    return [one for one in deployment.site.hospital.studies if one.special == special]


def state_of(deployment, study):
    with deployment.ledger() as ledger:
        [found] = ledger.states_of(
            study_uid=study.study_uid,
            mrn=deployment.site.hospital.patient_of(study).mrn,
            accession_number=study.accession_number,
        )
    return found.state, found.reason or ""


def archives(deployment):
    return {path.name: path.read_bytes() for path in deployment.site.received.rglob("*.zip")}


def instances(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [pydicom.dcmread(io.BytesIO(archive.read(name))) for name in archive.namelist()]


def test_ordinary_studies_are_exported_whatever_is_among_them(done):
    ordinary = of(done, "")
    assert len(ordinary) == 3
    assert [state_of(done, one)[0] for one in ordinary] == [State.EXPORTED] * 3
    [status] = done.statuses()
    assert status.requested == sum(status.counts.values())
    assert status.counts.get(State.FAILED, 0) == status.in_flight == 0


def test_two_studies_under_one_accession_number_are_held_with_what_to_do(done):
    state, reason = state_of(done, of(done, Special.SHARED_ACCESSION_NUMBER)[0])
    assert state is State.HELD
    assert "2 studies under this accession number" in reason


def test_a_study_under_two_patient_ids_is_held(done):
    [study] = of(done, Special.TWO_PATIENT_IDS)
    state, reason = state_of(done, study)
    assert state is State.HELD
    assert "2 patient ids" in reason


def test_an_instance_that_names_no_patient_is_never_exported_with_somebodys_study(done):
    [study] = of(done, Special.BARE_INSTANCE)
    state, reason = state_of(done, study)
    assert state is State.HELD
    assert "patient ids" in reason


def test_objects_that_are_no_images_leave_as_the_project_says_and_without_their_words(done):
    [study] = of(done, Special.NON_IMAGE)
    assert state_of(done, study)[0] is State.EXPORTED
    found = [one for data in archives(done).values() for one in instances(data) if one.Modality == "SR"]
    sent = [pydicom.dcmread(done.site.hospital.folder / name) for name in study.files]
    assert len(found) == sum(one.Modality == "SR" for one in sent) > 0
    assert words(found) == {"REMOVED"}
    assert len(words(sent)) > 1


def words(found):
    return {str(element.value) for one in found for element in one.iterall() if element.keyword == "TextValue"}


def test_an_instance_that_arrives_again_with_other_content_is_no_second_instance(done):
    [study] = of(done, Special.TWIN)
    assert state_of(done, study)[0] is State.EXPORTED
    before = archives(done)
    again = done.data / "again"
    again.mkdir()
    for name in study.later:
        shutil.copy(done.site.hospital.folder / name, again)
    settings = done.settings
    store(again, host="127.0.0.1", port=settings.ports.raw_dicom, aet=settings.raw_aet, calling_aet="VNA")
    done.pixl("cohort", "retry", "demo", "--state", "exported", "--from-start")
    done.wait()
    assert state_of(done, study)[0] is State.EXPORTED
    after = archives(done)
    assert after.keys() == before.keys()
    assert {name: len(instances(data)) for name, data in after.items()} == {
        name: len(instances(data)) for name, data in before.items()
    }


def test_a_stranger_may_send_nothing_to_orthanc_raw(done):
    settings = done.settings
    [study, *_] = of(done, "")
    alone = done.data / "stranger"
    alone.mkdir()
    shutil.copy(done.site.hospital.folder / study.files[0], alone)
    where = {"host": "127.0.0.1", "port": settings.ports.raw_dicom, "aet": settings.raw_aet}
    with pytest.raises(subprocess.CalledProcessError):
        store(alone, **where, calling_aet="STRANGER")
