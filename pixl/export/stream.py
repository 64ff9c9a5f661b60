"""What happens to a stream of bytes on its way out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import xxhash

from pixl.domain.destination import Receipt

BLOCK = 256 * 1024


class Tally:
    """Size and digests of the chunks that passed."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._quick = xxhash.xxh3_128()
        self.size = 0

    def over(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Pass `chunks` on and count them."""
        for chunk in chunks:
            self._digest.update(chunk)
            self._quick.update(chunk)
            self.size += len(chunk)
            yield chunk

    def drain(self, chunks: Iterable[bytes]) -> Tally:
        """Count `chunks` to their end."""
        for _ in self.over(chunks):
            pass
        return self

    @property
    def sha256(self) -> str:
        """Lower-case hexadecimal."""
        return self._digest.hexdigest()

    def is_same_as(self, chunks: Iterable[bytes]) -> bool:
        """Whether `chunks` are those that passed, by XXH3-128: a thirtieth of the time of a second SHA-256.

        What it is to see is an accident; a server that wanted to deceive could send back what it was sent.
        """
        quick = xxhash.xxh3_128()
        for chunk in chunks:
            quick.update(chunk)
        return quick.digest() == self._quick.digest()

    def receipt(self, name: str) -> Receipt:
        """Return what a destination has when it has what passed."""
        return Receipt(name=name, size=self.size, sha256=self.sha256)


def blocks(chunks: Iterable[bytes], size: int = BLOCK) -> Iterator[bytes]:
    """Join small chunks, so that a ZIP's many headers do not become a TLS record and a packet each."""
    held = bytearray()
    for chunk in chunks:
        if len(chunk) >= size:  # an image: passed on as it is
            if held:
                yield bytes(held)
                held.clear()
            yield chunk
            continue
        held += chunk
        if len(held) >= size:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def is_repeatable(chunks: Iterable[bytes]) -> bool:
    """Whether `chunks` can be gone through a second time."""
    return iter(chunks) is not chunks
