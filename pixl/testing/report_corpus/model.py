"""What the generator gives: a report, what identifies people in it, and what was known of them before."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pixl.testing.report_corpus.lines import words

KINDS = frozenset(
    words("NAME DATE MRN NHS CHI PHONE EMAIL URL POSTCODE ADDRESS AGE ACCESSION UID HOSPITAL DEVICE NUMBER")
)
"""Kinds of entity; `HOSPITAL` (also a ward, a practice) is scored apart, `NUMBER` is any other identifying number."""


@dataclass(frozen=True, kw_only=True)
class Entity:
    """What identifies a person, from character `start` to before `end`."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class Clinician:
    """An invented member of staff."""

    title: str
    given_name: str
    family_name: str
    gmc: str
    role: str
    email: str
    phone: str

    @property
    def name(self) -> str:
        """The name without its title."""
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True, kw_only=True)
class Identity:
    """An invented patient, with all that is written about them outside the report's own findings."""

    title: str
    given_name: str
    middle_name: str
    family_name: str
    sex: str
    birth_date: dt.date
    mrn: str
    nhs_number: str
    chi_number: str
    street: str
    town: str
    postcode: str
    phone: str
    email: str

    @property
    def names(self) -> tuple[str, ...]:
        """All names, as they are written apart."""
        return tuple(name for name in (self.given_name, self.middle_name, self.family_name) if name)

    @property
    def person_name(self) -> str:
        """The name as DICOM writes it (PS3.5 6.2, VR PN)."""
        return f"{self.family_name}^{self.given_name}^{self.middle_name}".rstrip("^")


@dataclass(frozen=True, kw_only=True)
class Examination:
    """One study of an invented patient."""

    accession_number: str
    date: dt.date
    modality: str
    """As DICOM writes it: CT, MR, CR, DX, US, NM, PT, MG, RF, XA."""
    radiologist: Clinician
    referrer: Clinician


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a hospital's databases say of the patient and the study; all other people of a report are not in it."""

    names: tuple[str, ...]
    numbers: tuple[str, ...]
    dates: tuple[dt.date, ...]
    clinicians: tuple[str, ...]
    other: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report with exact spans, sorted and without overlap."""

    text: str
    entities: tuple[Entity, ...]
    identifiers: Known
    modality: str
    style: str
    """How it is laid out: `structured`, `dictated`, `terse`, `letter`, ..."""


NOTHING_KNOWN = Known(names=(), numbers=(), dates=(), clinicians=())


def known_of(identity: Identity, examination: Examination) -> Known:
    """Return what the databases know of a patient and a study."""
    return Known(
        names=(identity.person_name,),
        numbers=(identity.mrn, identity.nhs_number, identity.chi_number, examination.accession_number),
        dates=(identity.birth_date, examination.date),
        clinicians=(examination.radiologist.name, examination.referrer.name),
    )
