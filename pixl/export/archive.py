"""A study as one ZIP, written while its instances stream by."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every member, the earliest of ZIP: the same instances give the same bytes, today and at the next try."""


class _Sink:
    """A file that cannot be sought in; what was written to it is taken away at once."""

    def __init__(self) -> None:
        self._pending: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pending.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> Iterator[bytes]:
        pending, self._pending = self._pending, []
        yield from pending


def zip_stream(members: Iterable[tuple[str, Iterable[bytes] | bytes]]) -> Iterator[bytes]:
    """Yield the bytes of a ZIP (ZIP64 where needed) of stored members.

    Parameters
    ----------
    members
        Name and content of each. They are asked for one after the other, and no more than one chunk is held.

    Notes
    -----
    Deflating de-identified CT costs nine times what storing does and saves little (`docs/performance.md`).
    The stdlib's writer is used, not zipstream-ng, because that one stamps each member with the time of the day.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]
        for name, content in members:
            yield from _member(archive, sink, name, content)
    yield from sink.take()


def _member(archive: zipfile.ZipFile, sink: _Sink, name: str, content: Iterable[bytes] | bytes) -> Iterator[bytes]:
    info = zipfile.ZipInfo(name, EPOCH)
    info.external_attr = 0o644 << 16
    whole = isinstance(content, bytes)
    info.file_size = len(content) if isinstance(content, bytes) else 0
    with archive.open(info, "w", force_zip64=not whole) as member:
        for chunk in (content,) if isinstance(content, bytes) else content:
            member.write(chunk)
            yield from sink.take()
    yield from sink.take()
