"""What Orthanc says about what it stores, as frozen values.

What is identifiable hides its `repr`, so that a log line or a traceback cannot show it.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STUDY_UID_KEY = "0020,000d"
"""How Orthanc writes the tag in the query of a C-MOVE."""


@dataclass(frozen=True, kw_only=True, repr=False)
class StoredStudy:
    """A study in an Orthanc. Identifiable."""

    orthanc_id: str
    patient_orthanc_id: str
    study_uid: str
    mrn: str
    accession_number: str
    is_stable: bool
    series: tuple[str, ...]
    """Orthanc's ids of the series."""

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> StoredStudy:
        """Read what Orthanc answers for an expanded study."""
        tags = document["MainDicomTags"]
        return cls(
            orthanc_id=document["ID"],
            patient_orthanc_id=document["ParentPatient"],
            study_uid=text_of(tags, "StudyInstanceUID"),
            mrn=text_of(document.get("PatientMainDicomTags", {}), "PatientID"),
            accession_number=text_of(tags, "AccessionNumber"),
            is_stable=bool(document.get("IsStable", False)),
            series=tuple(document.get("Series", ())),
        )

    def __repr__(self) -> str:
        return f"StoredStudy(is_stable={self.is_stable}, series={len(self.series)})"


@dataclass(frozen=True, kw_only=True, repr=False)
class StoredSeries:
    """A series in an Orthanc, with what the projects' filters look at. Identifiable."""

    orthanc_id: str
    series_uid: str
    modality: str
    description: str
    number: int | None
    manufacturer: str
    instances: int

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> StoredSeries:
        """Read what Orthanc answers for an expanded series."""
        tags = document["MainDicomTags"]
        return cls(
            orthanc_id=document["ID"],
            series_uid=text_of(tags, "SeriesInstanceUID"),
            modality=text_of(tags, "Modality"),
            description=text_of(tags, "SeriesDescription"),
            number=number_of(text_of(tags, "SeriesNumber")),
            manufacturer=text_of(tags, "Manufacturer"),
            instances=len(document["Instances"]),
        )

    def __repr__(self) -> str:
        return f"StoredSeries(modality={self.modality!r}, instances={self.instances})"


@dataclass(frozen=True, kw_only=True, repr=False)
class StoredInstance:
    """An instance in an Orthanc. Identifiable."""

    orthanc_id: str
    series_orthanc_id: str
    sop_uid: str
    number: int | None = None
    frames: int = 1

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> StoredInstance:
        """Read what Orthanc answers for an expanded instance."""
        tags = document["MainDicomTags"]
        return cls(
            orthanc_id=document["ID"],
            series_orthanc_id=document["ParentSeries"],
            sop_uid=text_of(tags, "SOPInstanceUID"),
            number=number_of(text_of(tags, "InstanceNumber")),
            frames=max(1, number_of(text_of(tags, "NumberOfFrames")) or 1),
        )

    def __repr__(self) -> str:
        return "StoredInstance(...)"


@dataclass(frozen=True, kw_only=True)
class Upload:
    """What became of an instance that was given to Orthanc."""

    orthanc_id: str
    study_orthanc_id: str
    status: str
    """`Success`, `AlreadyStored` or, when a plugin did not want it, `FilteredOut`."""


class JobState(enum.StrEnum):
    """The states of a job of Orthanc's."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCESS = "Success"
    FAILURE = "Failure"
    PAUSED = "Paused"
    RETRY = "Retry"

    @property
    def is_final(self) -> bool:
        """Whether the job has ended, well or not."""
        return self in {JobState.SUCCESS, JobState.FAILURE}


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job of Orthanc's, such as a C-MOVE."""

    job_id: str
    state: JobState
    progress: int
    """Percent."""
    error: str
    """Why it failed, in words that name no patient; empty while it has not."""
    error_code: int

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Job:
        """Read what Orthanc answers for a job. `Content` names the patient and is left out."""
        code = int(document.get("ErrorCode", 0))
        why = why_archive_failed(str(document.get("ErrorDetails", ""))) or str(document.get("ErrorDescription", ""))
        return cls(
            job_id=document["ID"],
            state=JobState(document["State"]),
            progress=int(document.get("Progress", 0)),
            error=why if code else "",
            error_code=code,
        )


def moved_studies(document: Mapping[str, Any]) -> frozenset[str]:
    """Return the Study Instance UIDs that a C-MOVE, as Orthanc answers for its job, asks for."""
    queries = document.get("Content", {}).get("Query", ())
    return frozenset(query.get(STUDY_UID_KEY, "") for query in queries) - {""}


@dataclass(frozen=True, kw_only=True)
class Change:
    """A line of Orthanc's change log."""

    sequence: int
    kind: str
    """Such as `StableStudy`, `NewPatient`."""
    level: str
    orthanc_id: str
    at: dt.datetime
    """When, by the clock of Orthanc's machine, in whole seconds."""

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Change:
        """Read a line of `/changes`."""
        return cls(
            sequence=int(document["Seq"]),
            kind=document["ChangeType"],
            level=document["ResourceType"],
            orthanc_id=document["ID"],
            at=dt.datetime.strptime(document["Date"], "%Y%m%dT%H%M%S"),  # Orthanc tells no zone
        )


@dataclass(frozen=True, kw_only=True)
class Changes:
    """A page of Orthanc's change log."""

    changes: tuple[Change, ...]
    last: int
    """Where to ask on from."""
    done: bool
    """Whether the log has no more for now."""

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Changes:
        """Read what Orthanc answers for `/changes`."""
        return cls(
            changes=tuple(Change.read(line) for line in document["Changes"]),
            last=int(document["Last"]),
            done=bool(document["Done"]),
        )


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """How much an Orthanc stores."""

    patients: int
    studies: int
    series: int
    instances: int
    disk_bytes: int

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Statistics:
        """Read what Orthanc answers for `/statistics`."""
        return cls(
            patients=int(document["CountPatients"]),
            studies=int(document["CountStudies"]),
            series=int(document["CountSeries"]),
            instances=int(document["CountInstances"]),
            disk_bytes=int(document["TotalDiskSize"]),
        )


REASONS = {
    "Association Rejected": "the association was rejected: check both AE titles",
    "Connection refused": "the connection was refused",
    "Connection timed out": "the connection timed out",
    "DIMSE No data available": "it was silent for too long",
    "Peer aborted Association": "the association was aborted",
    "No valid Presentation Contexts": "it accepts none of the presentation contexts",
}
"""What DCMTK calls an error -> what a reader is told."""


def why_archive_failed(details: str) -> str:
    """Return what is known by name in Orthanc's `Details` of an error, which as a whole might name a patient."""
    found = [told for phrase, told in REASONS.items() if phrase in details]
    status = re.search(r"DIMSE status (0x[0-9A-Fa-f]{4})", details)
    return "; ".join([*found, *([f"DIMSE status {status[1]}"] if status else [])])


def text_of(tags: Mapping[str, Any], keyword: str) -> str:
    """Return an attribute as text without its padding; what is missing is empty."""
    return str(tags.get(keyword) or "").strip().strip("\0")


def number_of(text: str) -> int | None:
    """Return an IS as a number; what is none is None."""
    try:
        return int(text)
    except ValueError:
        return None
