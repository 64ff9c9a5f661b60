"""Adapter to Orthanc's REST API."""

from pixl.orthanc.client import ArchiveSilent, NotStored, OrthancClient
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
    "ArchiveSilent",
    "Change",
    "Changes",
    "Job",
    "JobState",
    "NotStored",
    "OrthancClient",
    "Statistics",
    "StoredInstance",
    "StoredSeries",
    "StoredStudy",
    "Upload",
]
