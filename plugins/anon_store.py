"""orthanc-anon's own storage, as its plugin uses it: through the REST API inside the process, past no network.

One call at a time. Orthanc's Python plugin keeps Python's global lock during such a call (since 4.3 unless its option
`AllowThreads` is set), and Orthanc keeps a lock of its own while it asks the gate about an instance. Two threads that
store would each come to hold what the other one waits for, as soon as Python switches threads in the gate.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pixl.domain.errors import InstanceFailed, RetryLater
from plugins.anon_gate import Gate

NOT_DICOM = frozenset(
    {"BAD_FILE_FORMAT", "CORRUPTED_FILE", "INEXISTENT_TAG", "BAD_REQUEST", "NO_SOP_CLASS_OR_INSTANCE"}
)
"""Orthanc's errors that are the instance's fault; every other one may go away: disk full, database locked."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """An instance that is stored, by Orthanc's ids. De-identified."""

    orthanc_id: str
    study_orthanc_id: str


class AnonStore:
    """Stores, lists and deletes. Threads may share it."""

    def __init__(self, orthanc: Any, gate: Gate) -> None:
        self._orthanc = orthanc
        self._gate = gate
        self._one_at_a_time = threading.RLock()
        self._instance_faults = frozenset(getattr(orthanc.ErrorCode, name) for name in NOT_DICOM)

    def put(self, data: bytes) -> Kept:
        """Store an instance; one that is there with other bytes, from an earlier policy, is replaced.

        Raises
        ------
        InstanceFailed
            Orthanc does not take it for a DICOM instance.
        RetryLater
            Orthanc cannot store at the moment.
        """
        with self._one_at_a_time:
            answer = self._post(data)
            if answer["Status"] == "AlreadyStored" and not self._is_same(answer["ID"], data):
                self.delete(answer["ID"])
                answer = self._post(data)
        if answer["Status"] not in {"Success", "AlreadyStored"}:
            raise RetryLater("orthanc-anon did not keep an instance of its own plugin")
        return Kept(orthanc_id=answer["ID"], study_orthanc_id=answer["ParentStudy"])

    def delete(self, instance: str) -> None:
        """Delete an instance (Orthanc's id); that it is not there is as good."""
        with self._one_at_a_time, suppress(self._orthanc.OrthancException):
            self._orthanc.RestApiDelete(f"/instances/{instance}")

    def instances_of(self, study_uid: str) -> dict[str, str]:
        """Return the instances of a study by its (new) UID: Orthanc's id -> (new) Series Instance UID."""
        query = {"Level": "Series", "Expand": True, "Query": {"StudyInstanceUID": study_uid}}
        found = json.loads(self._call(self._orthanc.RestApiPost, "/tools/find", json.dumps(query)))
        return {
            instance: series["MainDicomTags"].get("SeriesInstanceUID", "")
            for series in found
            for instance in series["Instances"]
        }

    def accession_number_of(self, study: str) -> str:
        """Return a study's (new) accession number, by Orthanc's id; empty where it has none."""
        document = json.loads(self._call(self._orthanc.RestApiGet, f"/studies/{study}"))
        return str(document["MainDicomTags"].get("AccessionNumber", ""))

    def _post(self, data: bytes) -> Any:
        with self._gate.open():
            return json.loads(self._call(self._orthanc.RestApiPost, "/instances", data))

    def _is_same(self, instance: str, data: bytes) -> bool:
        return self._call(self._orthanc.RestApiGet, f"/instances/{instance}/file") == data

    def _call(self, function: Callable[..., Any], *arguments: Any) -> bytes:
        try:
            with self._one_at_a_time:
                return bytes(function(*arguments))
        except self._orthanc.OrthancException as error:
            code, name = error.args
            if code in self._instance_faults:
                raise InstanceFailed(f"Orthanc does not take the de-identified instance: {name}") from None
            raise RetryLater(f"orthanc-anon cannot store now ({name}); has its disk space left?") from None
