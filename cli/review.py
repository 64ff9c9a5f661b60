"""`pixl review`: what the checks held, decided by a person: on the terminal, or in a sheet that is read back."""

from __future__ import annotations

import getpass
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.identity import ByOption, PasswordOption, prove
from cli.opening import open_ledger
from pixl.domain.errors import ConfigurationError
from pixl.domain.finding import Decision
from pixl.domain.person import Person, Role
from pixl.ledger import Ledger
from pixl.ledger.audit import Event
from pixl.settings import Settings

if TYPE_CHECKING:
    from pixl.ledger.decisions import Decided, Said
    from pixl.ledger.findings import StoredFinding
    from pixl.ledger.reviews import DecisionTaken, Group, ReportUnderReview, Reviews, StudyUnderReview

app = typer.Typer(name="review", help="Decide on what the checks held, and see what was decided.", no_args_is_help=True)

PAGE = 2000
SHOWN = 20
"""Studies, and reports, that a list shows."""
SAMPLED = {"study": "studies", "report": "reports"}
TARGETS = "What: g3 (a group), g3:0a1b.. (of it, these words), s7 (a study), f12 (a finding), r5 (a report)."

ProjectOption = Annotated[str | None, typer.Option("--project", "-p", help="Only this project.")]
TargetsArgument = Annotated[list[str], typer.Argument(metavar="WHAT...", help=TARGETS)]
ReasonOption = Annotated[str, typer.Option("--reason", "-r", help="Why. It is kept: write no identifier into it.")]
CountOption = Annotated[
    int | None, typer.Option("--count", min=1, help="How many findings it shall settle: another number is refused.")
]
ValuesOption = Annotated[bool, typer.Option("--values", help="Show what was found, as it is: identifiers, perhaps.")]


@app.command("list")
def list_(
    project: ProjectOption = None,
    by_words: Annotated[bool, typer.Option("--by-words", help="A line for each of the words too.")] = False,
    values: ValuesOption = False,
    limit: Annotated[int, typer.Option(min=1, help="How many lines.")] = 40,
) -> None:
    """List what waits: findings of the same device and element together, the most first."""
    from pixl.ledger.reviews import Filters  # noqa: PLC0415

    chosen = (project,) if project else ()
    with _ledger() as ledger:
        reviews = ledger.reviews
        if values:
            _note_look(ledger, "the queue", project)
        groups = reviews.groups(Filters(projects=chosen), by_words=by_words, limit=limit)
        studies = reviews.studies(chosen, limit=SHOWN)
        reports = reviews.reports(chosen, limit=SHOWN)
    console = Console()
    if not (groups or studies or reports):
        console.print("Nothing waits for a person.")
        return
    if groups:
        console.print(_groups(groups, values=values))
    if studies:
        console.print(_studies(studies))
    if reports:
        console.print(_reports(reports))
    console.print(
        "Decide with `pixl review pass|fail|redact WHAT --reason WHY`, or `pixl review export FILE`.", style="dim"
    )


@app.command()
def show(
    what: Annotated[str, typer.Argument(help="A study by its number, 7 or s7, or a report, r7.")],
    values: ValuesOption = False,
) -> None:
    """Show a study or report: where it is, what was found in it, what was said of that."""
    from pixl.ledger.checking import subject_of  # noqa: PLC0415

    kind, number = what[:1].lower() if what[:1].isalpha() else "s", what.lstrip("srSR")
    if kind not in ("s", "r") or not number.isdecimal():
        raise ConfigurationError(f"{what!r} is no study (7 or s7) and no report (r7)")
    if kind == "r":
        _show_report(int(number), values=values)
        return
    study = int(number)
    with _ledger() as ledger:
        try:
            found, series = ledger.reviews.study(study)
        except LookupError as error:
            raise ConfigurationError(str(error)) from None
        findings = ledger.findings.of(subject_of(study, found.project, found.revision))
        said = ledger.reviews.decisions_of_study(study)
        if values:
            _note_look(ledger, f"study {study}", found.project)
    console = Console()
    console.print(f"[bold]study {found.id}[/] of {found.project}: {found.state.value}", highlight=False)
    if found.reason:
        console.print(Text(f"  {found.reason}"))
    for one in series:
        console.print(f"  series {one.series}: {one.instances} instances, check {one.state}", highlight=False)
    if findings:
        console.print(_findings(findings, values=values))
    _show_decisions(console, said)


