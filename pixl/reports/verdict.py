"""What becomes of a report by what was found in it. Pure."""

from __future__ import annotations

from pixl.domain.finding import Finding
from pixl.domain.report import ReportState
from pixl.domain.review import ReleaseKeys, Tally
from pixl.ledger import ReportEnding

LOOK = Finding(
    checker="review", kind="look", reason="a person has to look at this report before it leaves", where="report"
)
NEEDED = {"review": 1, "two-person": 2}
"""How many different people have to pass every report, by the project's gate."""


def verdict(tally: Tally, release: ReleaseKeys) -> ReportEnding:
    """Decide what becomes of a report. What waits for a decision holds it whatever the project's gate is."""
    if tally.failed or tally.rejects:
        return ReportEnding(state=ReportState.REJECTED, reason="what was found in it must not leave")
    waiting = "a person has to look at what the second method found" if tally.waiting else None
    if release.gate in NEEDED:
        reason = waiting or LOOK.reason
        return ReportEnding(state=ReportState.HELD, reason=reason, look=LOOK, needs=NEEDED[release.gate])
    if waiting or tally.redact:
        return ReportEnding(state=ReportState.HELD, reason=waiting or "something is to be masked in it")
    return ReportEnding(state=ReportState.RELEASED)
