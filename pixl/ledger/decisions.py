"""What people decide on findings: the verdicts, what follows from them, and the audit event, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from pixl.domain.errors import PixlError
from pixl.domain.finding import Decision
from pixl.domain.review import ALWAYS_ASKED, Tally, after_review
from pixl.domain.state import State
from pixl.ledger import audit
from pixl.ledger.audit import Event
from pixl.ledger.cipher import Cipher
from pixl.ledger.findings import Connection, Findings
from pixl.ledger.sql import read_queries

QUERIES = read_queries(Path(__file__).with_name("decisions.sql"))
LEAST_WORDS = 2
REASONS = {
    State.RELEASED: "it passed review",
    State.REJECTED: "it failed review",
    State.CACHED: "made again, without what a reviewer wants removed",
    State.CHECKING: "a person let it go on",
}
"""Why a study went on. What the reviewer wrote is with the decision, and nowhere else."""


class ReviewRefused(PixlError):
    """This decision cannot be taken."""


class ReviewStale(ReviewRefused):
    """Something has changed since this was shown; look again."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Findings that wait: exactly one of the fields is given."""

    findings: tuple[int, ...] = ()
    group_id: int | None = None
    fingerprint: bytes | None = None
    """With a group: only those with these words."""
    studies: tuple[int, ...] = ()
    """Everything that waits of these studies."""
    reports: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a person says of a selection."""

    decision: Decision
    reason: str
    """Without an identifier of the patient: it is kept as it is."""
    by: str
    """The login."""
    may_release: bool = True
    """Whether theirs may be the last word on what several people have to pass."""


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What a decision changed."""

    id: int
    findings: int
    """How many it was about."""
    subjects: int
    """In how many studies and reports."""
    moved: Mapping[State, int] = field(default_factory=dict)
    """How many studies went on, by where to."""


@dataclass(frozen=True, kw_only=True)
class RuleKeys:
    """What a rule ignores; what is None is anything. One of `place` and `words` must be given."""

    checker: str | None = None
    kind: str | None = None
    place: str | None = None
    device: str | None = None
    words: tuple[str, ...] | None = None


MoveStudies = Callable[[Connection, Sequence[Mapping[str, Any]], State, str], None]
"""Takes studies, which this transaction has locked, to a state, with the jobs that follow from it."""


class ReportsOn(Protocol):
    """Takes reports on, in the transaction of a decision."""

    def settle(self, connection: Connection, report_id: int) -> object:
        """Let a held report go on by what was said of its findings."""
        ...

    def mark(self, connection: Connection, report_id: int, words: str) -> int | None:
        """Note what a person found in a held report; return the finding, None if it is not held or not there."""
        ...

    def reopen(self, connection: Connection, report_id: int) -> bool:
        """Hold a report again whose decision was undone; False if it has gone too far for that."""
        ...


