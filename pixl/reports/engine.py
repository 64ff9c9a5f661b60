"""The port of what finds identifiers in a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pixl.text import Identifiers, Span


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What an engine found in a text."""

    spans: tuple[Span, ...] = ()
    silent: bool = False
    """Whether an engine of another machine found nothing at all, which a report seldom deserves."""


class Engine(Protocol):
    """Finds identifiers in a text; used from many threads at once."""

    @property
    def name(self) -> str:
        """What projects call it."""
        ...

    @property
    def version(self) -> str:
        """What tells it from another version of itself."""
        ...

    @property
    def is_remote(self) -> bool:
        """Whether the text goes to another service."""
        ...

    def find(self, text: str, known: Identifiers) -> Seen:
        """Return what is an identifier in `text`.

        Raises
        ------
        RetryLater
            A service did not answer.
        ReportFailed
            It answered something that cannot be used for this text.
        """
        ...
