"""The audit trail, and who may log in: for admins."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.access import Admin
from console.house import InHouse

router = APIRouter()
PAGE = 200


@router.get("/audit")
def audit(*, request: Request, visitor: Admin, house: InHouse, before: int | None = None) -> Response:
    """Show who did what, the newest first, and who may log in."""
    entries = house.ledger.people.trail(before=before, limit=PAGE + 1)
    more = entries[PAGE - 1].position if len(entries) > PAGE else 0
    context = {
        "entries": entries[:PAGE],
        "more": more,
        "is_first": before is None,
        "accounts": house.ledger.people.all() if before is None else [],
    }
    return house.pages.show(request, "audit.html", context)
