"""The script that orthanc-anon loads: de-identifies studies of orthanc-raw on request, and takes nothing else."""

from __future__ import annotations

from typing import Any

from pixl.hashing import HashingClient
from pixl.orthanc import OrthancClient
from pixl.project import Projects
from pixl.secrets import open_store
from pixl.settings import Settings
from plugins.anon_gate import Gate
from plugins.anon_plugin import register
from plugins.anon_store import AnonStore, own_client
from plugins.anon_treatment import Treatments
from plugins.anon_work import THREADS, StudyWork
from plugins.logs import log_to_orthancs_stream


def main(orthanc: Any) -> None:
    """Close the gate, then wire the plugin from this process's settings."""
    gate = Gate(orthanc)
    gate.register()
    settings = Settings.from_process()
    log_to_orthancs_stream(settings.log_level)
    secrets = open_store(settings.secrets)
    password = secrets.get("orthanc-raw-password").decode()
    hashing = HashingClient(settings.hashing_url, secrets.get("service-token").decode())
    work = StudyWork(
        raw=OrthancClient(settings.raw_url, "pixl", password, connections=2 * THREADS),
        store=AnonStore(own_client(orthanc, gate, 2 * THREADS), gate),
        prepare=Treatments(Projects(settings.projects), hashing),
    )
    register(orthanc, work)


if __name__ == "orthanc_anon":  # Orthanc imports its script by the file's name; everybody else as plugins.orthanc_anon
    import orthanc

    main(orthanc)
