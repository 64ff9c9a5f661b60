from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from pixl.dicom.condensed import condense
from pixl.domain.errors import ConfigurationError
from pixl.orthanc import NotStored, OrthancClient
from pixl.testing.instances import instance_file

REAL = ("CT_small.dcm", "MR_small_bigendian.dcm", "JPEG2000.dcm", "image_dfl.dcm", "rtplan.dcm")
pytestmark = pytest.mark.servers


def test_a_stable_study_is_told_of_once(cache, desk, soon, dicom, study_uid):
    with cache().client() as client:
        for _ in range(3):
            client.upload(dicom(study_uid))
    soon(lambda: desk.arrived)
    assert desk.document["arrived"] == [[study_uid, "MRN-1234567", "ACC-7654321"]]
    time.sleep(2)
    assert desk.arrived == [study_uid]


def test_more_of_the_same_study_is_told_of_again(cache, desk, soon, dicom, study_uid):
    with cache().client() as client:
        client.upload(dicom(study_uid))
        soon(lambda: desk.arrived == [study_uid])
        client.upload(dicom(study_uid))
        soon(lambda: desk.arrived == [study_uid] * 2)


def test_what_becomes_stable_while_the_ledger_is_away_is_told_of_when_it_is_back(cache, desk, soon, dicom, study_uid):
    desk.go_away()
    orthanc = cache()
    with orthanc.client() as client:
        client.upload(dicom(study_uid))
        soon(lambda: client.study_by_uid(study_uid).is_stable)
    time.sleep(1)
    desk.come_back()
    soon(lambda: desk.arrived == [study_uid])
    assert "cannot follow" in orthanc.log
    assert study_uid not in orthanc.log


def test_what_became_stable_untold_before_a_kill_is_told_of_after_it(cache, desk, soon, dicom, study_uid):
    desk.go_away()
    orthanc = cache()
    with orthanc.client() as client:
        client.upload(dicom(study_uid))
        soon(lambda: client.study_by_uid(study_uid).is_stable)
        soon(lambda: [change for change in client.changes(0).changes if change.kind == "StableStudy"])
    orthanc.kill()
    desk.come_back()
    orthanc.start()
    soon(lambda: study_uid in desk.arrived)


def test_a_study_that_was_arriving_at_a_kill_is_told_of_after_it(cache, desk, soon, dicom, study_uid):
    orthanc = cache(StableAge=3)
    with orthanc.client() as client:
        client.upload(dicom(study_uid))
    orthanc.kill()
    orthanc.start()
    with orthanc.client() as client:
        assert not [change for change in client.changes(0).changes if change.kind == "StableStudy"]
    soon(lambda: desk.arrived == [study_uid])


def test_a_change_log_that_began_anew_is_read_from_its_beginning(cache, desk, soon, dicom, study_uid):
    desk.say("nobody")
    document = desk.document | {"cursor": 100_000}
    (desk.folder / "desk.json").write_text(json.dumps(document))
    with cache().client() as client:
        client.upload(dicom(study_uid))
    soon(lambda: study_uid in desk.arrived)


def test_a_patient_in_flight_is_protected_and_given_free_afterwards(cache, desk, soon, dicom, study_uid):
    desk.say(study_uid, ("lung-ct", "fetching", None))
    orthanc = cache()
    with orthanc.client() as client:
        client.upload(dicom(study_uid))
        patient = client.study_by_uid(study_uid).patient_orthanc_id
        soon(lambda: client.is_protected(patient))
        time.sleep(1.5)
        assert client.is_protected(patient)
        desk.say(study_uid, ("lung-ct", "exported", None))
        soon(lambda: not client.is_protected(patient))


def test_the_list_of_the_protected_survives_a_restart(cache, desk, soon, dicom, study_uid):
    desk.say(study_uid, ("lung-ct", "fetching", None))
    orthanc = cache()
    with orthanc.client() as client:
        client.upload(dicom(study_uid))
        patient = client.study_by_uid(study_uid).patient_orthanc_id
        soon(lambda: client.is_protected(patient))
    orthanc.kill()
    desk.say(study_uid, ("lung-ct", "failed", "a reason"))
    orthanc.start()
    with orthanc.client() as client:
        soon(lambda: not client.is_protected(patient))


def test_a_patient_that_was_deleted_and_comes_again_is_protected_again(cache, desk, soon, dicom, study_uid):
    desk.say(study_uid, ("lung-ct", "fetching", None))
    with cache().client() as client:
        for _ in range(2):
            client.upload(dicom(study_uid))
            study = client.study_by_uid(study_uid)
            soon(lambda patient=study.patient_orthanc_id: client.is_protected(patient))
            client.delete_study(study.orthanc_id)


def test_what_a_person_has_protected_stays_so(cache, desk, soon, dicom, study_uid):
    with cache().client() as client:
        client.upload(dicom(study_uid))
        study = client.study_by_uid(study_uid)
        client.protect(study.patient_orthanc_id, protected=True)
        client.keep(study.orthanc_id)
        time.sleep(1.5)
        assert client.is_protected(study.patient_orthanc_id)


