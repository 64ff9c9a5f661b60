"""The script of an orthanc-anon whose engine is a stand-in: what it does to an instance, the instance says itself."""

import io
import json
import logging
import os
import time
from pathlib import Path

import pydicom

from pixl.domain.errors import InstanceFailed, InstanceRejected, RetryLater
from pixl.domain.pseudonym import PseudonymKind, PseudonymQuery
from pixl.hashing import KeyedPseudonymiser
from pixl.orthanc import OrthancClient
from plugins.anon_gate import Gate
from plugins.anon_plugin import register
from plugins.anon_request import Treatment
from plugins.anon_store import AnonStore, own_client
from plugins.anon_work import StudyWork
from plugins.logs import log_to_orthancs_stream

KEPT = ("SOPClassUID", "Modality", "SeriesNumber", "Rows", "Columns", "PixelData", "BitsAllocated")


class Record:
    def __init__(self, dataset):
        self.sop_uid, self.study_uid = str(dataset.SOPInstanceUID), str(dataset.StudyInstanceUID)
        self.patient_id = dataset.PatientID


class Deidentified:
    def __init__(self, data, record):
        self.data, self.record = data, record


def new_uids(pseudonymiser, uids):
    return pseudonymiser.pseudonyms([PseudonymQuery(value=uid, kind=PseudonymKind.UID) for uid in uids])


def refuse(comment):
    match comment:
        case "unwanted":
            raise InstanceRejected("the project does not want such instances")
        case "broken":
            raise InstanceFailed("it ends in the middle of an element")
        case "bug":
            raise KeyError("Jane Doe")
        case "later":
            raise RetryLater("the hashing service did not answer")
        case "slow":
            time.sleep(1)


def deidentify(data, project, pseudonymiser, patient):
    source = pydicom.dcmread(io.BytesIO(data))
    refuse(source.get("ImageComments"))
    result = pydicom.Dataset()
    for keyword in KEPT:
        if keyword in source:
            result[keyword] = source[keyword]
    names = ["SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID"]
    for name, uid in zip(names, new_uids(pseudonymiser, [source[name].value for name in names]), strict=True):
        setattr(result, name, uid)
    queries = [PseudonymQuery(value=source.get(name, "none"), length=16) for name in ("PatientID", "AccessionNumber")]
    hashed, result.AccessionNumber = pseudonymiser.pseudonyms(queries)
    result.PatientID = patient or hashed
    result.StudyDescription = project
    if "-" in project:
        result.SeriesDescription = os.environ.get("PIXL_TEST_POLICY", "")
    result.file_meta = pydicom.dataset.FileMetaDataset()
    result.file_meta.TransferSyntaxUID = source.file_meta.TransferSyntaxUID
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, result, enforce_file_format=True)
    return Deidentified(stream.getvalue(), Record(result))


def skip(series):
    return "the modality is not one of the project's" if series.modality not in {"CT", "MR"} else None


def prepare(project, patient):
    pseudonymiser = KeyedPseudonymiser(project.encode() * 8)
    return Treatment(
        policy="stand-in",
        reason_to_skip=skip,
        deidentify=lambda data: deidentify(data, project, pseudonymiser, patient),
        new_uids=lambda uids: new_uids(pseudonymiser, uids),
    )


if __name__ == "anon_with_stand_in":
    import orthanc

    gate = Gate(orthanc)
    gate.register()
    if path := os.environ.get("PIXL_TEST_HEADERS"):
        Path(path).write_text(json.dumps(dict(gate.headers)))
    log_to_orthancs_stream("INFO")
    raw = OrthancClient(os.environ["PIXL_RAW_URL"], "pixl", os.environ["PIXL_TEST_PASSWORD"], timeout=5)
    threads = int(os.environ.get("PIXL_TEST_THREADS", "4"))
    store = AnonStore(own_client(orthanc, gate, threads), gate)
    register(orthanc, StudyWork(raw=raw, store=store, prepare=prepare, threads=threads))
    logging.getLogger("pixl").info("ready")
