"""What people are told, and when. A notice holds names of projects and counts, never anything of a patient."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pixl.domain.state import FINAL, State

A_DAY = dt.timedelta(hours=24)


class Occasion(enum.StrEnum):
    """Why somebody is told."""

    READY_FOR_REVIEW = "ready-for-review"
    RELEASED = "released"
    EXPORTED = "exported"
    ERRORED = "errored"
    DIGEST = "digest"


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One message: what it is about."""

    occasion: Occasion
    project: str
    generated_at: dt.datetime | None
    """Of the extract; None is what was sent by hand."""
    counts: Mapping[State, int]

    @property
    def requested(self) -> int:
        """How many studies were asked for."""
        return sum(self.counts.values())


@dataclass(frozen=True, kw_only=True)
class Told:
    """What was said last for an occasion of an extract, and when."""

    counts: Mapping[State, int]
    at: dt.datetime


def due(
    notice: Notice, told: Mapping[Occasion, Told], wanted: Sequence[Occasion], now: dt.datetime
) -> Iterator[Notice]:
    """Yield what has to be said of an extract now: nothing that was said before of the same figures.

    Parameters
    ----------
    notice
        The extract and its state sum; its occasion is not looked at.
    told
        What was said of it before.
    wanted
        The occasions of which there is somebody to tell.
    """
    for occasion in wanted:
        before = told.get(occasion)
        if _is_due(occasion, notice.counts, before, now):
            yield Notice(
                occasion=occasion, project=notice.project, generated_at=notice.generated_at, counts=notice.counts
            )


def _is_due(occasion: Occasion, counts: Mapping[State, int], before: Told | None, now: dt.datetime) -> bool:
    moving = sum(count for state, count in counts.items() if state not in FINAL)
    held, exported, failed = (counts.get(state, 0) for state in (State.HELD, State.EXPORTED, State.FAILED))
    leaving = sum(counts.get(state, 0) for state in (State.RELEASED, State.EXPORTING))
    changed = before is None or dict(before.counts) != dict(counts)
    match occasion:
        case Occasion.READY_FOR_REVIEW:
            return moving == 0 and held > 0 and _grew(State.HELD, counts, before)
        case Occasion.RELEASED:
            out = {State.RELEASED: leaving + exported}
            return moving == leaving and not held and leaving + exported > 0 and _grew_to(out, before)
        case Occasion.EXPORTED:
            return moving == 0 and not held and exported > 0 and _grew(State.EXPORTED, counts, before)
        case Occasion.ERRORED:
            return failed > 0 and moving == 0 and _grew(State.FAILED, counts, before)
        case Occasion.DIGEST:
            return (
                changed
                and sum(counts.values()) > 0
                and (before is None or not dt.timedelta(0) <= now - before.at < A_DAY)
            )


def _grew(state: State, counts: Mapping[State, int], before: Told | None) -> bool:
    """Whether there are more of `state`, or of all, than were told of."""
    if before is None:
        return True
    return counts.get(state, 0) > before.counts.get(state, 0) or sum(counts.values()) > sum(before.counts.values())


def _grew_to(out: Mapping[State, int], before: Told | None) -> bool:
    if before is None:
        return True
    known = sum(before.counts.get(state, 0) for state in (State.RELEASED, State.EXPORTING, State.EXPORTED))
    return out[State.RELEASED] > known
