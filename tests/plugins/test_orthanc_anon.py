from __future__ import annotations

import base64
import http.client
import io
import json
import re
import subprocess
import threading
import time
import zipfile
from pathlib import Path

import httpx
import pydicom
import pytest

from pixl.testing.instances import instance_file as dicom
from pixl.testing.real_orthanc import PASSWORD

pytestmark = pytest.mark.servers
IDENTIFIERS = (b"MRN-1234567", b"Quillfeather", b"ACC-7654321")


@pytest.fixture
def ask(anon):
    def ask(study_uid, project="alpha", **more):
        with anon.http("pixl") as http:
            return http.post("/pixl/deidentify", json={"project": project, "study_uid": study_uid, **more})

    return ask


@pytest.fixture
def fill(raw):
    def fill(*files):
        with raw.client() as client:
            return [client.upload(data) for data in files]

    return fill


def instances_in(anon, study_uid):
    with anon.client() as client:
        studies = client.studies_by_uid(study_uid)
        return [
            pydicom.dcmread(io.BytesIO(client.instance(instance.orthanc_id)))
            for study in studies
            for instance in client.instances_of(study.orthanc_id)
        ]


def test_a_study_arrives_without_its_identifiers(anon, ask, fill, study_uid):
    fill(*(dicom(study_uid) for _ in range(5)))
    answer = ask(study_uid).json()
    assert (answer["instances"], answer["stored"], answer["skipped"], answer["failed"]) == (5, 5, [], [])
    stored = instances_in(anon, answer["study_uid"])
    assert len(stored) == 5
    assert {dataset.PatientID for dataset in stored} == {answer["patient_id"]}
    assert {dataset.AccessionNumber for dataset in stored} == {answer["accession_number"]}
    assert answer["study_uid"].startswith("2.25.")
    with anon.client() as client:
        assert client.study_by_uid(answer["study_uid"]).orthanc_id == answer["orthanc_id"]


def test_the_cohorts_participant_id_becomes_the_patient_id(ask, fill, study_uid):
    fill(dicom(study_uid))
    assert ask(study_uid, patient_pseudonym="P0001").json()["patient_id"] == "P0001"


def test_asking_again_gives_the_same_and_no_duplicates(anon, ask, fill, study_uid):
    fill(*(dicom(study_uid) for _ in range(3)))
    first = ask(study_uid).json()
    assert ask(study_uid).json() == first
    assert len(instances_in(anon, first["study_uid"])) == 3


def test_another_project_gets_other_pseudonyms(ask, fill, study_uid):
    fill(dicom(study_uid))
    one, other = ask(study_uid, "alpha").json(), ask(study_uid, "beta").json()
    for key in ("study_uid", "patient_id", "accession_number", "orthanc_id"):
        assert one[key] != other[key]


def test_what_an_earlier_policy_stored_and_this_one_does_not_is_gone(anon, ask, fill, raw, study_uid):
    uploads = fill(dicom(study_uid), dicom(study_uid))
    first = ask(study_uid).json()
    with raw.http() as http:
        http.delete(f"/instances/{uploads[0].orthanc_id}")
    assert ask(study_uid).json()["stored"] == 1
    assert len(instances_in(anon, first["study_uid"])) == 1


def test_asking_for_one_series_leaves_the_other_alone(anon, ask, fill, study_uid):
    one, other = f"{study_uid}.1", f"{study_uid}.2"
    fill(dicom(study_uid, series=one), dicom(study_uid, series=other), dicom(study_uid, series=other))
    assert ask(study_uid, series_uids=[one]).json()["stored"] == 1
    answer = ask(study_uid, series_uids=[other]).json()
    assert answer["stored"] == 2
    assert len(instances_in(anon, answer["study_uid"])) == 3


