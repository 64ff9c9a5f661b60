"""The settings of a process, read once from the environment in its entry point.

Every name starts with `PIXL_`; `docs/operations.md` lists them all and a test compares the list with this file.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pixl.domain.errors import ConfigurationError
from pixl.domain.person import Role
from pixl.domain.suggest import suggestion
from pixl.domain.vouching import OpenId

HOUSE = Path(__file__).resolve().parents[1]
"""The folder that holds the packages, `projects/` and the Orthancs' configuration."""

SETTINGS_FILE = "pixl.env"
"""In the data folder: `NAME=value` lines, the defaults of this deployment; the environment wins over it."""
PREFIX = "PIXL_"
NO_SETTINGS = ("STACK", "KEEP_LOGS", "TEST_")
"""How other names of the environment go on that have our prefix: the stack's mark, and what tests tell each other."""
LAST_PORT = 65535
LEVELS = "(?i:DEBUG|INFO|WARNING|ERROR)"
HOURS = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]\s*-\s*(?:[01][0-9]|2[0-3]):[0-5][0-9]"


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
        found = re.fullmatch(r"([^@\\\s]{1,16})@([^@\s:]+):([0-9]{1,5})", text)
        if not found or not 1 <= int(found[3]) <= LAST_PORT:
            raise ConfigurationError(
                f"PIXL_ARCHIVE_{name.upper()} must be given as AET@host:port, such as VNA@10.0.0.5:104"
            )
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
    console: int = 8113


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
    reports: Path = Path("reports.yaml")
    """YAML: where radiology reports come from, and the engines of other machines (`docs/reports.md`)."""
    notifications: Path
    """YAML: who is told when something is ready, done or wrong; without the file nobody is."""
    host: str = "127.0.0.1"
    ports: Ports = field(default_factory=Ports)
    database: str = ""
    """libpq connection string without a password, such as `host=127.0.0.1 port=5532 dbname=pixl user=pixl`."""
    raw_url: str = ""
    anon_url: str = ""
    hashing_url: str = ""
    imaging_url: str = ""
    ehr_url: str = ""
    console_url: str = ""
    console_idle_minutes: int = 30
    """After how long without a click somebody is logged out of the console."""
    oidc: OpenId | None = None
    """The hospital's own login; None is none, and people log in with a name and password of PIXL's own."""
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
    check_workers: int = 2
    check_seconds: int = 300
    """How long the checkers may take over one instance; a study on which they take longer is held."""
    check_memory_mb: int = 4096
    """How much memory the checkers of one series may use."""
    export_workers: int = 2
    report_workers: int = 4
    max_tries: int = 20
    """How often a step of a study is tried before the study fails: for about half a day."""
    retry_seconds: float = 5.0
    """The first pause before a step is tried again; it doubles each time, up to an hour."""
    log_level: str = "INFO"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read the settings from `env` and, for what it does not name, from the data folder's `pixl.env`."""
        data = Path(env.get("PIXL_DATA") or "pixl-data").absolute()
        _refuse_unknown_names(env)
        kept = read_settings_file(data / SETTINGS_FILE)
        if Path(kept.get("PIXL_DATA") or data).absolute() != data:
            raise ConfigurationError(f"PIXL_DATA says where {SETTINGS_FILE} is: it cannot be set in that file")
        env = {name: text.strip() for name, text in {**kept, **env}.items() if name.startswith(PREFIX) and text.strip()}
        host = _fitting(env, "PIXL_HOST", r"[^\s/:]+", cls.host, "a name or IPv4 address of this machine")
        ports = Ports(**{name: _whole(env, f"{name}_port", getattr(Ports, name)) for name in PORT_NAMES})
        return cls(
            data=data,
            projects=Path(env.get("PIXL_PROJECTS", HOUSE / "projects")).absolute(),
            secrets=env.get("PIXL_SECRETS", f"file:{data / 'secrets'}"),
            destinations=Path(env.get("PIXL_DESTINATIONS", data / "destinations.yaml")).absolute(),
            reports=Path(env.get("PIXL_REPORTS", data / "reports.yaml")).absolute(),
            notifications=Path(env.get("PIXL_NOTIFICATIONS", data / "notifications.yaml")).absolute(),
            host=host,
            ports=ports,
            database=env.get("PIXL_DATABASE", f"host={host} port={ports.postgres} dbname=pixl user=pixl"),
            raw_url=_url(env, "PIXL_RAW_URL", host, ports.raw_http),
            anon_url=_url(env, "PIXL_ANON_URL", host, ports.anon_http),
            hashing_url=_url(env, "PIXL_HASHING_URL", host, ports.hashing),
            imaging_url=_url(env, "PIXL_IMAGING_URL", host, ports.imaging),
            ehr_url=_url(env, "PIXL_EHR_URL", host, ports.ehr),
            console_url=_url(env, "PIXL_CONSOLE_URL", host, ports.console),
            oidc=_oidc(env),
            raw_aet=_fitting(env, "PIXL_RAW_AET", r"[!-\[\]-~]{1,16}", cls.raw_aet, "an AE title"),
            primary=_archive(env, "PIXL_ARCHIVE_PRIMARY", "primary"),
            secondary=_archive(env, "PIXL_ARCHIVE_SECONDARY", "secondary"),
            secondary_hours=_fitting(env, "PIXL_ARCHIVE_SECONDARY_HOURS", HOURS, "", "like 20:00-06:00"),
            log_level=_fitting(env, "PIXL_LOG_LEVEL", LEVELS, cls.log_level, "DEBUG, INFO, WARNING or ERROR").upper(),
            retry_seconds=_seconds(env, "PIXL_RETRY_SECONDS", cls.retry_seconds),
            **{name: _whole(env, name, getattr(cls, name)) for name in WHOLE_NUMBERS},
        )

    @classmethod
    def from_process(cls) -> Settings:
        """Read the settings of this process. Only entry points call this."""
        return cls.from_env(os.environ)


