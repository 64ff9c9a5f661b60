"""The report in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pixl.account.account import MEANING, Account, Part
from pixl.domain.report import kinds_of


def readme(account: Account, files: Mapping[str, str]) -> str:
    """Return the README of an extract's report, in Markdown."""
    return "\n".join(_lines(account, files)) + "\n"


def _lines(account: Account, files: Mapping[str, str]) -> Iterator[str]:
    extract = account.extract
    yield f"# {extract.project}, extract {extract.slug}"
    yield ""
    yield "Final." if account.is_final else "**Not final:** something is still on its way, or waits for a reviewer."
    yield ""
    yield f"    {account.equation}"
    yield ""
    yield from (f"    {account.report_equation}", "") if account.reports else ()
    yield f"The extract was loaded at {account.loaded_at:%Y-%m-%d %H:%M} UTC with {account.rows} rows."
    yield from (f"{count} rows asked for nothing: {reason}." for reason, count in account.skipped.items())
    yield ""
    yield from _table("What became of the studies", ("part", "studies", "meaning"), _parts(account))
    reasons = ((part, count, reason) for part, reason, count in account.reasons)
    yield from _table("Why studies did not pass", ("part", "studies", "reason"), reasons)
    left_out = ((kind, count, reason) for kind, reason, count in account.left_out)
    yield from _table("Files that were left out of studies", ("kind", "files", "reason"), left_out)
    yield from _table("Files by modality", ("modality", "files"), account.modalities.items())
    yield from _table("Files by manufacturer", ("manufacturer", "files"), account.devices.items())
    findings = ((f.checker, f.kind, f.outcome, f.verdict or "-", f.count, f.studies) for f in account.findings)
    yield from _table(
        "What the checks found", ("checker", "kind", "outcome", "verdict", "findings", "studies"), findings
    )
    reviews = ((r.decision, r.by, r.decisions, r.findings) for r in account.reviews)
    yield from _table("What reviewers said", ("decision", "by", "decisions", "findings"), reviews)
    yield from _report_days(account)
    yield from _table("What it was made with", ("what", "version or hash"), account.made_with)
    yield from _table("Files of this report", ("file", "what it holds"), files.items())


def _report_days(account: Account) -> Iterator[str]:
    """Yield the drift alarm and what the reports of each day were like."""
    if not account.report_days:
        return
    kinds = kinds_of(account.report_days)
    header = ("day", "reports", "flagged", "agreement of the methods", "certainty", "words", *map(per_1000, kinds))
    days = (
        (
            *(day.day, day.reports, f"{day.share_flagged:.1%}", f"{day.agreement:.1%}", f"{day.certainty:.3f}"),
            *(f"{day.length:.0f}", *(f"{day.rate(kind):.2f}" for kind in kinds)),
        )
        for day in account.report_days
    )
    yield from _table("Radiology reports of the project by day", header, days)
    yield f"{account.drift_state}."
    yield from (f"- {day.day}: {one}" for day, one in account.drift)
    yield ""


def per_1000(kind: str) -> str:
    """Return the title of a column that says how often a kind of finding was in 1,000 words."""
    return f"{kind} in 1,000 words"


def _parts(account: Account) -> Iterator[tuple[object, ...]]:
    return ((part, account.parts.get(part, 0), MEANING[part]) for part in Part)


def _table(title: str, header: tuple[str, ...], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield a Markdown table, or nothing where there are no rows."""
    cells = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    if not cells:
        return
    yield from (f"## {title}", "", "| " + " | ".join(header) + " |", "|" + "---|" * len(header))
    yield from ("| " + " | ".join(row) + " |" for row in cells)
    yield ""
