"""`pixl doctor`: is everything here, reachable, configured and safe? Each line says how to mend what is not."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, ParamSpec

import typer
import yaml
from rich.console import Console
from rich.markup import escape

from cli.doctor_reports import tries
from pixl.deid import load_policy
from pixl.deid.allowed import allowed_by
from pixl.domain.errors import ConfigurationError, PixlError, ServiceUnavailable
from pixl.domain.person import Role
from pixl.domain.secret import SecretStore
from pixl.export import NOWHERE, open_destination
from pixl.export.destinations import destination_names
from pixl.export.ftps_options import FtpsOptions
from pixl.export.ftps_session import FtpsAccess, FtpsSession
from pixl.export.options import Origin, read_options
from pixl.ledger import Ledger
from pixl.ledger.keys import LEDGER_KEY
from pixl.oidc import OpenIdProvider
from pixl.oidc.provider import SECRET
from pixl.orthanc import OrthancClient
from pixl.project import Projects
from pixl.secrets import FileStore, open_store
from pixl.settings import SETTINGS_FILE, Archive, Settings, read_settings_file
from pixl.stack import Layout, current_status, is_up
from pixl.stack.cluster import binaries
from pixl.stack.credentials import SECRETS, check_key, project_secret, text_of
from pixl.stack.orthanc import SERVICE_USER, program, python_plugin
from pixl.stack.ports import refuse_taken_ports

app = typer.Typer()
Given = ParamSpec("Given")
Outcome = Literal["ok", "warn", "fail"]
GIGABYTE = 1e9
LITTLE_DISK = 20 * GIGABYTE
NO_DISK = 2 * GIGABYTE
COMMAND_SECONDS = 20
CLOCK_SECONDS = 120
OLDEST_ORTHANC = (1, 10)
OLDEST_POSTGRES = (14,)
COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the doctor's report."""

    what: str
    outcome: Outcome
    text: str
    """What is there, or what is wrong and how to mend it."""


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")] = False,
) -> None:
    """Look whether everything is here, reachable, configured and safe, and say how to mend it. Exits with 1 if not."""
    console, findings = Console(soft_wrap=True), []
    for finding in examine_process():
        findings.append(finding)
        if not as_json:
            colour = COLOURS[finding.outcome]
            console.print(f"[{colour}]{finding.outcome:<4}[/] [bold]{finding.what}[/]: {escape(finding.text)}")
    if as_json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2))
    if any(finding.outcome == "fail" for finding in findings):
        raise typer.Exit(1)


def examine_process() -> Iterator[Finding]:
    """Return what is found in the deployment that this process' environment names; wrong settings are all there is."""
    try:
        settings = Settings.from_process()
        store = open_store(settings.secrets)
    except ConfigurationError as error:
        yield Finding(what="settings", outcome="fail", text=str(error))
        return
    yield from examine(settings, store)


def examine(settings: Settings, store: SecretStore) -> Iterator[Finding]:
    """Return what is found, group by group."""
    for check in CHECKS:
        yield from check(settings, store)


def _settings(settings: Settings, _: SecretStore) -> Iterator[Finding]:
    path = settings.data / SETTINGS_FILE
    count = len(read_settings_file(path))
    told = f"{path} has {count}" if path.is_file() else f"there is no {path}"
    yield Finding(what="settings", outcome="ok", text=f"all are known and in range; {told}")


def _programs(_: Settings, __: SecretStore) -> Iterator[Finding]:
    yield _tried("Orthanc", _version, program, OLDEST_ORTHANC)
    yield _tried("Orthanc's Python", lambda: same_python(python_plugin()))
    yield _tried("Postgres", _version, lambda: str(binaries() / "postgres"), OLDEST_POSTGRES)
    yield _tried("pg_dump", _version, lambda: str(binaries() / "pg_dump"), OLDEST_POSTGRES)