def _show_report(number: int, *, values: bool) -> None:
    with _ledger() as ledger:
        try:
            found = ledger.reports.report(number)
        except LookupError as error:
            raise ConfigurationError(f"there is no report {number}") from error
        findings = ledger.findings.of(found.subject)
        events = ledger.reports.events(number)
        said = ledger.reviews.decisions_of_report(number)
        if values:
            _note_look(ledger, f"report {number}", found.project)
    console = Console()
    certainty = "" if found.certainty is None else f", certainty {found.certainty:.2f} by {found.method}"
    console.print(f"[bold]report {found.id}[/] of {found.project}: {found.state.value}{certainty}", highlight=False)
    if found.found > 1 or found.superseded:
        console.print(
            Text(f"  {found.found} reports under its accession number; older versions left out: {found.superseded}")
        )
    if findings:
        console.print(_findings(findings, values=values))
    if values and found.read:
        console.print(Text(found.read))
    for at, _, after, reason in events:
        console.print(Text(f"{at:%Y-%m-%d %H:%M} {after}: {reason}" if reason else f"{at:%Y-%m-%d %H:%M} {after}"))
    _show_decisions(console, said)


def _show_decisions(console: Console, said: Iterable[DecisionTaken]) -> None:
    for taken in said:
        undone = f" (undone by {taken.undone_by})" if taken.undone_by else ""
        when = f"{taken.at:%Y-%m-%d %H:%M}"
        console.print(Text(f"decision {taken.id}: {taken.decision} by {taken.by} at {when}: {taken.reason}{undone}"))


@app.command("pass")
def pass_(
    *,
    what: TargetsArgument,
    reason: ReasonOption,
    by: ByOption = None,
    password_file: PasswordOption = None,
    count: CountOption = None,
    rule: Annotated[
        bool, typer.Option("--rule", help="Ignore the same words in the same element from now on, in this project.")
    ] = False,
) -> None:
    """Let findings pass: their study goes on when nothing more of it waits."""
    _decide(Decision.PASS, what, reason=reason, by=(by, password_file), count=count, rule=rule)


@app.command()
def fail(
    what: TargetsArgument,
    reason: ReasonOption,
    by: ByOption = None,
    password_file: PasswordOption = None,
    count: CountOption = None,
) -> None:
    """Reject the studies of findings, and put them on the block list."""
    _decide(Decision.FAIL, what, reason=reason, by=(by, password_file), count=count)


@app.command()
def redact(
    *,
    what: TargetsArgument,
    reason: ReasonOption,
    by: ByOption = None,
    password_file: PasswordOption = None,
    count: CountOption = None,
    words: Annotated[
        bool, typer.Option("--words", help="Of one report, r5: ask for words that no method found, and mask them.")
    ] = False,
) -> None:
    """Have elements removed, boxes blackened, words of a report masked; then it is checked again."""
    if words:
        _mask(what, reason=reason, by=(by, password_file))
        return
    _decide(Decision.REDACT, what, reason=reason, by=(by, password_file), count=count)


@app.command()
def undo(
    decision: Annotated[int, typer.Argument(help="The decision's number.")],
    reason: ReasonOption,
    by: ByOption = None,
    password_file: PasswordOption = None,
) -> None:
    """Take a decision back, as long as what it was about has not left."""
    with _ledger() as ledger:
        person = prove(ledger, by, password_file, role=Role.REVIEWER, at="review undo")
        done = ledger.reviews.undo(decision, by=person.name, reason=reason)
    _say(Console(), done, "undone")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="A new file: .csv, or .xlsx for Excel. It holds identifiers.")],
    project: ProjectOption = None,
    groups: Annotated[bool, typer.Option("--groups", help="A row for each group, not for each finding.")] = False,
) -> None:
    """Write what waits into a sheet. The reviewer fills in `verdict` (pass, fail, redact) and `why`."""
    from pixl.review.files import write_sheet  # noqa: PLC0415
    from pixl.review.sheet import finding_row, group_row  # noqa: PLC0415

    with _ledger() as ledger:
        reviews = ledger.reviews
        rows = (
            map(group_row, _all_groups(reviews, project)) if groups else map(finding_row, _all_open(reviews, project))
        )
        written = write_sheet(file, rows)
        _note_look(ledger, "a review sheet", project)
    Console(soft_wrap=True, highlight=False).print(
        f"{written:,} rows in {file}; mark them, then `pixl review import {file}`. Keep the file inside the hospital."
    )


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The marked sheet.")],
    by: ByOption = None,
    password_file: PasswordOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the sheet, and do nothing.")] = False,
) -> None:
    """Read a marked sheet back: all of it, or, if a row is stale or contradicts another one, nothing."""
    from pixl.review.files import read_sheet  # noqa: PLC0415
    from pixl.review.sheet import decisions_of, read_marked  # noqa: PLC0415

    marked = read_marked(read_sheet(file))
    ids = [int(row.id[1:]) for row in marked if row.id.startswith("f")]
    console = Console(soft_wrap=True, highlight=False)
    with _ledger() as ledger:
        waiting = {one.id: one for part in _in_parts(ids, PAGE) for one in ledger.reviews.some(part)}
        decisions = decisions_of(marked, waiting, by=by or "whoever imports it")
        if dry_run or not decisions:
            console.print(f"{len(marked)} of the rows are marked: {len(decisions)} decisions; nothing was done")
            return
        person = prove(ledger, by, password_file, role=Role.REVIEWER, at="review import")
        signed = [(chosen, _signed(said, person), count) for chosen, said, count in decisions]
        for done in ledger.reviews.decide_all(signed):
            _say(console, done, "decided")