PORT_NAMES = ("postgres", "raw_http", "raw_dicom", "anon_http", "hashing", "imaging", "ehr", "console")
WHOLE_NUMBERS = (
    "raw_storage_mb",
    "stable_seconds",
    "archive_timeout",
    "fetch_workers",
    "deidentify_workers",
    "check_workers",
    "check_seconds",
    "check_memory_mb",
    "export_workers",
    "report_workers",
    "console_idle_minutes",
    "max_tries",
)
RANGES: dict[str, tuple[float, float]] = {
    **{f"{name}_port": (1, LAST_PORT) for name in PORT_NAMES},
    "raw_storage_mb": (0, 1_000_000_000),
    "stable_seconds": (1, 3600),
    "archive_timeout": (1, 3600),
    "fetch_workers": (1, 64),
    "deidentify_workers": (1, 64),
    "check_workers": (1, 64),
    "check_seconds": (1, 86_400),
    "check_memory_mb": (256, 1_000_000),
    "export_workers": (1, 64),
    "report_workers": (1, 64),
    "console_idle_minutes": (1, 720),
    "max_tries": (1, 1000),
    "retry_seconds": (0.01, 3600),
}
"""The least and the most that a number may be."""
NAMES = (
    "PIXL_DATA",
    "PIXL_PROJECTS",
    "PIXL_SECRETS",
    "PIXL_DESTINATIONS",
    "PIXL_REPORTS",
    "PIXL_NOTIFICATIONS",
    "PIXL_HOST",
    "PIXL_DATABASE",
    "PIXL_RAW_URL",
    "PIXL_ANON_URL",
    "PIXL_HASHING_URL",
    "PIXL_IMAGING_URL",
    "PIXL_EHR_URL",
    "PIXL_CONSOLE_URL",
    "PIXL_OIDC_ISSUER",
    "PIXL_OIDC_CLIENT_ID",
    "PIXL_OIDC_ROLES",
    "PIXL_OIDC_ROLE_CLAIM",
    "PIXL_OIDC_SCOPES",
    "PIXL_OIDC_CA",
    "PIXL_RAW_AET",
    "PIXL_ARCHIVE_PRIMARY",
    "PIXL_ARCHIVE_SECONDARY",
    "PIXL_ARCHIVE_SECONDARY_HOURS",
    "PIXL_LOG_LEVEL",
    *(f"{PREFIX}{name.upper()}" for name in RANGES),
)
"""Every setting."""


