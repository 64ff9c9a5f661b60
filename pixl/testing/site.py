"""The invented hospital as running servers: VNA, PACS, EMAP and a safe haven, supervised, under `DATA/hospital`."""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import yaml

from pixl.domain.errors import ConfigurationError, ServiceUnavailable
from pixl.secrets import FileStore
from pixl.settings import HOUSE, SETTINGS_FILE, Settings, read_settings_file
from pixl.stack import Layout, cluster, orthanc
from pixl.stack.layout import write_private
from pixl.stack.ports import free_port, keep_free_ports
from pixl.stack.processes import MARK
from pixl.stack.programs import Program
from pixl.stack.running import bring_down
from pixl.stack.supervision import Supervisor, launch, passed_on
from pixl.testing import emap
from pixl.testing.dicom_files import KINDS
from pixl.testing.hospital import Hospital, Special, build_hospital, store
from pixl.testing.study import Study

HOST = "127.0.0.1"
SAFE_HAVEN = "ftps"
"""What projects and the destinations file call the safe haven."""
PASSWORD_SECRET = "safe-haven-password"  # noqa: S105 - the name of a secret
EMAP_SECRET = "emap-password"  # noqa: S105 - the name of a secret
START_SECONDS = 60
ONLY_IN_PACS, NOWHERE = 6, 10
"""Every sixth study is in the PACS only; every tenth is in no archive."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the servers of the hospital and of the safe haven listen."""

    vna_http: int
    vna_dicom: int
    pacs_http: int
    pacs_dicom: int
    ftps: int
    emap: int