def test_while_the_ledger_is_away_everything_new_is_protected(cache, desk, soon, dicom, study_uid):
    desk.go_away()
    with cache().client() as client:
        client.upload(dicom(study_uid))
        patient = client.study_by_uid(study_uid).patient_orthanc_id
        soon(lambda: client.is_protected(patient))
        desk.come_back()
        soon(lambda: not client.is_protected(patient))


def test_a_full_cache_recycles_the_oldest_patient_but_nobody_in_flight(cache, desk, soon, dicom, study_uid):
    """Ten patients of 128 KiB into 1 MB: the first is in flight and stays, the next ones go."""
    needed, *others = [f"{study_uid}.{number}" for number in range(10)]
    desk.say(needed, ("lung-ct", "fetching", None))
    with cache(MaximumStorageSize=1).client() as client:
        client.upload(dicom(needed, pixels=256, PatientID="MRN-0"))
        patient = client.study_by_uid(needed).patient_orthanc_id
        soon(lambda: client.is_protected(patient))
        for number, other in enumerate(others, start=1):
            client.upload(dicom(other, pixels=256, PatientID=f"MRN-{number}"))
        assert client.study_by_uid(needed)
        assert not client.study_by_uid(others[0])
        assert client.study_by_uid(others[-1])
        assert client.statistics().disk_bytes <= 1024 * 1024


def test_a_study_is_sent_by_hand_and_its_state_shows(cache, desk, dicom, study_uid):
    orthanc = cache()
    with orthanc.client("admin") as client, orthanc.http("admin") as http:
        client.upload(dicom(study_uid))
        study = client.study_by_uid(study_uid)
        assert http.get("/pixl/projects").json() == ["knee-mr", "lung-ct"]
        assert http.get(f"/pixl/studies/{study.orthanc_id}").json() == []
        sent = http.post(f"/pixl/studies/{study.orthanc_id}/send", json={"project": "lung-ct"})
        assert sent.status_code == 200
        (row,) = http.get(f"/pixl/studies/{study.orthanc_id}").json()
        assert row == {
            "project": "lung-ct",
            "state": "requested",
            "reason": "sent by hand",
            "since": "2026-01-02T03:04:05+00:00",
        }
        assert client.is_protected(study.patient_orthanc_id)


def test_originals_are_sent_without_their_pictures(cache, desk, study_uid):
    files = [instance_file(study_uid, PixelData=bytes(range(100)) * 4, Rows=10, Columns=20, BitsAllocated=16)]
    files += [Path(get_testdata_file(name)).read_bytes() for name in REAL]
    with cache().client() as client:
        ids = [client.upload(data).orthanc_id for data in files]
        answers = client.condensed(ids)
        stored = [client.instance(one) for one in ids]
    assert answers == [condense(data) for data in stored]
    assert [answer is not None for answer in answers] == [True, True, True, False, False, False]


def test_of_what_is_not_there_and_where_nobody_knows_how_everything_is_fetched_whole(
    cache, raw, desk, dicom, study_uid
):
    with cache().client() as client:
        there = client.upload(dicom(study_uid)).orthanc_id
        gone = "-".join(["01234567"] * 5)
        assert client.condensed([there, gone]) == [None, None]
        with pytest.raises(NotStored):
            client.instance(gone)
    with raw.client() as without_the_plugin:
        assert without_the_plugin.condensed([gone]) == [None]


def test_originals_are_sent_to_nobody_but_who_has_a_password(cache, desk, dicom, study_uid):
    orthanc = cache()
    with orthanc.client() as client:
        there = client.upload(dicom(study_uid)).orthanc_id
        with pytest.raises(ConfigurationError, match="does not take"):
            client.condensed(["../patients"])
        with pytest.raises(ConfigurationError, match="does not take"):
            client.condensed([there] * 17)
    with OrthancClient(orthanc.url, "pixl", "wrong") as stranger, pytest.raises(ConfigurationError, match="refuses"):
        stranger.condensed([there])


def test_wrong_requests_are_told_why(cache, desk, dicom, study_uid):
    orthanc = cache()
    with orthanc.client("admin") as client, orthanc.http("admin") as http:
        client.upload(dicom(study_uid))
        path = f"/pixl/studies/{client.study_by_uid(study_uid).orthanc_id}"
        assert http.post(f"{path}/send", json={"project": "no-such"}).status_code == 422
        assert http.post(f"{path}/send", json={"project": "../../etc/passwd"}).status_code == 422
        assert http.post(f"{path}/send", json={}).status_code == 422
        assert http.post(f"{path}/send", data={"project": "lung-ct"}).status_code == 415
        assert http.get("/pixl/studies/none").status_code == 404
        assert http.put("/pixl/projects", json={}).status_code == 405
        desk.go_away()
        assert http.get(path).status_code == 503
        assert http.post(f"{path}/send", json={"project": "lung-ct"}).status_code == 503
    with orthanc.http("nobody") as http:
        assert http.get("/pixl/projects").status_code == 401


def test_a_hundred_studies_at_once_are_all_told_of(cache, desk, soon, dicom, study_uid):
    studies = [f"{study_uid}.{number}" for number in range(100)]
    orthanc = cache()

    def upload(part):
        with orthanc.client() as client:
            for study in part:
                client.upload(dicom(study, PatientID=f"MRN-{study[-8:]}"))

    threads = [threading.Thread(target=upload, args=(studies[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    soon(lambda: set(desk.arrived) == set(studies))
