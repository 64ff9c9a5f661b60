"""Rules that reviewers make: what a project ignores from now on. And everything that was decided."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Query, Request, status
from fastapi.responses import RedirectResponse, Response

from console.access import Reviewer, local
from console.house import InHouse
from pixl.ledger.decisions import RuleKeys

router = APIRouter()
PAGE = 100
Text = Annotated[str, Form(max_length=2000)]


@router.get("/rules")
def rules(
    *, request: Request, visitor: Reviewer, house: InHouse, project: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """Show the rules, with their words, those that hold first."""
    found = house.ledger.reviews.rules(project or None)
    if found:
        house.ledger.people.looked_up(visitor.person, "the rules", project=project or None)
    found.sort(key=lambda rule: (rule.revoked_at is not None, -rule.id))
    return house.pages.show(request, "rules.html", {"rules": found, "project": project})


@router.post("/rules")
def add_rule(
    *,
    visitor: Reviewer,
    house: InHouse,
    finding: Annotated[int, Form()],
    scope: Annotated[str, Form(pattern="^(element|anywhere|device)$")] = "element",
    reason: Text = "",
    then: Text = "/queue",
) -> Response:
    """Ignore the words of a finding from now on: in its element, also only of its device, or wherever they are."""
    some = house.ledger.reviews.some([finding])
    if not some:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "there is no such finding")
    this = some[0]
    words = tuple(part.word for part in this.finding.parts) or (this.finding.value,)
    if not any(words):
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, "this finding has no words that could be ignored")
    keys = RuleKeys(
        checker=this.finding.checker,
        kind=this.finding.kind,
        place=None if scope == "anywhere" else this.place,
        device=this.finding.device if scope == "device" else None,
        words=words,
    )
    house.ledger.reviews.add_rule(this.subject.project, keys, by=visitor.person.name, reason=reason)
    return RedirectResponse(local(then, "/rules"), status.HTTP_303_SEE_OTHER)


@router.post("/rules/{number}/revoke")
def revoke_rule(*, visitor: Reviewer, house: InHouse, number: int, reason: Text = "") -> Response:
    """Let a rule hold no longer."""
    house.ledger.reviews.revoke_rule(number, by=visitor.person.name, reason=reason.strip() or "revoked")
    return RedirectResponse("/rules", status.HTTP_303_SEE_OTHER)


@router.get("/decisions")
def decisions(*, request: Request, visitor: Reviewer, house: InHouse, before: int | None = None) -> Response:
    """Show what was decided, the newest first."""
    found = house.ledger.reviews.decisions(before=before, limit=PAGE + 1)
    more = found[PAGE - 1].id if len(found) > PAGE else 0
    context = {"decisions": found[:PAGE], "more": more, "is_first": before is None}
    return house.pages.show(request, "decisions.html", context)


@router.get("/release")
def release(
    *, request: Request, visitor: Reviewer, house: InHouse, project: Annotated[str, Query(max_length=100)] = ""
) -> Response:
    """Show what leaves only after two people have passed it."""
    found = house.ledger.overview.releases((project,) if project else ())
    return house.pages.show(request, "release.html", {"releases": found, "project": project})
