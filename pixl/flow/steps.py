"""What is done with a study, step by step. Each step may be run again at any time: it goes on where the ledger stands.

Read downwards: fetch, deidentify, check, export.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any, Protocol

from pixl.domain.destination import Destination
from pixl.domain.errors import RetryLater, StudyHeld, StudyLost, StudyRejected
from pixl.domain.extractable import why_not
from pixl.domain.finding import Finding, Outcome
from pixl.domain.project import Project
from pixl.domain.state import State
from pixl.export import NOWHERE, zip_stream
from pixl.flow.child import not_finished
from pixl.flow.redacting import redact_by_policy
from pixl.intake import Fetcher, Wanted
from pixl.ledger import Checks, Ledger, Made, SeriesCheck, SeriesOutput, Study
from pixl.ledger.ledger import Note, Redaction
from pixl.orthanc import Anonymiser, DeidentifiedStudy, NotStored, OrthancClient
from pixl.queue import Step
from pixl.review import ending

SOFTWARE = version("pixl")
ABSENT = "a series or an instance that was asked for is not in the study"
MOST_LOST = 4
"""How many workers may be lost over one series before it is held: it may be what kills them."""


class Checker(Protocol):
    """Checks one series."""

    def check(self, project: Project, study: Study, check: SeriesCheck) -> Checks:
        """Return what is wrong with it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Flow:
    """The stages, wired together."""

    ledger: Ledger
    project: Callable[[str], Project]
    """A project by its name."""
    fetcher: Fetcher
    anonymiser: Anonymiser
    anon: OrthancClient
    destination: Callable[[str], Destination]
    """A destination by its name."""
    checker: Checker

    def fetch(self, study: Study) -> None:
        """Bring a study from the archive into orthanc-raw."""
        self._refuse_blocked(study)
        _refuse_not_extractable(study, self.project(study.project))
        begun = self.ledger.advance(
            study.id, State.FETCHING, before=ON_THE_WAY[Step.FETCH], reason=study.reason, keep_tries=True
        )
        if not begun:
            return
        named = self._named(study)
        if named is None:
            return
        study = named
        try:
            fetched = self.fetcher.fetch(
                _wanted(study),
                running=study.move_jobs,
                interrupted=study.state is State.FETCHING,
                on_move=lambda jobs: self.ledger.note_moves(study.id, jobs),
            )
        except NotStored:
            raise RetryLater("a study left orthanc-raw while it was being looked at") from None
        self.ledger.advance(
            study.id,
            State.CACHED,
            before={State.FETCHING},
            study_uid=fetched.study_uid,
            key=fetched.key,
            instances=fetched.instances,
            notes=[Note(kind="absent", reason=ABSENT, count=fetched.absent)] if fetched.absent else [],
            then=Step.DEIDENTIFY,
        )

    def _named(self, study: Study) -> Study | None:
        """Return a study of which only a series or an instance was known; None if its project has it already."""
        part = study.part_to_be_named
        if part is None:
            return study
        found = self.fetcher.study_of(part)
        if not self.ledger.join(study.id, found.study_uid, found.uids):
            return None
        joined = self.ledger.study(study.id)
        self._refuse_blocked(joined)  # now by its UID
        _refuse_not_extractable(joined, self.project(joined.project))
        return joined

    def deidentify(self, study: Study) -> None:
        """Have orthanc-anon pull a study from orthanc-raw and store what may leave; decide what becomes of it."""
        self._refuse_blocked(study)  # now by the UID that the archive told
        project = self.project(study.project)
        _refuse_not_extractable(study, project)
        begun = self.ledger.advance(
            study.id, State.DEIDENTIFYING, before=ON_THE_WAY[Step.DEIDENTIFY], reason=study.reason, keep_tries=True
        )
        if not begun:
            return
        try:
            chosen = self.fetcher.chosen(_wanted(study))
            done = self.anonymiser.deidentify(
                project=study.project,
                study_uid=study.study_uid or "",
                series_uids=chosen.series_uids,
                sop_uids=chosen.sop_uids,
                patient_pseudonym=study.participant_id,
                redactions=redactions_of(self.ledger.redactions(study.id)),
            )
        except NotStored:
            raise StudyLost("orthanc-raw no longer has this study; a retry fetches it again") from None
        state, reason = _verdict(done, project, study)
        made = Made(
            series=self._outputs(done), policy=done.policy, software=SOFTWARE, findings=tuple(_failures(done, state))
        )
        self.ledger.advance(
            study.id,
            state,
            before={State.DEIDENTIFYING},
            reason=reason,
            notes=_notes(done),
            pseudo_study_uid=done.study_uid,
            image_identifier=done.accession_number,
            anon_id=done.orthanc_id,
            stored=done.stored,
            made=made,
            then=Step.CHECK if state is State.CHECKING else None,
        )

    def check(self, study: Study, check_id: int) -> None:
        """Check one series of a study; the last one decides what becomes of the study."""
        project = self.project(study.project)
        check = self.ledger.begin_check(check_id)
        if check is None:
            return
        if check.lost > MOST_LOST:
            found = Checks(findings=[not_finished("worker")])
        else:
            found = self.checker.check(project, study, check)
        draw = secrets.SystemRandom().random()
        after = self.ledger.finish_check(check, found, partial(ending, release=project.release, draw=draw))
        if after is State.HELD:
            redact_by_policy(self.ledger, project, study.id)

    def _refuse_blocked(self, study: Study) -> None:
        reason = self.ledger.why_blocked(study)
        if reason:
            raise StudyRejected(f"it is on the block list: {reason}")

    def _outputs(self, done: DeidentifiedStudy) -> tuple[SeriesOutput, ...]:
        if not done.orthanc_id:
            return ()
        try:
            series = self.anon.series_of(done.orthanc_id)
        except NotStored:
            raise RetryLater("a study left orthanc-anon as soon as it was there") from None
        return tuple(
            SeriesOutput(
                series=one.series_uid,
                anon_id=one.orthanc_id,
                instances=one.instances,
                modality=one.modality,
                manufacturer=one.manufacturer,
            )
            for one in series
        )

    def export(self, study: Study) -> None:
        """Stream a released study from orthanc-anon to its project's destination."""
        self._refuse_blocked(study)  # who opts out while a study is on its way is heard
        names = self.project(study.project).destination
        name = names.dicom
        if name == NOWHERE:
            before = ON_THE_WAY[Step.EXPORT]
            self.ledger.advance(study.id, State.EXPORTED, before=before, reason="kept in orthanc-anon")
            return
        destination = self.destination(name)
        if not self.ledger.advance(
            study.id, State.EXPORTING, before=ON_THE_WAY[Step.EXPORT], reason=study.reason, keep_tries=True
        ):
            return
        try:
            receipt = destination.put(
                zip_stream(self._members(study, names.layout)), f"{study.project}/{study.pseudo_study_uid}.zip"
            )
        except NotStored:
            raise StudyLost("orthanc-anon no longer has this study; a retry fetches it again") from None
        self.ledger.advance(study.id, State.EXPORTED, before={State.EXPORTING}, receipt=(name, receipt))

    def _members(self, study: Study, layout: str) -> Iterator[tuple[str, Iterator[bytes]]]:
        """Yield the study's files, named by pseudonyms, always in the same order."""
        anon_id = study.anon_id or ""
        series = {one.orthanc_id: one.series_uid for one in self.anon.series_of(anon_id)}
        instances = self.anon.instances_of(anon_id)
        if len(instances) < (study.stored or 1):
            raise StudyLost(f"orthanc-anon has {len(instances)} of {study.stored} instances; a retry fetches it again")
        name = partial(layout.format, patient=self._patient(anon_id), study=study.pseudo_study_uid)
        for one in sorted(instances, key=lambda one: (series[one.series_orthanc_id], one.sop_uid)):
            path = name(series=series[one.series_orthanc_id], instance=one.sop_uid)
            yield path, self.anon.instance_chunks(one.orthanc_id)

    def _patient(self, anon_id: str) -> str:
        """Return the patient's pseudonym as a folder's name."""
        return NOT_IN_A_NAME.sub("_", self.anon.study(anon_id).mrn) or "_"


