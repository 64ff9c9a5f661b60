"""What fills the slots that name people, numbers and places: each is marked as the entity that it is."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping

from pixl.testing.identities import spaced
from pixl.testing.report_corpus import dates, names, people, places
from pixl.testing.report_corpus.markup import mark
from pixl.testing.report_corpus.model import Clinician, Examination, Identity

Writer = Callable[[random.Random], str]
OLD = 90
RELATIONS = {
    "F": ("daughter", "wife", "mother", "sister", "niece", "granddaughter", "carer", "neighbour"),
    "M": ("son", "husband", "father", "brother", "nephew", "partner", "grandson", "carer"),
}
NURSES = ("Sister", "Nurse", "Staff Nurse", "Charge Nurse", "SN", "Matron")


def person_slots(identity: Identity, examination: Examination) -> dict[str, Writer]:
    """Return the slots of a report on this patient and study."""
    return {
        **_patient(identity, examination),
        **_staff("radiologist", examination.radiologist),
        **_staff("referrer", examination.referrer),
        **_study(examination),
        **OTHERS,
        **_dates(examination.date),
    }


def name(text: str) -> Writer:
    """Return a slot that is always this name."""
    return lambda _: mark("NAME", text)


def _full(chance: random.Random, identity: Identity) -> str:
    given, family = identity.given_name, identity.family_name
    middle = f" {identity.middle_name}" if identity.middle_name else ""
    forms = (
        f"{given} {family}",
        f"{given}{middle} {family}",
        f"{given} {family.upper()}",
        f"{given[:1]}. {family}",
        f"{given}{middle} {family}".upper(),
        f"{family} {given}",
    )
    return mark("NAME", chance.choice(forms))


def _patient(identity: Identity, examination: Examination) -> dict[str, Writer]:
    given, family = identity.given_name, identity.family_name
    return {
        "patient": lambda chance: _full(chance, identity),
        "patient_comma": lambda chance: mark(
            "NAME", chance.choice((f"{family.upper()}, {given}", f"{family}, {given}"))
        ),
        "patient_caret": lambda _: mark("NAME", identity.person_name.upper()),
        "patient_family": name(family),
        "patient_family_title_case": lambda _: f"{identity.title} {mark('NAME', family)}",
        "patient_given": name(given),
        "patient_given_only": name(given),
        "patient_titled": lambda chance: (
            f"{identity.title} {chance.choice((mark('NAME', family), _full(chance, identity)))}"
        ),
        "dob": lambda chance: mark("DATE", dates.written(chance, identity.birth_date)),
        "dob_compact": lambda _: mark("DATE", f"{identity.birth_date:%Y%m%d}"),
        "mrn": lambda _: mark("MRN", identity.mrn),
        "nhs": lambda chance: mark("NHS", chance.choice((spaced(identity.nhs_number), identity.nhs_number))),
        "chi": lambda chance: mark("CHI", _chi(chance, identity.chi_number)),
        "address": lambda chance: _address(chance, identity.street, identity.town, identity.postcode),
        "sex": lambda chance: chance.choice((identity.sex, {"F": "Female", "M": "Male"}[identity.sex])),
        "sex_word": lambda _: {"F": "woman", "M": "man"}[identity.sex],
        "age": lambda chance: _age(chance, _years(identity.birth_date, examination.date)),
    }


def _years(birth: dt.date, day: dt.date) -> int:
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def _age(chance: random.Random, years: int) -> str:
    number = mark("AGE", str(years)) if years >= OLD else str(max(years, 1))
    return chance.choice((f"{number} year old", f"{number}-year-old", f"{number} yr old", f"{number}yo"))


def _chi(chance: random.Random, number: str) -> str:
    return chance.choice((number, f"{number[:6]} {number[6:]}"))


def _address(chance: random.Random, street: str, town: str, postcode: str) -> str:
    separator = chance.choice((", ", ", ", " ", "\n"))
    return separator.join((mark("ADDRESS", street), mark("ADDRESS", town), mark("POSTCODE", postcode)))


def _titled(chance: random.Random, who: Clinician) -> str:
    stop = "." if chance.random() < 0.12 else ""  # noqa: PLR2004
    title = who.title + stop if len(who.title) < 4 else who.title  # noqa: PLR2004
    return f"{title} {mark('NAME', _staff_name(chance, who))}"


def _staff_name(chance: random.Random, who: Clinician) -> str:
    given, family = who.given_name, who.family_name
    forms = (
        family,
        family,
        f"{given} {family}",
        f"{given[:1]} {family}",
        f"{given[:1]}. {family}",
        family.upper(),
        f"{given} {family.upper()}",
    )
    return chance.choice(forms)


def _staff(prefix: str, who: Clinician) -> dict[str, Writer]:
    given, family = who.given_name, who.family_name
    slots: dict[str, Writer] = {
        "": lambda chance: _titled(chance, who),
        "_full": lambda _: f"{who.title} {mark('NAME', who.name)}",
        "_upper": lambda _: f"{who.title.upper()} {mark('NAME', who.name.upper())}",
        "_caps": lambda _: mark("NAME", f"{family.upper()} {given[:1]}"),
        "_comma": lambda _: mark("NAME", f"{family.upper()}, {given}"),
        "_initials": lambda _: mark("NAME", _initials(given, family)),
        "_family_only": name(family),
        "_given_only": name(given),
        "_title_family": lambda _: f"{who.title} {mark('NAME', family)}",
        "_gmc": lambda _: mark("NUMBER", who.gmc),
        "_role": lambda _: who.role,
        "_email": lambda _: mark("EMAIL", who.email),
    }
    return {prefix + ending: slot for ending, slot in slots.items()}


def _initials(given: str, family: str) -> str:
    return f"{given[0]}{family[0]}".upper()


def _study(examination: Examination) -> dict[str, Writer]:
    day = examination.date
    return {
        "accession": lambda _: mark("ACCESSION", examination.accession_number),
        "study_date": lambda chance: mark("DATE", dates.written(chance, day)),
        "study_date_compact": lambda _: mark("DATE", f"{day:%Y%m%d}"),
        "study_date_iso": lambda _: mark("DATE", f"{day:%Y-%m-%d}"),
    }


def _dates(day: dt.date) -> dict[str, Writer]:
    def earlier(chance: random.Random) -> dt.date:
        return day - dt.timedelta(days=chance.randint(0, 1500))

    return {
        "date": lambda chance: mark("DATE", dates.written(chance, earlier(chance))),
        "partial_date": lambda chance: mark("DATE", dates.written_in_part(chance, earlier(chance))),
    }


def _somebody(chance: random.Random) -> Clinician:
    return people.invent_clinician(chance)


def _dr(chance: random.Random) -> str:
    return _titled(chance, _somebody(chance))


def _two(chance: random.Random) -> str:
    first, second = (mark("NAME", _staff_name(chance, _somebody(chance))) for _ in range(2))
    return chance.choice((f"Drs {first} and {second}", f"Dr {first} and Mr {second}", f"Dr {first}, Dr {second}"))


def _title_family(chance: random.Random) -> str:
    who = _somebody(chance)
    return f"{who.title} {mark('NAME', who.family_name)}"


def _plain(chance: random.Random) -> str:
    return mark("NAME", _somebody(chance).name)


def _family(chance: random.Random) -> str:
    return f"{chance.choice(('Dr', 'Mr', 'Miss', 'Dr', 'Prof', 'Ms'))} {mark('NAME', _somebody(chance).family_name)}"


def _two_letters(chance: random.Random) -> str:
    who = _somebody(chance)
    return mark("NAME", _initials(who.given_name, who.family_name))


def _relation(chance: random.Random) -> str:
    whose = chance.choice(("her", "his", "the patient's"))
    return f"{whose} {chance.choice(RELATIONS[chance.choice('FM')])}"


def _given(chance: random.Random) -> str:
    return mark("NAME", people.given_and_family(chance, chance.choice("FM"))[0])


def _uid(chance: random.Random) -> str:
    return mark(
        "UID",
        f"1.2.826.0.1.3680043.{chance.randint(1, 9)}.{chance.randint(1000, 9999)}.{chance.randint(10**9, 10**12)}",
    )


def _url(chance: random.Random) -> str:
    return mark("URL", f"https://{chance.choice(places.MAIL_DOMAINS[:2])}/pacs/{chance.randint(10**5, 10**7)}")


def _username(chance: random.Random) -> str:
    who = _somebody(chance)
    return mark(
        "NAME",
        f"{people.plain_letters(who.family_name)}{people.plain_letters(who.given_name)[:1]}{chance.randint(1, 30):02d}",
    )


def _path(chance: random.Random) -> str:
    who = _somebody(chance)
    folder = people.plain_letters(who.family_name)
    return f"\\\\radsrv\\dictation\\{mark('NAME', folder)}\\{mark('NUMBER', str(chance.randint(10**5, 10**7)))}.wav"


def _time(chance: random.Random) -> str:
    hour, minute = chance.randint(0, 23), chance.randint(0, 59)
    return chance.choice(
        (
            f"{hour:02d}:{minute:02d}",
            f"{hour:02d}.{minute:02d}",
            f"{hour:02d}{minute:02d} hrs",
            f"{hour:02d}:{minute:02d}hrs",
        )
    )


def _of(kind: str, choices: tuple[str, ...]) -> Writer:
    return lambda chance: mark(kind, chance.choice(choices))


OTHERS: Mapping[str, Writer] = {
    "dr": _dr,
    "dr_and_dr": _two,
    "dr_family_only": _family,
    "dr_title_family": _title_family,
    "staff_plain": _plain,
    "nurse": lambda chance: f"{chance.choice(NURSES)} {mark('NAME', _somebody(chance).family_name)}",
    "initials": _two_letters,
    "initials_lower": lambda chance: _two_letters(chance).replace("NAME", "name").lower().replace("name", "NAME"),
    "relation": _relation,
    "relative_given": _given,
    "relative_name": _plain,
    "other_patient": _plain,
    "nickname": _of("NAME", names.NICKNAMES),
    "phone": lambda chance: mark("PHONE", people.phone(chance)),
    "extension": lambda chance: mark("PHONE", str(chance.randint(10_000, 79_999))),
    "bleep": lambda chance: mark("PHONE", str(chance.randint(1000, 9999))),
    "email": lambda chance: mark("EMAIL", _somebody(chance).email),
    "postcode": lambda chance: mark("POSTCODE", people.postcode(chance)),
    "town": _of("ADDRESS", places.TOWNS),
    "address_plain": lambda chance: mark(
        "ADDRESS", f"{people.house(chance)} {chance.choice(places.STREET_NAMES)} {chance.choice(places.STREET_KINDS)}"
    ),
    "hospital": _of("HOSPITAL", places.HOSPITALS),
    "hospital_short": _of("HOSPITAL", places.HOSPITAL_SHORT),
    "trust": _of("HOSPITAL", places.TRUSTS),
    "ward": _of("HOSPITAL", places.WARDS),
    "practice": _of("HOSPITAL", places.PRACTICES),
    "accession_other": lambda chance: mark("ACCESSION", people.invent_accession_number(chance)),
    "lab_number": lambda chance: mark("NUMBER", f"H{chance.randint(15, 24)}-{chance.randint(1000, 99_999)}"),
    "hcpc": lambda chance: mark("NUMBER", f"RA{chance.randint(10_000, 99_999)}"),
    "uid": _uid,
    "url": _url,
    "username": _username,
    "file_path": _path,
    "clock_time": _time,
    "device": lambda chance: f"scanner {mark('DEVICE', f'SN{chance.randint(10_000, 999_999)}')}",
    "room": lambda chance: f"{chance.choice(('Room', 'Bay', 'Theatre'))} {mark('DEVICE', str(chance.randint(10, 34)))}",
}
