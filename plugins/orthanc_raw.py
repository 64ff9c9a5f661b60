"""The script that orthanc-raw loads: knows who asked for a study, keeps it for them, and sends it on."""

from __future__ import annotations

from typing import Any

from pixl.ledger import Ledger
from pixl.project import Projects
from pixl.secrets import open_store
from pixl.settings import Settings
from plugins.logs import log_to_orthancs_stream
from plugins.raw_plugin import register


def main(orthanc: Any) -> None:
    """Wire the plugin from this process's settings."""
    settings = Settings.from_process()
    log_to_orthancs_stream(settings.log_level)
    secrets = open_store(settings.secrets)
    password = secrets.get("database-password").decode()
    ledger = Ledger.open(settings.database, password=password, key=secrets.get("ledger-key"), size=4)
    register(orthanc, desk=ledger, projects=Projects(settings.projects), on_end=ledger.close)


if __name__ == "orthanc_raw":  # Orthanc imports its script by the file's name; everybody else as plugins.orthanc_raw
    import orthanc

    main(orthanc)