def read_settings_file(path: Path) -> dict[str, str]:
    """Read `NAME=value` lines; blank lines and lines that start with `#` are comments.

    Raises
    ------
    ConfigurationError
        A line is something else, or names no setting, or one that an earlier line has named.
    """
    if not path.is_file():
        return {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not UTF-8 text") from None
    pairs: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, value = _pair(line, f"{path} line {number}")
        if name in pairs:
            raise ConfigurationError(f"{path} line {number}: {name} is there twice; remove one")
        pairs[name] = value
    return pairs


def _pair(line: str, place: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in line.partition("="))
    if not equals or not name.startswith(PREFIX):
        raise ConfigurationError(f"{place}: expected PIXL_NAME=value")
    if name not in NAMES:
        raise ConfigurationError(f"{place}: there is no setting {name}{suggestion(name, NAMES)}")
    return name, value


def _refuse_unknown_names(env: Mapping[str, str]) -> None:
    for name in env:
        if name.startswith(PREFIX) and name not in NAMES and not name.removeprefix(PREFIX).startswith(NO_SETTINGS):
            raise ConfigurationError(f"the environment: there is no setting {name}{suggestion(name, NAMES)}")


def _archive(env: Mapping[str, str], variable: str, name: str) -> Archive | None:
    return Archive.parse(name, env[variable]) if env.get(variable) else None


def _oidc(env: Mapping[str, str]) -> OpenId | None:
    """Read how the hospital's own login is asked; all of it belongs together."""
    given = [name for name in env if name.startswith("PIXL_OIDC_")]
    if not given:
        return None
    needed = ("PIXL_OIDC_ISSUER", "PIXL_OIDC_CLIENT_ID", "PIXL_OIDC_ROLES")
    if missing := [name for name in needed if name not in env]:
        raise ConfigurationError(f"{given[0]} is set, so that {' and '.join(missing)} must be set too")
    ca = env.get("PIXL_OIDC_CA")
    return OpenId(
        issuer=_fitting(
            env, "PIXL_OIDC_ISSUER", r"https://[^\s/?#]+[^\s?#]*", "", "the https:// URL of an OpenID provider"
        ),
        client_id=env["PIXL_OIDC_CLIENT_ID"],
        roles=tuple(_role(pair) for pair in env["PIXL_OIDC_ROLES"].split(";") if pair.strip()),
        role_claim=env.get("PIXL_OIDC_ROLE_CLAIM", OpenId.role_claim),
        scopes=_fitting(env, "PIXL_OIDC_SCOPES", r"(.* )?openid( .*)?", OpenId.scopes, "words, of which one is openid"),
        ca=Path(ca).absolute() if ca else None,
    )


def _role(pair: str) -> tuple[Role, str]:
    name, equals, value = (part.strip() for part in pair.partition("="))
    if not equals or not value or name not in set(Role):
        raise ConfigurationError(
            f"PIXL_OIDC_ROLES must be ROLE=VALUE;ROLE=VALUE, where ROLE is one of {', '.join(Role)} and VALUE what the "
            "claim says of people who have it"
        )
    return Role(name), value


def _url(env: Mapping[str, str], variable: str, host: str, port: int) -> str:
    return _fitting(env, variable, r"https?://[^\s/]+\S*", f"http://{host}:{port}", "a URL, such as http://10.0.0.5:80")


def _fitting(env: Mapping[str, str], variable: str, pattern: str, default: str, meant: str) -> str:
    text = env.get(variable, default)
    if text != default and not re.fullmatch(pattern, text):
        raise ConfigurationError(f"{variable} must be {meant}")
    return text


def _whole(env: Mapping[str, str], field_name: str, default: int) -> int:
    variable = f"{PREFIX}{field_name.upper()}"
    least, most = RANGES[field_name]
    text = env.get(variable, str(default))
    if not re.fullmatch(r"[0-9]{1,10}", text) or not least <= int(text) <= most:
        raise ConfigurationError(f"{variable} must be a whole number from {least} to {most}")
    return int(text)


def _seconds(env: Mapping[str, str], variable: str, default: float) -> float:
    least, most = RANGES[variable.removeprefix(PREFIX).lower()]
    try:
        found = float(env.get(variable, default))
    except ValueError:
        found = math.nan
    if not least <= found <= most:  # nor is any number that is none
        raise ConfigurationError(f"{variable} must be a number of seconds from {least} to {most}")
    return found
