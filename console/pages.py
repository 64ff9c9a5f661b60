"""The templates. What is put into them is escaped, always."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2
from fastapi import Request, status
from fastapi.responses import HTMLResponse

from console import marks
from pixl.domain.errors import RetryLater
from pixl.domain.person import Role
from pixl.ledger.reviews import DecisionTaken

FOLDER = Path(__file__).parent / "templates"
MINUTE, HOUR, DAY = 60, 3600, 86400
NUMBER = "[0-9]{1,18}"
NAVIGATION = (
    ("/queue", "Queue", Role.REVIEWER, "1"),
    ("/studies", "Studies", Role.REVIEWER, "2"),
    ("/release", "Release", Role.REVIEWER, "3"),
    ("/decisions", "Decisions", Role.REVIEWER, "4"),
    ("/rules", "Rules", Role.REVIEWER, "5"),
    ("/progress", "Progress", Role.READER, "6"),
    ("/audit", "Audit", Role.ADMIN, "7"),
)
"""Path, title, who sees it, and the key that leads there after `g`."""


class Pages:
    """Renders templates."""

    def __init__(self, decision_of: Callable[[int], DecisionTaken | None]) -> None:
        self._decision_of = decision_of
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {"ago": ago, "when": when, "count": count, "element": marks.name_of, "many": many}
        self._templates.globals |= {"query": query, "pieces": marks.pieces}

    def show(
        self, request: Request, name: str, context: Mapping[str, Any], *, code: int = status.HTTP_200_OK
    ) -> HTMLResponse:
        """Return a page; the visitor, if there is one, is known to its template."""
        visitor = getattr(request.state, "visitor", None)
        known = {
            "visitor": visitor,
            "path": request.url.path,
            "navigation": NAVIGATION,
            "here": _here(request),
            "done": self._done(request) if visitor else None,
        }
        return HTMLResponse(self._templates.get_template(name).render({**known, **context}), code)

    def _done(self, request: Request) -> DecisionTaken | None:
        """Return the decision that led to this page: it can be undone from there."""
        number = request.query_params.get("done", "")
        try:
            return self._decision_of(int(number)) if re.fullmatch(NUMBER, number) else None
        except RetryLater:
            return None  # the page itself says so


def ago(moment: dt.datetime | None) -> str:
    """Say how long ago a moment was."""
    if moment is None:
        return "never"
    seconds = (dt.datetime.now(dt.UTC) - moment).total_seconds()
    for size, unit in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= size:
            return f"{many(int(seconds // size), unit)} ago"
    return "just now"


def when(moment: dt.datetime) -> str:
    """Return a moment in the machine's own time."""
    return f"{moment.astimezone():%d %b %Y, %H:%M}"


def count(number: float) -> str:
    """Return a number with its thousands apart."""
    return f"{number:,}"


def many(number: int, noun: str) -> str:
    """Return a number with its noun, as `1 study`, `2 studies`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and not noun.endswith("ay") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def query(**values: object) -> str:
    """Return a query of what has a value."""
    given = {name: value for name, value in values.items() if value not in (None, "", False)}
    return f"?{urlencode(given)}" if given else "?"


def _here(request: Request) -> str:
    """Return the path and query to come back to."""
    left = [(name, value) for name, value in request.query_params.multi_items() if name != "done"]
    return f"{request.url.path}?{urlencode(left)}" if left else request.url.path