@dataclass(frozen=True, kw_only=True)
class Site:
    """A hospital beside a deployment of PIXL, which is configured for it."""

    data: Path
    """The data folder of the deployment."""
    hospital: Hospital
    places: Places
    everywhere: bool = False
    """Whether the VNA has every study."""

    @property
    def folder(self) -> Path:
        """Where the hospital keeps everything."""
        return self.data / "hospital"

    @property
    def received(self) -> Path:
        """What has arrived in the safe haven."""
        return self.folder / "safe-haven"

    @property
    def state(self) -> Path:
        """Certificates and password of the safe haven."""
        return self.folder / "safe-haven-state"

    def expected(self) -> dict[str, list[Study]]:
        """Return the studies by where they are: `vna`, `pacs` or `nowhere`."""
        found: dict[str, list[Study]] = {"vna": [], "pacs": [], "nowhere": []}
        for study in self.hospital.studies:
            found["vna" if self.everywhere else _place_of(study)].append(study)
        return found

    def start(self) -> None:
        """Start the servers, wait until they answer, and fill the archives over C-STORE if they are empty."""
        layout = Layout(data=self.folder)
        layout.prepare()
        if Supervisor(layout).pid() is None:
            cluster.create(self.folder / "emap", self._password())
            programs = self._programs(layout)
            supervisor = launch(layout, programs, passed_on(os.environ) | {"TCP_NODELAY": "1"})
            for program in programs:
                supervisor.start(program.name)
        self._wait()
        filled = self.folder / "filled"
        if not filled.exists():
            self._fill()
            filled.touch()

    def stop(self) -> None:
        """Stop the servers."""
        bring_down_site(self.data)

    def _programs(self, layout: Layout) -> list[Program]:
        environment = {MARK: str(self.folder), "PYTHONPATH": os.pathsep.join([str(HOUSE), *sys.path[1:]])}
        haven = ("-m", "pixl.testing.safe_haven", "--folder", str(self.received), "--state", str(self.state))
        return [
            Program(
                name=name,
                command=(orthanc.program(), str(self._write_orthanc(layout, name, aet, http, dicom))),
                priority=1,
                url=f"http://{HOST}:{http}",
                environment=environment,
            )
            for name, aet, http, dicom in self._archives()
        ] + [
            Program(
                name="safe-haven",
                command=(sys.executable, *haven, "--port", str(self.places.ftps)),
                priority=1,
                url=f"ftps://{HOST}:{self.places.ftps}",
                environment=environment,
            ),
            Program(
                name="emap",
                command=(sys.executable, "-m", "pixl.stack.run_postgres", *self._emap_place()),
                priority=1,
                url=f"{HOST}:{self.places.emap}",
                stop_signal="INT",
                environment=environment,
            ),
        ]

    def _emap_place(self) -> tuple[str, str, str]:
        return str(self.folder / "emap"), HOST, str(self.places.emap)

    def emap(self) -> psycopg.Connection[Any]:
        """Connect to EMAP as its administrator."""
        return psycopg.connect(
            host=HOST,
            port=self.places.emap,
            user="postgres",
            dbname="postgres",
            password=self._password(),
            connect_timeout=3,
        )

    def _archives(self) -> list[tuple[str, str, int, int]]:
        places = self.places
        return [
            ("vna", "VNA", places.vna_http, places.vna_dicom),
            ("pacs", "PACS", places.pacs_http, places.pacs_dicom),
        ]

    def _write_orthanc(self, layout: Layout, name: str, aet: str, http: int, dicom: int) -> Path:
        settings = Settings.from_env({"PIXL_DATA": str(self.data)})
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        path = layout.orthanc_configuration(name)
        config = {
            "Name": name,
            "StorageDirectory": str(folder),
            "IndexDirectory": str(folder),
            "HttpPort": http,
            "DicomPort": dicom,
            "DicomAet": aet,
            "DicomCheckCalledAet": True,
            "DicomAlwaysAllowStore": True,
            "DicomModalities": {"pixl": [settings.raw_aet, HOST, settings.ports.raw_dicom]},
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": True,
            "RegisteredUsers": {"hospital": self._password()},
            "HttpCompressionEnabled": False,
            "SyncStorageArea": False,
            # As it is: Orthanc 1.12 would send a study of several transfer syntaxes in part, and then give up.
            "TranscodeDicomProtocol": False,
            "MaximumPduLength": 131072,
            "SaveJobs": False,
        }
        write_private(path, json.dumps(config, indent=2))
        return path

    def _password(self) -> str:
        store_of = FileStore(self.folder / "secrets")
        return store_of.ensure("hospital-password", lambda: secrets.token_urlsafe(18).encode()).decode()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        urls = [f"http://{HOST}:{http}/system" for _, _, http, _ in self._archives()]
        while True:
            if (
                all(_answers(url, self._password()) for url in urls)
                and (self.state / "port").exists()
                and self._has_emap()
            ):
                return
            if time.monotonic() > deadline:
                raise ServiceUnavailable(f"the hospital's servers do not answer; look into {self.folder / 'logs'}")
            time.sleep(0.2)

    def _has_emap(self) -> bool:
        try:
            self.emap().close()
        except psycopg.OperationalError:
            return False
        return True

    def _fill(self) -> None:
        with self.emap() as connection:
            emap.create(connection, FileStore(self.data / "secrets").get(EMAP_SECRET).decode())
            emap.fill(connection, emap.reports_of(self.hospital))
        for name, aet, _, dicom in self._archives():
            part = self.folder / f"sent-to-{name}"
            for study in self.expected()[name]:
                _link(self.hospital.folder, study.files, part)
            if part.exists():
                store(part, host=HOST, port=dicom, aet=aet)


def make_site(
    data: Path,
    *,
    studies: int,
    seed: int = 1,
    project: str = "demo",
    kinds: Iterable[str] = tuple(KINDS),
    special: Collection[Special] = (),
    settings: Sequence[str] = (),
    everywhere: bool = False,
) -> Site:
    """Make a hospital and configure the deployment in `data` for it; what was made before is used again.

    Parameters
    ----------
    settings
        Further `PIXL_NAME=value` lines for the deployment.
    everywhere
        Whether the VNA shall have every study; else some are only in the PACS, and some nowhere.

    Raises
    ------
    ConfigurationError
        `data` is a deployment already, and not one with an invented hospital.
    """
    folder = data / "hospital"
    if (data / SETTINGS_FILE).exists() and not folder.exists():
        raise ConfigurationError(f"{data} is a real deployment; set PIXL_DATA to another folder for the demo")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (folder / "made" / "hospital.json").exists():
        build_hospital(folder / "made", studies=studies, seed=seed, project=project, kinds=kinds, special=special)
    site = Site(data=data, hospital=Hospital.load(folder / "made"), places=_places(folder), everywhere=everywhere)
    _configure(site, settings)
    return site


