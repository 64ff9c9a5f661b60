"""Searches what left, and what was written on the way, for the invented people."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydicom.uid import DeflatedExplicitVRLittleEndian

from pixl.testing.identities import Token

KEY = 4
"""Bytes at the end of each pattern by which candidates are found."""
BUCKETS = 20
"""Bits of the table of candidates."""
CHUNK = 16 * 2**20
"""Bytes that are searched at once."""
DIGITS = frozenset(b"0123456789abcdef")
"""What a number may stand in the middle of without being meant: a longer number, a hash."""


@dataclass(frozen=True, kw_only=True)
class Leak:
    """A token that was found where it must not be."""

    where: str
    token: Token


class Scanner:
    """Looks for all tokens at once; a file of 100 MB takes a second or two."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        self._by_key: dict[int, list[tuple[bytes, Token]]] = {}
        for token in tokens:
            for pattern in token.patterns:
                key = int.from_bytes(pattern[-KEY:], "little")
                self._by_key.setdefault(key, []).append((pattern, token))
        self._longest = max((len(pattern) for found in self._by_key.values() for pattern, _ in found), default=KEY)
        self._is_candidate = np.zeros(2**BUCKETS, dtype=bool)
        self._is_candidate[_bucket(np.fromiter(self._by_key, np.uint32))] = True

    def tokens_in(self, data: bytes) -> set[Token]:
        """Return the tokens that occur in `data`, in any case and in the encodings that are usual."""
        found: set[Token] = set()
        for start in range(0, len(data), CHUNK):
            found |= self._tokens_in(data[max(0, start - self._longest - 1) : start + CHUNK + 1].lower())
        return found

    def leaks(self, paths: Iterable[Path]) -> list[Leak]:
        """Search files and, below folders, all files, also inside ZIP, gzip, parquet and deflated DICOM."""
        return [
            Leak(where=where, token=token)
            for path in paths
            for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
            for where, data in _named_forms(file)
            for token in sorted(self.tokens_in(data), key=lambda token: token.text)
        ]

    def _tokens_in(self, data: bytes) -> set[Token]:
        found: set[Token] = set()
        for offset in range(min(KEY, max(0, len(data) - KEY + 1))):
            words = np.frombuffer(data, "<u4", count=(len(data) - offset) // KEY, offset=offset)
            hits = np.nonzero(self._is_candidate[_bucket(words)])[0]
            for key, position in zip(words[hits].tolist(), (hits * KEY + offset + KEY).tolist(), strict=True):
                found.update(
                    token for pattern, token in self._by_key.get(key, ()) if _ends_at(data, position, pattern, token)
                )
        return found


def forms(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield `data` and, where it is a container, what is in it."""
    yield name, data
    try:
        yield from _contents(name, data)
    except (zipfile.BadZipFile, zlib.error, EOFError, pa.ArrowException, OSError):
        return  # cut off, as a partial upload is: its bytes have been searched


def _contents(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                yield from forms(f"{name}!{member.filename}", archive.read(member))
    elif data.startswith(b"\x1f\x8b"):
        yield f"{name}!", gzip.decompress(data)
    elif data.startswith(b"PAR1"):
        yield f"{name}!", _parquet_text(data)
    elif data[128:132] == b"DICM":
        yield from _inflated(name, data)


def _named_forms(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_file() and not path.is_symlink():
        yield f"the name of {path}", path.name.encode()
        yield from forms(str(path), path.read_bytes())


def _parquet_text(data: bytes) -> bytes:
    table = pq.read_table(pa.BufferReader(data))
    cells = (str(cell) for column in table.columns for cell in column.to_pylist())
    return "\n".join([str(table.schema), *cells]).encode()


def _inflated(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    start = 144 + int.from_bytes(data[140:144], "little")  # the file meta's group length (PS3.10 7.1)
    if DeflatedExplicitVRLittleEndian.encode() in data[144:start]:
        yield f"{name}!", zlib.decompress(data[start:], wbits=-zlib.MAX_WBITS)


def _bucket(keys: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return (keys * np.uint32(2654435761)) >> np.uint32(32 - BUCKETS)


def _ends_at(data: bytes, end: int, pattern: bytes, token: Token) -> bool:
    start = end - len(pattern)
    if start < 0 or data[start:end] != pattern:
        return False
    around = (data[start - 1 : start] if start else b"") + data[end : end + 1]
    return not (token.is_number and DIGITS.intersection(around))
