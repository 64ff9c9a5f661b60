"""One factory for the datasets of these tests, and a pseudonymiser whose answers can be foreseen."""

from __future__ import annotations

import hashlib
import io
import warnings
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from pixl.deid import Policy
from pixl.deid.policy_file import RuleKeys, rules_of
from pixl.domain.date_shift import DateShift
from pixl.domain.pseudonym import PseudonymKind

CT = "1.2.840.10008.5.1.4.1.1.2"
BASE = {
    "SOPClassUID": CT,
    "SOPInstanceUID": "1.2.3.4",
    "StudyInstanceUID": "1.2.3.2",
    "SeriesInstanceUID": "1.2.3.3",
    "Modality": "CT",
    "PatientID": "MRN0042",
}


class Foreseeable:
    """Answers with the kind and the value's digest; counts how often it is asked."""

    def __init__(self, days=50_000):
        self.days = days
        self.batches = []

    def pseudonyms(self, queries):
        self.batches.append(list(queries))
        return [self.answer(query) for query in queries]

    def answer(self, query):
        digest = hashlib.blake2b(query.value.encode()).hexdigest()
        match query.kind:
            case PseudonymKind.SHIFT:
                return str(DateShift().last - self.days)
            case PseudonymKind.UID:
                return f"2.25.{int(digest[:30], 16)}"
            case _:
                return digest[: query.length]


@pytest.fixture
def pseudonymiser():
    return Foreseeable()


@pytest.fixture
def instance():
    """Return the bytes of a DICOM file with the given elements and the identifiers that each must have."""

    def make(elements=None, *, syntax=ExplicitVRLittleEndian, preamble=None, meta=None, **keywords):
        dataset = Dataset()
        for keyword, value in (BASE | keywords).items():
            if value is not None:
                setattr(dataset, keyword, value)
        for element in elements or ():
            dataset.add(element)
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", CT)
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", "1.2.3.4")
        for keyword, value in (meta or {}).items():
            setattr(dataset.file_meta, keyword, value)
        dataset.preamble = preamble or bytes(128)
        return written(dataset)

    return make


def written(dataset):
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(buffer, dataset, enforce_file_format=False)
    return buffer.getvalue()


@pytest.fixture
def policy():
    """Return a policy of rules given as mappings, on top of what every instance needs."""

    def make(*rules, **keywords):
        least = (
            {"op": "uid", "vrs": ["UI"]},
            {"op": "keep", "tags": ["Modality"]},
            {"op": "hash", "tags": ["PatientID"]},
        )
        keys = tuple(RuleKeys.model_validate(rule) for rule in (*least, *rules))
        return Policy(name="test", rules=rules_of(keys, Path("test.yaml")), **keywords)

    return make


@pytest.fixture
def read():
    """Return the dataset in the bytes of a DICOM file."""

    def read_bytes(data):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return pydicom.dcmread(io.BytesIO(data))

    return read_bytes
