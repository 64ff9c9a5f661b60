"""What a project wants blackened in its pictures without asking anybody: the study is made again without it."""

from __future__ import annotations

from pixl.checks.pixels_options import NAME, PixelsOptions, wants_redaction
from pixl.domain.finding import Decision
from pixl.domain.project import Project
from pixl.ledger import Ledger
from pixl.ledger.checking import subject_of
from pixl.ledger.decisions import ReviewRefused, Said, Selection

BY, REASON = "policy", "the project wants text in pictures blackened"
MOST_FINDINGS = 100_000
MOST_TIMES = 2
"""What is still read after so many times waits for a person."""


def redact_by_policy(ledger: Ledger, project: Project, study_id: int) -> int:
    """Decide on the text in the pictures of a held study, if its project says what; return how many findings those are.

    What is lost between the checks' end and this decision, by a crash, waits for a person.
    """
    options = next((choice.options for choice in project.checks.checkers if choice.name == NAME), None)
    if options is None:
        return 0
    wanted = PixelsOptions.model_validate(dict(options))
    study = ledger.study(study_id)
    if study.revision > MOST_TIMES:
        return 0
    found = ledger.findings.of(subject_of(study.id, study.project, study.revision), limit=MOST_FINDINGS)
    chosen = tuple(one.id for one in found if one.open and wants_redaction(wanted, one.finding))
    if not chosen:
        return 0
    try:
        ledger.reviews.decide(Selection(findings=chosen), Said(decision=Decision.REDACT, reason=REASON, by=BY))
    except ReviewRefused:
        # Somebody was quicker, or one of them has no place: a person goes on from there.
        return 0
    return len(chosen)
