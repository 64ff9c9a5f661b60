"""The report in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pixl.account.account import MEANING, Account, Part


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
    days = (
        (d.day, d.reports, f"{d.share_flagged:.1%}", f"{d.agreement:.1%}", f"{d.certainty:.3f}")
        for d in account.report_days
    )
    header = ("day", "reports", "flagged", "agreement of the methods", "certainty")
    yield from _table("Radiology reports of the project by day", header, days)
    yield from _table("What it was made with", ("what", "version or hash"), account.made_with)
    yield from _table("Files of this report", ("file", "what it holds"), files.items())


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