def _refuse_not_extractable(study: Study, project: Project) -> None:
    """Refuse what a rule covers that was made after the cohort was loaded, or of which the archive told the MRN."""
    marks = ("mrn", "accession_number", "study_uid", "participant_id", "study_date")
    reason = why_not(project.extractable, {name: getattr(study, name) for name in marks})
    if reason:
        raise StudyRejected(f"not extractable: {reason}")


def _wanted(study: Study) -> Wanted:
    return Wanted(
        mrn=study.mrn,
        accession_number=study.accession_number,
        study_uid=study.study_uid,
        study_date=study.study_date,
        parts=study.parts,
    )


NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._=+-]")

ON_THE_WAY = {
    Step.FETCH: frozenset({State.REQUESTED, State.FETCHING}),
    Step.DEIDENTIFY: frozenset({State.CACHED, State.DEIDENTIFYING}),
    Step.CHECK: frozenset({State.CHECKING}),
    Step.EXPORT: frozenset({State.RELEASED, State.EXPORTING}),
}
"""The states in which a step has something to do."""


def redactions_of(wanted: Sequence[Redaction]) -> dict[str, Any]:
    """Return what reviewers want removed, as orthanc-anon's plugin takes it."""
    found: dict[str, Any] = {}
    for one in wanted:
        mine = found.setdefault(one.instance, {"boxes": [], "elements": []})
        if one.box:
            mine["boxes"].append(
                [one.box.frame, one.box.left, one.box.top, one.box.width, one.box.height, one.box.last]
            )
        else:
            mine["elements"].append(one.path)
    return found


