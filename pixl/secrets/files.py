"""Secrets in a folder, one file each, that only their owner can read."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.secrets.names import checked_name

OTHERS = stat.S_IRWXG | stat.S_IRWXO


class FileStore:
    """A folder (0700) with one file (0600) a secret, named like the secret.

    A trailing end of line is not part of a secret, so that a file made with an editor or `echo` works.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, name: str) -> bytes:
        """Return the secret called `name`.

        Raises
        ------
        ConfigurationError
            There is no such file, it is empty, or people other than its owner can read it.
        RetryLater
            The file system does not answer.
        """
        path = self._path(name)
        if not self.is_there:
            raise ConfigurationError(
                f"there is no secret {name!r}, nor a folder {self._folder}: has PIXL been started (`pixl up`), and is "
                "PIXL_DATA right?"
            )
        value = read_private(path)
        if not value:
            raise ConfigurationError(f"the secret {name!r} is empty: write it to {path}")
        return value

    @property
    def is_there(self) -> bool:
        """Whether there is such a folder, or only the place for one."""
        return self._folder.is_dir()

    def create(self, name: str, value: bytes) -> None:
        """Write a new secret, whole or not at all. One that exists is never changed.

        Raises
        ------
        ConfigurationError
            There is such a secret already, or the folder cannot be written.
        """
        if not value or value != _without_end_of_line(value):
            raise ValueError("a secret is not empty and does not end with an end of line")
        path = self._path(name)
        try:
            self._write(path, value)
        except FileExistsError:
            raise ConfigurationError(f"the secret {name!r} exists already ({path}); it was not changed") from None
        except OSError as error:
            raise ConfigurationError(f"cannot write to {self._folder}: {error.strerror}") from None

    def ensure(self, name: str, make: Callable[[], bytes]) -> bytes:
        """Return the secret called `name`; when there is none, make it with `make()` and keep it."""
        if not os.path.lexists(self._path(name)):
            try:
                self.create(name, make())
            except ConfigurationError:
                # Two processes at their first start: the one that came second takes what the first one made.
                if not os.path.lexists(self._path(name)):
                    raise
        return self.get(name)

    def _path(self, name: str) -> Path:
        path = self._folder / checked_name(name)
        if self._folder.is_dir():
            refuse_readable_by_others(self._folder.stat(), self._folder)
        return path

    def _write(self, path: Path, value: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = self._folder / f".{secrets.token_hex(8)}"  # no secret's name starts with a dot
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(value)
                file.flush()
                os.fsync(file.fileno())
            os.link(partial, path)  # unlike a rename, fails when `path` exists
        finally:
            partial.unlink(missing_ok=True)
        sync_folder(self._folder)


def read_private(path: Path) -> bytes:
    """Return what a file holds, without its end of line, when nobody but its owner can read it.

    Raises
    ------
    ConfigurationError
        There is no such file, or it may not be read, or others can read it.
    RetryLater
        The file system does not answer.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if stat.S_ISCHR(status.st_mode):  # to be told to close `/dev/null` to others would be bad advice
                raise ConfigurationError(f"{path} is a device and holds no secret: name a file")
            refuse_readable_by_others(status, path)
            return _without_end_of_line(file.read())
    except FileNotFoundError:
        raise ConfigurationError(f"there is no secret {path.name!r}: write it to {path}, with mode 0600") from None
    except (PermissionError, IsADirectoryError, NotADirectoryError) as error:
        raise ConfigurationError(f"the secret {path.name!r} cannot be read from {path}: {error.strerror}") from None
    except OSError as error:
        raise RetryLater(f"the secret {path.name!r} could not be read from {path}: {error.strerror}") from None


def refuse_readable_by_others(status: os.stat_result, path: Path) -> None:
    """Raise `ConfigurationError` when anyone but the owner has any right on `path`."""
    if status.st_mode & OTHERS:
        mode = "700" if stat.S_ISDIR(status.st_mode) else "600"
        raise ConfigurationError(f"others than its owner can reach {path}: run `chmod {mode} {path}`")


def sync_folder(folder: Path) -> None:
    """Make sure that a new name in `folder` is still there after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _without_end_of_line(value: bytes) -> bytes:
    return value.rstrip(b"\r\n")
