"""A notice in words."""

from __future__ import annotations

import string
from dataclasses import dataclass

from pixl.domain.notice import Notice, Occasion
from pixl.domain.state import FINAL, State
from pixl.domain.study import ExtractId


@dataclass(frozen=True, kw_only=True)
class Template:
    """Title and body, with `$placeholders`."""

    title: str
    body: str


SUM = (
    "$requested requested = $exported exported + $held held + $missing missing + $rejected rejected + $failed failed "
    "+ $in_flight on their way."
)
TEMPLATES = {
    Occasion.READY_FOR_REVIEW: Template(
        title="PIXL: $project is ready for review",
        body=f"$held studies of $project ($extract) wait for a reviewer: `pixl review list --project $project`.\n{SUM}",
    ),
    Occasion.RELEASED: Template(
        title="PIXL: $project is released",
        body=f"Nothing of $project ($extract) is held any more; what may leave is on its way.\n{SUM}",
    ),
    Occasion.EXPORTED: Template(
        title="PIXL: $project is exported", body=f"All that may leave of $project ($extract) has arrived.\n{SUM}"
    ),
    Occasion.ERRORED: Template(
        title="PIXL: studies of $project have failed",
        body=f"$failed studies of $project ($extract) have failed: `pixl cohort status --project $project`.\n{SUM}",
    ),
    Occasion.DIGEST: Template(title="PIXL: where $project is", body=f"$project ($extract): {SUM}"),
}
PLACEHOLDERS = frozenset({"project", "extract", "requested", "in_flight"} | {state.value for state in State})


def write(notice: Notice, template: Template) -> tuple[str, str]:
    """Return title and body."""
    values: dict[str, object] = {state.value: notice.counts.get(state, 0) for state in State}
    values["in_flight"] = sum(count for state, count in notice.counts.items() if state not in FINAL)
    values |= {"requested": notice.requested, "project": notice.project, "extract": _extract(notice)}
    return string.Template(template.title).substitute(values), string.Template(template.body).substitute(values)


def _extract(notice: Notice) -> str:
    if notice.generated_at is None:
        return "sent by hand"
    return ExtractId(project=notice.project, generated_at=notice.generated_at).slug
