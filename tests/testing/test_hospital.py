from __future__ import annotations

import datetime as dt
import zipfile
from collections import Counter
from pathlib import Path

import pydicom
import pytest

from pixl.cohort import read_cohort
from pixl.deid.redaction import Redactions, redact
from pixl.domain.finding import Box
from pixl.testing.burned_in import legible
from pixl.testing.dicom_files import KINDS, Identity, Uids, ct_series
from pixl.testing.extract import big_extract
from pixl.testing.hospital import Hospital, Special, build_hospital, store
from pixl.testing.identities import invent_patients
from pixl.testing.leaks import Scanner
from pixl.testing.real_orthanc import RealOrthanc


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Hospital:
    folder = tmp_path_factory.mktemp("hospital")
    return build_hospital(folder, studies=len(KINDS), special=list(Special))


def test_the_same_seed_makes_the_same_hospital(hospital: Hospital, tmp_path: Path) -> None:
    again = build_hospital(tmp_path, studies=len(KINDS), special=list(Special))
    assert (again.patients, again.studies) == (hospital.patients, hospital.studies)
    assert [path.read_bytes() for path in again.files()] == [path.read_bytes() for path in hospital.files()]


def test_the_record_can_be_read_again(hospital: Hospital) -> None:
    assert Hospital.load(hospital.folder) == hospital


def test_the_cohort_is_the_same_in_all_three_forms(hospital: Hospital) -> None:
    asked = [
        [(r.procedure_occurrence_id, r.mrn, r.accession_number, r.study_uid) for r in extract.requests]
        for path in (hospital.extract, hospital.batched_extract, hospital.csv)
        for extract in read_cohort(path, known_projects=["demo"]).extracts
    ]
    assert asked[0] == asked[1] == asked[2]
    assert asked[0] == [
        (study.number, hospital.patient_of(study).mrn, study.accession_number, study.study_uid)
        for study in hospital.studies
    ]


def test_files_cover_what_archives_hold(hospital: Hospital) -> None:
    read = [pydicom.dcmread(path, stop_before_pixels=True) for path in hospital.files()]
    modalities = {dataset.get("Modality") for dataset in read}
    assert modalities >= {"CT", "MR", "CR", "DX", "US", "RTPLAN", "RTDOSE", "RTSTRUCT", "SR", "ECG", "SEG", "NM", "OT"}
    assert len({dataset.file_meta.TransferSyntaxUID for dataset in read}) >= 11
    assert any(int(dataset.get("NumberOfFrames") or 1) > 1 for dataset in read)


def test_each_patient_that_has_a_study_is_found_in_its_files(hospital: Hospital) -> None:
    ordinary = [study for study in hospital.studies if not study.special]
    for study in ordinary:
        patient = hospital.patient_of(study)
        found = Scanner(hospital.tokens()).leaks(hospital.folder / file for file in study.files)
        texts = {leak.token.text for leak in found}
        assert texts >= {
            patient.family_name,
            patient.given_name,
            patient.mrn,
            patient.nhs_number,
            patient.birth_date.strftime("%Y%m%d"),
            patient.birth_date.isoformat(),
            patient.street,
            patient.postcode,
            patient.phone,
            patient.physician,
            patient.institution,
            study.accession_number,
            *study.uids,
        }, study.kind


def test_no_original_uid_is_missing_from_the_tokens(hospital: Hospital) -> None:
    uids = {token.text for token in hospital.tokens() if token.kind == "uid"}
    for path in hospital.files():
        dataset = pydicom.dcmread(path)
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"):
            assert not dataset.get(keyword) or dataset[keyword].value in uids


def test_sop_instance_uids_are_distinct(hospital: Hospital) -> None:
    counted = Counter(pydicom.dcmread(path).SOPInstanceUID for path in hospital.files())
    assert counted.most_common(1)[0][1] == 1


def test_references_within_a_study_stay_whole(hospital: Hospital) -> None:
    study = next(study for study in hospital.studies if study.kind == "rt")
    read = {dataset.Modality: dataset for dataset in (pydicom.dcmread(hospital.folder / name) for name in study.files)}
    referenced = read["RTDOSE"].ReferencedRTPlanSequence[0].ReferencedSOPInstanceUID
    assert referenced in study.uids


