"""What is done with a report, from its key to its verdict. It may be done again at any time: nothing half is kept."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from pixl.domain.date_shift import DateShift
from pixl.domain.errors import ConfigurationError, ReportFailed, ReportMissing, ReportRejected
from pixl.domain.project import Project
from pixl.domain.pseudonym import Pseudonymiser, PseudonymKind, PseudonymQuery
from pixl.domain.report import ReportState, SourceReport
from pixl.ledger import Output, Report, Reports
from pixl.reports.deployment import Deployment, policy_of
from pixl.reports.treatment import Treated, Treatment
from pixl.reports.verdict import verdict
from pixl.text import Identifiers, Surrogates


@dataclass(frozen=True, kw_only=True)
class Steps:
    """The parts of it, wired together."""

    reports: Reports
    project: Callable[[str], Project]
    deployment: Deployment
    pseudonymiser: Callable[[str], Pseudonymiser]
    accession_length: Callable[[str], int]
    """By the project's name: how many digits the hashed accession number has in the project's images."""
    dates: Callable[[str], DateShift]
    """By the project's name: how dates move in the project's images."""

    def run(self, report: Report) -> ReportState | None:
        """Find, de-identify and check a report; return what became of it, None if somebody else has taken it on.

        Raises
        ------
        RetryLater
            A service did not answer.
        ReportMissing, ReportRejected, ReportFailed, ConfigurationError
            How the report ends.
        """
        project = self.project(report.project)
        keys = project.reports
        if keys is None:
            raise ConfigurationError(f"project {project.name!r} asks for no reports: it has no section `reports:`")
        if reason := self.reports.why_blocked(report):
            raise ReportRejected(f"on the block list: {reason}")
        treatment = self.deployment.treatment(keys)
        there = self.deployment.source(keys.source).find(report.key)
        known = known_of(report, there)
        if report.recheck and report.output is not None and report.read is not None:
            done = treatment.check_again(report.output, report.read, known)
        else:
            done = self._deidentified(treatment, report, _text_of(there, keys.max_characters), known)
        output = self._output(report, there, treatment, done, self._pseudonyms(project, report))
        draw = secrets.SystemRandom().random()
        return self.reports.finish(report, output, partial(verdict, release=project.release, draw=draw))

    def _deidentified(self, treatment: Treatment, report: Report, text: str, known: Identifiers) -> Treated:
        if treatment.keys.style == "labels":
            return treatment.deidentify(text, known)
        pseudonymiser = self.pseudonymiser(report.project)
        # As the images do it: by the patient's number alone.
        query = PseudonymQuery(value=report.key.mrn.strip(), kind=PseudonymKind.SHIFT)
        days = self.dates(report.project).days(*pseudonymiser.pseudonyms([query]))
        return treatment.deidentify(text, known, Surrogates(pseudonymiser=pseudonymiser, days=days, known=known))

    def _pseudonyms(self, project: Project, report: Report) -> tuple[str, str | None]:
        """Return the hashed accession number, and the study's new UID where the cohort has its UID."""
        queries = [
            PseudonymQuery(value=report.key.accession_number.strip(), length=self.accession_length(project.name))
        ]
        if report.study_uid:
            queries.append(PseudonymQuery(value=report.study_uid, kind=PseudonymKind.UID))
        accession_number, *uids = self.pseudonymiser(project.name).pseudonyms(queries)
        return accession_number, uids[0] if uids else None

    def _output(
        self,
        report: Report,
        there: SourceReport | None,
        treatment: Treatment,
        done: Treated,
        pseudonyms: tuple[str, str | None],
    ) -> Output:
        return Output(
            text=done.text,
            read=done.read,
            certainty=done.certainty,
            findings=done.findings,
            flagged=done.flagged,
            counted=done.counted,
            # What only was checked again is still what it was made by.
            engine=(report.recheck and report.engine) or treatment.engine,
            method=treatment.second.name,
            policy=(report.recheck and report.policy) or policy_of(treatment),
            image_identifier=pseudonyms[0],
            pseudo_study_uid=pseudonyms[1],
            found=there.found if there else report.found,
            superseded=there.superseded if there else report.superseded,
        )


def known_of(report: Report, there: SourceReport | None) -> Identifiers:
    """Return what is known of the patient and the study: by the cohort, and by the source."""
    ours = [value for value in (report.key.mrn, report.key.accession_number, report.study_uid) if value]
    dates = [report.study_date] if report.study_date else []
    if there is None:
        return Identifiers(numbers=tuple(ours), dates=tuple(dates))
    return Identifiers(
        names=there.names,
        numbers=(*ours, *there.numbers),
        dates=(*dates, *there.dates),
        clinicians=there.clinicians,
        other=there.other,
    )


def _text_of(there: SourceReport | None, most: int) -> str:
    if there is None:
        raise ReportMissing("the source has no report")
    if not there.text.strip():
        raise ReportMissing("the source's report has no text")
    if len(there.text) > most:
        raise ReportFailed(
            f"the report has {len(there.text):,} characters; the project takes {most:,} (reports.max_characters)"
        )
    return there.text
