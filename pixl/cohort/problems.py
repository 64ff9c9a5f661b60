"""All problems of a cohort, told at once. A problem says where and what to do, never what the cell holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pixl.domain.errors import CohortInvalid

SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a cell stands, as a person would look it up."""

    file: str
    row: int
    column: str
    row_word: str = "row"

    def __str__(self) -> str:
        return f"{self.file} {self.row_word} {self.row}, column {self.column}"

    def seen_from(self, other: Place) -> str:
        """Name the row for somebody who looks at `other`."""
        return f"{self.row_word} {self.row}" if self.file == other.file else f"{self.file} {self.row_word} {self.row}"


PlaceOf = Callable[[str], Place]
"""Where in a row the cell of a field stands."""


@dataclass
class Problems:
    """What is wrong with a cohort so far; the first `SHOWN` are kept, all are counted."""

    title: str
    """What the message begins with: the name of the file or folder."""
    lines: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, line: str) -> None:
        """Note one problem: where it is, what it is, what to do."""
        self.count += 1
        if len(self.lines) < SHOWN:
            self.lines.append(line)

    def raise_if_any(self) -> None:
        """End here if there is a problem.

        Raises
        ------
        CohortInvalid
            With a line for each problem.
        """
        if not self.count:
            return
        more = [f"and {self.count - len(self.lines)} more"] if self.count > len(self.lines) else []
        noun = "problem" if self.count == 1 else "problems"
        head = f"{self.title}: {self.count} {noun}, nothing was loaded"
        raise CohortInvalid("\n  - ".join([head, *self.lines, *more]))