@app.command()
def rules(
    *,
    project: ProjectOption = None,
    revoke: Annotated[int | None, typer.Option(help="Let the rule with this number hold no longer.")] = None,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why it is revoked.")] = "",
    by: ByOption = None,
    password_file: PasswordOption = None,
    values: ValuesOption = False,
) -> None:
    """List the rules by which projects ignore findings, or revoke one."""
    with _ledger() as ledger:
        if revoke is not None:
            person = prove(ledger, by, password_file, role=Role.REVIEWER, at="review rules --revoke")
            ledger.reviews.revoke_rule(revoke, by=person.name, reason=reason)
        found = ledger.reviews.rules(project)
        if values and found:
            _note_look(ledger, "the rules", project)
    table = _table("rule", "project", "ignores", "why", "who", "since")
    for one in found:
        words = " ".join(one.words or ()) if values else "certain words" if one.words else "any words"
        where = ", ".join(part for part in (one.checker, one.kind, one.place, one.device) if part)
        ended = f" until {one.revoked_at:%Y-%m-%d}" if one.revoked_at else ""
        since = f"{one.at:%Y-%m-%d}{ended}"
        table.add_row(
            str(one.id), one.project, Text(f"{words} in {where or 'anything'}"), Text(one.reason), one.by, since
        )
    Console().print(table if found else "No project ignores anything.")


@app.command()
def sample(project: ProjectOption = None) -> None:
    """Show how much slipped through, by the random samples of what passed."""
    from pixl.review import miss_rate  # noqa: PLC0415

    with _reviews() as reviews:
        counts = reviews.samples((project,) if project else ())
    table = _table("project", "of its", "drawn", "looked at", "missed", "rate", "95 % interval")
    for one in counts:
        rate = miss_rate(one.missed, one.looked_at)
        numbers = (str(number) for number in (one.drawn, one.looked_at, one.missed))
        table.add_row(
            one.project, SAMPLED[one.kind], *numbers, f"{rate.rate:.1%}", f"{rate.low:.1%} to {rate.high:.1%}"
        )
    Console().print(table if counts else "No sample was drawn: `release.sample_rate` of a project asks for one.")


@contextmanager
def _ledger() -> Iterator[Ledger]:
    settings = Settings.from_process()
    with open_ledger(settings) as ledger:
        yield ledger


@contextmanager
def _reviews() -> Iterator[Reviews]:
    with _ledger() as ledger:
        yield ledger.reviews


def _note_look(ledger: Ledger, subject: str, project: str | None) -> None:
    """Put into the audit trail that the machine's user was shown what is identifiable."""
    ledger.audit.append(Event(who=f"cli:{getpass.getuser()}", what="look-up", project=project, subject=subject))


def _signed(said: Said, person: Person) -> Said:
    return replace(said, by=person.name, may_release=person.role.includes(Role.RELEASER))


def _decide(
    decision: Decision,
    what: Sequence[str],
    *,
    reason: str,
    by: tuple[str | None, Path | None],
    count: int | None,
    rule: bool = False,
) -> None:
    from pixl.ledger.decisions import Said  # noqa: PLC0415
    from pixl.review.sheet import selection_of  # noqa: PLC0415

    if count is not None and len(what) > 1:
        raise ConfigurationError("--count is for one WHAT only")
    chosen = [selection_of(one) for one in what]
    console = Console(soft_wrap=True, highlight=False)
    with _ledger() as ledger:
        person = prove(ledger, *by, role=Role.REVIEWER, at=f"review {decision}")
        said = _signed(Said(decision=decision, reason=reason, by=person.name), person)
        if rule:
            _add_rules(console, ledger.reviews, what, said)
            return
        for done in ledger.reviews.decide_all([(one, said, count) for one in chosen]):
            _say(console, done, "decided")


def _mask(what: Sequence[str], *, reason: str, by: tuple[str | None, Path | None]) -> None:
    """Mask words of a report, which are asked for: what is on the command line, every process can read."""
    from pixl.review.sheet import selection_of  # noqa: PLC0415

    reports = [number for one in what for number in selection_of(one).reports]
    if len(what) != 1 or len(reports) != 1:
        raise ConfigurationError("--words is for one report (r5)")
    with _ledger() as ledger:
        person = prove(ledger, *by, role=Role.REVIEWER, at="review redact --words")
        words: str = typer.prompt("Words to mask, as they stand in the report")
        done = ledger.reviews.mask(reports[0], words, by=person.name, reason=reason)
    _say(Console(soft_wrap=True, highlight=False), done, "decided")


