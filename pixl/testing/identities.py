"""Invented people. Each name, number and address is made so that a search of bytes does not hit it by chance."""

from __future__ import annotations

import datetime as dt
import itertools
import random
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LATIN_1, CYRILLIC, GREEK, UTF_8 = "ISO_IR 100", "ISO_IR 144", "ISO_IR 126", "ISO_IR 192"

NAMES: dict[str, tuple[str, str, str]] = {
    LATIN_1: (
        "Featheringay Okonkwoba Quarshievik Bjørnsgård Müllerhöfer Etxeberrieta Ó'Flannagáin Castañuelas Iturrigarai",
        "Wilhelmyna Chukwuemeka Ysoldette Søreniska Françoisette Bartholomea Guðrúnveig Nkechiyere Lakshmitara",
        "Quillonia Marmaduca Zephyrinas Hyacinthus",
    ),
    CYRILLIC: (
        "Добровольченко Жуковскина Щербатюкова",
        "Владиславита Святополкин Ярославина",
        "Мстиславна Всеволодина",
    ),
    GREEK: ("Παπαδοπουλιδου Χατζηγεωργακη Καραμανλιδης", "Θεοδοσιανη Αλκιβιαδαν Περσεφονικη", "Ευστρατιος Ξενοφωντα"),
    UTF_8: (
        "Szczepańszczak 長谷川原田 Nguyễnhoàng محمودیانفر",
        "Przemysławka 光太郎之助 Phươnghạnh شهرزادینا",
        "Żywisława 千代子姫宮",
    ),
}
STREETS = "Quillfeather Brambleknot Thistlewhack Hobgoblin Marlinspyke Wrenfeather Cuttlewick Gorsemarket"
STREET_KINDS = "Row Lane Yard Wynd Close Passage"
TOWNS = "Brackenthwhistle Lower Puddlemarsh,Netherby-under-Wyck,Stokenquaver,Great Ambersedge,Llanfarwydd"
PHYSICIANS = "Thistlethwock Vandermolenaar Abernathyson Quenneville-Roux Pumblechook Drakensbergh"
INSTITUTIONS = "Hollowmere Royal Infirmary,Saint Ethelfritha Hospital,Gorsewick Children's Clinic"


@dataclass(frozen=True, kw_only=True)
class Token:
    """Something that stands for a patient, a doctor, or where they are, and must not be found outside."""

    kind: str
    """`name`, `mrn`, `accession-number`, `uid`, ... (see `Patient.tokens` and `Hospital.tokens`)."""
    text: str

    @property
    def patterns(self) -> frozenset[bytes]:
        """The byte strings, in lower case, under which it would be found in lower-cased data."""
        cases = {self.text, self.text.upper(), self.text.lower()}
        return frozenset(form.lower() for text in cases for form in _encodings(text))

    @property
    def is_number(self) -> bool:
        """Whether it consists of digits (and dots): it then counts only where it is not part of a longer number."""
        return self.text.replace(".", "").isdecimal()


def _encodings(text: str) -> Iterator[bytes]:
    yield from (text.encode("utf-8"), text.encode("utf-16-le"), text.encode("utf-16-be"))
    yield from (text.encode("unicode_escape"), urllib.parse.quote(text).encode())
    for single_byte in ("latin-1", "iso8859_5", "iso8859_7"):
        try:
            yield text.encode(single_byte)
        except UnicodeEncodeError:
            continue


@dataclass(frozen=True, kw_only=True)
class Patient:
    """An invented person."""

    number: int
    """The `person_id` of the extract."""
    family_name: str
    given_name: str
    middle_name: str
    character_set: str
    """DICOM's SpecificCharacterSet that can write the name."""
    mrn: str
    nhs_number: str
    birth_date: dt.date
    sex: str
    street: str
    town: str
    postcode: str
    phone: str
    physician: str
    institution: str

    @property
    def person_name(self) -> str:
        """The name as DICOM writes it (PS3.5 6.2, VR PN)."""
        return f"{self.family_name}^{self.given_name}^{self.middle_name}"

    def tokens(self) -> Iterator[Token]:
        """Yield all that stands for this person."""
        for name in (self.family_name, self.given_name, self.middle_name):
            yield Token(kind="name", text=name)
        yield Token(kind="mrn", text=self.mrn)
        yield from (Token(kind="nhs-number", text=text) for text in (self.nhs_number, spaced(self.nhs_number)))
        yield from (Token(kind="birth-date", text=self.birth_date.strftime(form)) for form in DATE_FORMS)
        yield from (Token(kind="address", text=text) for text in (self.street, self.town, self.postcode))
        yield from (Token(kind="phone", text=text) for text in (self.phone, self.phone.replace(" ", "")))
        yield Token(kind="physician", text=self.physician)
        yield Token(kind="institution", text=self.institution)


DATE_FORMS = ("%Y%m%d", "%Y-%m-%d", "%d/%m/%Y")


def invent_patients(count: int, seed: int) -> list[Patient]:
    """Return `count` people, the same ones for the same seed."""
    chance = random.Random(seed)
    numbers = chance.sample(range(10_000_000, 99_999_999), count)
    return [_invent(chance, person, number) for person, number in enumerate(numbers, start=1)]


def _invent(chance: random.Random, person: int, number: int) -> Patient:
    character_set = chance.choices(list(NAMES), weights=[6, 1, 1, 2])[0]
    family, given, middle = (chance.choice(names.split()) for names in NAMES[character_set])
    street = f"{chance.randint(2, 199)} {chance.choice(STREETS.split())} {chance.choice(STREET_KINDS.split())}"
    return Patient(
        number=person,
        family_name=family,
        given_name=given,
        middle_name=middle,
        character_set=character_set,
        mrn=f"QZ{number}",
        nhs_number=nhs_number(chance),
        # Before any date in the images, however far that is shifted: a birth date that is found is one.
        birth_date=dt.date(1925, 1, 2) + dt.timedelta(days=chance.randint(0, 18_000)),
        sex=chance.choice("FMO"),
        street=street,
        town=chance.choice(TOWNS.split(",")),
        postcode=f"QZ{chance.randint(10, 99)} {chance.randint(1, 9)}XV",
        phone=f"07700 900{chance.randint(0, 999):03d}",
        physician=chance.choice(PHYSICIANS.split()),
        institution=chance.choice(INSTITUTIONS.split(",")),
    )


def nhs_number(chance: random.Random) -> str:
    """Return an NHS number with a valid check digit, of the range that is never given out (999 ...)."""
    while True:
        digits = f"999{chance.randint(0, 999_999):06d}"
        check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11
        if check != 10:  # noqa: PLR2004 - such a number does not exist
            return f"{digits}{check % 11}"


def spaced(number: str) -> str:
    """Return an NHS number as it is printed."""
    return f"{number[:3]} {number[3:6]} {number[6:]}"


def accession_numbers(seed: int) -> Iterator[str]:
    """Yield accession numbers without end, at most 16 characters (VR SH)."""
    chance = random.Random(f"accession numbers {seed}")
    for number in itertools.count(1):
        yield f"RKX{chance.randint(1000, 9999)}Y{number:05d}"


def distinct(tokens: Iterable[Token]) -> list[Token]:
    """Return each token once, in their order."""
    return list(dict.fromkeys(tokens))
