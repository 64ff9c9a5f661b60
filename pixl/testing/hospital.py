"""The invented hospital: images for its archive, extracts for its researchers, and what must not be found outside."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import functools
import io
import itertools
import json
import os
import random
import subprocess
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydicom
from pydicom.filereader import read_file_meta_info
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from pixl.testing.dicom_files import KINDS, Identity, Uids, ct_series, study_files
from pixl.testing.extract import GENERATED_AT, write_csv, write_extract
from pixl.testing.identities import Patient, Token, accession_numbers, distinct, invent_patients
from pixl.testing.study import Study

RECORD = "hospital.json"


class Special(enum.StrEnum):
    """What may be odd about a study. `build_hospital` adds a study, or two, for each."""

    SHARED_ACCESSION_NUMBER = "shared-accession-number"
    """Two studies of one patient under one accession number."""
    TWO_PATIENT_IDS = "two-patient-ids"
    """One study whose instances name two patients."""
    BARE_INSTANCE = "bare-instance"
    """An instance without AccessionNumber, PatientID and Modality."""
    NON_IMAGE = "non-image"
    """A structured report among the images of a CT study."""
    TWIN = "twin"
    """An instance that arrives again with the same SOP Instance UID and other content (`Study.later`)."""
    BURNED_IN = "burned-in"
    """A CT study with identifiers of its patient burned into each picture."""


@dataclass(frozen=True, kw_only=True)
class Hospital:
    """What was made, and whom it names."""

    folder: Path
    project: str
    patients: tuple[Patient, ...]
    studies: tuple[Study, ...]

    @property
    def dicom(self) -> Path:
        """The folder of the files that the archive has."""
        return self.folder / "dicom"

    @property
    def extract(self) -> Path:
        """The OMOP-ES extract, plain layout."""
        return self.folder / "extract"

    @property
    def batched_extract(self) -> Path:
        """The same extract, batched layout."""
        return self.folder / "extract-batched"

    @property
    def csv(self) -> Path:
        """The same cohort as a CSV."""
        return self.folder / "cohort.csv"

    def patient_of(self, study: Study) -> Patient:
        """Return whose study it is."""
        return self.patients[study.patient - 1]

    def files(self) -> Iterator[Path]:
        """Yield the files that the archive has."""
        yield from (self.folder / name for study in self.studies for name in study.files)

    def tokens(self) -> list[Token]:
        """Return all that must not be found in what leaves: people, numbers, original UIDs."""
        people = (token for patient in self.patients for token in patient.tokens())
        studies = (token for study in self.studies for token in _study_tokens(study))
        return distinct(itertools.chain(people, studies))

    def burned_in(self) -> list[tuple[int, str]]:
        """Return all lines that are burned into pictures, each with its place from the top."""
        return [numbered for study in self.studies for numbered in enumerate(study.burned_in)]

    def save(self) -> None:
        """Write the record beside the data."""
        record = {
            "project": self.project,
            "patients": [dataclasses.asdict(patient) for patient in self.patients],
            "studies": [dataclasses.asdict(study) for study in self.studies],
        }
        text = json.dumps(record, indent=1, ensure_ascii=False, default=str)
        (self.folder / RECORD).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Hospital:
        """Read the record that `save` wrote."""
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return cls(
            folder=folder,
            project=record["project"],
            patients=tuple(Patient(**{**each, "birth_date": _date(each["birth_date"])}) for each in record["patients"]),
            studies=tuple(_study_of(each) for each in record["studies"]),
        )


def build_hospital(
    folder: Path,
    *,
    studies: int = 60,
    seed: int = 1,
    project: str = "demo",
    special: Collection[Special] = (),
    kinds: Iterable[str] = tuple(KINDS),
    generated_at: dt.datetime = GENERATED_AT,
) -> Hospital:
    """Make a hospital: DICOM files, extracts in both layouts and as CSV, and their record. The same for the same seed.

    Parameters
    ----------
    folder
        Where all of it goes.
    studies
        How many ordinary studies; they go through `kinds` in turn.
    special
        Odd studies on top of them.
    kinds
        Keys of `dicom_files.KINDS`, or `ct-series` for a hundred CT images of 512 KiB.
    """
    builder = _Builder(folder=folder, seed=seed, studies=studies + len(Special))
    made = list(itertools.islice((builder.study(kind) for kind in itertools.cycle(kinds)), studies))
    for each in Special:
        if each in special:
            made += SPECIAL[each](builder)
    hospital = Hospital(folder=folder, project=project, patients=tuple(builder.patients), studies=tuple(made))
    _write_extracts(hospital, generated_at)
    hospital.save()
    return hospital


DCMSEND = ("dcmsend", "--decompress-never", "--no-uid-checks", "--max-pdu", "131072")
SENDERS: dict[str, tuple[str, ...]] = {
    ImplicitVRLittleEndian: ("storescu", "--required", "--propose-implicit", "--max-pdu", "131072"),
    ExplicitVRBigEndian: ("storescu", "--required", "--propose-big", "--max-pdu", "131072"),
}
"""`dcmsend` sends what is not compressed as explicit little endian; `storescu` can be told not to."""
FILES_A_CALL = 1000


def store(folder: Path, *, host: str, port: int, aet: str, calling_aet: str = "MODALITY") -> None:
    """Send all files below `folder` over C-STORE, in the transfer syntaxes they have.

    Raises
    ------
    subprocess.CalledProcessError
        The archive refused something.
    """
    senders: dict[tuple[str, ...], list[str]] = {}
    for path in sorted(folder.rglob("*.dcm")):
        syntax = str(read_file_meta_info(path).TransferSyntaxUID)
        senders.setdefault(SENDERS.get(syntax, DCMSEND), []).append(str(path))
    for command, paths in senders.items():
        for start in range(0, len(paths), FILES_A_CALL):
            where = ["--aetitle", calling_aet, "--call", aet, host, str(port)]
            _run([*command, *where, *paths[start : start + FILES_A_CALL]])


def _run(command: list[str]) -> None:
    environment = {**os.environ, "TCP_NODELAY": "1"}
    subprocess.run(command, check=True, env=environment, capture_output=True, timeout=600)


@dataclass
class _Builder:
    """Makes studies one after another."""

    folder: Path
    seed: int
    studies: int

    def __post_init__(self) -> None:
        self.patients = invent_patients(max(2, self.studies * 2 // 3), self.seed)
        self.accession_numbers = accession_numbers(self.seed)
        self.chance = random.Random(f"studies {self.seed}")
        self.numbers = itertools.count(1)

    def study(self, kind: str, *, accession_number: str = "", patient: Patient | None = None) -> Study:
        """Write the files of a study and return it."""
        number = next(self.numbers)
        patient = patient or self.patients[self.chance.randrange(len(self.patients))]
        identity = Identity(
            patient=patient,
            accession_number=accession_number or next(self.accession_numbers),
            study_date=dt.date(2016, 1, 1) + dt.timedelta(days=self.chance.randrange(2500)),
            description=self._description(kind, number, patient),
            uids=Uids(seed=f"{self.seed} {number}"),
        )
        made = ct_series(identity) if kind == "ct-series" else study_files(kind, identity)
        files = tuple(self.write(number, f"{n:04d}", data) for n, data in enumerate(made, start=1))
        return _study(number, kind, identity, files)

    def write(self, number: int, name: str, data: bytes, *, part: str = "dicom") -> str:
        """Write one file and return its name relative to the folder."""
        path = self.folder / part / f"study{number:04d}" / f"{name}.dcm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path.relative_to(self.folder).as_posix()

    def change(self, file: str, **elements: object) -> None:
        """Set elements of a file that was written; None removes one."""
        path = self.folder / file
        path.write_bytes(_changed(path, **elements))

    @staticmethod
    def _description(kind: str, number: int, patient: Patient) -> str:
        name = f" {patient.family_name}" if number % 4 == 0 else ""
        return f"{kind.replace('-', ' ').upper()} examination{name}"


def _shared_accession_number(builder: _Builder) -> list[Study]:
    first = builder.study("ct")
    patient = builder.patients[first.patient - 1]
    second = builder.study("mr", accession_number=first.accession_number, patient=patient)
    return [_as(each, Special.SHARED_ACCESSION_NUMBER) for each in (first, second)]


def _two_patient_ids(builder: _Builder) -> list[Study]:
    study = builder.study("ct")
    other = builder.patients[study.patient % len(builder.patients)]
    builder.change(study.files[-1], PatientID=other.mrn)
    return [_as(study, Special.TWO_PATIENT_IDS)]


def _bare_instance(builder: _Builder) -> list[Study]:
    study = builder.study("ct")
    builder.change(study.files[-1], AccessionNumber=None, PatientID=None, Modality=None)
    return [_as(study, Special.BARE_INSTANCE)]


def _non_image(builder: _Builder) -> list[Study]:
    study = builder.study("ct")
    report = builder.study("sr", accession_number=study.accession_number, patient=builder.patients[study.patient - 1])
    for file in report.files:
        builder.change(file, StudyInstanceUID=study.study_uid, StudyDate=study.study_date.strftime("%Y%m%d"))
    together = dataclasses.replace(study, files=study.files + report.files, uids=study.uids + report.uids)
    return [_as(together, Special.NON_IMAGE)]


def _twin(builder: _Builder) -> list[Study]:
    study = builder.study("ct")
    data = _changed(builder.folder / study.files[0], ImageComments="sent again, with other content")
    later = builder.write(study.number, "0001", data, part="dicom-later")
    return [dataclasses.replace(_as(study, Special.TWIN), later=(later,))]


def _burned_in(builder: _Builder) -> list[Study]:
    from pixl.testing.burned_in import burn_in  # noqa: PLC0415  needs the extra `ocr`

    patient = next(each for each in builder.patients if each.person_name.isascii())
    study = builder.study("ct", patient=patient)
    lines = (
        f"{patient.family_name.upper()}, {patient.given_name}",
        f"MRN {patient.mrn}",
        f"DOB {patient.birth_date:%d/%m/%Y}",
        f"Acc {study.accession_number}",
    )
    for file in study.files:
        dataset = pydicom.dcmread(builder.folder / file)
        burn_in(dataset, lines)
        dataset.save_as(builder.folder / file, enforce_file_format=True)
    return [dataclasses.replace(_as(study, Special.BURNED_IN), burned_in=lines)]


SPECIAL = {
    Special.SHARED_ACCESSION_NUMBER: _shared_accession_number,
    Special.TWO_PATIENT_IDS: _two_patient_ids,
    Special.BARE_INSTANCE: _bare_instance,
    Special.NON_IMAGE: _non_image,
    Special.TWIN: _twin,
    Special.BURNED_IN: _burned_in,
}


def _study(number: int, kind: str, identity: Identity, files: tuple[str, ...]) -> Study:
    return Study(
        number=number,
        patient=identity.patient.number,
        accession_number=identity.accession_number,
        study_uid=identity.uids.study,
        study_date=identity.study_date,
        modality="CT" if kind == "ct-series" else KINDS[kind][0],
        kind=kind,
        description=identity.description,
        files=files,
        uids=tuple(dict.fromkeys(identity.uids.made.values())),
    )


def _as(study: Study, special: Special) -> Study:
    return dataclasses.replace(study, special=special.value)


def _changed(path: Path, **elements: object) -> bytes:
    dataset = pydicom.dcmread(path)
    for keyword, value in elements.items():
        if value is None:
            del dataset[keyword]
        else:
            setattr(dataset, keyword, value)
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _write_extracts(hospital: Hospital, generated_at: dt.datetime) -> None:
    write = functools.partial(write_extract, patients=hospital.patients, studies=hospital.studies)
    write(hospital.extract, project=hospital.project, generated_at=generated_at)
    write(hospital.batched_extract, project=hospital.project, generated_at=generated_at, layout="batched")
    projects = [hospital.project]
    write_csv(
        hospital.csv,
        patients=hospital.patients,
        studies=hospital.studies,
        projects=projects,
        generated_at=generated_at,
    )


def _study_tokens(study: Study) -> Iterator[Token]:
    yield Token(kind="accession-number", text=study.accession_number)
    yield from (Token(kind="uid", text=uid) for uid in study.uids)


def _date(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _study_of(record: dict[str, Any]) -> Study:
    lists = {key: tuple(record[key]) for key in ("files", "later", "uids", "burned_in")}
    return Study(**{**record, **lists, "study_date": _date(record["study_date"])})