def _ports(settings: Settings, _: SecretStore) -> Iterator[Finding]:
    if is_up(settings):
        yield Finding(what="ports", outcome="ok", text="PIXL is running on them")
    else:
        yield _tried("ports", _free_ports, settings)


def _data_folder(settings: Settings, _: SecretStore) -> Iterator[Finding]:
    layout = Layout(data=settings.data)
    if not layout.data.is_dir():
        yield Finding(what="data folder", outcome="warn", text=f"{layout.data} is not there: `pixl up` makes it")
        return
    for folder in (layout.data, layout.configuration, layout.logs, layout.run):
        yield _private(folder)
    yield _disk(layout.data)
    yield _clock(layout)


def _secrets(settings: Settings, store: SecretStore) -> Iterator[Finding]:
    if _never_started(settings, store):
        yield Finding(what="secrets", outcome="warn", text="there are none yet: `pixl up` makes them")
        return
    for name in SECRETS:
        step = _is_right if name == LEDGER_KEY else _there
        yield _tried(f"secret {name}", step, settings, store, name)


def _projects(settings: Settings, store: SecretStore) -> Iterator[Finding]:
    projects = Projects(settings.projects)
    names = projects.names()
    if not names:
        yield Finding(what="projects", outcome="warn", text=f"no project file in {settings.projects}: write one there")
    for name in names:
        yield _tried(f"project {name}", _loaded, projects, name)
        for note in _notes(projects, name):
            yield Finding(what=f"project {name}", outcome="warn", text=note)
        if not _never_started(settings, store):
            yield _tried(f"key of project {name}", _is_right, settings, store, project_secret(name))


def _destinations(settings: Settings, store: SecretStore) -> Iterator[Finding]:
    wanted = set(_wanted_destinations(Projects(settings.projects)))
    if not wanted and not settings.destinations.is_file():
        return
    try:
        names = wanted | set(destination_names(settings.destinations))
    except ConfigurationError as error:
        yield Finding(what="destinations", outcome="fail", text=str(error))
        return
    for name in sorted(names):
        yield _tried(f"destination {name}", _reached, name, settings, store)


def _reports(settings: Settings, store: SecretStore) -> Iterator[Finding]:
    for what, step in tries(settings, store):
        yield _tried(what, step)


def _services(settings: Settings, store: SecretStore) -> Iterator[Finding]:
    if not is_up(settings):
        yield Finding(what="processes", outcome="warn", text="PIXL is not running: `pixl up` starts it")
        return
    for status in current_status(settings, store):
        if status.answering:
            yield Finding(what=status.name, outcome="ok", text=f"answers at {status.url}")
        else:
            mend = f"does not answer ({status.state}): `pixl logs {status.name}` says why"
            yield Finding(what=status.name, outcome="fail", text=mend)


def _console(settings: Settings, store: SecretStore) -> Iterator[Finding]:
    if is_up(settings):
        yield _tried("console", _has_admin, settings, store)


def _hospital_login(settings: Settings, store: SecretStore) -> Iterator[Finding]:
    if settings.oidc is None:
        return
    url = settings.console_url.rstrip("/")
    provider = OpenIdProvider(
        settings.oidc, secret=lambda: text_of(store, SECRET), redirect_uri=f"{url}/login/oidc/back"
    )
    yield _tried("hospital's login", provider.examine)
    if url.startswith("http://") and settings.host not in ("127.0.0.1", "::1", "localhost"):
        text = "PIXL_CONSOLE_URL is http://: put a proxy with TLS before the console, or codes can be read on the way"
        yield Finding(what="hospital's login", outcome="warn", text=text)


def _archives(settings: Settings, store: SecretStore) -> Iterator[Finding]:
    if settings.primary is None:
        text = "no archive to fetch from: set PIXL_ARCHIVE_PRIMARY to AET@host:port"
        yield Finding(what="archive", outcome="warn", text=text)
    for archive in (settings.primary, settings.secondary):
        if archive:
            yield _tried(f"archive {archive.name}", _echo, archive, settings, store)


