"""CT images as a hospital has them: invented patients, several series each, what changes from image to image changes.

One image is 512 x 512 pixels of 12 in 16 bits and 260 elements at all depths: a scanner's, its private groups, and the
sequences that a request, a protocol and the images it refers to leave in it.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
from pydicom import Dataset, Sequence
from pydicom.data import get_testdata_file

ELEMENTS = 260
SERIES = 40
"""Images a series."""
ROOT = "1.2.826.0.1.3680043.10.1789"
NAMES = ("Ashbury^Theodore", "Blackwick^Josephine", "Fairstead^Rosalind", "Kirkley^Leopold")
CT_STORAGE = "1.2.840.10008.5.1.4.1.1.2"


def ct_images(count: int, frames: int = 1) -> Iterator[bytes]:
    """Yield images as DICOM files, series after series."""
    for number in range(count):
        yield ct_image(number // SERIES, number % SERIES, frames)


def ct_image(series: int, slice_number: int, frames: int = 1) -> bytes:
    """Return one image of a series as a DICOM file."""
    dataset = _series(series)
    _slice(dataset, series, slice_number)
    rng = np.random.default_rng(1000 * series + slice_number)
    dataset.PixelData = rng.integers(0, 4096, (frames, 512, 512), dtype=np.uint16).tobytes()
    if frames > 1:
        dataset.NumberOfFrames = frames
    _trim(dataset)
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def write_large(path: Path, size: int) -> None:
    """Write a CT file of so many MiB of pixels, which are not on the disk: they read as zero."""
    dataset = pydicom.dcmread(io.BytesIO(ct_image(0, 0)))
    del dataset.PixelData
    dataset.pop(0xFFFCFFFC, None)
    dataset.NumberOfFrames = 2 * size
    with path.open("wb") as file:
        dataset.save_as(file)
        file.write(b"\xe0\x7f\x10\x00OW\0\0" + struct.pack("<I", size << 20))
        file.truncate(file.tell() + (size << 20))


def _series(number: int) -> Dataset:
    """Return what all images of a series have in common; two series are a study, two studies a patient."""
    dataset = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    patient, study = number // 4, number // 2
    dataset.PatientName, dataset.PatientID = NAMES[patient % len(NAMES)], f"NHS{4857773456 + patient}"
    dataset.PatientBirthDate, dataset.PatientSex, dataset.PatientAge = "19581130", "F", "063Y"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"{ROOT}.1.{study}", f"{ROOT}.2.{number}"
    dataset.FrameOfReferenceUID = f"{ROOT}.3.{study}"
    dataset.AccessionNumber, dataset.StudyID = f"RXR{1000 + study}", str(4000 + study)
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = "20210304"
    dataset.StudyTime, dataset.SeriesTime = "101523.000", f"1017{number % 60:02}.500"
    dataset.StudyDescription, dataset.SeriesDescription = "CT Chest abdomen pelvis with contrast", "Axial lung 5mm"
    dataset.ReferringPhysicianName, dataset.OperatorsName = "Nethercombe^Philippa^^Dr", "Whitgate^C"
    dataset.SeriesNumber, dataset.BodyPartExamined = number % 10 + 1, "CHEST"
    dataset.Rows = dataset.Columns = 512
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 0
    dataset.pop("PixelPaddingValue", None)
    _sequences(dataset, number)
    return dataset


def _sequences(dataset: Dataset, number: int) -> None:
    study = number // 2
    dataset.ReferencedStudySequence = _reference("1.2.840.10008.3.1.2.3.1", f"{ROOT}.1.{study}")
    dataset.ReferencedPerformedProcedureStepSequence = _reference("1.2.840.10008.3.1.2.3.3", f"{ROOT}.5.{study}")
    dataset.ReferencedImageSequence = Sequence(
        item for place in (0, 1) for item in _reference(CT_STORAGE, f"{ROOT}.6.{number}.{place}")
    )
    dataset.ProcedureCodeSequence = _code("CTCAPC", "L", "CT Chest abdomen pelvis with contrast")
    dataset.AnatomicRegionSequence = _code("43799004", "SCT", "Thoracic cavity structure")
    dataset.CTDIPhantomTypeCodeSequence = _code("113691", "DCM", "IEC Body Dosimetry Phantom")
    dataset.PerformedProtocolCodeSequence = _code("CTCAPC", "L", "CT Chest abdomen pelvis with contrast")
    request = Dataset()
    request.RequestedProcedureID = request.ScheduledProcedureStepID = f"RP{1000 + study}"
    request.RequestedProcedureDescription = "CT Chest abdomen pelvis with contrast"
    request.ScheduledProtocolCodeSequence = _code("CTCAPC", "L", "CT Chest abdomen pelvis with contrast")
    dataset.RequestAttributesSequence = Sequence([request])


def _slice(dataset: Dataset, series: int, number: int) -> None:
    """Put in what is each image's own."""
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{ROOT}.4.{series}.{number}"
    dataset.InstanceNumber = number + 1
    place = -120.5 + 5 * number
    dataset.ImagePositionPatient, dataset.SliceLocation = [-158.135803, -179.035797, place], f"{place:.6f}"
    dataset.AcquisitionTime = dataset.ContentTime = f"1018{number % 60:02}.{number * 731 % 1000:03}"
    dataset.XRayTubeCurrent, dataset.Exposure = 120 + number * 37 % 90, 1600 + number * 53 % 700
    dataset.add_new(0x00280106, "US", number % 7)
    dataset.add_new(0x00280107, "US", 4000 + number % 95)
    dataset.WindowCenter, dataset.WindowWidth = 40 + number % 3, 400
    dataset.SourceImageSequence = _reference(CT_STORAGE, f"{ROOT}.7.{series}.{number}")
    for element in dataset.group_dataset(0x0027):
        if element.VR in ("FL", "SL", "SS"):
            element.value = number + 1


def _reference(sop_class: str, instance: str) -> Sequence:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, instance
    return Sequence([item])


def _code(value: str, scheme: str, meaning: str) -> Sequence:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return Sequence([item])


def _trim(dataset: Dataset) -> None:
    """Take away private elements of the scanner until there are as many elements as there should be."""
    spare = [element.tag for element in dataset.group_dataset(0x0043) if element.tag.elem >= 0x1000]
    for tag in reversed(spare):
        if sum(1 for _ in dataset.iterall()) <= ELEMENTS:
            return
        del dataset[tag]
