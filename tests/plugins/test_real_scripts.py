"""The two scripts as Orthanc loads them: with the real engine, the real hashing service and the real ledger."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pixl.domain.state import State
from pixl.domain.study import ExtractId, StudyRequest
from pixl.ledger import Ledger, migrate
from pixl.orthanc import Anonymiser
from pixl.secrets import FileStore
from pixl.settings import HOUSE
from pixl.testing.hashing_service import HashingService
from pixl.testing.instances import instance_file
from pixl.testing.real_orthanc import PASSWORD

pytestmark = pytest.mark.servers
PLUGINS = HOUSE / "plugins"
IDENTIFIERS = (b"MRN-1234567", b"Quillfeather", b"ACC-7654321")
PIXELS = {"SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2", "BitsStored": 16, "HighBit": 15}


@pytest.fixture
def hashing(tmp_path):
    with HashingService(tmp_path, projects=("demo",)) as service:
        service.store.ensure("orthanc-raw-password", PASSWORD.encode)
        yield service


@pytest.fixture
def environment(tmp_path, hashing):
    return {
        "PIXL_DATA": str(tmp_path),
        "PIXL_SECRETS": f"file:{tmp_path / 'secrets'}",
        "PIXL_PROJECTS": str(HOUSE / "projects"),
        "PIXL_HASHING_URL": hashing.url,
    }


def test_orthanc_anon_de_identifies_with_the_real_engine(start_orthanc, raw, environment, study_uid):
    environment["PIXL_RAW_URL"] = raw.url
    anon = start_orthanc("real-anon", PLUGINS / "orthanc_anon.py", environment)
    with raw.client() as client:
        for number in range(1, 4):
            client.upload(instance_file(study_uid, InstanceNumber=number, PixelRepresentation=0, **PIXELS))
    anonymiser = Anonymiser(anon.url, "pixl", PASSWORD)
    study = anonymiser.deidentify(project="demo", study_uid=study_uid)
    assert (study.stored, study.skipped, study.failed) == (3, (), ())
    assert anonymiser.deidentify(project="demo", study_uid=study_uid) == study
    assert anonymiser.deidentify(project="demo", study_uid=study_uid, patient_pseudonym="P7").patient_id == "P7"
    anonymiser.close()
    assert anon.stop() == 0
    for path in anon.folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert not [value for value in (*IDENTIFIERS, study_uid.encode()) if value in data], path


def test_orthanc_raw_wakes_who_waits_in_the_real_ledger(start_orthanc, environment, postgres, soon, study_uid):
    store = FileStore(Path(environment["PIXL_DATA"]) / "secrets")
    store.ensure("database-password", postgres.password.encode)
    store.ensure("ledger-key", lambda: b"1f" * 32)
    conninfo = postgres.new_database()
    migrate_and_load(conninfo, postgres.password, study_uid)
    raw = start_orthanc("real-raw", PLUGINS / "orthanc_raw.py", {**environment, "PIXL_DATABASE": conninfo})
    ledger = Ledger.open(conninfo, password=postgres.password, key=b"1f" * 32)
    with raw.client() as client, raw.http("admin") as http:
        client.upload(instance_file(study_uid))
        study = client.study_by_uid(study_uid)
        soon(lambda: client.is_protected(study.patient_orthanc_id))
        soon(lambda: ledger.cursor() > 0)
        (row,) = http.get(f"/pixl/studies/{study.orthanc_id}").json()
        assert (row["project"], row["state"]) == ("demo", State.REQUESTED)
        assert http.get("/pixl/projects").json() == ["demo", "demo-mr-only"]
        sent = http.post(f"/pixl/studies/{study.orthanc_id}/send", json={"project": "demo-mr-only"})
        assert {row["project"] for row in sent.json()} == {"demo", "demo-mr-only"}
    ledger.close()
    assert raw.stop() == 0
    assert "MRN-1234567" not in raw.log


def migrate_and_load(conninfo, password, study_uid):
    migrate(conninfo, password)
    ledger = Ledger.open(conninfo, password=password, key=b"1f" * 32)
    extract = ExtractId(project="demo", generated_at=dt.datetime(2026, 1, 2))
    request = StudyRequest(
        project="demo",
        procedure_occurrence_id=1,
        mrn="MRN-1234567",
        accession_number="ACC-7654321",
        study_uid=study_uid,
    )
    ledger.load(extract, [request])
    ledger.close()
