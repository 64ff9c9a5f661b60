"""The section `extractable:` of a project file: rows of a cohort that are not asked for, and why."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Annotated, Self

import pydantic

from pixl.domain.extractable import RowField, RowRule


class RowRuleForm(pydantic.BaseModel):
    """One rule: a field, what it is like, and the reason that is counted and shown."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    field: RowField
    reason: Annotated[
        str,
        pydantic.StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$"),
    ]
    matches: str | None = None
    before: dt.date | None = None
    after: dt.date | None = None

    @pydantic.model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        is_date = self.before is not None or self.after is not None
        if (self.matches is not None) == is_date:
            raise ValueError("needs either `matches`, or `before` or `after` or both")
        if is_date and self.field != "study_date":
            raise ValueError("`before` and `after` go with the field study_date")
        try:
            re.compile(self.matches or "")
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"`matches` is not a regular expression: {error}") from None
        return self


def row_rules_of(forms: Iterable[RowRuleForm]) -> tuple[RowRule, ...]:
    """Return what a project file says of rows that are not asked for."""
    return tuple(RowRule(**form.model_dump()) for form in forms)
