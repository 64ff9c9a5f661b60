"""What stands between a study and its release, decided by what was found in it and what was said of that. Pure."""

from __future__ import annotations

from pixl.domain.finding import Finding
from pixl.domain.review import ReleaseKeys, Tally
from pixl.domain.state import State
from pixl.ledger import Ending

LOOK = Finding(
    checker="review", kind="look", reason="a person has to look at this study before it leaves", where="study"
)
"""What puts a study before a person. A study of the random sample gets the same one, so that it is not known by it."""
NEEDED = {"review": 1, "two-person": 2}
"""How many different people have to pass every study, by the project's gate."""


def ending(tally: Tally, release: ReleaseKeys, *, draw: float) -> Ending:
    """Decide what becomes of a study of which all has been checked.

    Parameters
    ----------
    tally
        What was found in it.
    draw
        A random number from 0 to 1, without 1: below the project's `sample_rate`, a person looks at what passed.
    """
    if release.gate == "auto":
        return Ending(state=State.RELEASED)
    return _rejected(tally) or _held(tally, release, draw) or Ending(state=State.RELEASED)


def _rejected(tally: Tally) -> Ending | None:
    if tally.failed:
        return Ending(state=State.REJECTED, reason="it failed review")
    if tally.rejects:
        return Ending(state=State.REJECTED, reason=f"the checks reject it: {', '.join(tally.rejected_by)}")
    return None


def _held(tally: Tally, release: ReleaseKeys, draw: float) -> Ending | None:
    found = None
    if tally.waiting:
        found = f"a person has to look at what the checks found: {', '.join(tally.waiting_for)}"
    if release.gate in NEEDED:
        return Ending(state=State.HELD, reason=found or LOOK.reason, look=LOOK, needs=NEEDED[release.gate])
    if found or tally.redact:
        return Ending(state=State.HELD, reason=found or "something is to be removed from it")
    if draw < release.sample_rate:
        return Ending(state=State.HELD, reason=LOOK.reason, look=LOOK, is_sample=True)
    return None
