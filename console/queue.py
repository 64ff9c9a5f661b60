"""What waits: in groups of what it shares, so that one decision can settle many, and study by study."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from console.access import Reviewer
from console.house import House, InHouse
from console.reasons import PRESETS
from pixl.domain.state import State
from pixl.ledger.reviews import Filters

router = APIRouter()
PAGE = 50
LONGEST_PAGE = 1000
STATES = ("held", "rejected", "failed", "released", "exported")

Filter = Annotated[str, Query(max_length=300)]


@router.get("/queue")
def queue(
    *,
    request: Request,
    visitor: Reviewer,
    house: InHouse,
    project: Filter = "",
    checker: Filter = "",
    kind: Filter = "",
    subject: Filter = "",
    words: bool = False,
    after: Filter = "",
) -> Response:
    """Show what waits, the most first."""
    filters = Filters(
        projects=(project,) if project else (),
        subject_kinds=(subject,) if subject else (),
        checker=checker or None,
        kind=kind or None,
    )
    groups = house.ledger.reviews.groups(filters, by_words=words, after=_numbers(after), limit=PAGE + 1)
    if groups:
        house.ledger.people.looked_up(visitor.person, "the queue", project=project or None)
    chosen = {"project": project, "checker": checker, "kind": kind, "subject": subject, "words": words or ""}
    context = {
        "groups": groups[:PAGE],
        "more": "{}-{}".format(*groups[PAGE - 1].cursor) if len(groups) > PAGE else "",
        "chosen": chosen,
        "facets": _facets(house),
        "waiting": house.ledger.overview.waiting(),
        "is_first": not after,
    }
    return house.pages.show(request, "queue.html", context)


@router.get("/groups/{number}")
def group(
    *, request: Request, visitor: Reviewer, house: InHouse, number: int, words: Filter = "", after: int = 0
) -> Response:
    """Show what waits of a group, with the decision that settles all of it."""
    fingerprint = fingerprint_of(words)
    found = house.ledger.reviews.findings(number, fingerprint=fingerprint, after=after, limit=PAGE + 1)
    findings, subjects = house.ledger.overview.group_count(number, fingerprint)
    if found:
        project = found[0].subject.project
        house.ledger.people.looked_up(visitor.person, f"group {number}", project=project)
    context = {
        "found": found[:PAGE],
        "more": found[PAGE - 1].id if len(found) > PAGE else 0,
        "number": number,
        "words": words,
        "findings": findings,
        "subjects": subjects,
        "presets": PRESETS,
        "is_first": not after,
    }
    return house.pages.show(request, "group.html", context)


@router.get("/studies")
def studies(
    *,
    request: Request,
    visitor: Reviewer,
    house: InHouse,
    project: Filter = "",
    state: Annotated[State, Query()] = State.HELD,
    after: Filter = "",
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 100,
) -> Response:
    """Show studies in a state, those that have been in it longest first. Pseudonyms only."""
    chosen = (project,) if project else ()
    found = house.ledger.reviews.studies(chosen, states=(state,), after=_cursor(after), limit=limit + 1)
    more = found[limit - 1].cursor if len(found) > limit else None
    context = {
        "studies": found[:limit],
        "more": f"{more[0].isoformat()}_{more[1]}" if more else "",
        "chosen": {"project": project, "state": state.value, "limit": limit},
        "projects": sorted({one.project for one in house.ledger.status()}),
        "states": STATES,
        "is_first": not after,
    }
    return house.pages.show(request, "studies.html", context)


def fingerprint_of(words: str) -> bytes | None:
    """Return what a query says of the words; anything else than hexadecimal digits is none."""
    try:
        return bytes.fromhex(words) or None
    except ValueError:
        return None


def _facets(house: House) -> dict[str, list[str]]:
    rows = house.ledger.overview.facets()
    names = {"project": "project", "subject": "subject_kind", "checker": "checker", "kind": "kind"}
    return {shown: sorted({row[column] for row in rows}) for shown, column in names.items()}


def _numbers(cursor: str) -> tuple[int, int] | None:
    first, _, second = cursor.partition("-")
    return (int(first), int(second)) if first.isdecimal() and second.isdecimal() else None


def _cursor(cursor: str) -> tuple[dt.datetime, int] | None:
    since, _, number = cursor.rpartition("_")
    try:
        return dt.datetime.fromisoformat(since.replace(" ", "+")), int(number)
    except ValueError:
        return None
