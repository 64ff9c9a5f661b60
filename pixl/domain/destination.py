"""Where de-identified data leave to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What a destination has and has been seen to have."""

    name: str
    size: int
    """Bytes."""
    sha256: str
    """Lower-case hexadecimal."""


class Destination(Protocol):
    """A place outside the hospital's network. What `put` returns has been verified to be there, whole."""

    def put(self, chunks: Iterable[bytes], name: str) -> Receipt:
        """Stream `chunks` to `name`, a relative path with `/`; folders are made; a reader never sees half a file.

        Putting the same bytes again leaves one file. The name appears last, when size and checksum have been verified.

        Raises
        ------
        RetryLater
            The connection failed; the same call may succeed later.
        ConfigurationError
            The destination refuses for a reason that a person has to mend: password, certificate, folder, space.
        """
        ...

    def remove(self, name: str) -> None:
        """Take back `name` and its manifest. That there is none, or no folder, is what was wanted, and no error.

        Raises
        ------
        RetryLater, ConfigurationError
            As `put` does; the file may still be there.
        """
        ...
