"""Real DICOM files, those that ship with pydicom and pydicom-data, are carried over to invented patients."""

from __future__ import annotations

import datetime as dt
import functools
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom
from pydicom._uid_dict import UID_dictionary
from pydicom.data import get_testdata_file
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DigitalXRayImageStorageForPresentation,
    ImplicitVRLittleEndian,
    generate_uid,
)

from pixl.testing.identities import UTF_8, Patient

KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "ct": ("CT", ("CT_small.dcm", "CT_small.dcm", "CT_small.dcm")),
    "mr": ("MR", ("MR_small.dcm", "MR_small_RLE.dcm", "MR_small_implicit.dcm", "MR_small_jp2klossless.dcm")),
    "cr": ("CR", ("RG3_J2KI.dcm",)),
    "us-multi-frame": ("US", ("examples_ybr_color.dcm", "OBXXXX1A_rle_2frame.dcm", "US1_J2KI.dcm")),
    "mr-enhanced": ("MR", ("emri_small_RLE.dcm", "emri_small_jpeg_ls_lossless.dcm")),
    "rt": ("RTPLAN", ("CT_small.dcm", "rtstruct.dcm", "rtplan.dcm", "rtdose.dcm", "rtdose_rle.dcm")),
    "sr": ("SR", ("reportsi.dcm", "test-SR.dcm")),
    "ct-compressed": ("CT", ("693_J2KR.dcm", "CT_small.dcm")),
    "us-big-endian": ("US", ("ExplVR_BigEnd.dcm", "OBXXXX1A_rle.dcm")),
    "dx": ("DX", ("RG3_J2KI.dcm",)),
    "ecg": ("ECG", ("waveform_ecg.dcm",)),
    "mr-big-endian": ("MR", ("MR_small_bigendian.dcm", "emri_small_big_endian.dcm")),
    "sc": (
        "OT",
        ("SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_rle_2frame.dcm", "SC_rgb_small_odd_big_endian.dcm", "image_dfl.dcm"),
    ),
    "seg": ("SEG", ("liver_1frame.dcm",)),
    "nm": ("NM", ("JPEG2000.dcm", "JPEG-lossy.dcm")),
    "us-jpeg-lossless": ("US", ("JPGLosslessP14SV1_1s_1f_8b.dcm",)),
}
"""A kind of study: its modality, and the files its instances are made from."""

PRIVATE_CREATOR = "MITRA LINKED ATTRIBUTES 1.0"


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Whose study it is, and what the hospital calls it."""

    patient: Patient
    accession_number: str
    study_date: dt.date
    description: str
    uids: Uids


@dataclass(kw_only=True)
class Uids:
    """New UIDs of one study, the same for the same original. Remembers them all: none may be seen outside."""

    seed: str
    made: dict[str, str] = field(default_factory=dict)

    def new(self, original: str) -> str:
        """Return what `original` becomes in this study."""
        if original not in self.made:
            self.made[original] = generate_uid(entropy_srcs=[self.seed, original])
        return self.made[original]

    @property
    def study(self) -> str:
        """The StudyInstanceUID."""
        return self.new("study")


def study_files(kind: str, identity: Identity) -> Iterator[bytes]:
    """Yield the DICOM files of a study, a series for each of the files they come from."""
    modality, names = KINDS[kind]
    series = list(dict.fromkeys(names))
    for number, name in enumerate(names, start=1):
        dataset = template(name)
        if kind == "dx":
            _make_digital_x_ray(dataset)
        dataset.Modality = dataset.get("Modality") or modality
        dataset.SeriesNumber = series.index(name) + 1
        yield carry_over(dataset, identity, number, series=name)


def ct_series(identity: Identity, *, instances: int = 100, rows: int = 512, columns: int = 512) -> Iterator[bytes]:
    """Yield a CT series of 16-bit images with about 260 elements each: what a scanner sends, for benchmarks."""
    noise = np.random.default_rng(7).normal(0, 12, (rows, columns))
    across, down = np.meshgrid(np.linspace(-1, 1, columns), np.linspace(-1, 1, rows))
    body = np.where(across**2 + down**2 < 0.8, 40 + 30 * np.cos(9 * across) * np.sin(7 * down), -1000)  # noqa: PLR2004
    for number in range(1, instances + 1):
        dataset = template("CT_small.dcm")
        dataset.Rows, dataset.Columns = rows, columns
        dataset.PixelData = (body + np.roll(noise, 37 * number) + number).astype("<i2").tobytes()
        dataset.SliceLocation = number * 1.25
        dataset.ImagePositionPatient = [-158.135803, -179.035797, -75.699997 + number * 1.25]
        yield carry_over(dataset, identity, number, series="CT")


def template(name: str) -> Dataset:
    """Read one of the files that ship with the packages; nothing is downloaded."""
    return pydicom.dcmread(io.BytesIO(_bytes(name)), force=True)


@functools.cache
def _bytes(name: str) -> bytes:
    path = get_testdata_file(name, download=False)
    if not isinstance(path, str):
        raise FileNotFoundError(f"{name}: install pydicom-data, it ships there")
    return Path(path).read_bytes()


def carry_over(dataset: Dataset, identity: Identity, number: int, *, series: str) -> bytes:
    """Make `dataset` the instance `number` of the identity's study, in the series of that name, and return its file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # real files are not always as the standard wants them
        dataset.decode()
        _renew_uids(dataset, identity.uids, number, series)
        _set_character_set(dataset, identity.patient)
        _set_identity(dataset, identity)
        _set_nested_identity(dataset, identity)
        _set_private_identity(dataset, identity.patient)
        dataset.InstanceNumber = number
        return to_bytes(dataset, identity.patient)


