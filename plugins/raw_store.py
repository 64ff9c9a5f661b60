"""orthanc-raw's own storage, as its plugin uses it: through the REST API inside the process, past no network."""

from __future__ import annotations

import json
from typing import Any, TypedDict

from pixl.domain.errors import RetryLater
from pixl.orthanc import Changes, NotStored, StoredStudy

GONE = ("UNKNOWN_RESOURCE", "INEXISTENT_ITEM", "INEXISTENT_FILE")
KEPT_PROPERTY = 1077
"""Where in Orthanc's database the plugin remembers the patients that it protects (plugins may use 1024 and above)."""


class StudyKey(TypedDict):
    """What the ledger knows a study by. Identifiable."""

    study_uid: str
    mrn: str
    accession_number: str


def key_of(study: StoredStudy) -> StudyKey:
    """Return what the ledger knows a study by."""
    return StudyKey(study_uid=study.study_uid, mrn=study.mrn, accession_number=study.accession_number)


class RawStore:
    """Reads and protects. Threads may share it.

    Every method raises `NotStored` for what is not there (any more).
    """

    def __init__(self, orthanc: Any) -> None:
        self._orthanc = orthanc
        self._gone = frozenset(getattr(orthanc.ErrorCode, name) for name in GONE)

    def changes(self, since: int, limit: int) -> Changes:
        """Return a page of the change log."""
        return Changes.read(self._get(f"/changes?since={since}&limit={limit}"))

    def last_change(self) -> int:
        """Return the number of the newest change."""
        return Changes.read(self._get("/changes?last")).last

    def study(self, orthanc_id: str) -> StoredStudy:
        """Return a study by Orthanc's id."""
        return StoredStudy.read(self._get(f"/studies/{orthanc_id}"))

    def studies_of(self, patient: str) -> list[StoredStudy]:
        """Return the studies of a patient."""
        return [StoredStudy.read(document) for document in self._get(f"/patients/{patient}/studies")]

    def study_of_instance(self, instance: str) -> str:
        """Return Orthanc's id of the study that an instance belongs to."""
        return str(self._get(f"/instances/{instance}/study")["ID"])

    def instance(self, instance: str) -> bytes:
        """Return an instance's file."""
        return self._call(self._orthanc.GetDicomForInstance, instance)

    def is_protected(self, patient: str) -> bool:
        """Return whether a patient is kept from being recycled."""
        return bool(self._call(self._orthanc.RestApiGet, f"/patients/{patient}/protected").strip() == b"1")

    def protect(self, patient: str, *, protected: bool) -> None:
        """Keep a patient from being recycled, or no longer."""
        self._call(self._orthanc.RestApiPut, f"/patients/{patient}/protected", b"1" if protected else b"0")

    def kept_patients(self) -> set[str]:
        """Return the patients that the plugin has protected, also before a restart."""
        return set(json.loads(self._orthanc.GetGlobalProperty(KEPT_PROPERTY, "[]")))

    def remember_kept_patients(self, patients: set[str]) -> None:
        """Remember the patients that the plugin has protected."""
        self._orthanc.SetGlobalProperty(KEPT_PROPERTY, json.dumps(sorted(patients)))

    def _get(self, path: str) -> Any:
        return json.loads(self._call(self._orthanc.RestApiGet, path))

    def _call(self, function: Any, *arguments: Any) -> bytes:
        try:
            return bytes(function(*arguments) or b"")
        except self._orthanc.OrthancException as error:
            code, name = error.args
            if code in self._gone:
                raise NotStored from None
            raise RetryLater(f"orthanc-raw cannot answer now ({name})") from None
