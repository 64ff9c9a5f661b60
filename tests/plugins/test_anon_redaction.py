"""What reviewers want removed reaches the instances that it is meant for, and no other."""

from __future__ import annotations

import io

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from pixl.deid import Deidentified, Record
from plugins.anon_redaction import with_redactions
from plugins.anon_request import Request, Treatment, Wanted


def file_of(uid):
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID, dataset.StudyDescription = "1.2.840.10008.5.1.4.1.1.2", uid, "BATH"
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@pytest.fixture
def treatment():
    def deidentify(data):
        uid = pydicom.dcmread(io.BytesIO(data)).SOPInstanceUID
        record = Record(
            sop_uid=uid, series_uid="2.25.1", study_uid="2.25.2", patient_id="p", accession_number="a", modality="CT"
        )
        return Deidentified(parts=(data,), record=record)

    return Treatment(policy="hash", reason_to_skip=lambda _: None, deidentify=deidentify, new_uids=list)


def described(deidentified):
    return "StudyDescription" in pydicom.dcmread(io.BytesIO(deidentified.data))


def test_what_is_wanted_of_one_instance_is_done_to_that_one(treatment):
    wanted = {"2.25.7": Wanted(elements=("(0008,1030)",))}
    changed = with_redactions(treatment, wanted)
    assert [described(changed.deidentify(file_of(uid))) for uid in ("2.25.7", "2.25.8")] == [False, True]


def test_without_redactions_nothing_changes(treatment):
    assert with_redactions(treatment, {}) is treatment


def test_a_request_may_ask_for_them_and_for_nothing_else():
    body = '{"project": "p", "study_uid": "1.2", "redactions": {"2.25.7": {"boxes": [[0, 1, 2, 3, 4, null]]}}}'
    assert Request.model_validate_json(body).redactions["2.25.7"].boxes == ((0, 1, 2, 3, 4, None),)
    with pytest.raises(ValueError, match="extra"):
        Request.model_validate_json(body.replace("boxes", "circles"))