CHECKS: tuple[Callable[[Settings, SecretStore], Iterable[Finding]], ...] = (
    _settings,
    _programs,
    _ports,
    _data_folder,
    _secrets,
    _projects,
    _services,
    _console,
    _hospital_login,
    _archives,
    _destinations,
    _reports,
)


def same_python(plugin: Path) -> str:
    """Return the Python that Orthanc's plugin embeds.

    Raises
    ------
    ConfigurationError
        It is not the one PIXL is installed for, so that the plugins could not import PIXL.
    """
    found = re.search(rb"libpython(\d+)\.(\d+)", plugin.read_bytes())
    if not found:
        raise ConfigurationError(f"{plugin} does not say which Python it embeds: install Debian's orthanc-python")
    embedded = (int(found[1]), int(found[2]))
    if embedded != sys.version_info[:2]:
        raise ConfigurationError(
            f"Orthanc embeds Python {embedded[0]}.{embedded[1]} but PIXL runs on "
            f"{sys.version_info[0]}.{sys.version_info[1]}: remove .venv and run `make setup`, which takes the right one"
        )
    return f"{embedded[0]}.{embedded[1]}, the same as PIXL's"


def _version(find: Callable[[], str], oldest: tuple[int, ...]) -> str:
    path = find()
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS)
    found = re.search(r"\d+(\.\d+)+", done.stdout)
    if not found:
        raise ConfigurationError(f"{path} does not tell its version: install it again")
    if tuple(map(int, found[0].split("."))) < oldest:
        raise ConfigurationError(f"{path} {found[0]} is too old: at least {'.'.join(map(str, oldest))} is needed")
    return found[0]


def _private(folder: Path) -> Finding:
    if not folder.is_dir():
        return Finding(what=str(folder), outcome="warn", text="is not there: `pixl up` makes it")
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Finding(what=str(folder), outcome="fail", text=f"others can reach it ({mode:o}): chmod 700 {folder}")
    return Finding(what=str(folder), outcome="ok", text="only its owner can reach it")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    text = f"{free / GIGABYTE:.0f} GB free"
    if free < NO_DISK:
        return Finding(what="disk", outcome="fail", text=f"{text}: make room, or set PIXL_RAW_STORAGE_MB")
    if free < LITTLE_DISK:
        return Finding(what="disk", outcome="warn", text=f"{text}; PIXL_RAW_STORAGE_MB limits the image cache")
    return Finding(what="disk", outcome="ok", text=text)


def _clock(layout: Layout) -> Finding:
    """Look for a file of the past that is from the future: the clock was set back, and certificates suffer from it."""
    newest = max((path.stat().st_mtime for path in layout.logs.glob("*.log")), default=0.0)
    if newest > time.time() + CLOCK_SECONDS:
        text = "was set back: the logs are newer than now; set the clock right, and let NTP keep it"
        return Finding(what="clock", outcome="warn", text=text)
    return Finding(what="clock", outcome="ok", text=time.strftime("%Y-%m-%d %H:%M:%S %Z"))


def _free_ports(settings: Settings) -> str:
    refuse_taken_ports(settings)
    return "all free"


def _loaded(projects: Projects, name: str) -> str:
    from pixl.checks import load_suite  # noqa: PLC0415  the checkers take their time

    project = projects.get(name)
    policy = load_policy(project)
    checkers = ", ".join(load_suite(project, allowed=allowed_by(policy)).names)
    return f"{project.file} is valid; its policy is {policy.hash[:12]}, its checkers are {checkers}"


def _notes(projects: Projects, name: str) -> tuple[str, ...]:
    """Return what a project and its policy say that means something else here."""
    try:
        project = projects.get(name)
        return (*project.notes, *load_policy(project).notes)
    except PixlError:
        return ()  # `_loaded` tells of it


def _never_started(settings: Settings, store: SecretStore) -> bool:
    """Whether a missing key cannot have been lost: nothing has worked with one."""
    return isinstance(store, FileStore) and not store.is_there and not Layout(data=settings.data).postgres.exists()


