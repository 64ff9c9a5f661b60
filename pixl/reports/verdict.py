"""What becomes of a report by what was found in it. Pure."""

from __future__ import annotations

from pixl.domain.finding import Finding
from pixl.domain.report import ReportState
from pixl.domain.review import WHOLE_REPORT, ReleaseKeys, Tally
from pixl.ledger import ReportEnding

LOOK = Finding(
    checker="review", kind="look", reason="a person has to look at this report before it leaves", where=WHOLE_REPORT
)
"""What puts a report before a person. One of the random sample gets the same, so that it is not known by it."""
NEEDED = {"review": 1, "two-person": 2}
"""How many different people have to pass every report, by the project's gate."""


def verdict(tally: Tally, release: ReleaseKeys, *, draw: float) -> ReportEnding:
    """Decide what becomes of a report. What waits for a decision holds it whatever the project's gate is.

    Parameters
    ----------
    draw
        A random number from 0 to 1, without 1: below the project's `sample_rate`, a person looks at what passed.
    """
    if tally.failed or tally.rejects:
        return ReportEnding(state=ReportState.REJECTED, reason="what was found in it must not leave")
    waiting = "a person has to look at what the second method found" if tally.waiting else None
    if release.gate in NEEDED:
        reason = waiting or LOOK.reason
        return ReportEnding(state=ReportState.HELD, reason=reason, look=LOOK, needs=NEEDED[release.gate])
    if waiting or tally.redact:
        return ReportEnding(state=ReportState.HELD, reason=waiting or "something is to be masked in it")
    if release.gate == "checks" and draw < release.sample_rate:
        return ReportEnding(state=ReportState.HELD, reason=LOOK.reason, look=LOOK, is_sample=True)
    return ReportEnding(state=ReportState.RELEASED)
