"""What the two Orthancs are started with: the static JSON of their folder, and what this deployment adds."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixl.domain.errors import ConfigurationError
from pixl.domain.secret import SecretStore
from pixl.settings import HOUSE, Archive, Settings
from pixl.stack.credentials import text_of
from pixl.stack.layout import Layout, write_private

SERVICE_USER = "pixl"
ADMIN_USER = "admin"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
PLUGIN_FOLDERS = ("/usr/share/orthanc/plugins", "/usr/local/share/orthanc/plugins", "/usr/lib/orthanc")
PROGRAM_FOLDERS = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"


@dataclass(frozen=True, kw_only=True)
class Orthanc:
    """One of the two."""

    name: str
    script: str
    """In `plugins/`."""
    http_port: int
    dicom_port: int | None
    aet: str
    archives: tuple[Archive, ...] = ()
    storage_mb: int = 0


def raw(settings: Settings) -> Orthanc:
    """Return the identifiable cache, which the archives send to."""
    archives = tuple(archive for archive in (settings.primary, settings.secondary) if archive)
    return Orthanc(
        name="orthanc-raw",
        script="orthanc_raw.py",
        http_port=settings.ports.raw_http,
        dicom_port=settings.ports.raw_dicom,
        aet=settings.raw_aet,
        archives=archives,
        storage_mb=settings.raw_storage_mb,
    )


def anon(settings: Settings) -> Orthanc:
    """Return the anonymising one, which speaks no DICOM to anybody."""
    http_port = settings.ports.anon_http
    return Orthanc(name="orthanc-anon", script="orthanc_anon.py", http_port=http_port, dicom_port=None, aet="PIXLANON")


def program() -> str:
    """Return the path of Orthanc.

    Raises
    ------
    ConfigurationError
        It is not installed.
    """
    found = shutil.which("Orthanc", path=PROGRAM_FOLDERS) or shutil.which("Orthanc")
    if not found:
        raise ConfigurationError("Orthanc is not installed: run `make setup`, or `apt-get install orthanc`")
    return found


def python_plugin() -> Path:
    """Return the path of Orthanc's Python plugin.

    Raises
    ------
    ConfigurationError
        It is not installed.
    """
    for folder in PLUGIN_FOLDERS:
        path = Path(folder) / "libOrthancPython.so"
        if path.is_file():
            return path
    raise ConfigurationError(
        "Orthanc's Python plugin is not installed: run `make setup`, or `apt-get install orthanc-python`"
    )


def write_configuration(orthanc: Orthanc, settings: Settings, store: SecretStore) -> Path:
    """Write the JSON file that `orthanc` is started with; only its owner can read it."""
    path = Layout(data=settings.data).orthanc_configuration(orthanc.name)
    write_private(path, json.dumps(configuration(orthanc, settings, store), indent=2))
    return path


def configuration(orthanc: Orthanc, settings: Settings, store: SecretStore) -> dict[str, Any]:
    """Return the static configuration of `orthanc` with this deployment's ports, users, folders and archives."""
    static = json.loads((HOUSE / orthanc.name / "orthanc.json").read_text(encoding="utf-8"))
    folder = str(Layout(data=settings.data).orthanc(orthanc.name))
    return {
        **static,
        "StorageDirectory": folder,
        "IndexDirectory": folder,
        "HttpPort": orthanc.http_port,
        "RemoteAccessAllowed": settings.host not in LOOPBACK,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {
            SERVICE_USER: text_of(store, f"{orthanc.name}-password"),
            ADMIN_USER: text_of(store, "orthanc-admin-password"),
        },
        "StableAge": settings.stable_seconds,
        "MaximumStorageSize": orthanc.storage_mb,
        "Plugins": [str(python_plugin())],
        "PythonScript": str(HOUSE / "plugins" / orthanc.script),
        **_dicom(orthanc, settings),
    }


def _dicom(orthanc: Orthanc, settings: Settings) -> dict[str, Any]:
    if orthanc.dicom_port is None:
        return {"DicomServerEnabled": False, "DicomAet": orthanc.aet, "DicomModalities": {}}
    return {
        "DicomServerEnabled": True,
        "DicomAet": orthanc.aet,
        "DicomPort": orthanc.dicom_port,
        "DicomScuTimeout": settings.archive_timeout,
        "DicomModalities": {archive.name: _modality(archive) for archive in orthanc.archives},
    }


def _modality(archive: Archive) -> dict[str, Any]:
    """Return an archive that may be asked, and that may send here and nothing else."""
    refused = ("AllowFind", "AllowFindWorklist", "AllowGet", "AllowMove", "AllowNAction", "AllowNEventReport")
    return {
        "AET": archive.aet,
        "Host": archive.host,
        "Port": archive.port,
        "AllowEcho": True,
        "AllowStore": True,
        **dict.fromkeys(refused, False),
    }