def _verdict(done: DeidentifiedStudy, project: Project, study: Study) -> tuple[State, str | None]:
    """Decide what becomes of a de-identified study; an instance that is not accounted for stops it."""
    if done.instances < (study.instances or 0):
        raise RetryLater(f"orthanc-anon saw {done.instances} of {study.instances} instances")
    if done.instances != done.stored + sum(skipped.count for skipped in done.skipped) + len(done.failed):
        raise StudyHeld("the instances that came in are not those that were stored, skipped and failed")
    if done.failed:
        reason = f"{len(done.failed)} of {done.instances} instances could not be de-identified: {done.failed[0].reason}"
        match project.on_failed_instance:
            case "hold":
                return State.HELD, reason
            case "fail":
                return State.FAILED, reason
            case "export":
                pass
    if done.stored == 0:
        raise StudyRejected(_nothing_left(done))
    return State.CHECKING, None


def _failures(done: DeidentifiedStudy, state: State) -> Iterator[Finding]:
    """Yield what a person has to decide on where instances failed: whether the others may go without them."""
    for one in done.failed:
        yield Finding(
            checker="deidentify",
            kind="instance-failed",
            reason=one.reason,
            where="instance",
            instance=one.instance,
            outcome=Outcome.HOLD if state is State.HELD else Outcome.NOTE,
        )


def _nothing_left(done: DeidentifiedStudy) -> str:
    reasons = sorted({skipped.reason for skipped in done.skipped} | {failed.reason for failed in done.failed})
    return f"no instance is left: {'; '.join(reasons)}"


def _notes(done: DeidentifiedStudy) -> list[Note]:
    skipped = [Note(kind="skipped", reason=one.reason, count=one.count) for one in done.skipped]
    return skipped + [Note(kind="failed", instance=one.instance, reason=one.reason) for one in done.failed]
