"""Inventing patients, clinicians and examinations; numbers have valid check digits, of ranges never given out."""

from __future__ import annotations

import datetime as dt
import random
import string
import unicodedata

from pixl.testing import identities
from pixl.testing.report_corpus import names, places
from pixl.testing.report_corpus.model import Clinician, Examination, Identity

MODALITIES = ("CT", "MR", "CR", "DX", "US", "NM", "PT", "MG", "RF", "XA")
MODALITY_WEIGHTS = (10, 8, 6, 5, 8, 3, 2, 3, 2, 3)
FIRST_DAY = dt.date(2015, 1, 1)
ROLES = (
    "Consultant Radiologist",
    "Consultant Neuroradiologist",
    "Specialty Registrar in Clinical Radiology",
    "Reporting Radiographer",
    "Consultant Interventional Radiologist",
    "Advanced Practitioner Radiographer",
    "Consultant Paediatric Radiologist",
    "Sonographer",
    "ST4 Radiology",
    "Locum Consultant Radiologist",
)
TITLES = {"F": ("Mrs", "Miss", "Ms", "Ms", "Mrs"), "M": ("Mr", "Mr", "Mr", "Mr", "Master")}
STAFF_TITLES = ("Dr", "Dr", "Dr", "Dr", "Mr", "Miss", "Prof", "Professor", "Ms", "Mrs")


def given_and_family(chance: random.Random, sex: str, *, ordinary: float = 0.15) -> tuple[str, str]:
    """Return a given and a family name; `ordinary` is how likely each is a word of the language."""
    kinds, weights = zip(*names.ORIGIN_WEIGHTS.items(), strict=True)
    origin = names.ORIGINS[chance.choices(kinds, weights=weights)[0]]
    given = chance.choice(origin.female if sex == "F" else origin.male)
    family = chance.choice(origin.family)
    if chance.random() < ordinary:
        family = chance.choice(names.ORDINARY_WORDS)
    elif chance.random() < 0.06:  # noqa: PLR2004
        family = chance.choice(names.DOUBLE_BARRELLED)
    if chance.random() < ordinary / 2:
        given = chance.choice(names.ORDINARY_GIVEN[sex])
    return given, family


def invent_identity(chance: random.Random) -> Identity:
    """Return an invented patient."""
    sex = chance.choice("FM")
    given, family = given_and_family(chance, sex)
    birth_date = dt.date(1921, 1, 1) + dt.timedelta(days=chance.randint(0, 34_000))
    return Identity(
        title=chance.choice(TITLES[sex]),
        given_name=given,
        middle_name=given_and_family(chance, sex)[0] if chance.random() < 0.35 else "",  # noqa: PLR2004
        family_name=family,
        sex=sex,
        birth_date=birth_date,
        mrn=mrn(chance),
        nhs_number=identities.nhs_number(chance),
        chi_number=chi_number(chance, birth_date),
        street=f"{house(chance)} {chance.choice(places.STREET_NAMES)} {chance.choice(places.STREET_KINDS)}",
        town=chance.choice(places.TOWNS),
        postcode=postcode(chance),
        phone=phone(chance),
        email=email(chance, given, family),
    )


def identity_of(patient: identities.Patient, seed: int = 0) -> Identity:
    """Return a patient of the invented hospital with what a report may say of them besides."""
    chance = random.Random(f"identity {patient.mrn} {seed}")
    return Identity(
        title=chance.choice(TITLES["F" if patient.sex == "F" else "M"]),
        given_name=patient.given_name,
        middle_name=patient.middle_name,
        family_name=patient.family_name,
        sex="F" if patient.sex == "F" else "M",
        birth_date=patient.birth_date,
        mrn=patient.mrn,
        nhs_number=patient.nhs_number,
        chi_number=chi_number(chance, patient.birth_date),
        street=patient.street,
        town=patient.town,
        postcode=patient.postcode,
        phone=patient.phone,
        email=email(chance, patient.given_name, patient.family_name),
    )


def invent_clinician(chance: random.Random, *, role: str | None = None) -> Clinician:
    """Return an invented member of staff."""
    given, family = given_and_family(chance, chance.choice("FM"), ordinary=0.12)
    return Clinician(
        title=chance.choice(STAFF_TITLES),
        given_name=given,
        family_name=family,
        gmc=f"{chance.randint(4, 8)}{chance.randint(0, 999_999):06d}",
        role=role or chance.choice(ROLES),
        email=email(chance, given, family),
        phone=phone(chance),
    )


