"""The tree of outputs: a name in it is whole or not there, and never written twice."""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pixl.deid.parts import Chunks, Made, pieces
from pixl.dicom.windows import WINDOW
from pixl.domain.errors import ConfigurationError, InstanceFailed

PARTIAL = ".pixl-partial"
"""A folder in the tree, for what is being written. It goes when the run ends."""
NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK})
TO_MEND = {
    errno.ENOSPC: "the disk is full: make room",
    errno.EDQUOT: "the disk quota is used up: raise it",
    errno.EROFS: "the disk is mounted read-only",
    errno.EACCES: "this user may not write there: change the owner or the mode",
    errno.EPERM: "this user may not write there: change the owner or the mode",
    errno.EIO: "the disk reports errors",
}
"""What ends the run, as it would befall every other file too."""


MOST_PARTS = 512
"""At a time; the system's own limit (IOV_MAX) is 1024."""


class OutputRefused(ConfigurationError):
    """The output folder cannot be written to."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An output that is there, as the file system sees it."""

    size: int
    modified: int
    """Nanoseconds."""


class Tree:
    """Writes outputs below a folder; one object a process."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._partials = os.path.join(self._root, PARTIAL)  # noqa: PTH118  a name may hold bytes that are no text
        self._numbers = itertools.count()
        self._known = {self._root}

    def place(
        self, parts: Chunks, name: str, *, replace: bool = False, check: Callable[[], None] = lambda: None
    ) -> Placed:
        """Write an output whole under its name; the same bytes under the same name again are left as they are.

        Parameters
        ----------
        parts
            The de-identified file, piece by piece.
        name
            Relative to the tree's root.
        replace
            Whether another file under this name is an older output of the same input.
        check
            Raises if it may not get its name after all; asked when it is written.

        Raises
        ------
        InstanceFailed
            There is another file of this name, or a folder.
        OutputRefused
            The disk is full, or cannot be written to.
        """
        final = f"{self._root}/{name}"
        partial = f"{self._partials}/{os.getpid()}-{next(self._numbers)}"
        try:
            self._make_folder(final.rpartition("/")[0])
            try:
                placed = _write(partial, parts)
                check()
                _publish(partial, final, replace=replace)
            finally:
                with suppress(FileNotFoundError):
                    os.unlink(partial)  # noqa: PTH108
            return placed
        except FileExistsError:
            return _same(parts, final)
        except OSError as error:
            raise _told(error) from None

    def found(self, name: str) -> Placed | None:
        """Return what is under a name, None if it is no file."""
        return found(f"{self._root}/{name}")

    def path(self, name: str) -> str:
        """Return the whole path of an output."""
        return f"{self._root}/{name}"

    def _make_folder(self, folder: str) -> None:
        if folder in self._known:
            return
        try:
            os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        except FileExistsError:
            raise InstanceFailed("a file is in the way of a folder of its output path") from None
        if os.path.realpath(folder) != folder:
            raise InstanceFailed("a symbolic link in the output folder leads out of it")
        self._known.add(folder)


def found(path: str) -> Placed | None:
    """Return what is at a path, None if it is no file."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return Placed(size=status.st_size, modified=status.st_mtime_ns)


@contextmanager
def taken(root: Path) -> Iterator[None]:
    """Make the folder, and keep other runs out of it until the end.

    Raises
    ------
    OutputRefused
        Another run writes there, or nobody can.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        (root / PARTIAL).mkdir(exist_ok=True)
    except OSError as error:
        raise _told(error, root) from None
    try:
        _lock(descriptor, root)
        # What an earlier run left that was killed.
        shutil.rmtree(root / PARTIAL)
        (root / PARTIAL).mkdir()
        try:
            yield
        finally:
            shutil.rmtree(root / PARTIAL, ignore_errors=True)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, root: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutputRefused(f"another run writes to {root}: wait for its end") from None


def _write(partial: str, parts: Chunks) -> Placed:
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        there = [part for part in parts if not isinstance(part, Made)]
        size = sum(map(len, parts))
        is_small = len(parts) <= MOST_PARTS and size <= WINDOW and len(there) == len(parts)
        written = os.writev(descriptor, there) if is_small else 0
        if written < size:
            _write_pieces(descriptor, parts, written)
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    return Placed(size=status.st_size, modified=status.st_mtime_ns)


def _write_pieces(descriptor: int, parts: Chunks, written: int) -> None:
    """Write what has not been written yet."""
    for piece in pieces(parts):
        view = memoryview(piece)[written:]
        written = max(written - len(piece), 0)
        while view:
            view = view[os.write(descriptor, view) :]


def _publish(partial: str, final: str, *, replace: bool) -> None:
    if replace:
        os.replace(partial, final)  # noqa: PTH105
        return
    try:
        os.link(partial, final)  # unlike a rename, fails when the name is taken
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        os.close(os.open(final, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
        os.replace(partial, final)  # noqa: PTH105


def _same(parts: Chunks, final: str) -> Placed:
    """Return what is there if it is the same, or raise."""
    try:
        descriptor = os.open(final, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            same = status.st_size == sum(map(len, parts)) and all(
                file.read(len(piece)) == piece for piece in pieces(parts)
            )
    except OSError:
        same = False
    if not same:
        raise InstanceFailed("another file has the same output path and other contents; that one was left as it is")
    return Placed(size=status.st_size, modified=status.st_mtime_ns)


def _told(error: OSError, root: Path | None = None) -> InstanceFailed | OutputRefused:
    where = f"{root}: " if root else "output folder: "
    if error.errno in TO_MEND:
        return OutputRefused(f"{where}{TO_MEND[error.errno]}, then run the same command again: it goes on from there")
    if root:
        return OutputRefused(f"{where}{error.strerror}")
    return InstanceFailed(f"its output cannot be written: {error.strerror}")
