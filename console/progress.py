"""How projects are getting on, for everybody: the state sum, rates, what waits and why, and charts. No identifiers."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from console.access import Reader
from console.charts import bar, columns
from console.house import House, InHouse
from pixl.domain.report import ReportState
from pixl.domain.state import FINAL, IN_FLIGHT, State
from pixl.ledger import ExtractStatus, ReportStatus
from pixl.review import miss_rate

router = APIRouter()
DAYS = 30
MOST_REASONS = 100
ORDER = (State.EXPORTED, State.HELD, State.REJECTED, State.MISSING, State.FAILED)
FLYING = "in flight"
VERDICTS = ("pass", "redact", "fail", "undo")


@router.get("/progress")
def progress(
    *,
    request: Request,
    visitor: Reader,
    house: InHouse,
    project: Annotated[str, Query(max_length=100)] = "",
    days: Annotated[int, Query(ge=2, le=366)] = DAYS,
) -> Response:
    """Show all projects, or one."""
    only = project or None
    status = house.ledger.status(only)
    waiting = {one.project: one for one in house.ledger.overview.waiting()}
    context = {
        "project": project,
        "days": days,
        "projects": _projects(house, status, waiting),
        "names": sorted({one.project for one in house.ledger.status()}),
        "charts": _charts(house, only, days),
        "checkers": _checkers(house, only),
        "gate": house.ledger.gate(),
    }
    return house.pages.show(request, "progress.html", context)


def state_sum(counts: Mapping[State, int]) -> dict[str, int]:
    """Return the parts of the sum: requested = these, in the order in which a bar shows them."""
    flying = sum(counts.get(state, 0) for state in IN_FLIGHT)
    parts = {state.value: counts.get(state, 0) for state in ORDER}
    if set(ORDER) != FINAL:
        raise ValueError("a state is in no part of the sum")
    return {State.EXPORTED.value: parts.pop("exported"), FLYING: flying, **parts}


def _projects(house: House, status: Sequence[ExtractStatus], waiting: Mapping[str, Any]) -> list[dict[str, Any]]:
    reports = house.ledger.reports.status()
    rates = house.ledger.overview.throughput()
    samples = house.ledger.reviews.samples()
    shown = []
    for name in sorted({one.project for one in status}):
        extracts = [one for one in status if one.project == name]
        shown.append(
            {
                "name": name,
                "extracts": [_extract(one, reports) for one in extracts],
                "rates": {row["state"]: row for row in rates if row["project"] == name},
                "waiting": waiting.get(name),
                "reasons": _reasons(house, name),
                "samples": [(one.kind, miss_rate(one.missed, one.looked_at)) for one in samples if one.project == name],
            }
        )
    return shown


def _extract(one: ExtractStatus, reports: Sequence[ReportStatus]) -> dict[str, Any]:
    parts = state_sum(one.counts)
    same = [each for each in reports if (each.project, each.generated_at) == (one.project, one.generated_at)]
    said = {state.value: count for each in same for state, count in each.counts.items()}
    order = [ReportState.EXPORTED, ReportState.RELEASED, ReportState.REQUESTED, ReportState.HELD]
    names = [state.value for state in (*order, *(state for state in ReportState if state not in order))]
    told = {name: said[name] for name in names if said.get(name)}
    return {"status": one, "parts": parts, "bar": bar(parts), "reports": told, "reports_bar": bar(told)}


def _reasons(house: House, project: str) -> list[tuple[str, str, int]]:
    """Return why studies and reports are where they are: what ended well has no reason that anybody asks for."""
    rows = [*house.ledger.reasons(project, limit=MOST_REASONS), *house.ledger.reports.reasons(project)]
    told = [(str(state), reason, count) for _, state, reason, count in rows if state != State.EXPORTED]
    return sorted(told, key=lambda row: -row[2])[:12]


def _charts(house: House, project: str | None, days: int) -> dict[str, Any]:
    until = dt.datetime.now(dt.UTC)
    since = until - dt.timedelta(days=days - 1)
    since = since.replace(hour=0, minute=0, second=0, microsecond=0)
    chosen = (project,) if project else ()
    states = house.ledger.reviews.states_over_time(chosen, since=since)
    verdicts = house.ledger.reviews.decisions_over_time(chosen, since=since)
    span = {"since": since.date(), "until": until.date()}
    return {
        "ends": columns(states, [state.value for state in ORDER], key="state", **span),
        "asked": columns(states, [State.REQUESTED.value], key="state", **span),
        "verdicts": columns(verdicts, VERDICTS, key="decision", **span),
    }


def _checkers(house: House, project: str | None) -> list[dict[str, Any]]:
    counts: dict[str, Counter[str]] = {}
    for row in house.ledger.reviews.by_checker((project,) if project else ()):
        counts.setdefault(row["checker"], Counter())[_what(row)] += row["count"]
    most = max((sum(of_one.values()) for of_one in counts.values()), default=1)
    names = ("waiting", "pass", "redact", "fail", "reject", "by rule", "note")
    return [
        {"name": name, "bar": bar({part: of_one[part] for part in names}, most=most), "total": sum(of_one.values())}
        for name, of_one in sorted(counts.items(), key=lambda item: -sum(item[1].values()))
    ]


def _what(row: Mapping[str, Any]) -> str:
    if row["decision"]:
        return str(row["decision"])
    if row["by_rule"]:
        return "by rule"
    return "waiting" if row["outcome"] == "hold" else str(row["outcome"])
