"""What is reviewed, and the rules that a review leaves behind. What they decide is in `pixl.review`."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pixl.domain.state import State

WHOLE_REPORT = "whole report"
"""Where it is found that a person has to look at a report."""
ALWAYS_ASKED = ("study", WHOLE_REPORT, "series", "checker", "file")
"""Places that no rule and no earlier verdict passes: that a person looks, that something is missing, that a checker did
not finish, that a file cannot be read. Each time is another time."""
ITEM = re.compile(r"\[[0-9]+\]")

GateKind = Literal["auto", "checks", "review", "two-person"]


class SubjectKind(enum.StrEnum):
    """What a finding was made in."""

    STUDY = "study"
    SERIES = "series"
    REPORT = "report"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A revision of a study, of one of its series, or of a report."""

    kind: SubjectKind
    project: str
    revision: int = 1
    study_id: int | None = None
    report_id: int | None = None
    """Exactly one of the two is given."""
    series: str | None = None
    """The pseudonymous Series Instance UID, of a series."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How many findings a subject has, by what they do to it."""

    notes: int = 0
    waiting: int = 0
    """That hold it and that nobody has decided on."""
    settled: int = 0
    """That held it, and that a person passed."""
    ruled: int = 0
    """That would hold it, but that a rule passes."""
    rejects: int = 0
    failed: int = 0
    """That a person failed."""
    redact: int = 0
    """That a person wants removed."""
    waiting_for: tuple[str, ...] = ()
    """The checkers of what waits."""
    rejected_by: tuple[str, ...] = ()
    """The checkers of what must not leave."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.notes + self.waiting + self.settled + self.ruled + self.rejects + self.failed + self.redact


@dataclass(frozen=True, kw_only=True)
class ReleaseKeys:
    """What stands between a study and its release."""

    gate: GateKind = "checks"
    sample_rate: float = 0.0
    """From 0 to 1: how many of the studies and reports that passed by themselves a reviewer sees all the same."""


@dataclass(frozen=True, kw_only=True)
class ReviewRule:
    """Findings that a project ignores; what is None is anything."""

    id: int
    checker: str | None = None
    kind: str | None = None
    place: str | None = None
    device: str | None = None
    fingerprint: bytes | None = None
    """Keyed, of the words."""

    def covers(self, *, checker: str, kind: str, place: str, device: str, fingerprint: bytes) -> bool:
        """Whether a finding with these marks is ignored."""
        pairs = (
            (self.checker, checker),
            (self.kind, kind),
            (self.place, place),
            (self.device, device),
            (self.fingerprint, fingerprint),
        )
        return all(wanted is None or wanted == given for wanted, given in pairs)


class RuleBook:
    """The rules of a project, found by what they are about: ten thousand cost as little as ten."""

    def __init__(self, rules: Iterable[ReviewRule] = (), *, version: int = 0) -> None:
        self.version = version
        self._by_words: dict[bytes, list[ReviewRule]] = {}
        self._by_place: dict[str, list[ReviewRule]] = {}
        for rule in rules:
            if rule.fingerprint is not None:
                self._by_words.setdefault(rule.fingerprint, []).append(rule)
            elif rule.place is not None:
                self._by_place.setdefault(rule.place, []).append(rule)

    def rule_for(self, *, checker: str, kind: str, place: str, device: str, fingerprint: bytes) -> int | None:
        """Return the number of the first rule that ignores a finding with these marks."""
        if place in ALWAYS_ASKED:
            return None
        found = [*self._by_words.get(fingerprint, ()), *self._by_place.get(place, ())]
        marks = {"checker": checker, "kind": kind, "place": place, "device": device, "fingerprint": fingerprint}
        return min((rule.id for rule in found if rule.covers(**marks)), default=None)


def after_review(tally: Tally, *, is_checked: bool, has_output: bool) -> State | None:
    """Return where a held study goes on to after a decision; None: it goes on waiting.

    Parameters
    ----------
    is_checked
        Whether the checks of all of its series are done.
    has_output
        Whether it has been de-identified: what was held before that can only be retried, or failed.
    """
    match tally:
        case Tally(failed=failed) if failed:
            return State.REJECTED
        case Tally(waiting=waiting) if waiting or not has_output:
            return None
        case Tally(redact=redact) if redact:
            return State.CACHED
        case _:
            return State.RELEASED if is_checked else State.CHECKING


def place_of(path: str) -> str:
    """Return an element's path without the numbers of items, such as `(0040,A730).(0040,A160)`."""
    return ITEM.sub("", path)
