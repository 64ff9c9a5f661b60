"""The review sheet: what a reviewer needs, a row a finding (or a group), and what the marked sheet says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pixl.domain.errors import PixlError
from pixl.domain.finding import Box, Decision
from pixl.ledger.decisions import Said, Selection
from pixl.ledger.findings import StoredFinding
from pixl.ledger.reviews import Group

VERDICT, WHY = "verdict", "why"
COLUMNS = (
    *("id", "stamp", "count", VERDICT, WHY),
    *("project", "subject", "series", "instance", "checker", "kind", "element", "reason"),
    *("value", "words", "box", "confidence", "device"),
)
"""The reviewer fills in `verdict` (pass, fail or redact) and `why`; an empty verdict decides nothing."""
SHOWN_PROBLEMS = 20
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class SheetRefused(PixlError):
    """The review sheet cannot be imported; nothing of it was."""


@dataclass(frozen=True, kw_only=True)
class Marked:
    """A row that a reviewer has marked."""

    line: int
    id: str
    stamp: str
    count: int
    decision: Decision
    why: str


def finding_row(finding: StoredFinding) -> dict[str, str]:
    """Return the row of one finding."""
    return {"id": f"f{finding.id}", "stamp": stamp_of(finding), "count": "1", **_about(finding)}


def group_row(group: Group) -> dict[str, str]:
    """Return the row of a group: its count, and the oldest finding of it as an example."""
    words = f":{group.fingerprint.hex()}" if group.fingerprint else ""
    about = {**_about(group.example), "subject": f"{group.subjects} in all, such as {_subject(group.example)}"}
    return {"id": f"g{group.group_id}{words}", "stamp": str(group.findings), "count": str(group.findings), **about}


def stamp_of(finding: StoredFinding) -> str:
    """Return what changes when a finding is no longer the one that was exported."""
    return f"{finding.subject.revision}-{finding.fingerprint.hex()[:12]}"


def readable(row: Mapping[str, str]) -> dict[str, str]:
    """Return a row that a spreadsheet takes for text, whatever a device wrote: nothing in it begins like a formula."""
    return {name: f"'{text}" if text.startswith(FORMULA) else text for name, text in row.items()}


def read_marked(rows: Iterable[Mapping[str, str | None]]) -> list[Marked]:
    """Return the rows that were marked.

    Raises
    ------
    SheetRefused
        A column is missing, a verdict is none, has no reason, or contradicts another row. All that is wrong is told.
    """
    marked: list[Marked] = []
    problems: list[str] = []
    for line, row in enumerate(rows, start=2):
        problem = _problem(row, line)
        if problem:
            problems.append(f"row {line}: {problem}")
        elif _text(row, VERDICT):
            marked.append(_marked(row, line))
    problems += _contradictions(marked)
    _refuse(problems)
    return marked


def decisions_of(
    marked: Sequence[Marked], waiting: Mapping[int, StoredFinding], *, by: str
) -> list[tuple[Selection, Said, int | None]]:
    """Return the decisions that a marked sheet asks for: rows of one project, verdict and reason are one decision.

    Parameters
    ----------
    waiting
        The findings that the sheet names and that still wait, by their numbers.

    Raises
    ------
    SheetRefused
        A row is stale: it has been decided since, or made anew. Nothing of the sheet may be done.
    """
    _refuse(
        [
            f"row {row.line}: stale: {row.id} was decided or made anew since the sheet was written"
            for row in marked
            if row.id.startswith("f") and not _is_fresh(row, waiting)
        ]
    )
    together: dict[tuple[str, Decision, str], list[int]] = {}
    decisions: list[tuple[Selection, Said, int | None]] = []
    for row in marked:
        said = Said(decision=row.decision, reason=row.why, by=by)
        if row.id.startswith("g"):
            decisions.append((selection_of(row.id), said, row.count))
        else:
            project = waiting[int(row.id[1:])].subject.project
            together.setdefault((project, row.decision, row.why), []).append(int(row.id[1:]))
    for (_, decision, why), ids in together.items():
        chosen = Selection(findings=tuple(ids))
        decisions.append((chosen, Said(decision=decision, reason=why, by=by), len(ids)))
    return decisions


def selection_of(target: str) -> Selection:
    """Return what a name means.

    `f12` is a finding, `g3` a group, `g3:0a1b` those of it with these words, `s7` a study, `r5` a report.

    Raises
    ------
    SheetRefused
        It is none of these.
    """
    kind, number = target[:1], target[1:]
    number, _, words = number.partition(":")
    try:
        fingerprint = bytes.fromhex(words) if words else None
        match kind:
            case "f":
                return Selection(findings=(int(number),))
            case "g":
                return Selection(group_id=int(number), fingerprint=fingerprint)
            case "s":
                return Selection(studies=(int(number),))
            case "r":
                return Selection(reports=(int(number),))
    except ValueError:
        pass
    raise SheetRefused(f"{target!r} is no finding (f12), group (g3), study (s7) or report (r5)")


def _about(stored: StoredFinding) -> dict[str, str]:
    finding = stored.finding
    return {
        VERDICT: "",
        WHY: "",
        "project": stored.subject.project,
        "subject": _subject(stored),
        "series": finding.series or "",
        "instance": finding.instance or "",
        "checker": finding.checker,
        "kind": finding.kind,
        "element": finding.where,
        "reason": finding.reason,
        "value": finding.value,
        "words": " | ".join(part.word for part in finding.parts),
        "box": _box(finding.box),
        "confidence": "" if finding.confidence is None else f"{finding.confidence:.2f}",
        "device": finding.device or "",
    }


def _subject(stored: StoredFinding) -> str:
    subject = stored.subject
    return f"report {subject.report_id}" if subject.report_id is not None else f"study {subject.study_id}"


def _box(box: Box | None) -> str:
    if box is None:
        return ""
    frames = f"frame {box.frame}" if box.last in (None, box.frame) else f"frames {box.frame}-{box.last}"
    return f"{frames}: {box.left},{box.top} {box.width}x{box.height}"


def _text(row: Mapping[str, str | None], column: str) -> str:
    return (row.get(column) or "").strip()


def _problem(row: Mapping[str, str | None], line: int) -> str | None:
    missing = [column for column in ("id", "stamp", "count", VERDICT, WHY) if column not in row]
    if missing:
        return f"the column {missing[0]} is missing" if line else None
    verdict, why = _text(row, VERDICT).lower(), _text(row, WHY)
    if not verdict:
        return "it has a reason and no verdict" if why else None
    if verdict not in set(Decision):
        return "its verdict is neither pass, fail nor redact"
    if not why:
        return "it has no reason (column why)"
    return _not_ours(row)


def _not_ours(row: Mapping[str, str | None]) -> str | None:
    try:
        selection_of(_text(row, "id"))
        int(_text(row, "count"))
    except (SheetRefused, ValueError):
        return "its id or count is none of this sheet's"
    return None


def _marked(row: Mapping[str, str | None], line: int) -> Marked:
    return Marked(
        line=line,
        id=_text(row, "id"),
        stamp=_text(row, "stamp"),
        count=int(_text(row, "count")),
        decision=Decision(_text(row, VERDICT).lower()),
        why=_text(row, WHY),
    )


def _contradictions(marked: Sequence[Marked]) -> list[str]:
    first: dict[str, Marked] = {}
    problems = []
    for row in marked:
        earlier = first.setdefault(row.id, row)
        if earlier is row:
            continue
        if earlier.decision is row.decision:
            problems.append(f"row {row.line}: it is row {earlier.line} once more")
        else:
            problems.append(f"row {row.line}: it says {row.decision}, row {earlier.line} says {earlier.decision}")
    return problems


def _is_fresh(row: Marked, waiting: Mapping[int, StoredFinding]) -> bool:
    finding = waiting.get(int(row.id[1:]))
    return finding is not None and finding.open and stamp_of(finding) == row.stamp


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        more = f"; and {len(problems) - SHOWN_PROBLEMS} more" if len(problems) > SHOWN_PROBLEMS else ""
        raise SheetRefused(f"nothing was imported: {'; '.join(problems[:SHOWN_PROBLEMS])}{more}")
