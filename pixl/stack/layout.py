"""What lies where in the data folder."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from pixl.domain.errors import ConfigurationError

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
UNFIT = "\"';%\n"
"""What supervisord's configuration file gives a meaning of its own to."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The folders and files below `Settings.data` that the stack itself writes."""

    data: Path

    @property
    def configuration(self) -> Path:
        """Generated configuration; it holds passwords."""
        return self.data / "etc"

    @property
    def logs(self) -> Path:
        """One log a process, rotated."""
        return self.data / "logs"

    @property
    def run(self) -> Path:
        """What is of no use when nothing runs: lock, pid file, socket."""
        return self.data / "run"

    @property
    def postgres(self) -> Path:
        """The database cluster."""
        return self.data / "postgres"

    @property
    def supervisor_configuration(self) -> Path:
        """Written at each start; also tells a client where the supervisor listens and with which password."""
        return self.configuration / "supervisord.conf"

    @property
    def supervisor_log(self) -> Path:
        """What the supervisor started, saw ending and restarted."""
        return self.logs / "supervisord.log"

    @property
    def supervisor_pid(self) -> Path:
        """The supervisor's process id."""
        return self.run / "supervisord.pid"

    def orthanc(self, name: str) -> Path:
        """Where an Orthanc keeps its files and its index."""
        return self.data / name

    def orthanc_configuration(self, name: str) -> Path:
        """Return the JSON file an Orthanc is started with."""
        return self.configuration / f"{name}.json"

    def log(self, name: str) -> Path:
        """Where the standard output and error of a process go."""
        return self.logs / f"{name}.log"

    def prepare(self) -> None:
        """Make the folders, readable by their owner only.

        Raises
        ------
        ConfigurationError
            The folder's name cannot be used, or it cannot be written.
        """
        if set(str(self.data)) & set(UNFIT):
            raise ConfigurationError(f"the data folder's path must not hold any of {UNFIT.strip()}: set PIXL_DATA")
        folders = (self.configuration, self.logs, self.run, self.orthanc("orthanc-raw"), self.orthanc("orthanc-anon"))
        try:
            self.data.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            self._refuse_somebody_elses()
            for folder in (self.data, *folders):
                make_private(folder)
        except OSError as error:
            raise ConfigurationError(
                f"cannot write to the data folder {self.data}: {error.strerror}; set PIXL_DATA to a folder of yours"
            ) from None

    def _refuse_somebody_elses(self) -> None:
        """Raise `ConfigurationError`: what root wrote into a user's folder, the user could not read any more."""
        owner = self.data.stat().st_uid
        if owner != os.geteuid():
            raise ConfigurationError(
                f"the data folder {self.data} belongs to the user with id {owner}: run PIXL as that user, or set "
                "PIXL_DATA to a folder of yours"
            )


def make_private(folder: Path) -> None:
    """Make `folder` if it is not there, and see to it that only its owner can enter it."""
    folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) != PRIVATE_FOLDER:
        folder.chmod(PRIVATE_FOLDER)


def write_private(path: Path, text: str) -> None:
    """Replace `path` by `text`, at no time readable by others and at no time half written."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "w") as file:
        file.write(text)
    partial.replace(path)
