from __future__ import annotations

import shutil
import time

import pytest
from pydicom.uid import generate_uid

from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.orthanc import ArchiveSilent, JobState, NotDicom, NotStored, OrthancClient
from pixl.orthanc.resources import why_archive_failed
from pixl.stack.ports import free_port
from pixl.testing.instances import instance_file
from pixl.testing.real_orthanc import RealOrthanc

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """A VNA, and an Orthanc that knows it (also under a wrong AE title, and where nobody listens)."""
    if not shutil.which("Orthanc"):
        pytest.skip("needs Orthanc: apt-get install orthanc")
    folder = tmp_path_factory.mktemp("orthancs")
    vna = RealOrthanc(folder / "vna", config={"DicomAet": "VNA", "DicomCheckCalledAet": True})
    raw = RealOrthanc(folder / "raw")
    nodes = {"vna": ["VNA", vna.dicom_port], "stranger": ["NOBODY", vna.dicom_port], "down": ["VNA", free_port()]}
    modalities = {name: [aet, "127.0.0.1", port] for name, (aet, port) in nodes.items()}
    raw.config = {"DicomAet": "RAW", "DicomModalities": modalities, "JobsHistorySize": 1000}
    vna.config["DicomModalities"] = {"raw": ["RAW", "127.0.0.1", raw.dicom_port]}
    try:
        yield vna.start(), raw.start()
    finally:
        vna.stop()
        raw.stop()


@pytest.fixture
def vna(servers):
    with servers[0].client() as client:
        yield client


@pytest.fixture
def raw(servers):
    with servers[1].client() as client:
        yield client


@pytest.fixture
def study_uid():
    return generate_uid()[:50]


def upload(client, study_uid, count=3, **attributes):
    return [client.upload(instance_file(study_uid, **attributes)) for _ in range(count)]


def wait_for(client, jobs):
    while not all(client.job(job).state.is_final for job in jobs):
        time.sleep(0.05)
    return [client.job(job) for job in jobs]


def test_a_study_is_found_by_its_uid_with_its_series_and_instances(raw, study_uid):
    upload(raw, study_uid, SeriesDescription="Thorax", Manufacturer="ACME", SeriesNumber=7)
    study = raw.study_by_uid(study_uid)
    assert (study.study_uid, study.mrn, study.accession_number) == (study_uid, "MRN-1234567", "ACC-7654321")
    (series,) = raw.series_of(study.orthanc_id)
    assert (series.modality, series.description, series.number, series.manufacturer) == ("CT", "Thorax", 7, "ACME")
    assert series.instances == len(raw.instances_of(study.orthanc_id)) == 3
    assert raw.study(study.orthanc_id) == study


def test_one_uid_under_two_patient_ids_is_two_studies(raw, study_uid):
    upload(raw, study_uid, PatientID="ONE")
    upload(raw, study_uid, PatientID="TWO")
    assert {study.mrn for study in raw.studies_by_uid(study_uid)} == {"ONE", "TWO"}


def test_a_patient_id_with_wildcards_finds_only_itself(raw, study_uid):
    upload(raw, study_uid, 1, PatientID="A*B", AccessionNumber="X")
    upload(raw, f"{study_uid}1", 1, PatientID="AxxB", AccessionNumber="X")
    (study,) = raw.studies_by_accession(mrn="A*B", accession_number="X")
    assert study.study_uid == study_uid
    assert raw.studies_by_accession(mrn="A*", accession_number="X") == []
    assert raw.studies_by_accession(mrn="a*b", accession_number="X") == []


def test_missing_attributes_read_as_empty(raw, study_uid):
    upload(raw, study_uid, 1, PatientID=None, AccessionNumber=None, Modality=None, SeriesNumber=None)
    study = raw.study_by_uid(study_uid)
    assert (study.mrn, study.accession_number) == ("", "")
    (series,) = raw.series_of(study.orthanc_id)
    assert (series.modality, series.number) == ("", None)


def test_an_instance_comes_back_as_it_was(raw, study_uid):
    data = instance_file(study_uid, pixels=512)
    orthanc_id = raw.upload(data).orthanc_id
    assert raw.instance(orthanc_id) == data
    assert b"".join(raw.instance_chunks(orthanc_id)) == data


def test_what_is_not_there_is_not_stored(raw, study_uid):
    assert raw.study_by_uid(study_uid) is None
    with pytest.raises(NotStored):
        raw.study("none")
    with pytest.raises(NotStored):
        next(raw.instance_chunks("none"))
    raw.delete_study("none")


def test_what_is_no_dicom_is_refused_by_name(raw):
    with pytest.raises(NotDicom, match="Bad file format"):
        raw.upload(b"no DICOM" * 50)


def test_a_patient_is_protected_and_given_free(raw, study_uid):
    upload(raw, study_uid, 1, PatientID="PROTECTED")
    patient = raw.study_by_uid(study_uid).patient_orthanc_id
    for protected in (True, False):
        raw.protect(patient, protected=protected)
        assert raw.is_protected(patient) is protected


