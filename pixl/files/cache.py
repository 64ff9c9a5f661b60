"""What was de-identified before: the same bytes under the same policy and key are not treated twice.

The database says nothing about a patient: places and contents are keyed hashes, outputs and records are pseudonymous.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from xxhash import xxh3_128

from pixl.deid import Record
from pixl.dicom.windows import is_mapped, windows
from pixl.domain.errors import ConfigurationError
from pixl.files.sources import Source
from pixl.files.tree import Placed

HEADER = re.compile(r"^-- (\w+): .+$", re.MULTILINE)
WAIT_SECONDS = 60.0
AS_JSON = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, kw_only=True)
class Made:
    """An output that was made before."""

    path: str
    placed: Placed
    record: Record


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is to be remembered of one input."""

    source: Source
    content: bytes
    made: Made


class Fingerprints:
    """Keyed hashes of what must not be known without the project's secret."""

    def __init__(self, secret: bytes) -> None:
        self._key = blake2b(secret, person=b"pixl files cache").digest()
        self._seed = int.from_bytes(blake2b(self._key, person=b"pixl seed", digest_size=8).digest())

    def content(self, data: bytes) -> bytes:
        """Return what tells these bytes from others.

        XXH3 is no cryptographic hash, but it starts from a secret: nobody who lacks it can make two files of one
        hash on purpose, and by chance 128 bits do not meet. SHA-256 costs more than all the rest of an image.
        """
        digest = xxh3_128(b"" if is_mapped(data) else data, seed=self._seed)
        for first, last in windows(data, 0, len(data)) if is_mapped(data) else ():
            digest.update(memoryview(data)[first:last])
        return self._keyed(digest.digest() + len(data).to_bytes(8), b"content")

    def place(self, source: Source) -> bytes:
        """Return what tells this input from others: its file, and which member of it."""
        members = repr(source.members) if source.members else "()"
        return self._keyed(os.fsencode(f"{source.path}\0{members}"), b"place")

    def terms(self, *texts: str) -> bytes:
        """Return what tells this policy, key and engine from others."""
        return self._keyed("\0".join(texts).encode(), b"terms")

    def _keyed(self, value: bytes, person: bytes) -> bytes:
        return blake2b(value, key=self._key, person=person, digest_size=16).digest()


class Cache:
    """The database of what was made; one connection a process.

    Raises
    ------
    ConfigurationError
        It cannot be opened, or written to.
    """

    def __init__(self, path: Path, terms: bytes) -> None:
        self._terms = terms
        with _told(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._database = sqlite3.connect(path, timeout=WAIT_SECONDS)
            # Losing the last rows to a power cut costs treating those files again, nothing else.
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            with self._database:
                for name in ("make_source", "make_source_by_content", "make_output", "make_output_by_content"):
                    self._database.execute(_queries()[name])
        self._path = path

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Look up many things in one state of the database: each look alone would lock its file."""
        with _told(self._path):
            self._database.execute("BEGIN")
        try:
            yield
        finally:
            self._database.rollback()

    def is_empty(self) -> bool:
        """Whether it knows no input: then there is no need to ask for each."""
        return self._one("any_source", ()) is None

    def content_of(self, place: bytes) -> tuple[int, int, bytes] | None:
        """Return size, time and content of an input when its output was made."""
        found = self._one("recall", (place,))
        return (found[0], found[1], found[2]) if found else None

    def outputs_of(self, content: bytes) -> Iterator[Made]:
        """Yield the outputs that were made of a content under the same terms."""
        for path, size, modified, record in self._all("outputs_of", (content, self._terms)):
            placed = Placed(size=size, modified=modified)
            yield Made(path=os.fsdecode(path), placed=placed, record=Record(**json.loads(record)))

    def is_only_output_of(self, path: str, content: bytes) -> bool:
        """Whether an output was made of this content and no second input has the same."""
        return self._one("is_only_output_of", {"path": os.fsencode(path), "content": content}) is not None

    def remember(self, entries: Iterable[tuple[bytes, Entry]]) -> None:
        """Keep what was made, by the inputs' places; all of it or nothing."""
        with _told(self._path), self._database as transaction:
            known = list(entries)
            transaction.executemany(
                _queries()["remember_source"],
                [(place, one.source.size, one.source.modified, one.content) for place, one in known],
            )
            transaction.executemany(_queries()["remember_output"], [self._output(one) for _, one in known])

    def _output(self, entry: Entry) -> tuple[Any, ...]:
        made = entry.made
        record = AS_JSON(vars(made.record))
        path = os.fsencode(made.path)
        return path, entry.content, self._terms, made.placed.size, made.placed.modified, record

    def of_other_terms(self, folder: Path) -> Iterator[str]:
        """Yield the paths in a folder that were made under another policy or key."""
        for (path,) in self._all("of_other_terms", {**_range(folder), "terms": self._terms}):
            yield os.fsdecode(path)

    def forget(self, folder: Path) -> None:
        """Forget what was made in a folder."""
        with _told(self._path), self._database as transaction:
            transaction.execute(_queries()["forget_in"], _range(folder))

    def _one(self, name: str, values: object) -> tuple[Any, ...] | None:
        return next(iter(self._all(name, values)), None)

    def _all(self, name: str, values: object) -> list[tuple[Any, ...]]:
        try:
            return self._database.execute(_queries()[name], values).fetchall()  # type: ignore[arg-type]
        except sqlite3.Error as error:
            raise _unusable(self._path, error) from None


@cache
def _queries() -> dict[str, str]:
    parts = HEADER.split(Path(__file__).with_name("cache.sql").read_text(encoding="utf-8"))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _range(folder: Path) -> dict[str, bytes]:
    # "0" comes right after "/".
    return {"first": os.fsencode(folder) + b"/", "beyond": os.fsencode(folder) + b"0"}


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise _unusable(path, error) from None


def _unusable(path: Path, error: Exception) -> ConfigurationError:
    return ConfigurationError(f"the cache {path} cannot be used: {error}")
