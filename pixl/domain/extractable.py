"""Which rows of a cohort a project does not ask for, and why. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

RowField = Literal["mrn", "accession_number", "study_uid", "participant_id", "study_date"]


@dataclass(frozen=True, kw_only=True)
class RowRule:
    """Rows that must not be asked for: those of which a field is as the rule says."""

    field: RowField
    reason: str
    matches: str | None = None
    """A regular expression, searched for in the field."""
    before: dt.date | None = None
    after: dt.date | None = None
    """Of `study_date`: covered are the days before, and those after."""

    def covers(self, row: Mapping[str, Any]) -> bool:
        """Whether a row is one of those. What a row does not say is not covered."""
        value = row.get(self.field)
        if not value:
            return False
        if self.matches is not None:
            return re.search(self.matches, str(value)) is not None
        return bool((self.before and value < self.before) or (self.after and value > self.after))


def why_not(rules: Iterable[RowRule], row: Mapping[str, Any]) -> str | None:
    """Return the reason of the first rule that covers a row."""
    return next((rule.reason for rule in rules if rule.covers(row)), None)