def _add_rules(console: Console, reviews: Reviews, what: Sequence[str], said: Said) -> None:
    """Make a rule of each finding: its words in its element are ignored from now on, and now."""
    from pixl.ledger.decisions import RuleKeys  # noqa: PLC0415
    from pixl.review.sheet import selection_of  # noqa: PLC0415

    ids = [number for one in what for number in selection_of(one).findings]
    if len(ids) != len(what):
        raise ConfigurationError("--rule is for findings (f12): a rule needs their words and their element")
    for one in reviews.some(ids):
        finding = one.finding
        words = tuple(part.word for part in finding.parts) or (finding.value,)
        keys = RuleKeys(checker=finding.checker, kind=finding.kind, place=one.place, words=words)
        number, done = reviews.add_rule(one.subject.project, keys, by=said.by, reason=said.reason)
        _say(console, done, f"rule {number} is made,")


def _say(console: Console, done: Decided, verb: str) -> None:
    moved = "; ".join(f"{count} now {state.value}" for state, count in done.moved.items())
    number = f"decision {done.id}: " if done.id else ""
    console.print(
        f"{number}{verb} {_many(done.findings, 'finding', 'findings')} of "
        f"{_many(done.subjects, 'study or report', 'studies or reports')}"
        f"{f'; studies: {moved}' if moved else ''}"
    )


def _many(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def _all_open(reviews: Reviews, project: str | None) -> Iterator[StoredFinding]:
    last = 0
    while page := reviews.open((project,) if project else (), after=last, limit=PAGE):
        yield from page
        last = page[-1].id


def _all_groups(reviews: Reviews, project: str | None) -> Iterator[Group]:
    from pixl.ledger.reviews import Filters  # noqa: PLC0415

    filters, after = Filters(projects=(project,) if project else ()), None
    while page := reviews.groups(filters, by_words=True, after=after, limit=PAGE):
        yield from page
        after = page[-1].cursor


def _groups(groups: Iterable[Group], *, values: bool) -> Table:
    """Return a line of numbers for each group; what it is stands in one column, so that 80 columns hold all."""
    table = _table("what", "findings", "in", "project", "what was found")
    for one in groups:
        words = f":{one.fingerprint.hex()}" if one.fingerprint else ""
        example = one.example.finding
        told = example.value if values and example.value else example.reason
        device = f" of {one.device}" if one.device else ""
        about = f"{one.checker}: {one.kind} in {one.place}{device}\n{told[:200].strip()}"
        table.add_row(f"g{one.group_id}{words}", f"{one.findings:,}", f"{one.subjects:,}", one.project, Text(about))
    return table


def _studies(studies: Iterable[StudyUnderReview]) -> Table:
    table = _table("what", "project", "waits since", "findings", "why it is held")
    for one in studies:
        since = f"{one.since:%Y-%m-%d %H:%M}"
        why = one.reason or ""
        if not one.open:
            why += " (before it was de-identified: `pixl cohort retry`)"
        table.add_row(f"s{one.id}", one.project, since, str(one.open), Text(why))
    return table


def _reports(reports: Iterable[ReportUnderReview]) -> Table:
    table = _table("what", "project", "waits since", "findings", "certainty", "why it is held")
    for one in reports:
        certainty = "" if one.certainty is None else f"{one.certainty:.2f}"
        since = f"{one.since:%Y-%m-%d %H:%M}"
        table.add_row(f"r{one.id}", one.project, since, str(one.open), certainty, Text(one.reason or ""))
    return table


def _findings(findings: Iterable[StoredFinding], *, values: bool) -> Table:
    table = _table("what", "checker", "kind", "element", "outcome", "said", *(["value"] if values else ["reason"]))
    for one in findings:
        finding = one.finding
        said = (
            one.decision.value
            if one.decision
            else f"rule {one.rule_id}"
            if one.rule_id
            else "waits"
            if one.open
            else ""
        )
        told = Text(finding.value if values else finding.reason)
        table.add_row(f"f{one.id}", finding.checker, finding.kind, finding.where, finding.outcome.value, said, told)
    return table


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for number, name in enumerate(columns):
        table.add_column(name, no_wrap=number == 0 or name in ("findings", "in"), overflow="fold")
    return table


def _in_parts(items: Sequence[int], size: int) -> list[list[int]]:
    return [list(items[start : start + size]) for start in range(0, len(items), size)]
