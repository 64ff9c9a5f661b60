"""Small outputs and originals for tests of the checkers."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import pydicom
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

CT = "1.2.840.10008.5.1.4.1.1.2"
BASE: dict[str, Any] = {
    "SOPClassUID": CT,
    "SOPInstanceUID": "2.25.104",
    "StudyInstanceUID": "2.25.102",
    "SeriesInstanceUID": "2.25.103",
    "Modality": "CT",
    "PatientID": "abcdef0123456789",
}
ORIGINAL: dict[str, Any] = {
    "SOPInstanceUID": "1.2.3.400004",
    "StudyInstanceUID": "1.2.3.400002",
    "SeriesInstanceUID": "1.2.3.400003",
    "PatientID": "RX1234567",
    "PatientName": "Ashbury^Josephine Li^^Mrs",
    "PatientBirthDate": "19500307",
    "StudyDate": "20200415",
    "AccessionNumber": "A98765432",
    "ReferringPhysicianName": "Quarrstone^Theodore",
    "InstitutionName": "St Larkmoor General Hospital",
    "PatientAddress": "12 Thistledown Avenue, Ottershaw",
    "PatientTelephoneNumbers": "(020) 7946-0123",
    "StationName": "VEXXBROOK3",
    "PatientComments": "Fell down the stairs on the way to the library",
}


def dicom(
    elements: Iterable[DataElement] = (),
    *,
    syntax: str = ExplicitVRLittleEndian,
    preamble: bytes | None = None,
    meta: Mapping[str, Any] | None = None,
    **keywords: Any,
) -> bytes:
    """Return the bytes of a DICOM file with the given elements; a keyword that is None is left out."""
    dataset = Dataset()
    for keyword, value in (BASE | keywords).items():
        if value is not None:
            setattr(dataset, keyword, value)
    for element in elements:
        dataset.add(element)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", CT)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", "2.25.1")
    for keyword, value in (meta or {}).items():
        setattr(dataset.file_meta, keyword, value)
    dataset.preamble = preamble or bytes(128)
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pydicom.dcmwrite(buffer, dataset, enforce_file_format=False)
    return buffer.getvalue()


def original(elements: Iterable[DataElement] = (), **keywords: Any) -> bytes:
    """Return the bytes of what an output may have been made of: full of an invented person."""
    return dicom(elements, **(ORIGINAL | keywords))