def bring_down_site(data: Path) -> None:
    """Stop the hospital beside the deployment in `data`, if there is one."""
    if (data / "hospital").is_dir():
        bring_down(Settings.from_env({"PIXL_DATA": str(data / "hospital")}))


def _places(folder: Path) -> Places:
    file = folder / "places.json"
    known: dict[str, int] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for name in Places.__dataclass_fields__.keys() - known.keys():
        known[name] = free_port(HOST, frozenset(known.values()))
    file.write_text(json.dumps(known), encoding="utf-8")
    return Places(**known)


def _configure(site: Site, lines: Sequence[str]) -> None:
    """Write what tells the deployment of its archives, of EMAP and of the safe haven."""
    file = site.data / SETTINGS_FILE
    keep_free_ports(site.data, HOST)
    named = read_settings_file(file)
    usual = (
        f"PIXL_ARCHIVE_PRIMARY=VNA@{HOST}:{site.places.vna_dicom}",
        f"PIXL_ARCHIVE_SECONDARY=PACS@{HOST}:{site.places.pacs_dicom}",
        "PIXL_STABLE_SECONDS=2",
        "PIXL_RETRY_SECONDS=1",
    )
    wanted = {line.partition("=")[0]: line for line in (*usual, *lines)}
    with file.open("a", encoding="utf-8") as settings:
        settings.writelines(f"{line}\n" for name, line in wanted.items() if name not in named)
    _configure_destination(site)
    _configure_reports(site)


def _configure_destination(site: Site) -> None:
    from pixl.testing.safe_haven import USER, prepare  # noqa: PLC0415  needs the extra `demo`

    prepare(site.received, site.state)
    password = (site.state / "password").read_bytes()
    FileStore(site.data / "secrets").ensure(PASSWORD_SECRET, lambda: password)
    options: dict[str, Any] = {
        "kind": "ftps",
        "host": HOST,
        "port": site.places.ftps,
        "user": USER,
        "password_secret": PASSWORD_SECRET,
        "ca": str(site.state / "ca.pem"),
    }
    (site.data / "destinations.yaml").write_text(yaml.safe_dump({SAFE_HAVEN: options}), encoding="utf-8")


def _configure_reports(site: Site) -> None:
    """Write where reports come from, and the query: both belong to the deployment, not to PIXL."""
    FileStore(site.data / "secrets").ensure(EMAP_SECRET, lambda: secrets.token_urlsafe(18).encode())
    options = {
        "kind": "postgres",
        "host": HOST,
        "port": site.places.emap,
        "database": "postgres",
        "user": emap.READER,
        "password_secret": EMAP_SECRET,
        "sslmode": "disable",
        "query": "emap-reports.sql",
    }
    (site.data / "emap-reports.sql").write_text(emap.QUERY.read_text(encoding="utf-8"), encoding="utf-8")
    (site.data / "reports.yaml").write_text(yaml.safe_dump({"sources": {"emap": options}}), encoding="utf-8")


def _place_of(study: Study) -> str:
    if study.special:
        return "vna"
    if study.number % NOWHERE == 0:
        return "nowhere"
    return "pacs" if study.number % ONLY_IN_PACS == 0 else "vna"


def _link(root: Path, files: Iterable[str], folder: Path) -> None:
    for name in files:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            target.hardlink_to(root / name)


def _answers(url: str, password: str) -> bool:
    try:
        return httpx.get(url, auth=("hospital", password), trust_env=False).is_success
    except httpx.HTTPError:
        return False