def test_only_the_instances_and_series_that_are_asked_for_are_stored(anon, ask, fill, raw, study_uid):
    one, other = f"{study_uid}.1", f"{study_uid}.2"
    uploads = fill(*(dicom(study_uid, series=series) for series in (one, one, other, other, other)))
    with raw.client() as client:
        uids = {instance.orthanc_id: instance.sop_uid for instance in client.instances_of(uploads[0].study_orthanc_id)}
    wanted = [uids[upload.orthanc_id] for upload in uploads[3:]]
    answer = ask(study_uid, sop_uids=wanted[:1]).json()
    assert (answer["instances"], answer["stored"]) == (1, 1)
    answer = ask(study_uid, sop_uids=wanted, series_uids=[one]).json()
    assert (answer["instances"], answer["stored"]) == (4, 4)
    assert len(instances_in(anon, answer["study_uid"])) == 4
    with raw.http() as http:
        http.delete(f"/instances/{uploads[3].orthanc_id}")
    assert ask(study_uid, sop_uids=wanted).json()["stored"] == 1
    assert len(instances_in(anon, answer["study_uid"])) == 3


def test_an_instance_stored_under_an_earlier_policy_is_replaced(start_orthanc, raw, fill, study_uid):
    fill(dicom(study_uid))
    env = {"PIXL_RAW_URL": raw.url, "PIXL_TEST_PASSWORD": PASSWORD, "PIXL_TEST_POLICY": "old"}
    anon = start_orthanc("anon-policy", "anon_with_stand_in.py", env)
    request = {"project": "with-policy", "study_uid": study_uid}
    for policy in ("old", "new"):
        anon.stop()
        anon.env["PIXL_TEST_POLICY"] = policy
        anon.start()
        with anon.http("pixl") as http:
            answer = http.post("/pixl/deidentify", json=request).json()
        assert [dataset.SeriesDescription for dataset in instances_in(anon, answer["study_uid"])] == [policy]
    anon.stop()


@pytest.mark.parametrize(
    "case",
    [("broken", "it ends in the middle of an element"), ("bug", "the engine broke: KeyError")],
)
def test_one_bad_instance_fails_alone_and_is_named_by_its_pseudonym(anon, ask, fill, study_uid, case):
    comment, reason = case
    fill(dicom(study_uid), dicom(study_uid, ImageComments=comment), dicom(study_uid))
    answer = ask(study_uid).json()
    assert answer["stored"] == 2
    (failed,) = answer["failed"]
    assert failed["reason"] == reason
    assert failed["instance"].startswith("2.25.")
    assert "Jane Doe" not in anon.log


def test_a_study_of_which_all_instances_fail_has_no_place_in_anon(ask, fill, study_uid):
    fill(dicom(study_uid, ImageComments="broken"))
    answer = ask(study_uid).json()
    assert (answer["stored"], answer["orthanc_id"], len(answer["failed"])) == (0, "", 1)


def test_what_the_policy_or_a_filter_does_not_want_is_counted_with_its_reason(ask, fill, study_uid):
    fill(
        dicom(study_uid),
        dicom(study_uid, ImageComments="unwanted"),
        *(dicom(study_uid, series=f"{study_uid}.2", Modality="US") for _ in range(2)),
    )
    answer = ask(study_uid).json()
    assert answer["stored"] == 1
    assert answer["skipped"] == [
        {"reason": "the modality is not one of the project's", "count": 2},
        {"reason": "the project does not want such instances", "count": 1},
    ]


def test_a_study_of_which_nothing_is_wanted_is_rejected_with_the_reason(ask, fill, study_uid):
    fill(dicom(study_uid, Modality="US"))
    answer = ask(study_uid)
    assert answer.status_code == 422
    assert answer.json()["kind"] == "rejected"
    assert "modality" in answer.json()["reason"]


def test_missing_attributes_do_not_crash(ask, fill, study_uid):
    fill(dicom(study_uid, PatientID=None, AccessionNumber=None, SeriesNumber=None))
    assert ask(study_uid).json()["stored"] == 1
    fill(dicom(f"{study_uid}.9", Modality=None))
    assert ask(f"{study_uid}.9").status_code == 422


def test_instances_under_another_patient_id_fail_and_the_rest_goes_on(anon, ask, fill, study_uid):
    fill(dicom(study_uid), dicom(study_uid), dicom(study_uid, PatientID="MRN-OTHER"))
    answer = ask(study_uid).json()
    assert answer["stored"] == 2
    assert [failed["reason"] for failed in answer["failed"]] == ["its patient id is not that of the rest of the study"]
    assert len(instances_in(anon, answer["study_uid"])) == 2


def test_a_study_that_raw_does_not_have_is_missing(ask):
    assert ask("1.2.3.4.5").status_code == 404


