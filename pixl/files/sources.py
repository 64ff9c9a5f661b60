"""What there is to de-identify: files at any depth, and the members of ZIP archives. Nothing is followed out of it."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import IO, cast

from pixl.domain.errors import InstanceFailed
from pixl.files.outcome import Outcome, Row

MAX_SIZE = 4 << 30
"""Bytes of a member of an archive, which is treated in one piece, in memory."""
MAPPED = 64 << 20
"""Bytes; a larger file is mapped, and read piece by piece."""
MAX_UNPACKED = 1 << 30
"""Bytes of a compressed member; what claims more may be made to fill the memory."""
MAX_ARCHIVES = 4
"""Archives in archives."""
IS_ENCRYPTED = 0x1
BROKEN = (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, RuntimeError, UnicodeDecodeError)
"""What reading an archive raises if its bytes are not what they claim to be; `RuntimeError` is a missing password."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Source:
    """One input, not yet looked into. Identifiable: its path may name a patient."""

    path: str
    """Of the file, or of the outermost archive."""
    name: str
    """Relative to the input folder."""
    size: int
    modified: int
    """Nanoseconds, of the file or the outermost archive."""
    members: tuple[int, ...] = ()
    """Which member of the archive, and of the archive in it; a number, as two members may have one name."""

    def row(self, outcome: Outcome, reason: str) -> Row:
        """Return the report's line for an input without output."""
        return Row(input=self.name, size=self.size, outcome=outcome, reason=reason)


def find(root: Path) -> Iterator[Source | Row]:
    """Yield what is in a folder, an archive or a file; a `Row` for what can be seen to be none of them.

    Memory stays bounded by the largest folder and the largest archive's table of contents.
    """
    if root.is_dir():
        yield from _folder(str(root), "")
    else:
        yield from _file(str(root), root.name)


def _folder(path: str, prefix: str) -> Iterator[Source | Row]:
    try:
        with os.scandir(path) as listed:
            entries = sorted(listed, key=lambda entry: entry.name)
    except OSError as error:
        yield _row(prefix.rstrip("/"), Outcome.FAILED, f"the folder cannot be listed: {error.strerror}")
        return
    for entry in entries:
        if entry.is_symlink():
            yield _row(prefix + entry.name, Outcome.SKIPPED, "a symbolic link, which is not followed")
        elif entry.is_dir(follow_symlinks=False):
            yield from _folder(entry.path, f"{prefix}{entry.name}/")
        else:
            yield from _file(entry.path, prefix + entry.name)


def _file(path: str, name: str) -> Iterator[Source | Row]:
    try:
        status = os.lstat(path)
    except OSError as error:
        yield _row(name, Outcome.FAILED, f"the file cannot be read: {error.strerror}")
        return
    if not stat.S_ISREG(status.st_mode):
        yield _row(name, Outcome.SKIPPED, "neither a file nor a folder")
        return
    source = Source(path=path, name=name, size=status.st_size, modified=status.st_mtime_ns)
    if not _is_archive(name):
        yield source
        return
    try:
        with open(path, "rb") as file:  # noqa: PTH123  a name may hold bytes that are no text; `os` takes them as they are
            yield from _members(file, source)
    except OSError as error:
        yield source.row(Outcome.FAILED, f"the archive cannot be read: {error.strerror}")


def _members(file: IO[bytes], archive: Source) -> Iterator[Source | Row]:
    try:
        with zipfile.ZipFile(file) as opened:
            for number, member in enumerate(opened.infolist()):
                if not member.is_dir():
                    yield from _member(opened, number, member, archive)
    except BROKEN:
        yield archive.row(Outcome.FAILED, "the ZIP archive is broken or encrypted")