def to_bytes(dataset: Dataset, patient: Patient) -> bytes:
    """Write `dataset` in the transfer syntax it has; its preamble and file meta name the patient too."""
    if not hasattr(dataset, "file_meta") or "TransferSyntaxUID" not in dataset.file_meta:
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.SourceApplicationEntityTitle = f"WARD{patient.number}"
    dataset.preamble = patient.mrn.encode().ljust(128, b"\0")
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _renew_uids(dataset: Dataset, uids: Uids, number: int, series: str) -> None:
    """Replace all UIDs that are not DICOM's own; references to other files of the study stay whole."""
    original = str(dataset.SOPInstanceUID)
    own = {
        "SOPInstanceUID": uids.new(original if original not in uids.made else f"{original} {number}"),
        "SeriesInstanceUID": uids.new(f"series {series}"),
        "StudyInstanceUID": uids.study,
    }
    for keyword, uid in own.items():
        uids.made.setdefault(str(dataset.get(keyword, "")), uid)
    for element in _all_elements(dataset):
        if element.VR == "UI":
            element.value = _renewed(element.value, uids)
    for keyword, uid in own.items():
        setattr(dataset, keyword, uid)


def _all_elements(dataset: Dataset) -> Iterator[DataElement]:
    return iter(list(dataset.iterall()))


def _renewed(value: object, uids: Uids) -> object:
    if isinstance(value, str):
        return value if not value or value in UID_dictionary else uids.new(str(value))
    if value is None:
        return None
    return [_renewed(each, uids) for each in value]  # type: ignore[attr-defined]


def _set_character_set(dataset: Dataset, patient: Patient) -> None:
    """Set one that can write the patient's name, and what else there is."""
    is_plain = all(str(element.value).isascii() for element in _all_elements(dataset) if element.VR in TEXT_VRS)
    for element in _all_elements(dataset):
        if element.VR == "SQ":
            for item in element.value:
                item.pop("SpecificCharacterSet", None)
    dataset.SpecificCharacterSet = patient.character_set if is_plain else UTF_8


TEXT_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})


def _set_identity(dataset: Dataset, identity: Identity) -> None:
    patient, born = identity.patient, identity.patient.birth_date
    dataset.PatientName = patient.person_name
    dataset.PatientID = patient.mrn
    dataset.PatientBirthDate = born.strftime("%Y%m%d")
    dataset.PatientSex = patient.sex
    dataset.PatientAddress = f"{patient.street}, {patient.postcode}"
    dataset.RegionOfResidence = patient.town
    dataset.PatientTelephoneNumbers = patient.phone
    dataset.PatientComments = f"NHS {patient.nhs_number}, born {born:%d/%m/%Y} ({born.isoformat()})"
    dataset.AccessionNumber = identity.accession_number
    dataset.StudyDate = identity.study_date.strftime("%Y%m%d")
    dataset.StudyTime = "101500"
    dataset.StudyID = identity.accession_number
    dataset.StudyDescription = identity.description
    dataset.ReferringPhysicianName = f"{patient.physician}^Dr"
    dataset.InstitutionName = patient.institution
    dataset.InstitutionAddress = f"{patient.town} {patient.postcode}"
    dataset.StationName = f"WARD{patient.number}"


def _set_nested_identity(dataset: Dataset, identity: Identity) -> None:
    patient = identity.patient
    other = Dataset()
    other.PatientID = patient.nhs_number
    other.IssuerOfPatientID = patient.institution
    dataset.OtherPatientIDsSequence = Sequence([other])
    request = Dataset()
    request.AccessionNumber = identity.accession_number
    request.RequestingPhysician = patient.physician
    request.RequestedProcedureDescription = identity.description
    request.ReasonForTheRequestedProcedure = f"{patient.given_name} {patient.family_name}, {patient.mrn}"
    dataset.RequestAttributesSequence = Sequence([request])


def _set_private_identity(dataset: Dataset, patient: Patient) -> None:
    block = dataset.private_block(0x0031, PRIVATE_CREATOR, create=True)
    block.add_new(0x20, "LO", patient.mrn)
    nested = Dataset()
    nested.private_block(0x0031, PRIVATE_CREATOR, create=True).add_new(0x21, "LO", patient.person_name)
    block.add_new(0x30, "SQ", Sequence([nested]))


def _make_digital_x_ray(dataset: Dataset) -> None:
    dataset.SOPClassUID = DigitalXRayImageStorageForPresentation
    dataset.Modality = "DX"
    dataset.PresentationIntentType = "FOR PRESENTATION"