def invent_examination(
    chance: random.Random,
    *,
    accession_number: str | None = None,
    date: dt.date | None = None,
    modality: str | None = None,
    radiologist: Clinician | None = None,
    referrer: Clinician | None = None,
) -> Examination:
    """Return a study; what is not given is invented."""
    return Examination(
        accession_number=accession_number or invent_accession_number(chance),
        date=date or FIRST_DAY + dt.timedelta(days=chance.randint(0, 3_600)),
        modality=modality or chance.choices(MODALITIES, weights=MODALITY_WEIGHTS)[0],
        radiologist=radiologist or invent_clinician(chance),
        referrer=referrer or invent_clinician(chance),
    )


def mrn(chance: random.Random) -> str:
    """Return a hospital number, of one of the shapes in use."""
    digits = chance.randint(1_000_000, 9_999_999)
    letters = "".join(chance.sample("ABCDEFGHKLMNPRSTUVWX", 3))
    shapes = (
        f"{digits}",
        f"{digits}{digits % 10}",
        f"{letters[0]}{digits}",
        f"{letters}{digits}",
        f"Q{digits % 10**6:06d}",
    )
    return chance.choice(shapes)


def chi_number(chance: random.Random, birth_date: dt.date) -> str:
    """Return a Scottish CHI number with a valid check digit: the birth date and four digits."""
    while True:
        digits = f"{birth_date:%d%m%y}{chance.randint(0, 999):03d}"
        check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11
        if check != 10:  # noqa: PLR2004 - such a number does not exist
            return f"{digits}{check % 11}"


def invent_accession_number(chance: random.Random) -> str:
    """Return an accession number, of one of the shapes in use."""
    number = chance.randint(100_000, 99_999_999)
    shapes = (
        f"R{chance.choice('KVJYWN')}{chance.choice(string.ascii_uppercase)}{number}",
        f"RKX{number % 10_000:04d}Y{chance.randint(0, 99_999):05d}",
        f"{number}",
        f"{chance.randint(15, 24)}-{number % 10**7:07d}",
        f"ACC{number}",
        f"{chance.choice(('CT', 'XR', 'MR', 'US'))}{chance.randint(15, 24)}{number % 10**6:06d}",
        f"E{number:09d}",
    )
    return chance.choice(shapes)


def house(chance: random.Random) -> str:
    """Return a house's number or flat."""
    number = chance.randint(1, 240)
    return chance.choice(
        (f"{number}", f"{number}", f"{number}", f"Flat {chance.randint(1, 40)}, {number}", f"{number}a")
    )


def postcode(chance: random.Random) -> str:
    """Return a string of a UK postcode's shape (BS 7666)."""
    area = chance.choice(places.POSTCODE_AREAS)
    district = f"{chance.randint(1, 29)}"
    inward = f"{chance.randint(0, 9)}{chance.choice('ABDEFGHJLNPQRSTUWXYZ')}{chance.choice('ABDEFGHJLNPQRSTUWXYZ')}"
    return f"{area}{district} {inward}"


def phone(chance: random.Random) -> str:
    """Return a telephone number of the ranges that Ofcom keeps for drama."""
    last = f"{chance.randint(0, 999):03d}"
    shapes = (
        f"07700 900{last}",
        f"07700900{last}",
        f"+44 7700 900{last}",
        f"020 7946 0{last}",
        f"(0161) 496 0{last}",
        f"0131 496 0{last}",
        f"01632 960{last}",
        f"01632-960-{last}",
        f"+44 (0)20 7946 0{last}",
        f"0117 496 0{last}",
        f"029 2018 0{last}",
    )
    return chance.choice(shapes)


def email(chance: random.Random, given: str, family: str) -> str:
    """Return a mail address made of a name."""
    first, last = plain_letters(given), plain_letters(family)
    number = chance.randint(1, 99)
    local = chance.choice(
        (f"{first}.{last}", f"{first}.{last}{number}", f"{first[:1]}{last}", f"{last}.{first}", f"{first}{number}")
    )
    return f"{local}@{chance.choice(places.MAIL_DOMAINS)}"


def plain_letters(name: str) -> str:
    """Return a name in lower case with ASCII letters only; `x` if none is left."""
    decomposed = unicodedata.normalize("NFKD", name).lower().replace("ł", "l").replace("ø", "o")
    return "".join(letter for letter in decomposed if letter in string.ascii_lowercase) or "x"