def _member(opened: zipfile.ZipFile, number: int, member: zipfile.ZipInfo, archive: Source) -> Iterator[Source | Row]:
    source = Source(
        path=archive.path,
        name=f"{archive.name}/{member.filename}",
        size=member.file_size,
        modified=archive.modified,
        members=(*archive.members, number),
    )
    if member.flag_bits & IS_ENCRYPTED:
        yield source.row(Outcome.FAILED, "it is encrypted in its archive")
    elif not _is_archive(member.filename):
        yield source
    elif len(source.members) >= MAX_ARCHIVES or member.file_size > MAX_UNPACKED:
        yield source.row(Outcome.FAILED, "an archive in an archive, too large or too deep: unpack it first")
    else:
        with opened.open(member) as inner:
            yield from _members(inner, source)


CHANGED = "the file changed while it was read"


class Reader:
    """Reads inputs; the archive that the last one was in stays open."""

    def __init__(self) -> None:
        self._archives: dict[tuple[str, tuple[int, ...]], zipfile.ZipFile] = {}
        self._path = ""

    def read(self, source: Source) -> bytes:
        """Return the bytes of an input.

        Raises
        ------
        InstanceFailed
            It cannot be read, is too large, or is not any more what it was when it was found.
        """
        if source.members and source.size > MAX_SIZE:
            raise InstanceFailed(f"larger than {MAX_SIZE} bytes in its archive: unpack it first")
        try:
            return self._read_member(source) if source.members else _read_file(source)
        except BROKEN:
            raise InstanceFailed("its archive is broken here") from None
        except OSError as error:
            raise InstanceFailed(f"it cannot be read: {error.strerror or type(error).__name__}") from None

    def close(self) -> None:
        """Close what is open."""
        for archive in self._archives.values():
            archive.close()
        self._archives.clear()

    def _read_member(self, source: Source) -> bytes:
        if source.path != self._path:
            self.close()
            self._path = source.path
        archive = self._archive(source.path, source.members[:-1])
        member = archive.infolist()[source.members[-1]]
        if member.file_size != source.size:
            raise InstanceFailed("its archive changed while it was read")
        if member.compress_type != zipfile.ZIP_STORED and member.file_size > MAX_UNPACKED:
            raise InstanceFailed(f"unpacked it is larger than {MAX_UNPACKED} bytes")
        return archive.read(member)

    def _archive(self, path: str, members: tuple[int, ...]) -> zipfile.ZipFile:
        if (path, members) not in self._archives:
            if members:
                outer = self._archive(path, members[:-1])
                opened = zipfile.ZipFile(outer.open(outer.infolist()[members[-1]]))
            else:
                opened = zipfile.ZipFile(path)
            self._archives[path, members] = opened
        return self._archives[path, members]


def _read_file(source: Source) -> bytes:
    # Not a link that was put there since, and no wait for what is no file any more.
    descriptor = os.open(source.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if source.size > MAPPED and os.fstat(descriptor).st_size == source.size:
            # Slices, searching and the buffer protocol are all that the engine asks of bytes.
            data = cast("bytes", mmap(descriptor, source.size, access=ACCESS_READ))
        else:
            data = _read_whole(descriptor, min(source.size, MAPPED))
        _check(os.fstat(descriptor), source)
    finally:
        os.close(descriptor)
    if len(data) != source.size:
        raise InstanceFailed(CHANGED)
    return data


def _read_whole(descriptor: int, size: int) -> bytes:
    """Return as many bytes as a file had when it was found, fewer if it has no more. Mostly by one call."""
    data = os.read(descriptor, size)
    while len(data) < size and (more := os.read(descriptor, size - len(data))):
        data += more
    return data


def check_unchanged(source: Source) -> None:
    """Raise `InstanceFailed` if a file is not any more what it was when it was found."""
    try:
        _check(os.lstat(source.path), source)
    except OSError:
        raise InstanceFailed(CHANGED) from None


def _check(status: os.stat_result, source: Source) -> None:
    if (status.st_size, status.st_mtime_ns) != (source.size, source.modified):
        raise InstanceFailed(CHANGED)


def _is_archive(name: str) -> bool:
    return name[-4:].lower() == ".zip"


def _row(name: str, outcome: Outcome, reason: str) -> Row:
    return Row(input=name, size=0, outcome=outcome, reason=reason)