def _there(_: Settings, store: SecretStore, name: str) -> str:
    store.get(name)
    return "is there"


def _is_right(settings: Settings, store: SecretStore, name: str) -> str:
    """Compare a key with what the ledger knows of it, which can be asked while PIXL runs only."""
    if not is_up(settings):
        return _there(settings, store, name)
    check_key(settings, store, name)
    return "is there, and none but this one was used"


def _has_admin(settings: Settings, store: SecretStore) -> str:
    with Ledger.connect(settings.database, store) as ledger:
        accounts = [one for one in ledger.people.all() if one.removed_at is None]
    if not accounts:
        return "nobody may log in yet: `pixl console user add NAME --role admin`"
    admins = sum(one.person.role is Role.ADMIN for one in accounts)
    return f"{len(accounts)} may log in at {settings.console_url}, {admins} of them as admin"


def _wanted_destinations(projects: Projects) -> Iterator[str]:
    for name in projects.names():
        try:
            destination = projects.get(name).destination
        except ConfigurationError:
            continue  # `_projects` tells of it
        yield from {destination.dicom, destination.parquet} - {NOWHERE}


def _reached(name: str, settings: Settings, store: SecretStore) -> str:
    open_destination(name, settings.destinations, store)  # complains of whatever is wrong in the file
    options = yaml.safe_load(settings.destinations.read_text(encoding="utf-8"))[name]
    trial = TRIALS.get(options.pop("kind"))
    if trial is None:
        return "is configured; this kind is not tried before there is something to send"
    return trial(options, Origin(name=name, file=settings.destinations), store)


def _try_ftps(options: dict[str, Any], origin: Origin, store: SecretStore) -> str:
    """Connect, verify the certificate, log in and enter the folder, as an export does."""
    chosen = read_options(FtpsOptions, options, origin)
    context = ssl.create_default_context(cafile=origin.path(chosen.ca) if chosen.ca else None)
    password = text_of(store, chosen.password_secret)
    with FtpsSession(FtpsAccess(origin=origin, options=chosen, context=context, password=password), ""):
        return f"{chosen.host}:{chosen.port} has a certificate that is trusted, and takes the login"


TRIALS: dict[str, Callable[[dict[str, Any], Origin, SecretStore], str]] = {"ftps": _try_ftps}


def _echo(archive: Archive, settings: Settings, store: SecretStore) -> str:
    if not is_up(settings):
        return _echo_by_hand(archive, settings)
    password = text_of(store, "orthanc-raw-password")
    with OrthancClient(settings.raw_url, SERVICE_USER, password) as raw:
        raw.echo(archive.name, settings.archive_timeout)
    return f"{archive.aet} answers C-ECHO"


def _echo_by_hand(archive: Archive, settings: Settings) -> str:
    """C-ECHO with DCMTK's tool while our Orthanc does not run."""
    echoscu = shutil.which("echoscu")
    if not echoscu:
        raise ServiceUnavailable("not tried: start PIXL, or install dcmtk")
    names = ["-aet", settings.raw_aet, "-aec", archive.aet]
    seconds = ["-to", str(COMMAND_SECONDS // 2), "-ta", str(COMMAND_SECONDS // 2)]
    command = [echoscu, *names, *seconds, archive.host, str(archive.port)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS * 2)
    if done.returncode:
        raise ServiceUnavailable(
            f"{archive.aet}@{archive.host}:{archive.port} does not answer C-ECHO: check the setting, the firewall, and "
            f"that the archive knows {settings.raw_aet}"
        )
    return f"{archive.aet} answers C-ECHO"


def _tried(what: str, step: Callable[Given, str], *given: Given.args, **named: Given.kwargs) -> Finding:
    try:
        return Finding(what=what, outcome="ok", text=step(*given, **named))
    except (PixlError, subprocess.TimeoutExpired) as error:
        return Finding(what=what, outcome="fail", text=str(error))