class Decisions:
    """The parts of the ledger's transactions that decide on findings."""

    def __init__(self, cipher: Cipher, findings: Findings, move: MoveStudies, reports: ReportsOn) -> None:
        self._cipher = cipher
        self._findings = findings
        self._move = move
        self._reports = reports

    def decide(self, connection: Connection, decisions: Sequence[tuple[Selection, Said, int | None]]) -> list[Decided]:
        """Say something of findings that wait; when all is said, let their studies and reports go on.

        Where they went is told with the last decision.
        """
        taken, events = [], []
        for chosen, said, expected in decisions:
            done, event = self._decide(connection, chosen, said, expected)
            taken.append(done)
            events.append(event)
            connection.execute(QUERIES["unchoose"])
        if not taken:
            return []
        some_failed = any(said.decision is Decision.FAIL for _, said, _ in decisions)
        moved = self._settle(connection, some_failed=some_failed)
        if moved.get(State.RELEASED):
            last = events[-1]
            details = {"studies": moved[State.RELEASED]}
            events.append(
                Event(who=last.who, what="released", project=last.project, subject=last.subject, details=details)
            )
        audit.append(connection, self._cipher, *events)
        return [*taken[:-1], replace(taken[-1], moved=moved)]

    def _decide(
        self, connection: Connection, chosen: Selection, said: Said, expected: int | None
    ) -> tuple[Decided, Event]:
        _check_text(said.by, said.reason)
        self._choose(connection, chosen)
        count = self._counted(connection, expected)
        project = _only(count["projects"])
        if said.decision is Decision.PASS:
            _refuse_to_pass(connection, said)
        if said.decision is Decision.REDACT and _one(connection, "without_place")["count"]:
            raise ReviewRefused(
                "one of these is in no element, no box and no words that could be removed: pass or fail it"
            )
        word = said.decision.value
        number = self._add_decision(connection, count, project=project, decision=word, reason=said.reason, by=said.by)
        connection.execute(QUERIES["decide"], {"decision": word})
        self._consequences(connection, number, said)
        details = {"said": word, "findings": count["findings"], "subjects": count["subjects"]}
        event = Event(who=said.by, what="verdict", project=project, subject=f"decision {number}", details=details)
        return Decided(id=number, findings=count["findings"], subjects=count["subjects"]), event

    def mask(self, connection: Connection, report_id: int, words: str, *, by: str, reason: str) -> Decided:
        """Have words masked that a person saw in a held report, and that no method found."""
        words = words.strip()
        if len(words) < LEAST_WORDS:
            raise ReviewRefused(f"say {LEAST_WORDS} characters or more that are to be masked")
        finding = self._reports.mark(connection, report_id, words)
        if finding is None:
            raise ReviewRefused(
                f"report {report_id} is not held, or these words are not in it as you wrote them, outside its labels"
            )
        said = Said(decision=Decision.REDACT, reason=reason, by=by)
        return self.decide(connection, [(Selection(findings=(finding,)), said, 1)])[0]

    def undo(self, connection: Connection, decision_id: int, *, by: str, reason: str) -> Decided:
        """Take a decision back, unless what it was about has left or been made anew since."""
        _check_text(by, reason)
        undone = connection.execute(QUERIES["undoable"], {"id": decision_id}).fetchone()
        if undone is None:
            raise ReviewRefused(f"there is no decision {decision_id} that could be undone")
        connection.execute(QUERIES["choose"])
        connection.execute(QUERIES["choose_decided"], {"id": decision_id, "project": undone["project"]})
        connection.execute(QUERIES["lock_chosen"])
        gone = _one(connection, "gone_on")["count"]
        if gone:
            raise ReviewRefused(
                f"{gone} of its studies have left, or are being made anew: it cannot be undone any more"
            )
        count = _one(connection, "count_chosen")
        connection.execute(QUERIES["touch"])
        connection.execute(QUERIES["add_touched"])
        values = {"id": decision_id, "by": by, "reason": "the decision that it came from was undone"}
        decision = self._add_decision(
            connection, count, project=undone["project"], decision="undo", reason=reason, by=by, undoes=decision_id
        )
        for query in ("lift_blocks", "undo_redactions", "undo_rules", "take_back", "close_decided"):
            connection.execute(QUERIES[query], values)
        moved = self._back_to_held(connection)
        for report in _reports(connection):
            self._reports.reopen(connection, report)
        self._audit(
            connection,
            count,
            what="undo",
            project=undone["project"],
            by=by,
            subject=f"decision {decision}",
            said=f"undoes {decision_id}",
        )
        return Decided(id=decision, findings=count["findings"], subjects=count["subjects"], moved=moved)

    def add_rule(
        self, connection: Connection, project: str, keys: RuleKeys, *, by: str, reason: str
    ) -> tuple[int, Decided]:
        """Have a project ignore findings from now on, also those that wait already."""
        _check_text(by, reason)
        if keys.place is None and not keys.words:
            raise ReviewRefused("a rule has to say which element or which words it ignores")
        if keys.place in ALWAYS_ASKED:
            raise ReviewRefused(f"no rule can ignore what is found in the {keys.place}: each time is another time")
        connection.execute(QUERIES["lock_rules"], {"project": project})
        values = {name: getattr(keys, name) for name in ("checker", "kind", "place", "device")}
        values |= {
            "project": project,
            "by": by,
            "reason": reason,
            "fingerprint": self._findings.fingerprint_of(keys.words) if keys.words else None,
            "payload": self._cipher.encrypt(list(keys.words)) if keys.words else None,
        }
        rule = _one(connection, "add_rule", **values)
        connection.execute(QUERIES["choose"])
        connection.execute(QUERIES["choose_rule"], {"rule_id": rule["id"], "always_asked": list(ALWAYS_ASKED)})
        count = self._counted(connection, None, may_be_none=True)
        connection.execute(QUERIES["pass_by_rule"], {"rule_id": rule["id"]})
        moved = self._settle(connection, some_failed=False)
        self._audit(
            connection,
            count,
            what="rule-added",
            project=project,
            by=by,
            subject=f"rule {rule['id']}",
            said=f"version {rule['version']}",
        )
        return rule["id"], Decided(id=0, findings=count["findings"], subjects=count["subjects"], moved=moved)

    def revoke_rule(self, connection: Connection, rule_id: int, *, by: str, reason: str) -> None:
        """Let a rule hold no longer. What it passed stays passed; what is found from now on waits again."""
        _check_text(by, reason)
        row = connection.execute(QUERIES["revoke_rule"], {"id": rule_id, "by": by, "reason": reason}).fetchone()
        if row is None:
            raise ReviewRefused(f"there is no rule {rule_id} that holds")
        event = Event(who=by, what="rule-revoked", project=row["project"], subject=f"rule {rule_id}")
        audit.append(connection, self._cipher, event)

    def _choose(self, connection: Connection, chosen: Selection) -> None:
        connection.execute(QUERIES["choose"])
        if chosen.findings:
            connection.execute(QUERIES["choose_findings"], {"ids": list(chosen.findings)})
        elif chosen.group_id is not None:
            values = {"group_id": chosen.group_id, "fingerprint": chosen.fingerprint}
            connection.execute(QUERIES["choose_group"], values)
        elif chosen.studies:
            connection.execute(QUERIES["choose_studies"], {"ids": list(chosen.studies)})
        else:
            connection.execute(QUERIES["choose_reports"], {"ids": list(chosen.reports)})

    def _counted(self, connection: Connection, expected: int | None, *, may_be_none: bool = False) -> dict[str, Any]:
        """Lock what was chosen, and count it; refuse if it is not what was shown."""
        connection.execute(QUERIES["analyze_chosen"])
        connection.execute(QUERIES["lock_chosen"])
        connection.execute(QUERIES["drop_closed"])
        connection.execute(QUERIES["touch"])
        connection.execute(QUERIES["add_touched"])
        count = _one(connection, "count_chosen")
        if expected is not None and count["findings"] != expected:
            raise ReviewStale(f"{count['findings']} findings wait now, not {expected}: look at them again")
        if not count["findings"] and not may_be_none:
            raise ReviewStale("none of these waits any more: somebody has decided on them")
        return count

    def _add_decision(
        self,
        connection: Connection,
        count: Mapping[str, Any],
        *,
        project: str,
        decision: str,
        reason: str,
        by: str,
        undoes: int | None = None,
    ) -> int:
        values = {"project": project, "decision": decision, "reason": reason, "by": by, "undoes": undoes}
        values |= {"findings": count["findings"], "subjects": count["subjects"]}
        number: int = _one(connection, "add_decision", **values)["id"]
        connection.execute(QUERIES["add_verdicts"], {"decision_id": number})
        return number

    def _consequences(self, connection: Connection, decision: int, said: Said) -> None:
        match said.decision:
            case Decision.FAIL:
                connection.execute(QUERIES["add_blocks"], {"decision_id": decision, "by": said.by})
            case Decision.REDACT:
                connection.execute(QUERIES["add_redactions"], {"decision_id": decision})
            case Decision.PASS:
                pass

    def _settle(self, connection: Connection, *, some_failed: bool) -> dict[State, int]:
        """Let the studies and reports go on that wait for nothing more."""
        groups: dict[State, list[Mapping[str, Any]]] = {}
        for row in connection.execute(QUERIES["standing"], {"some_failed": some_failed}):
            after = _after(row) if row["state"] == State.HELD else None
            if after is not None:
                groups.setdefault(after, []).append(row)
        for after, rows in groups.items():
            self._move(connection, rows, after, REASONS[after])
        for report in _reports(connection):
            self._reports.settle(connection, report)
        return {after: len(rows) for after, rows in groups.items()}

    def _back_to_held(self, connection: Connection) -> dict[State, int]:
        rows = connection.execute(QUERIES["back_to_held"]).fetchall()
        self._move(connection, rows, State.HELD, "a decision was undone")
        return {State.HELD: len(rows)} if rows else {}

    def _audit(
        self,
        connection: Connection,
        count: Mapping[str, Any],
        *,
        what: str,
        project: str,
        by: str,
        subject: str,
        said: str,
    ) -> None:
        details = {"said": said, "findings": count["findings"], "subjects": count["subjects"]}
        event = Event(who=by, what=what, project=project, subject=subject, details=details)
        audit.append(connection, self._cipher, event)


