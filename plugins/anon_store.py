"""orthanc-anon's own storage, as its plugin uses it: by requests to the process's own HTTP port.

Not by the plugin's calls into Orthanc (`orthanc.RestApiPost`): version 4.0 of Orthanc's Python plugin keeps Python's
global lock during such a call (since 4.3 unless its option `AllowThreads` is set), so that nothing else is
de-identified while Orthanc stores; and two threads that store would come to hold what the other one waits for, because
Orthanc keeps a lock of its own while it asks the gate. A thread that waits for a socket holds neither lock.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pixl.domain.errors import ConfigurationError, InstanceFailed, RetryLater
from pixl.orthanc import NotDicom, NotStored, OrthancClient, Upload
from plugins.anon_gate import Gate

SERVICE_USER = "pixl"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """An instance that is stored, by Orthanc's ids. De-identified."""

    orthanc_id: str
    study_orthanc_id: str


class AnonStore:
    """Stores, lists and deletes. Threads may share it."""

    def __init__(self, client: OrthancClient, gate: Gate) -> None:
        self._client = client
        self._gate = gate

    def put(self, data: bytes) -> Kept:
        """Store an instance; one that is there with other bytes, from an earlier policy, is replaced.

        Raises
        ------
        InstanceFailed
            Orthanc does not take it for a DICOM instance.
        RetryLater
            Orthanc cannot store at the moment.
        """
        answer = self._upload(data)
        if answer.status == "AlreadyStored" and self._client.instance(answer.orthanc_id) != data:
            self.delete(answer.orthanc_id)
            answer = self._upload(data)
        if answer.status not in {"Success", "AlreadyStored"}:
            raise RetryLater("orthanc-anon did not keep an instance of its own plugin")
        return Kept(orthanc_id=answer.orthanc_id, study_orthanc_id=answer.study_orthanc_id)

    def delete(self, instance: str) -> None:
        """Delete an instance (Orthanc's id); that it is not there is as good."""
        self._client.delete_instance(instance)

    def instances_of(self, study_uid: str) -> dict[str, tuple[str, str]]:
        """Return the instances of a study by its UID: Orthanc's id -> UID of the series and its own, all new ones."""
        return {
            instance.orthanc_id: (series.series_uid, instance.sop_uid)
            for study in self._client.studies_by_uid(study_uid)
            for series in self._client.series_of(study.orthanc_id)
            for instance in self._client.instances_of(study.orthanc_id)
            if instance.series_orthanc_id == series.orthanc_id
        }

    def accession_number_of(self, study: str) -> str:
        """Return a study's (new) accession number, by Orthanc's id; empty where it has none."""
        return self._client.study(study).accession_number

    def _upload(self, data: bytes) -> Upload:
        try:
            with self._gate.open_for(data):
                return self._client.upload(data)
        except NotDicom as error:
            raise InstanceFailed(f"Orthanc does not take the de-identified instance: {error}") from None
        except NotStored:
            raise RetryLater("orthanc-anon did not keep an instance of its own plugin") from None


def own_client(orthanc: Any, gate: Gate, connections: int) -> OrthancClient:
    """Return a client of the Orthanc that this plugin runs in, which the gate knows.

    Raises
    ------
    ConfigurationError
        This Orthanc has no user for it.
    """
    configuration = json.loads(orthanc.GetConfiguration())
    password = configuration.get("RegisteredUsers", {}).get(SERVICE_USER)
    if not password:
        raise ConfigurationError(f"orthanc-anon has no user {SERVICE_USER!r}")
    # Orthanc's own name of this machine: the loopback is always allowed in, and nothing leaves it.
    url = f"http://127.0.0.1:{configuration['HttpPort']}"
    return OrthancClient(url, SERVICE_USER, password, connections=connections, headers=gate.headers)
