"""A folder of this machine, or a share that is mounted, as a destination."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixl.domain.destination import Receipt
from pixl.domain.errors import ConfigurationError, RetryLater
from pixl.domain.secret import SecretStore
from pixl.export.names import manifest, manifest_name, partial_name, split_name
from pixl.export.options import Options, Origin, read_options
from pixl.export.stream import BLOCK, Tally, blocks

TO_MEND = {
    errno.ENOSPC: "there is no space left: make room",
    errno.EDQUOT: "the quota is used up: raise it",
    errno.EACCES: "PIXL may not write there: change the owner or the mode",
    errno.EPERM: "PIXL may not write there: change the owner or the mode",
    errno.EROFS: "it is mounted read-only",
    errno.ENOTDIR: "a file is in the way of a folder: move it away",
}


class FolderOptions(Options):
    """The options of a `folder` destination."""

    path: Path


def open_folder(options: Mapping[str, Any], origin: Origin, secrets: SecretStore) -> FolderDestination:
    """Return the folder that the options name."""
    del secrets  # a folder asks for no password
    return FolderDestination(origin=origin, root=origin.path(read_options(FolderOptions, options, origin).path))


@dataclass(frozen=True, kw_only=True)
class FolderDestination:
    """A folder. What it holds under its final name is whole, on disk, and has a manifest beside it."""

    origin: Origin
    root: Path

    def put(self, chunks: Iterable[bytes], name: str) -> Receipt:
        """Write `chunks` to `name`; see `pixl.domain.destination.Destination`."""
        folder, base = split_name(name)
        self.check()
        with self._told():
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        tally = self._write(chunks, self.root / folder / base)
        self._write([manifest(base, tally.sha256)], self.root / folder / manifest_name(base))
        return tally.receipt(name)

    def remove(self, name: str) -> None:
        """Take back `name`; see `pixl.domain.destination.Destination`."""
        folder, base = split_name(name)
        self.check()
        with self._told():
            (self.root / folder / base).unlink(missing_ok=True)
            (self.root / folder / manifest_name(base)).unlink(missing_ok=True)

    def check(self) -> str:
        """Say that the folder is there and may be written to."""
        who = f"destination {self.origin.name!r}"
        if not self.root.is_dir():
            raise ConfigurationError(f"{who}: there is no folder {self.root}: make or mount it")
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise ConfigurationError(f"{who}: {TO_MEND[errno.EACCES]}")
        return f"{self.root} is there and may be written to"

    def _write(self, chunks: Iterable[bytes], path: Path) -> Tally:
        partial, tally = path.with_name(partial_name(path.name)), Tally()
        try:
            self._fill(partial, blocks(tally.over(chunks)))
            self._check(partial, tally)
            with self._told():
                partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        return tally

    def _fill(self, partial: Path, chunks: Iterable[bytes]) -> None:
        with self._told():
            file = partial.open("wb")
        with file:
            for chunk in chunks:  # an error of the source is not ours to explain
                with self._told():
                    file.write(chunk)
            with self._told():
                file.flush()
                os.fsync(file.fileno())

    def _check(self, partial: Path, tally: Tally) -> None:
        with self._told(), partial.open("rb") as file:
            is_kept = tally.is_same_as(iter(lambda: file.read(BLOCK), b""))
        if not is_kept:
            raise RetryLater(f"destination {self.origin.name!r} did not keep what was written to it")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in TO_MEND:
                raise ConfigurationError(f"destination {self.origin.name!r}: {TO_MEND[error.errno]}") from error
            raise RetryLater(f"destination {self.origin.name!r} failed: {type(error).__name__}") from error
