"""Adapter to Orthanc's REST API."""

from pixl.orthanc.anonymiser import Anonymiser, DeidentifiedStudy
from pixl.orthanc.client import ArchiveSilent, NotDicom, NotStored, OrthancClient
from pixl.orthanc.resources import (
    Change,
    Changes,
    Job,
    JobState,
    Statistics,
    StoredInstance,
    StoredSeries,
    StoredStudy,
    Upload,
)

__all__ = [
    "Anonymiser",
    "ArchiveSilent",
    "Change",
    "Changes",
    "DeidentifiedStudy",
    "Job",
    "JobState",
    "NotDicom",
    "NotStored",
    "OrthancClient",
    "Statistics",
    "StoredInstance",
    "StoredSeries",
    "StoredStudy",
    "Upload",
]
