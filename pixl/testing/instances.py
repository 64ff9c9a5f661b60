"""Invented DICOM instances, as small as can be."""

from __future__ import annotations

import io
from typing import Any

import pydicom
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid


def instance_file(study: str, *, series: str | None = None, number: int = 1, pixels: int = 16, **other: Any) -> bytes:
    """Make the file of a CT image with a side of `pixels`; `other` attributes by keyword win, None leaves one out."""
    attributes: dict[str, Any] = {
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": generate_uid(),
        "StudyInstanceUID": study,
        "SeriesInstanceUID": series or f"{study}.1",
        "SeriesNumber": number,
        "Modality": "CT",
        "PatientID": "MRN-1234567",
        "PatientName": "Quillfeather^Jocasta",
        "AccessionNumber": "ACC-7654321",
        "Rows": pixels,
        "Columns": pixels,
        "BitsAllocated": 16,
        "PixelData": bytes(2 * pixels * pixels),
        **other,
    }
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for keyword, value in attributes.items():
        if value is not None:
            setattr(dataset, keyword, value)
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, dataset, enforce_file_format=True)
    return stream.getvalue()
