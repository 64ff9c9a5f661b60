"""A file in the pieces that a destination takes, for the stages that send files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 20
"""Bytes in memory at a time."""


@dataclass(frozen=True)
class FileChunks:
    """A file's content, from its start each time that it is asked for."""

    path: Path

    def __iter__(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