def test_nothing_in_the_public_extract_identifies_anyone(hospital: Hospital) -> None:
    scanner = Scanner(hospital.tokens())
    assert scanner.leaks([hospital.extract / "public", hospital.batched_extract / "public"]) == []
    assert scanner.leaks([hospital.extract / "private"])


def special(hospital: Hospital, kind: Special) -> list[list[pydicom.Dataset]]:
    return [
        [pydicom.dcmread(hospital.folder / name) for name in study.files]
        for study in hospital.studies
        if study.special == kind
    ]


def test_special_studies_are_what_they_are_called(hospital: Hospital) -> None:
    first, second = special(hospital, Special.SHARED_ACCESSION_NUMBER)
    assert first[0].AccessionNumber == second[0].AccessionNumber
    assert first[0].StudyInstanceUID != second[0].StudyInstanceUID
    (study,) = special(hospital, Special.TWO_PATIENT_IDS)
    assert len({each.PatientID for each in study}) == 2
    (study,) = special(hospital, Special.BARE_INSTANCE)
    assert {"AccessionNumber", "PatientID", "Modality"}.isdisjoint(study[-1].dir())
    (study,) = special(hospital, Special.NON_IMAGE)
    assert {each.Modality for each in study} == {"CT", "SR"}
    assert len({each.StudyInstanceUID for each in study}) == 1


def test_a_twin_has_the_same_uid_and_other_content(hospital: Hospital) -> None:
    (study,) = (study for study in hospital.studies if study.special == Special.TWIN)
    first, later = (pydicom.dcmread(hospital.folder / name) for name in (study.files[0], study.later[0]))
    assert first.SOPInstanceUID == later.SOPInstanceUID
    assert first != later


def test_a_ct_series_looks_like_a_scanners() -> None:
    (patient,) = invent_patients(1, seed=1)
    identity = Identity(
        patient=patient,
        accession_number="RKX1",
        study_date=dt.date(2020, 1, 1),
        description="CT",
        uids=Uids(seed="x"),
    )
    read = [pydicom.dcmread(pydicom.filebase.DicomBytesIO(data)) for data in ct_series(identity, instances=3)]
    assert {len(dataset.PixelData) for dataset in read} == {512 * 1024}
    assert {250 < len(list(dataset.iterall())) < 310 for dataset in read} == {True}
    assert len({dataset.SOPInstanceUID for dataset in read}) == 3
    assert len({dataset.SeriesInstanceUID for dataset in read}) == 1
    assert read[0].pixel_array.max() > 40 > -1000 > read[0].pixel_array.min()


def test_a_big_extract_is_a_cohort(tmp_path: Path) -> None:
    (extract,) = read_cohort(big_extract(tmp_path, rows=2500), known_projects=["demo"]).extracts
    assert (extract.summary.requests, extract.summary.skipped) == (2500, 0)


@pytest.mark.servers
def test_an_archive_takes_all_of_it_in_the_transfer_syntaxes_it_has(hospital: Hospital, tmp_path: Path) -> None:
    orthanc = RealOrthanc(folder=tmp_path, config={"DicomCheckCalledAet": False, "DicomAlwaysAllowStore": True})
    orthanc.start()
    try:
        store(hospital.dicom, host="127.0.0.1", port=orthanc.dicom_port, aet="VNA")
        with orthanc.http() as client:
            ids = client.get("/instances").json()
            stored = Counter(client.get(f"/instances/{each}/metadata/TransferSyntax").text for each in ids)
    finally:
        orthanc.stop()
    sent = Counter(str(pydicom.dcmread(path).file_meta.TransferSyntaxUID) for path in hospital.files())
    assert stored == sent


def test_lines_that_are_burned_in_can_be_read_until_they_are_blackened(hospital: Hospital, tmp_path: Path) -> None:
    (study,) = [study for study in hospital.studies if study.special == Special.BURNED_IN]
    lines = hospital.burned_in()
    assert hospital.patient_of(study).mrn in " ".join(line for _, line in lines)
    boxes = tuple(Box(frame=0, left=0, top=24 * number, width=512, height=32) for number in range(3))
    for name, wanted in (("before", ()), ("after", boxes)):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            for file in study.files:
                archive.writestr(file, redact((hospital.folder / file).read_bytes(), Redactions(boxes=wanted)))
    assert legible([tmp_path / "before.zip"], lines) == {line for _, line in lines}
    assert legible([tmp_path / "after.zip"], lines) == {lines[-1][1]}
