"""Cohort to safe haven, for real, and a search of all that left or was written on the way."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import zipfile

import psycopg
import pyarrow.parquet as pq
import pydicom
import pytest

from pixl.domain.report import ReportState
from pixl.domain.state import State
from pixl.secrets import open_store
from pixl.testing.hospital import Special
from pixl.testing.leaks import Scanner
from pixl.testing.postgres import postgres_bin

pytestmark = [pytest.mark.servers, pytest.mark.flow]

SITE = {"studies": 30, "special": tuple(Special)}


@pytest.fixture(scope="module")
def done(deployment):
    """The deployment after one run of the main job, loaded by folder and once more by CSV for another project."""
    made = deployment.site.hospital
    deployment.pixl("cohort", "load", str(made.extract))
    second = deployment.data / "second.csv"
    second.write_text(made.csv.read_text(encoding="utf-8").replace(",demo,", ",demo-mr-only,"), encoding="utf-8")
    deployment.pixl("cohort", "load", str(second))
    deployment.wait()
    # Secondary captures, and what the second method sees in the reports: a person looks at them.
    assert deployment.pass_all() > 0
    deployment.wait()
    deployment.pixl("export", "demo")
    return deployment


def leaks(deployment, *folders):
    """Return what of the hospital's identities is in these folders' files, as (where, kind)."""
    scanner = Scanner(deployment.site.hospital.tokens())
    return sorted({(str(leak.where), leak.token.kind) for leak in scanner.leaks(folders)})


def test_every_study_ends_where_it_should(done):
    expected = done.site.expected()
    [demo, mr_only] = done.statuses()
    held = [study for study in done.site.hospital.studies if study.special in ("two-patient-ids", "bare-instance")]
    assert demo.counts == {
        State.EXPORTED: len(expected["vna"]) + len(expected["pacs"]) - len(held),
        State.MISSING: len(expected["nowhere"]),
        State.HELD: len(held),
    }
    assert mr_only.counts[State.REJECTED] > mr_only.counts[State.EXPORTED] > 0
    assert demo.in_flight == mr_only.in_flight == 0


def test_every_study_that_is_not_exported_has_a_reason(done):
    with done.ledger() as ledger:
        told = sum(count for _, state, _, count in ledger.reasons(limit=100) if state is not State.EXPORTED)
    statuses = done.statuses()
    assert told == sum(one.requested - one.counts.get(State.EXPORTED, 0) for one in statuses)


def test_what_arrived_is_whole_and_is_dicom(done):
    archives = sorted(done.site.received.rglob("*.zip"))
    assert len(archives) == sum(one.counts.get(State.EXPORTED, 0) for one in done.statuses())
    for path in archives:
        digest, name = path.with_suffix(".zip.sha256").read_text().split()
        assert (digest, name) == (hashlib.sha256(path.read_bytes()).hexdigest(), path.name)
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            for member in archive.namelist():
                instance = pydicom.dcmread(io.BytesIO(archive.read(member)))
                assert instance.StudyInstanceUID == path.stem
                assert instance.PatientIdentityRemoved == "YES"
                assert instance.file_meta.MediaStorageSOPInstanceUID == instance.SOPInstanceUID


def test_two_projects_share_no_pseudonym(done):
    names = [path.name for path in done.site.received.rglob("*.zip")]
    assert len(names) == len(set(names))
    assert {path.parent.name for path in done.site.received.rglob("*.zip")} == {"demo", "demo-mr-only"}


def test_the_linker_leads_from_the_extract_to_the_images(done):
    [linker] = done.site.received.rglob("IMAGE_LINKER.parquet")
    rows = pq.read_table(linker).to_pylist()
    arrived = {path.stem for path in (done.site.received / "demo").glob("*.zip")}
    assert {row["pseudo_study_uid"] for row in rows} == arrived
    numbers = {study.number for study in done.site.hospital.studies}
    assert {row["procedure_occurrence_id"] for row in rows} <= numbers


def test_the_reports_link_to_the_images_by_the_same_pseudonyms(done):
    [file] = done.site.received.rglob("radiology.parquet")
    rows = {row["pseudo_study_uid"]: row for row in pq.read_table(file).to_pylist()}
    archives = [path for path in (done.site.received / "demo").glob("*.zip") if path.stem in rows]
    assert len(archives) > 10
    for path in archives:
        with zipfile.ZipFile(path) as archive:
            instance = pydicom.dcmread(io.BytesIO(archive.read(archive.namelist()[0])), stop_before_pixels=True)
        assert instance.AccessionNumber == rows[path.stem]["image_identifier"]


def test_each_row_of_the_cohort_has_its_report_or_a_reason_for_none(done):
    with done.ledger() as ledger:
        [reports] = ledger.reports.status("demo")
    hospital = done.site.hospital
    assert reports.requested == len({study.accession_number for study in hospital.studies})
    assert reports.counts[ReportState.MISSING] > 0
    assert reports.counts[ReportState.EXPORTED] > 10
    assert reports.in_flight == 0


def test_nothing_that_left_names_anybody(done):
    assert leaks(done, done.site.received) == []


def test_orthanc_anon_has_nothing_that_names_anybody(done):
    assert leaks(done, done.data / "orthanc-anon") == []


def test_the_search_would_find_them(done):
    """The same search over what is identifiable: a search that finds nothing there would prove nothing."""
    assert {kind for _, kind in leaks(done, done.data / "orthanc-raw")} >= {"name", "mrn", "accession-number", "uid"}


def test_no_log_of_any_process_names_anybody(done):
    assert leaks(done, done.data / "logs") == []
    assert len(list((done.data / "logs").iterdir())) >= 7


def test_no_table_of_the_ledger_or_the_queue_names_anybody(done):
    password = open_store(done.settings.secrets).get("database-password").decode()
    dump = subprocess.run(
        [str(postgres_bin() / "pg_dump"), "--dbname", done.settings.database],
        env={**os.environ, "PGPASSWORD": password},
        check=True,
        capture_output=True,
    ).stdout
    assert b"procrastinate_jobs" in dump
    assert list(Scanner(done.site.hospital.tokens()).tokens_in(dump)) == []


def test_loading_again_asks_for_nothing_and_exports_nothing(done):
    before = {path: path.stat().st_mtime_ns for path in done.site.received.rglob("*.zip")}
    assert "0 new" in done.pixl("cohort", "load", str(done.site.hospital.extract)).stdout
    assert "0 new" in done.pixl("cohort", "load", "--dry-run", str(done.site.hospital.batched_extract)).stdout
    done.wait()
    assert {path: path.stat().st_mtime_ns for path in done.site.received.rglob("*.zip")} == before


def test_the_same_pseudonyms_come_out_of_a_second_run(done):
    before = {path.name: path.read_bytes() for path in (done.site.received / "demo").glob("*.zip")}
    done.pixl("cohort", "retry", "demo", "--state", "exported", "--from-start")
    done.wait()
    assert {path.name: path.read_bytes() for path in (done.site.received / "demo").glob("*.zip")} == before


def test_every_change_of_state_is_an_event(done):
    password = open_store(done.settings.secrets).get("database-password").decode()
    with psycopg.connect(done.settings.database, password=password) as connection:
        wrong = connection.execute(
            "SELECT count(*) FROM study WHERE state <>"
            " (SELECT after FROM event WHERE study_id = study.id ORDER BY event.id DESC LIMIT 1)"
        ).fetchone()
    assert wrong == (0,)
