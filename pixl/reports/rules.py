"""The embedded engine: what is known, patterns, names, and every word that no list calls safe (`pixl.text`)."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

from pixl.reports.engine import Seen
from pixl.text import Identifiers, find


@dataclass(frozen=True, kw_only=True)
class RulesEngine:
    """Runs in this process, offline."""

    name: str = "rules"
    version: str = version("pixl")
    is_remote: bool = False

    def find(self, text: str, known: Identifiers) -> Seen:
        """Return what is an identifier, or is not known not to be one."""
        return Seen(spans=tuple(find(text, known)))
