"""Whether the participant_ids of a load agree with earlier loads. One is a PatientID in the safe haven as it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pixl.domain.errors import CohortInvalid
from pixl.domain.study import StudyRequest

SHOWN = 20


@dataclass(frozen=True, kw_only=True, repr=False)
class Given:
    """What a load says of patients and participant_ids, and where it does so first. Identifiable."""

    by_patient: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The participant_id and the place of each MRN."""
    by_participant: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The MRN and the place of each participant_id."""

    def note(self, request: StudyRequest) -> None:
        """Take note of a row, if it gives a participant_id."""
        if request.participant_id and request.mrn:
            place = request.participant_place or f"procedure_occurrence_id {request.procedure_occurrence_id}"
            self.by_patient.setdefault(request.mrn, (request.participant_id, place))
            self.by_participant.setdefault(request.participant_id, (request.mrn, place))

    def compare(self, project: str, earlier: Iterable[Mapping[str, str | None]]) -> None:
        """Compare the load with the identifiers of the studies that its project has.

        Raises
        ------
        CohortInvalid
            A patient has another participant_id there, or a participant_id another patient.
        """
        problems = {problem: None for known in earlier for problem in self._problems(known)}
        if problems:
            more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
            head = f"participant_ids differ from those of earlier loads for project {project!r}, nothing was loaded"
            raise CohortInvalid("\n  - ".join([head, *list(problems)[:SHOWN], *more]))

    def _problems(self, known: Mapping[str, str | None]) -> Iterable[str]:
        mrn, participant = known["mrn"], known["participant_id"]
        if not mrn or not participant:
            return
        now, place = self.by_patient.get(mrn, (participant, ""))
        if now != participant:
            yield f"{place}: is not what an earlier load says for the same patient; write the same one again"
        patient, place = self.by_participant.get(participant, (mrn, ""))
        if patient != mrn:
            yield f"{place}: is that of another patient in an earlier load; give each patient one of their own"