def test_hashing_away_means_later_and_no_instance_after_it_begins(ask, fill, study_uid):
    fill(dicom(study_uid, ImageComments="later"), *(dicom(study_uid) for _ in range(5)))
    answer = ask(study_uid)
    assert (answer.status_code, answer.json()["kind"]) == (503, "retry")


def test_raw_away_means_later(start_orthanc):
    env = {"PIXL_RAW_URL": "http://127.0.0.1:9", "PIXL_TEST_PASSWORD": PASSWORD}
    anon = start_orthanc("anon-alone", "anon_with_stand_in.py", env)
    with anon.http("pixl") as http:
        answer = http.post("/pixl/deidentify", json={"project": "alpha", "study_uid": "1.2.3"})
    anon.stop()
    assert (answer.status_code, answer.json()["reason"]) == (503, "Orthanc did not answer (ConnectError)")


def test_time_that_is_up_means_later(ask, fill, study_uid):
    fill(*(dicom(study_uid, ImageComments="slow") for _ in range(9)))
    began = time.monotonic()
    assert ask(study_uid, max_seconds=0.5).status_code == 503
    assert time.monotonic() - began < 3


def test_the_same_study_and_project_at_the_same_time_is_a_conflict(ask, fill, study_uid):
    fill(dicom(study_uid, ImageComments="slow"))
    codes = []
    threads = [threading.Thread(target=lambda: codes.append(ask(study_uid).status_code)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200, 409]
    assert ask(study_uid).status_code == 200


def test_a_client_that_goes_away_leaves_the_work_to_end_cleanly(anon, ask, fill, study_uid):
    fill(*(dicom(study_uid, ImageComments="slow") for _ in range(2)))
    with anon.http("pixl") as http, pytest.raises(httpx.ReadTimeout):
        http.post("/pixl/deidentify", json={"project": "alpha", "study_uid": study_uid}, timeout=0.2)
    while ask(study_uid).status_code == 409:
        time.sleep(0.1)
    assert ask(study_uid).json()["stored"] == 2


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"project": "alpha"}', b'{"project": "a", "study_uid": "1.2", "MRN-1234567": 1}', b"\xff{"],
)
def test_a_request_that_is_none_is_told_so_without_its_values(anon, body):
    with anon.http("pixl") as http:
        answer = http.post("/pixl/deidentify", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["kind"] == "configuration"


def test_a_form_of_another_site_is_refused(anon):
    with anon.http("admin") as http:
        assert http.post("/pixl/deidentify", data={"project": "alpha"}).status_code == 415


def test_nobody_gets_in_without_a_password(anon):
    with anon.http("nobody") as http:
        assert http.get("/studies").status_code == 401
        assert http.post("/pixl/deidentify", json={}).status_code == 401


def archive_of(data):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("1.dcm", data)
    return stream.getvalue()


RENAMED = {"StudyID": "MRN-1234567"}
ROUTES = {
    "upload": lambda study, instance, data: ("POST", "/instances", data),
    "upload with a slash": lambda study, instance, data: ("POST", "/instances/", data),
    "upload of a zip": lambda study, instance, data: ("POST", "/instances", archive_of(data)),
    "create-dicom": lambda study, instance, data: ("POST", "/tools/create-dicom", {"Tags": RENAMED}),
    "modify a study": lambda study, instance, data: ("POST", f"/studies/{study}/modify", {"Replace": RENAMED}),
    "anonymize a study": lambda study, instance, data: ("POST", f"/studies/{study}/anonymize", {}),
    "split a study": lambda study, instance, data: ("POST", f"/studies/{study}/split", {"Instances": [instance]}),
    "merge a study": lambda study, instance, data: ("POST", f"/studies/{study}/merge", {"Resources": [study]}),
    "modify an instance": lambda study, instance, data: ("POST", f"/instances/{instance}/modify", {"Replace": RENAMED}),
    "bulk": lambda study, instance, data: ("POST", "/tools/bulk-modify", {"Resources": [study], "Replace": RENAMED}),
    "attachment": lambda study, instance, data: ("PUT", f"/instances/{instance}/attachments/1024", data),
    "the file itself": lambda study, instance, data: ("PUT", f"/instances/{instance}/attachments/dicom", data),
    "metadata": lambda study, instance, data: ("PUT", f"/studies/{study}/metadata/1024", b"MRN-1234567"),
    "STOW": lambda study, instance, data: ("POST", "/dicom-web/studies", data),
    "WebDAV": lambda study, instance, data: ("PUT", "/webdav/uploads/1.dcm", data),
    "script": lambda study, instance, data: ("POST", "/tools/execute-script", b"print(1)"),
    "a modality": lambda study, instance, data: ("PUT", "/modalities/MRN-1234567", ["MRN-1234567", "127.0.0.1", 1]),
    "a query": lambda study, instance, data: ("POST", "/modalities/x/query", {"Level": "Study", "Query": RENAMED}),
}  # fmt: skip


@pytest.mark.parametrize("route", ROUTES.values(), ids=ROUTES)
def test_nothing_gets_in_by_rest(anon, ask, fill, study_uid, route):
    fill(dicom(study_uid))
    answer = ask(study_uid).json()
    with anon.client("admin") as client, anon.http("admin") as http:
        (instance,) = client.instances_of(answer["orthanc_id"])
        before = client.statistics()
        method, path, body = route(answer["orthanc_id"], instance.orthanc_id, dicom(f"{study_uid}.7"))
        options = {"content": body} if isinstance(body, bytes) else {"json": body}
        assert http.request(method, path, **options).status_code in {401, 403}
        assert client.statistics() == before
    assert_nothing_identifiable(anon)


@pytest.fixture
def door(start_orthanc, raw, tmp_path_factory):
    """An orthanc-anon, and the header that opens its plugin's own door."""
    folder = tmp_path_factory.mktemp("door")
    env = {"PIXL_RAW_URL": raw.url, "PIXL_TEST_PASSWORD": PASSWORD, "PIXL_TEST_HEADERS": str(folder / "headers")}
    anon = start_orthanc("anon-door", "anon_with_stand_in.py", env)
    yield anon, json.loads((folder / "headers").read_text())
    anon.stop()
    assert_nothing_identifiable(anon)


def test_the_plugins_token_opens_one_door_and_not_for_another_instance(door, study_uid):
    anon, token = door
    (name,) = token
    wrong = [{}, {name: ""}, {name: "0" * 64}, {name: token[name][:-1]}, {name: "é".encode()}, {"x-token": token[name]}]
    with anon.http("admin") as http, anon.client() as client:
        for headers in wrong:
            assert http.post("/instances", content=dicom(study_uid), headers=headers).status_code == 403
        # What is not even text does not reach the filter; Orthanc's Python plugin refuses it.
        assert http.post("/instances", content=dicom(study_uid), headers={name: b"\xff\xfe"}).status_code == 500
        for method, path in (
            ("PUT", "/instances"),
            ("POST", "/instances/"),
            ("POST", "/studies"),
            ("POST", "/dicom-web/studies"),
            ("POST", "/tools/create-dicom"),
            ("PUT", "/webdav/uploads/1.dcm"),
        ):
            answer = http.request(method, path, content=dicom(study_uid), headers=token)
            assert answer.status_code in {401, 403}, path
        # Through the door, and refused at the second lock: the plugin is not storing this.
        for data in (dicom(study_uid), archive_of(dicom(study_uid))):
            answer = http.post("/instances", content=data, headers=token)
            assert "Success" not in answer.text
        assert client.statistics().instances == 0
    assert token[name] not in anon.log


def test_the_token_of_one_request_does_not_count_for_the_next_on_the_same_connection(door, study_uid):
    anon, token = door
    login = {"Authorization": "Basic " + base64.b64encode(f"pixl:{PASSWORD}".encode()).decode()}
    connection = http.client.HTTPConnection("127.0.0.1", anon.http_port)
    codes, sockets = [], set()
    for headers in (token, {}, token):
        connection.request("POST", "/instances", body=dicom(study_uid), headers=login | headers)
        sockets.add(connection.sock)
        answer = connection.getresponse()
        answer.read()
        codes.append(answer.status)
    connection.close()
    assert len(sockets) == 1
    assert codes == [200, 403, 200]
    with anon.client() as client:
        assert client.statistics().instances == 0


def test_even_past_the_closed_door_no_instance_is_kept(start_orthanc, study_uid):
    """The gate's second lock alone: what Orthanc's DICOM server takes does not pass the filter of HTTP requests."""
    env = {"PIXL_RAW_URL": "http://127.0.0.1:9", "PIXL_TEST_PASSWORD": PASSWORD}
    anon = start_orthanc(
        "anon-dicom", "anon_with_stand_in.py", env, DicomServerEnabled=True, DicomAlwaysAllowStore=True
    )
    path = anon.folder / "one.dcm"
    path.write_bytes(dicom(study_uid))
    subprocess.run(["storescu", "127.0.0.1", str(anon.dicom_port), str(path)], check=False, timeout=30)
    assert "has been refused" in anon.log
    with anon.client() as client:
        assert client.statistics().instances == 0
    path.unlink()
    anon.stop()
    assert_nothing_identifiable(anon)


def test_nothing_identifiable_is_in_anons_files_index_or_log(anon, ask, fill, study_uid):
    fill(*(dicom(study_uid, ImageComments=comment) for comment in ("fine", "broken", "bug", "unwanted")))
    assert ask(study_uid).status_code == 200
    assert_nothing_identifiable(anon, study_uid.encode())


def assert_nothing_identifiable(anon, *more):
    for path in anon.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not [value for value in (*IDENTIFIERS, *more) if value in data], path


def test_orthanc_stops_soon_while_it_works(start_orthanc, raw, fill, study_uid):
    fill(*(dicom(study_uid, ImageComments="slow") for _ in range(40)))
    env = {"PIXL_RAW_URL": raw.url, "PIXL_TEST_PASSWORD": PASSWORD}
    anon = start_orthanc("anon-stops", "anon_with_stand_in.py", env)
    codes = []

    def request():
        body = {"project": "alpha", "study_uid": study_uid}
        with anon.http("pixl") as http:
            try:
                codes.append(http.post("/pixl/deidentify", json=body).status_code)
            except httpx.RemoteProtocolError:  # Orthanc 1.10 ends without sending what was answered last
                codes.append(503)

    thread = threading.Thread(target=request)
    thread.start()
    time.sleep(1)
    began = time.monotonic()
    assert anon.stop() == 0
    thread.join()
    assert time.monotonic() - began < 8
    assert codes == [503]


def peak_memory(anon):
    """Return the most memory that a process ever had, in MB."""
    status = Path(f"/proc/{anon.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def test_memory_does_not_grow_with_the_study(start_orthanc, raw, fill, study_uid):
    """600 instances of 512 KiB are 300 MB; Orthanc's own cache of files is set to 16 MB."""
    env = {"PIXL_RAW_URL": raw.url, "PIXL_TEST_PASSWORD": PASSWORD}
    anon = start_orthanc("anon-memory", "anon_with_stand_in.py", env, MaximumStorageCacheSize=16)
    fill(*(dicom(study_uid, pixels=512) for _ in range(20)), *(dicom(f"{study_uid}.5", pixels=512) for _ in range(600)))
    with anon.http("pixl") as http:
        peaks = []
        for study in (study_uid, f"{study_uid}.5"):
            answer = http.post("/pixl/deidentify", json={"project": "alpha", "study_uid": study})
            assert answer.json()["failed"] == []
            peaks.append(peak_memory(anon))
    anon.stop()
    assert peaks[1] - peaks[0] < 60


def test_many_threads_and_repeated_requests_do_not_lock_each_other_out(start_orthanc, raw, fill, study_uid):
    """Orthanc 1.10 and its Python plugin 4.0 did, within seconds, when two threads stored at once."""
    env = {"PIXL_RAW_URL": raw.url, "PIXL_TEST_PASSWORD": PASSWORD, "PIXL_TEST_THREADS": "8"}
    anon = start_orthanc("anon-threads", "anon_with_stand_in.py", env)
    fill(*(dicom(study_uid, pixels=256) for _ in range(60)))
    with anon.http("pixl") as http:
        for _ in range(15):
            answer = http.post("/pixl/deidentify", json={"project": "alpha", "study_uid": study_uid})
            assert (answer.status_code, answer.json().get("stored")) == (200, 60), answer.text
    anon.stop()
