"""The settings of a process, read once from the environment in its entry point.

Every name starts with `PIXL_`; `docs/operations.md` lists them all and a test compares the list with this file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pixl.domain.errors import ConfigurationError

HOUSE = Path(__file__).resolve().parents[1]
"""The folder that holds the packages, `projects/` and the Orthancs' configuration."""

SETTINGS_FILE = "pixl.env"
"""In the data folder: `NAME=value` lines, the defaults of this deployment; the environment wins over it."""


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A DICOM node that is asked for studies."""

    name: str
    """What the ledger and the logs call it, such as `vna`."""
    aet: str
    host: str
    port: int

    @classmethod
    def parse(cls, name: str, text: str) -> Archive:
        """Read `AET@host:port`."""
        found = re.fullmatch(r"([^@\s]{1,16})@([^@\s:]+):(\d{1,5})", text)
        if not found:
            raise ConfigurationError(f"the archive {name!r} must be given as AET@host:port, such as VNA@10.0.0.5:104")
        return cls(name=name, aet=found[1], host=found[2], port=int(found[3]))


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where this deployment's processes listen, all on `Settings.host`."""

    postgres: int = 5532
    raw_http: int = 8142
    raw_dicom: int = 4342
    anon_http: int = 8143
    hashing: int = 8110
    imaging: int = 8111
    ehr: int = 8112


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What differs from one deployment to the next. Secrets are not here: they are in the secret store."""

    data: Path
    """Everything PIXL writes is below this folder."""
    projects: Path
    """One YAML a project."""
    secrets: str
    """`file:FOLDER`, `azure:https://VAULT-URL` or `vault:https://HOST:PORT/MOUNT`."""
    destinations: Path
    """YAML: name -> where it is and how to log in (`docs/operations.md`)."""
    host: str = "127.0.0.1"
    ports: Ports = field(default_factory=Ports)
    database: str = ""
    """libpq connection string without a password, such as `host=127.0.0.1 port=5532 dbname=pixl user=pixl`."""
    raw_url: str = ""
    anon_url: str = ""
    hashing_url: str = ""
    imaging_url: str = ""
    ehr_url: str = ""
    raw_aet: str = "PIXLRAW"
    raw_storage_mb: int = 0
    """Size limit of the identifiable cache in MB; 0 is no limit. The oldest patient not in flight goes first."""
    stable_seconds: int = 5
    """How long nothing must arrive for a study before Orthanc calls it stable."""
    primary: Archive | None = None
    secondary: Archive | None = None
    secondary_hours: str = ""
    """`20:00-06:00`: when the secondary archive may be asked (local time); empty is always."""
    archive_timeout: int = 60
    """Seconds of silence after which an archive counts as not answering."""
    fetch_workers: int = 2
    deidentify_workers: int = 2
    export_workers: int = 2
    max_tries: int = 8
    """How often a step of a study is tried before the study fails."""
    retry_seconds: float = 5.0
    """The first pause before a step is tried again; it doubles each time, up to an hour."""
    log_level: str = "INFO"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read the settings from `env` and, for what it does not name, from the data folder's `pixl.env`."""
        data = Path(env.get("PIXL_DATA", "pixl-data")).absolute()
        env = {**read_settings_file(data / SETTINGS_FILE), **env}
        host = env.get("PIXL_HOST", cls.host)
        ports = Ports(**{name: _whole(env, f"PIXL_{name.upper()}_PORT", getattr(Ports, name)) for name in PORT_NAMES})
        return cls(
            data=data,
            projects=Path(env.get("PIXL_PROJECTS", HOUSE / "projects")).absolute(),
            secrets=env.get("PIXL_SECRETS", f"file:{data / 'secrets'}"),
            destinations=Path(env.get("PIXL_DESTINATIONS", data / "destinations.yaml")).absolute(),
            host=host,
            ports=ports,
            database=env.get("PIXL_DATABASE", f"host={host} port={ports.postgres} dbname=pixl user=pixl"),
            raw_url=env.get("PIXL_RAW_URL", f"http://{host}:{ports.raw_http}"),
            anon_url=env.get("PIXL_ANON_URL", f"http://{host}:{ports.anon_http}"),
            hashing_url=env.get("PIXL_HASHING_URL", f"http://{host}:{ports.hashing}"),
            imaging_url=env.get("PIXL_IMAGING_URL", f"http://{host}:{ports.imaging}"),
            ehr_url=env.get("PIXL_EHR_URL", f"http://{host}:{ports.ehr}"),
            raw_aet=env.get("PIXL_RAW_AET", cls.raw_aet),
            primary=_archive(env, "PIXL_ARCHIVE_PRIMARY", "primary"),
            secondary=_archive(env, "PIXL_ARCHIVE_SECONDARY", "secondary"),
            secondary_hours=env.get("PIXL_ARCHIVE_SECONDARY_HOURS", ""),
            log_level=env.get("PIXL_LOG_LEVEL", cls.log_level).upper(),
            retry_seconds=_number(env, "PIXL_RETRY_SECONDS", cls.retry_seconds),
            **{name: _whole(env, f"PIXL_{name.upper()}", getattr(cls, name)) for name in WHOLE_NUMBERS},
        )

    @classmethod
    def from_process(cls) -> Settings:
        """Read the settings of this process. Only entry points call this."""
        return cls.from_env(os.environ)


PORT_NAMES = ("postgres", "raw_http", "raw_dicom", "anon_http", "hashing", "imaging", "ehr")
WHOLE_NUMBERS = (
    "raw_storage_mb",
    "stable_seconds",
    "archive_timeout",
    "fetch_workers",
    "deidentify_workers",
    "export_workers",
    "max_tries",
)


def read_settings_file(path: Path) -> dict[str, str]:
    """Read `NAME=value` lines; blank lines and lines that start with `#` are comments."""
    if not path.is_file():
        return {}
    pairs = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip().startswith("PIXL_"):
            raise ConfigurationError(f"{path} line {number}: expected PIXL_NAME=value")
        pairs[name.strip()] = value.strip()
    return pairs


def _archive(env: Mapping[str, str], variable: str, name: str) -> Archive | None:
    return Archive.parse(name, env[variable]) if env.get(variable) else None


def _whole(env: Mapping[str, str], variable: str, default: int) -> int:
    return int(_number(env, variable, default))


def _number(env: Mapping[str, str], variable: str, default: float) -> float:
    text = env.get(variable, "")
    try:
        return float(text) if text else default
    except ValueError:
        raise ConfigurationError(f"{variable} must be a number") from None
