"""A finding, a study, a report: all that a reviewer needs to see, and what they say of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, status
from fastapi.responses import RedirectResponse, Response

from console import elements, marks
from console.access import Reviewer, Visitor, local
from console.house import House, InHouse
from console.queue import fingerprint_of
from console.reasons import PRESETS
from console.viewer import View, view, viewer
from pixl.domain.errors import PixlError
from pixl.domain.finding import Decision
from pixl.domain.person import Role
from pixl.domain.review import Subject, SubjectKind
from pixl.ledger.decisions import ReviewRefused, Said, Selection
from pixl.ledger.findings import StoredFinding
from pixl.ledger.reviews import SeriesUnderReview, StudyUnderReview

router = APIRouter()
MOST = 1000
"""Findings of a study that a page shows."""
Text = Annotated[str, Form(max_length=2000)]
Words = Annotated[str, Query(max_length=100)]
Seen = Annotated[View, Depends(view)]


@router.get("/findings/{number}")
def finding(
    *, request: Request, visitor: Reviewer, house: InHouse, number: int, seen: Seen, words: Words = ""
) -> Response:
    """Show a finding where it was found."""
    this = _finding(house, number)
    house.ledger.people.looked_up(visitor.person, f"finding {number}", project=this.subject.project)
    before, after = house.ledger.overview.neighbours(number, this.group_id, fingerprint_of(words))
    context = {
        "this": this,
        "words": words,
        "before": before,
        "after": after,
        "presets": PRESETS,
        "verdicts": house.ledger.reviews.verdicts(number),
        "passed_by": house.ledger.overview.passed_by([number]).get(number, ()),
        **_surroundings(house, this, seen),
    }
    return house.pages.show(request, "finding.html", context)


@router.get("/studies/{number}")
def study(
    *, request: Request, visitor: Reviewer, house: InHouse, number: int, seen: Seen, series: Words = ""
) -> Response:
    """Show a study: its series, what was found in them, and what became of it."""
    found, all_series = _study(house, number)
    house.ledger.people.looked_up(visitor.person, f"study {number}", project=found.project)
    subject = Subject(kind=SubjectKind.STUDY, project=found.project, study_id=number, revision=found.revision)
    findings = house.ledger.findings.of(subject, limit=MOST)
    shown = next((one for one in all_series if one.series == series), next(iter(all_series), None))
    context = {
        "study": found,
        "all_series": all_series,
        "series": shown,
        "findings": findings,
        "events": house.ledger.events(number),
        "notes": house.ledger.notes(number),
        "decisions": house.ledger.reviews.decisions_of_study(number),
        "viewer": viewer(house, shown, findings, None, seen) if shown else {"problem": found.reason or ""},
        "presets": PRESETS,
    }
    return house.pages.show(request, "study.html", context)


@router.get("/reports/{number}")
def report(*, request: Request, visitor: Reviewer, house: InHouse, number: int) -> Response:
    """Show a report as it would leave, with what was found in it marked."""
    try:
        found = house.ledger.reports.report(number)
    except LookupError:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "there is no such report") from None
    house.ledger.people.looked_up(visitor.person, f"report {number}", project=found.project)
    findings = house.ledger.findings.of(found.subject, limit=MOST)
    context = {
        "report": found,
        "findings": findings,
        "text": marks.report(found.read or "", findings),
        "events": house.ledger.reports.events(number),
        "presets": PRESETS,
    }
    return house.pages.show(request, "report.html", context)


@router.get("/findings/{number}/elements")
def elements_of_finding(*, request: Request, visitor: Reviewer, house: InHouse, number: int) -> Response:
    """Show the elements of the instance that a finding was made in, before and after. Identifiable, and audited."""
    this = _finding(house, number)
    if this.subject.study_id is None or not this.finding.instance:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "this was found in no instance")
    _note_original(house, visitor, f"finding {number}", this.subject.project)
    _, all_series = house.ledger.reviews.study(this.subject.study_id)
    found = _elements(house, this.subject.study_id, _series_of(this, all_series), sop_uid=this.finding.instance)
    context = {"back": f"/findings/{number}", "where": this.finding.where, **found}
    return house.pages.show(request, "elements.html", context)


@router.get("/studies/{number}/elements")
def elements_of_study(
    *, request: Request, visitor: Reviewer, house: InHouse, number: int, seen: Seen, series: Words = ""
) -> Response:
    """Show the elements of the instance that is looked at, before and after. Identifiable, and audited."""
    found, all_series = _study(house, number)
    _note_original(house, visitor, f"study {number}", found.project)
    shown = next((one for one in all_series if one.series == series), None)
    context = {"back": f"/studies/{number}", "where": "", **_elements(house, number, shown, place=seen.slide or 0)}
    return house.pages.show(request, "elements.html", context)


@router.post("/decide")
def decide(
    *,
    visitor: Reviewer,
    house: InHouse,
    decision: Annotated[Decision, Form()],
    findings: Text = "",
    group: Annotated[int | None, Form()] = None,
    words: Text = "",
    expected: Annotated[int | None, Form()] = None,
    preset: Text = "",
    reason: Text = "",
    then: Text = "/queue",
) -> Response:
    """Say something of findings: of some by their numbers, or of all that wait of a group."""
    chosen = _selection(findings, group, words)
    said = Said(
        decision=decision,
        reason=reason.strip() or preset.strip(),
        by=visitor.person.name,
        may_release=visitor.person.role.includes(Role.RELEASER),
    )
    done = house.ledger.reviews.decide(chosen, said, expected=expected)
    return _back(local(then, "/queue"), done.id)


@router.post("/reports/{number}/words")
def mask(*, visitor: Reviewer, house: InHouse, number: int, words: Text = "", reason: Text = "") -> Response:
    """Have words of a report masked that no method found."""
    done = house.ledger.reviews.mask(number, words, by=visitor.person.name, reason=reason)
    return _back(f"/reports/{number}", done.id)


@router.post("/decisions/{number}/undo")
def undo(*, visitor: Reviewer, house: InHouse, number: int, reason: Text = "", then: Text = "/queue") -> Response:
    """Take a decision back."""
    said = reason.strip() or "taken back"
    done = house.ledger.reviews.undo(number, by=visitor.person.name, reason=said)
    return _back(local(then, "/queue"), done.id)


def _finding(house: House, number: int) -> StoredFinding:
    found = house.ledger.reviews.some([number])
    if not found:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "there is no such finding")
    return found[0]


def _surroundings(house: House, this: StoredFinding, seen: View) -> dict[str, Any]:
    """Return what else was found in the same study or report, and the pictures or the text."""
    findings = house.ledger.findings.of(this.subject, limit=MOST)
    if this.subject.report_id is not None:
        found = house.ledger.reports.report(this.subject.report_id)
        text = marks.report(found.read or "", findings)
        return {"findings": findings, "text": text, "viewer": None, "series": None}
    _, all_series = house.ledger.reviews.study(this.subject.study_id or 0)
    series = _series_of(this, all_series)
    shown = viewer(house, series, findings, this, seen) if series else {"problem": "it has no series that can be shown"}
    return {"findings": findings, "text": None, "viewer": shown, "series": series}


def _series_of(this: StoredFinding, all_series: Sequence[SeriesUnderReview]) -> SeriesUnderReview | None:
    wanted = this.finding.series or this.subject.series
    return next((one for one in all_series if one.series == wanted), next(iter(all_series), None))


def _study(house: House, number: int) -> tuple[StudyUnderReview, list[SeriesUnderReview]]:
    try:
        return house.ledger.reviews.study(number)
    except LookupError:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "there is no such study") from None


def _note_original(house: House, visitor: Visitor, subject: str, project: str) -> None:
    house.ledger.people.looked_up(visitor.person, subject, project=project, what="look-up-original")


def _elements(
    house: House, study_id: int, series: SeriesUnderReview | None, *, sop_uid: str = "", place: int = 0
) -> dict[str, Any]:
    """Return the rows of an instance, by its UID or its place; without an original, only what has become of it."""
    try:
        slides = house.pictures.slides(series.anon_id) if series else []
        slide = next((one for one in slides if one.sop_uid == sop_uid), None) if sop_uid else slides[place]
        if slide is None:
            return {"rows": [], "problem": "orthanc-anon does not have this instance any more"}
        after = house.originals.after(slide.instance)
    except IndexError:
        return {"rows": [], "problem": "this series has no such instance"}
    except PixlError as error:
        return {"rows": [], "problem": str(error)}
    try:
        before = house.originals.before(house.ledger.study(study_id), slide.sop_uid)
    except PixlError as error:
        return {"rows": elements.rows(after, None), "problem": f"the original is not shown: {error}"}
    problem = "" if before else "orthanc-raw does not have the original any more"
    return {"rows": elements.rows(after, before), "problem": problem}


def _selection(findings: str, group: int | None, words: str) -> Selection:
    if group is not None:
        return Selection(group_id=group, fingerprint=fingerprint_of(words))
    numbers = tuple(int(number) for number in findings.split(",") if number.strip().isdecimal())
    if not numbers:
        raise ReviewRefused("nothing was chosen")
    return Selection(findings=numbers)


def _back(path: str, decision: int) -> Response:
    """Go on to a page, which shows what was done and offers to undo it."""
    base, _, fragment = path.partition("#")
    joint = "&" if "?" in base else "?"
    after = f"#{quote(fragment)}" if fragment else ""
    return RedirectResponse(f"{base}{joint}done={decision}{after}", status.HTTP_303_SEE_OTHER)
