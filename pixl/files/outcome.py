"""What became of one input, and of all of them."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


class Outcome(enum.StrEnum):
    """Every input has exactly one of these."""

    DONE = "done"
    """Its output is there, whole."""
    SKIPPED = "skipped"
    """It is no DICOM file, or a link."""
    REJECTED = "rejected"
    """The project does not want it."""
    FAILED = "failed"
    """It could not be read, de-identified or given a place."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Row:
    """A line of the report. Identifiable: the input's path may name a patient."""

    input: str
    """Relative to the input folder, with `/`; a member of an archive comes after the archive's own path."""
    size: int
    """Bytes."""
    outcome: Outcome
    reason: str = ""
    output: str = ""
    """Relative to the output folder."""
    output_size: int = 0
    earlier: bool = False
    """Whether the same bytes were de-identified before, under the same policy and key, and that output was used."""
    changes: Mapping[str, int] = field(default_factory=dict)
    """How many elements each operation changed or removed."""

    def __repr__(self) -> str:
        return f"Row(outcome={self.outcome.value!r}, reason={self.reason!r})"


@dataclass(kw_only=True)
class Summary:
    """The sum over all inputs: `inputs` = done + skipped + rejected + failed."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    reasons: Counter[tuple[Outcome, str]] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    earlier: int = 0
    size: int = 0
    """Bytes of all inputs."""
    output_size: int = 0
    stopped: bool = False
    """Whether it was ended before the last input."""

    @property
    def inputs(self) -> int:
        """How many inputs were looked at."""
        return self.counts.total()

    def add(self, row: Row) -> None:
        """Count one more input."""
        self.counts[row.outcome] += 1
        self.changes.update(row.changes)
        self.earlier += row.earlier
        self.size += row.size
        self.output_size += row.output_size
        if row.outcome is not Outcome.DONE:
            self.reasons[row.outcome, row.reason] += 1
