"""The report as one HTML page that needs nothing else: no script, no network."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

import jinja2

from pixl.account.account import MEANING, Account, Part
from pixl.domain.report import kinds_of
from pixl.domain.state import FINAL, State

COLOURS = {
    Part.PASSED: "var(--good)",
    Part.FAILED_CHECK: "var(--held)",
    Part.REJECTED: "var(--calm)",
    Part.NOT_FOUND: "var(--grey)",
    Part.MISSING: "var(--warn)",
    Part.ERROR: "var(--bad)",
    Part.ON_THE_WAY: "var(--blue)",
}
OF_STATE = {
    State.EXPORTED: "var(--good)",
    State.HELD: "var(--held)",
    State.REJECTED: "var(--calm)",
    State.MISSING: "var(--grey)",
    State.FAILED: "var(--bad)",
}
WIDTH, HEIGHT = 720, 160
"""Of the time line, in pixels."""
MOST_BARS = 20


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A row of a bar chart."""

    label: str
    count: int
    share: float
    """Of the longest, from 0 to 1."""
    colour: str = "var(--blue)"
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A piece of a day's column in the time line, in pixels."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    title: str


def page(account: Account) -> str:
    """Return the page."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string(files("pixl.account").joinpath("page.html").read_text(encoding="utf-8"))
    return template.render(
        account=account,
        parts=[(part, account.parts.get(part, 0), COLOURS[part], MEANING[part]) for part in Part],
        reasons=_bars([(reason, count, COLOURS[part], part) for part, reason, count in account.reasons]),
        left_out=_bars([(reason, count, "var(--calm)", kind) for kind, reason, count in account.left_out]),
        modalities=_bars([(name, count, "var(--blue)", "") for name, count in account.modalities.items()]),
        devices=_bars([(name, count, "var(--blue)", "") for name, count in account.devices.items()]),
        kinds=kinds_of(account.report_days),
        columns=_columns(account),
        days=[day for day, _ in account.days],
        legend=[(state, colour) for state, colour in OF_STATE.items() if account.states.get(state)],
        width=WIDTH,
        height=HEIGHT,
    )


def _bars(rows: list[tuple[str, int, str, str]]) -> list[Bar]:
    longest = max((count for _, count, _, _ in rows), default=1) or 1
    return [
        Bar(label=label, count=count, share=count / longest, colour=colour, note=note)
        for label, count, colour, note in rows[:MOST_BARS]
    ]


def _columns(account: Account) -> list[Column]:
    """Stack, for each day, the studies that came to their end on it."""
    tallest = max((_ended(counts) for _, counts in account.days), default=1) or 1
    step = WIDTH / max(len(account.days), 1)
    columns = []
    for number, (day, counts) in enumerate(account.days):
        y = float(HEIGHT)
        for state, colour in OF_STATE.items():
            height = HEIGHT * counts.get(state, 0) / tallest
            y -= height
            if height:
                title = f"{day}: {counts[state]} {state}"
                columns.append(
                    Column(
                        x=round(number * step + step * 0.1, 2),
                        y=round(y, 2),
                        width=round(min(step * 0.8, 48), 2),
                        height=round(height, 2),
                        colour=colour,
                        title=title,
                    )
                )
    return columns


def _ended(counts: object) -> int:
    return sum(count for state, count in dict(counts).items() if state in FINAL)  # type: ignore[call-overload]
