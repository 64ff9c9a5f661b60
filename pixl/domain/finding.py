"""What a checker saw, and what a person said of it: one model for images, series and reports."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass


class Outcome(enum.StrEnum):
    """What a finding does to the study or report it was made in."""

    NOTE = "note"
    """It is recorded and stops nothing."""
    HOLD = "hold"
    """A person has to look at it."""
    REJECT = "reject"
    """What it was found in must not leave."""


class Decision(enum.StrEnum):
    """What a person, or a rule that a person made, says of a finding."""

    PASS = "pass"  # noqa: S105  a verdict, no password
    FAIL = "fail"
    REDACT = "redact"


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle in frames, in pixels from their top left corner."""

    frame: int
    """From 0; the first one."""
    left: int
    top: int
    width: int
    height: int
    last: int | None = None
    """The last frame in which what is in the rectangle is; None: nobody knows, so it may be in any."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Part:
    """A word in a value that looks like an identifier. Identifiable."""

    word: str
    kind: str
    offset: int
    """Of its first character in the value; -1 where it has no place."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Finding:
    """Something a checker saw in what is to leave. Identifiable: its `repr` shows no value.

    Everything but `value` and `parts` may be shown, logged and counted.
    """

    checker: str
    """The checker's name, such as `known-values`."""
    kind: str
    """What it seems to be, such as `name`, `mrn`, `date`, `private`, `burned-in`, `conformance`."""
    reason: str
    """A sentence without a value."""
    where: str
    """The element's path, such as `(0040,A730)[1].(0040,A160)`; `pixels`, `report` or `file name` for what is none."""
    outcome: Outcome = Outcome.HOLD
    value: str = ""
    """The value that it was found in."""
    parts: tuple[Part, ...] = ()
    instance: str | None = None
    """The pseudonymous SOP Instance UID, or the path of a file."""
    series: str | None = None
    """The pseudonymous Series Instance UID."""
    device: str | None = None
    """Manufacturer and model, by which findings are grouped."""
    confidence: float | None = None
    """From 0 to 1, where the checker can say."""
    box: Box | None = None

    def __repr__(self) -> str:
        return f"Finding(checker={self.checker!r}, kind={self.kind!r}, where={self.where!r}, outcome={self.outcome!r})"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was said of a finding."""

    decision: Decision
    reason: str
    by: str
    """The reviewer's login, or `rule N` where a rule decided."""
    at: dt.datetime