def _after(row: Mapping[str, Any]) -> State | None:
    tally = Tally(waiting=row["waiting"], failed=row["failed"], redact=row["redact"])
    return after_review(tally, is_checked=row["is_checked"], has_output=row["has_output"])


def _refuse_to_pass(connection: Connection, said: Said) -> None:
    """Raise if it is not this person who may pass what was chosen."""
    passes = _one(connection, "passes", by=said.by)
    if passes["mine"]:
        raise ReviewRefused("you have passed one of these already: another person has to pass it")
    if passes["doubtful"]:
        raise ReviewRefused(
            "one of these was passed with an account of the other kind (PIXL's own, the hospital's login), and nobody "
            "can say whether that was you: an admin can tell which accounts belong together, `pixl console user link`"
        )
    if not said.may_release and _one(connection, "last_words")["count"]:
        raise ReviewRefused("the last word before a release needs the role releaser")


def _check_text(by: str, reason: str) -> None:
    if not by.strip():
        raise ReviewRefused("a decision needs the name of who takes it")
    if not reason.strip():
        raise ReviewRefused("a decision needs a reason")


def _only(projects: Sequence[str]) -> str:
    if len(projects) > 1:
        raise ReviewRefused("these are findings of several projects: decide for one at a time")
    return projects[0]


def _reports(connection: Connection) -> list[int]:
    return [row["report_id"] for row in connection.execute(QUERIES["touched_reports"])]


def _one(connection: Connection, query: str, **values: Any) -> dict[str, Any]:
    row = connection.execute(QUERIES[query], values).fetchone()
    if row is None:
        raise LookupError(f"the ledger has no such {query}")
    return row
