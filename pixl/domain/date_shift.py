"""By how many days the dates of a project's patients move."""

from __future__ import annotations

from dataclasses import dataclass

LIFE = 45_656
"""Days in 125 years, which nobody has lived."""
FURTHEST = 80_000
"""Days in 219 years: what is dated today stays between 1677 and 2262, which is all that some programs know."""
LEAST_CHOICE = 365
"""Days that a patient's dates may move by; of fewer the right one could be guessed."""


@dataclass(frozen=True, kw_only=True)
class DateShift:
    """Between how many days and how many a patient's dates move: below zero into the past, above into the future."""

    first: int = 47_483
    last: int = 73_049
    """130 to 200 years into the future."""

    def days(self, number: str) -> int:
        """Return the days that a patient's pseudonym of the kind `SHIFT` stands for: none likelier than another."""
        return self.last - int(number) % (self.last - self.first + 1)

    @property
    def is_beyond_a_life(self) -> bool:
        """Whether no moved date can be a day of the same patient's life, or of his record."""
        return min(abs(self.first), abs(self.last)) >= LIFE

    @property
    def fault(self) -> str:
        """What is wrong with it, nothing if it can be used."""
        if self.first > self.last:
            return "the smaller number comes first"
        if self.first <= 0 <= self.last:
            return "dates must move: all into the past (below 0), or all into the future"
        if max(abs(self.first), abs(self.last)) > FURTHEST:
            return f"at most {FURTHEST} days: beyond, some programs know no dates"
        if self.last - self.first < LEAST_CHOICE:
            return f"at least {LEAST_CHOICE} days between them, as the right one of fewer could be guessed"
        return ""

    def __str__(self) -> str:
        return f"{self.first} to {self.last} days"
