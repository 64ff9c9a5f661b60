"""De-identifies one instance: bytes, a policy and a pseudonymiser in; bytes and a record out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from pixl.deid.asking import ask
from pixl.deid.blackout import Blackout
from pixl.deid.common import Treated
from pixl.deid.faces import OPTION, refuse_recognisable
from pixl.deid.gate import Header, check, read_header
from pixl.deid.memory import Memory
from pixl.deid.operations import Answers, Hash, Later, Operation
from pixl.deid.parts import ElementHole, Part, pieces
from pixl.deid.pixels import plan
from pixl.deid.policy import Policy
from pixl.deid.record import Deidentified, Record
from pixl.deid.stamps import stamps, temporal_stamp
from pixl.deid.tables import BURNED_IN, MILESTONES, Tables, compiled
from pixl.deid.walk import Insertion, Walk
from pixl.dicom.encoding import Encoding, tag_text
from pixl.dicom.part10 import Part10, deflate, part10_head, read_part10
from pixl.dicom.windows import is_mapped
from pixl.domain.errors import ConfigurationError, InstanceFailed, InstanceRejected
from pixl.domain.pseudonym import Pseudonymiser, PseudonymKind

PATIENT_ID, ACCESSION_NUMBER = 0x00100020, 0x00080050
SOP_UID, STUDY_UID, SERIES_UID = 0x00080018, 0x0020000D, 0x0020000E
REQUIRED = {SOP_UID: "SOPInstanceUID", STUDY_UID: "StudyInstanceUID", SERIES_UID: "SeriesInstanceUID"}
PATIENT_ID_LENGTH = 64
NOTHING = (b"", b"")
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
    return _passage(read_part10(data), policy, subject or Subject(), data).finish(pseudonymiser)


class Deidentifier:
    """De-identifies many instances: what the images of a series have in common is walked once. Threads may share it.

    Its memory is identifiable: it holds what some images that were treated say of their patients.
    """

    def __init__(self, policy: Policy, pseudonymiser: Pseudonymiser, *, subject: Subject | None = None) -> None:
        self._policy = policy
        self._pseudonymiser = pseudonymiser
        self._subject = subject or Subject()
        # What these ask about an image may differ from one to the next and is not known to what is in common.
        asks = policy.regions or policy.refuse_pixels or OPTION in policy.options
        self._memory = None if asks else Memory()

    def __call__(self, data: bytes) -> Deidentified:
        """De-identify one DICOM file; the result, and what is raised, are those of `deidentify`."""
        file = read_part10(data)
        if self._memory is None or file.deflated or is_mapped(data):
            return _passage(file, self._policy, self._subject, data).finish(self._pseudonymiser)
        done = self._memory.recall(file, self._pseudonymiser)
        if done is None:
            passage = _passage(file, self._policy, self._subject, data)
            done = passage.finish(self._pseudonymiser)
            self._memory.note(passage.treated(done), self._pseudonymiser)
        return done


def _passage(file: Part10, policy: Policy, subject: Subject, data: bytes) -> _Passage:
    header = read_header(file)
    check(header, policy)
    refuse_recognisable(file, header, policy)
    rulebook = policy.rulebook(header.manufacturer, header.modality)
    file, blackout = plan(data, file, policy, rulebook)
    tables = compiled(rulebook, file.encoding)
    return _Passage(file, header, policy, tables, subject=subject, blackout=blackout)


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
        self.dates = policy.dates
        self.rulebook = tables.rulebook
        self.walk = Walk(file.data, tables, header.character_set, self._insertions(policy), blackout)
        self.parts = self.walk.outermost(file.start)
        if policy.refuse_pixels and self.walk.has_pixels:
            raise InstanceRejected(policy.refuse_pixels)
        if not blackout and not policy.allow_burned_in and self._has_text_burned_in():
            raise InstanceRejected("(0028,0301) BurnedInAnnotation is YES: text is burned into the pixels")
        if blackout and not self.walk.blackened:
            raise InstanceFailed("regions cannot be blackened: (7fe0,0010) PixelData is missing, or not to be read")
        self._check_required()
        self.patient = self.walk.ask(self._patient_key(), PseudonymKind.HASH, self._patient_length())
        if self.walk.wants_days:
            self.days = self.walk.ask(self._patient_key(), PseudonymKind.SHIFT)

    def finish(self, pseudonymiser: Pseudonymiser) -> Deidentified:
        """Ask for all pseudonyms at once, fill the holes, and put the file together."""
        self.answers = answers = self._answers(pseudonymiser)
        for parts, place in self.walk.holes:
            parts[place] = parts[place].fill(answers)  # type: ignore[union-attr]
        record = self._record(answers)
        head = part10_head(self.file.transfer_syntax, self.header.sop_class_uid, record.sop_uid)
        if self.file.deflated:
            self.parts = [deflate(b"".join(pieces(self.parts)))]  # type: ignore[arg-type]
        return Deidentified(parts=(head, *self.parts), record=record)  # type: ignore[arg-type]

    def treated(self, done: Deidentified) -> Treated:
        """Return what other images of the series may have in common with this one."""
        made = ((milestone, make(self.walk)) for milestone, make in self.walk.insertions)
        return Treated(
            file=self.file,
            walk=self.walk,
            answers=self.answers,
            inserted=tuple((at, _filled(part, self.answers)) for at, part in made),
            patient=(self._patient_key(), PseudonymKind.HASH, self._patient_length()),
            sop_class_uid=self.header.sop_class_uid,
            done=done,
        )

    def _insertions(self, policy: Policy) -> tuple[Insertion, ...]:
        """Return what the engine itself puts in, in the order of the milestones."""
        encoding = self.file.encoding
        done = stamps(policy, encoding, ("clean-pixel-data",) if self.blackout else ())
        temporal = temporal_stamp(policy, encoding)
        hashed = isinstance(self._patient_operation(), Hash)
        makers = (partial(_missing_patient, encoding, hashed=hashed), lambda _: done, lambda _: temporal)
        return tuple(zip(MILESTONES, makers, strict=True))

    def _has_text_burned_in(self) -> bool:
        said = self.walk.captured.get(BURNED_IN, NOTHING)[0].strip(b"\0 ").upper()
        return said == b"YES" and self.walk.has_pixels

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
        pseudonyms = ask(pseudonymiser, self.walk.queries)
        # Whatever else in this instance is the patient's ID gets the cohort's pseudonym too.
        pseudonyms[self.patient] = self.subject.patient_pseudonym or pseudonyms[self.patient]
        days = self.dates.days(pseudonyms[self.days]) if self.walk.wants_days else 0
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
            counts=dict(self.walk.counts),
        )

    def _new_value(self, tag: int) -> str:
        _, new = self.walk.captured.get(tag, NOTHING)
        value = new.value if isinstance(new, ElementHole) else new
        return self.walk.text(value)


def _missing_patient(encoding: Encoding, walk: Walk, *, hashed: bool) -> Part:
    """Give an instance without a patient ID its pseudonym."""
    if PATIENT_ID in walk.captured or not hashed:
        return b""
    later = Later(lambda answers: answers.patient.encode("ascii"))
    return ElementHole(encoding, encoding.key(PATIENT_ID, "LO"), PATIENT_ID, b" ", later)


def _filled(part: Part, answers: Answers) -> bytes:
    return part.fill(answers) if isinstance(part, ElementHole) else bytes(part)  # type: ignore[arg-type]
