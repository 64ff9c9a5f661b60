"""De-identifies one instance: bytes, a policy and a pseudonymiser in; bytes and a record out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pixl.deid.blackout import Blackout
from pixl.deid.faces import refuse_recognisable
from pixl.deid.gate import Header, check, read_header
from pixl.deid.operations import Answers, Hash, Later, Operation
from pixl.deid.parts import ElementHole, Part
from pixl.deid.pixels import plan
from pixl.deid.policy import Policy
from pixl.deid.stamps import stamps, temporal_stamp
from pixl.deid.tables import MILESTONES, Tables, compiled
from pixl.deid.walk import Insertion, Walk
from pixl.dicom.encoding import tag_text
from pixl.dicom.part10 import Part10, deflate, part10_head, read_part10
from pixl.domain.errors import ConfigurationError, InstanceFailed, InstanceRejected, RetryLater
from pixl.domain.pseudonym import Pseudonymiser, PseudonymKind, PseudonymQuery

PATIENT_ID, ACCESSION_NUMBER = 0x00100020, 0x00080050
SOP_UID, STUDY_UID, SERIES_UID = 0x00080018, 0x0020000D, 0x0020000E
REQUIRED = {SOP_UID: "SOPInstanceUID", STUDY_UID: "StudyInstanceUID", SERIES_UID: "SeriesInstanceUID"}
PATIENT_ID_LENGTH = 64
NOTHING = (b"", b"")
ANSWERS = {
    PseudonymKind.HASH: re.compile(r"[0-9a-f]{2,64}").fullmatch,
    PseudonymKind.UID: re.compile(r"2\.25\.(0|[1-9]\d{0,38})").fullmatch,
    PseudonymKind.DAYS: re.compile(r"-[1-9]\d{0,3}").fullmatch,
}
PATIENT_PSEUDONYM = re.compile(r"[!-\[\]-~]([ -\[\]-~]{0,62}[!-\[\]-~])?")
"""What an LO may hold (PS3.5 table 6.2-1), in ASCII, as it has to be right in every character set."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What the cohort knows about the patient."""

    patient_pseudonym: str | None = None
    """Becomes the patient ID, where the cohort gives one."""

    def __post_init__(self) -> None:
        """Refuse what is no patient ID."""
        if self.patient_pseudonym is not None and not PATIENT_PSEUDONYM.fullmatch(self.patient_pseudonym):
            raise ConfigurationError("the cohort's participant_id must be 1 to 64 ASCII characters without a backslash")


@dataclass(frozen=True, kw_only=True)
class Record:
    """What was done to an instance. Holds no identifier: the UIDs and the patient ID are the new ones."""

    sop_uid: str
    series_uid: str
    study_uid: str
    patient_id: str
    accession_number: str
    modality: str
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """How many elements each operation changed or removed; what stayed is not counted."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Deidentified:
    """A DICOM file that may leave, and what was done to it."""

    data: bytes = field(repr=False)
    record: Record


def deidentify(
    data: bytes, policy: Policy, pseudonymiser: Pseudonymiser, *, subject: Subject | None = None
) -> Deidentified:
    """De-identify one DICOM file (PS3.15 annex E).

    The same file, policy and pseudonymiser give the same bytes. Transfer syntax, value representations, byte order
    and character set stay as they are, and pixel data are not decoded, but for compressed images of which regions are
    blackened: they become Explicit VR Little Endian. The pseudonymiser is asked once.

    Raises
    ------
    InstanceRejected
        The policy does not want this instance: its modality, its SOP class.
    InstanceFailed
        The bytes cannot be read to the end, or an identifier that must be there is missing. The message says what
        and where, never a value.
    RetryLater
        The pseudonymiser gave no answer.
    """
    file = read_part10(data)
    header = read_header(file)
    check(header, policy)
    refuse_recognisable(file, header, policy)
    rulebook = policy.rulebook(header.manufacturer, header.modality)
    file, blackout = plan(data, file, policy, rulebook)
    tables = compiled(rulebook, file.encoding)
    return _Passage(file, header, policy, tables, subject=subject or Subject(), blackout=blackout).finish(pseudonymiser)


def _is_answer(query: PseudonymQuery, answer: str) -> bool:
    """Whether an answer looks like what was asked for: an error's text must never become a pseudonym."""
    if query.kind is PseudonymKind.HASH and len(answer) != query.length:
        return False
    return bool(ANSWERS[query.kind](answer))