def test_changes_statistics_and_deletion(raw, study_uid):
    before = raw.statistics()
    cursor = raw.changes(0, 100_000).last
    upload(raw, study_uid, 2)
    page = raw.changes(cursor)
    assert [change.kind for change in page.changes].count("NewInstance") == 2
    assert page.last == page.changes[-1].sequence
    assert raw.statistics().instances == before.instances + 2
    raw.delete_study(raw.study_by_uid(study_uid).orthanc_id)
    assert raw.statistics() == before


def test_a_study_is_found_in_the_archive_and_moved(vna, raw, study_uid):
    upload(vna, study_uid)
    keys = {"PatientID": "MRN-1234567", "AccessionNumber": "ACC-7654321", "StudyInstanceUID": study_uid}
    (found,) = raw.find_remote("vna", level="Study", keys=keys, timeout=5)
    assert found["StudyInstanceUID"] == study_uid
    (job,) = wait_for(raw, raw.move("vna", level="Study", keys=keys, target_aet="RAW", timeout=5))
    assert (job.state, job.error) == (JobState.SUCCESS, "")
    assert len(raw.instances_of(raw.study_by_uid(study_uid).orthanc_id)) == 3


def test_only_the_instances_that_are_wanted_are_moved(vna, raw, study_uid):
    upload(vna, study_uid, 5)
    instances = vna.instances_of(vna.study_by_uid(study_uid).orthanc_id)
    some = [instance.sop_uid for instance in instances][:2]
    keys = {"StudyInstanceUID": study_uid, "SeriesInstanceUID": f"{study_uid}.1", "SOPInstanceUID": "\\".join(some)}
    (job,) = wait_for(raw, raw.move("vna", level="Instance", keys=keys, target_aet="RAW", timeout=5))
    assert job.state is JobState.SUCCESS
    study = raw.study_by_uid(study_uid).orthanc_id
    assert {instance.sop_uid for instance in raw.instances_of(study)} == set(some)

    more = instances[4].sop_uid
    keys["SOPInstanceUID"] = ""
    jobs = raw.move(
        "vna",
        level="Instance",
        keys=keys,
        target_aet="RAW",
        timeout=5,
        wanted=lambda answer: answer["SOPInstanceUID"] == more,
    )
    wait_for(raw, jobs)
    assert {instance.sop_uid for instance in raw.instances_of(study)} == {*some, more}


def test_an_archive_without_the_study_answers_nothing_and_is_asked_to_move_nothing(raw, study_uid):
    keys = {"StudyInstanceUID": study_uid}
    assert raw.find_remote("vna", level="Study", keys=keys, timeout=5) == []
    assert raw.move("vna", level="Study", keys=keys, target_aet="RAW", timeout=5) == []


def test_a_move_to_an_unknown_node_fails_with_the_archives_status(vna, raw, study_uid):
    upload(vna, study_uid)
    jobs = raw.move("vna", level="Study", keys={"StudyInstanceUID": study_uid}, target_aet="ELSEWHERE", timeout=5)
    (job,) = wait_for(raw, jobs)
    assert job.state is JobState.FAILURE
    assert job.error == "DIMSE status 0xC000"


@pytest.mark.parametrize(("archive", "reason"), [("stranger", "AE titles"), ("down", "refused")])
def test_an_archive_that_does_not_answer_is_silent_and_says_why(raw, archive, reason):
    raw.echo("vna", timeout=5)
    with pytest.raises(ArchiveSilent, match=reason):
        raw.echo(archive, timeout=3)
    with pytest.raises(ArchiveSilent, match=reason):
        raw.find_remote(archive, level="Study", keys={"StudyInstanceUID": "1.2"}, timeout=3)


def test_an_archive_that_is_not_configured_is_a_configuration_error(raw):
    with pytest.raises(ConfigurationError, match="does not know this archive"):
        raw.echo("nowhere", timeout=3)


def test_an_unknown_job_is_cancelled_without_a_word(raw):
    raw.cancel("none")
    with pytest.raises(NotStored):
        raw.job("none")


def test_a_wrong_password_is_a_configuration_error_and_nobody_there_means_later(servers):
    with OrthancClient(servers[1].url, "pixl", "wrong") as client, pytest.raises(ConfigurationError, match="password"):
        client.statistics()
    with OrthancClient(f"http://127.0.0.1:{free_port()}", "pixl", "x") as client, pytest.raises(RetryLater):
        client.statistics()


def test_the_error_of_an_archive_is_told_without_what_may_name_a_patient():
    assert why_archive_failed("C-MOVE for MRN-1 failed with DIMSE status 0xA701 (Doe)") == "DIMSE status 0xA701"
    assert "Doe" not in why_archive_failed("connecting to Doe: TCP Initialization Error: Connection refused")


def test_identifiable_values_hide_their_repr(raw, study_uid):
    upload(raw, study_uid)
    study = raw.study_by_uid(study_uid)
    shown = repr([study, raw.series_of(study.orthanc_id), raw.instances_of(study.orthanc_id)])
    assert study_uid not in shown
    assert "MRN-1234567" not in shown