class _Passage:
    """An instance between its walk and its answers."""

    def __init__(
        self,
        file: Part10,
        header: Header,
        policy: Policy,
        tables: Tables,
        *,
        subject: Subject,
        blackout: Blackout | None,
    ) -> None:
        self.file = file
        self.blackout = blackout
        self.header = header
        self.subject = subject
        self.rulebook = tables.rulebook
        self.walk = Walk(file.data, tables, header.character_set, self._insertions(policy), blackout)
        self.parts = self.walk.outermost(file.start)
        if policy.refuse_pixels and self.walk.has_pixels:
            raise InstanceRejected(policy.refuse_pixels)
        if blackout and not self.walk.blackened:
            raise InstanceFailed("regions cannot be blackened: (7fe0,0010) PixelData is missing, or not to be read")
        self._check_required()
        self.patient = self.walk.ask(self._patient_key(), PseudonymKind.HASH, self._patient_length())
        if self.walk.wants_days:
            self.days = self.walk.ask(self._patient_key(), PseudonymKind.DAYS)

    def finish(self, pseudonymiser: Pseudonymiser) -> Deidentified:
        """Ask for all pseudonyms at once, fill the holes, and put the file together."""
        answers = self._answers(pseudonymiser)
        for parts, place in self.walk.holes:
            parts[place] = parts[place].fill(answers)  # type: ignore[union-attr]
        record = self._record(answers)
        head = part10_head(self.file.transfer_syntax, self.header.sop_class_uid, record.sop_uid)
        if self.file.deflated:
            self.parts = [deflate(b"".join(self.parts))]  # type: ignore[arg-type]
        return Deidentified(data=b"".join((head, *self.parts)), record=record)  # type: ignore[arg-type]

    def _insertions(self, policy: Policy) -> tuple[Insertion, ...]:
        """Return what the engine itself puts in, in the order of the milestones."""
        encoding = self.file.encoding
        done = stamps(policy, encoding, ("clean-pixel-data",) if self.blackout else ())
        temporal = temporal_stamp(policy, encoding)
        makers = (self._missing_patient, lambda _: done, lambda _: temporal)
        return tuple(zip(MILESTONES, makers, strict=True))

    def _missing_patient(self, walk: Walk) -> Part:
        """Give an instance without a patient ID its pseudonym."""
        if PATIENT_ID in walk.captured or not isinstance(self._patient_operation(), Hash):
            return b""
        encoding = self.file.encoding
        later = Later(lambda answers: answers.patient.encode("ascii"))
        return ElementHole(encoding, encoding.key(PATIENT_ID, "LO"), PATIENT_ID, b" ", later)

    def _check_required(self) -> None:
        for tag, name in REQUIRED.items():
            if not self.walk.captured.get(tag, NOTHING)[0].strip(b"\0 "):
                raise InstanceFailed(f"{tag_text(tag)} {name} is missing")

    def _patient_key(self) -> str:
        """Return the patient ID; where there is none, the study's UID, so that two patients never become one."""
        given = self.walk.text(self.walk.captured.get(PATIENT_ID, NOTHING)[0])
        return given or self.walk.text(self.walk.captured[STUDY_UID][0])

    def _patient_operation(self) -> Operation:
        return self.rulebook.decide(PATIENT_ID).operation

    def _patient_length(self) -> int:
        operation = self._patient_operation()
        return operation.length if isinstance(operation, Hash) else PATIENT_ID_LENGTH

    def _answers(self, pseudonymiser: Pseudonymiser) -> Answers:
        pseudonyms = list(pseudonymiser.pseudonyms(self.walk.queries))
        if len(pseudonyms) != len(self.walk.queries) or not all(map(_is_answer, self.walk.queries, pseudonyms)):
            raise RetryLater("the pseudonymiser did not answer every question with a pseudonym")
        # Whatever else in this instance is the patient's ID gets the cohort's pseudonym too.
        pseudonyms[self.patient] = self.subject.patient_pseudonym or pseudonyms[self.patient]
        days = int(pseudonyms[self.days]) if self.walk.wants_days else 0
        names = self.walk.words_of_names()
        return Answers(pseudonyms=pseudonyms, days=days, patient=pseudonyms[self.patient], names=names)

    def _record(self, answers: Answers) -> Record:
        return Record(
            sop_uid=self._new_value(SOP_UID),
            series_uid=self._new_value(SERIES_UID),
            study_uid=self._new_value(STUDY_UID),
            patient_id=self._new_value(PATIENT_ID) or answers.patient,
            accession_number=self._new_value(ACCESSION_NUMBER),
            modality=self.header.modality,
            counts=MappingProxyType(dict(self.walk.counts)),
        )

    def _new_value(self, tag: int) -> str:
        _, new = self.walk.captured.get(tag, NOTHING)
        value = new.value if isinstance(new, ElementHole) else new
        return self.walk.text(value)
