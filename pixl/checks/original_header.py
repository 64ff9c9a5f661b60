"""What an original header says of its patient and study: the tokens that must not be left in the output. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from pixl.checks.instance import MANUFACTURER, MODEL, DataSet
from pixl.checks.known import Token, date_of, identifier_tokens, name_tokens, phrase_tokens, prose_tokens
from pixl.checks.reading import Element
from pixl.checks.words import fold
from pixl.dicom.names import keyword
from pixl.domain.allowed import Allowed
from pixl.text import Identifiers

REGISTERED = "1.2.840.10008."
PHRASES = frozenset({"LO", "SH", "AE", "UC", "UR", "UN", "ST"})
PROSE = frozenset({"LT", "ST", "UT", "UC", "LO", "SH"})
IDENTIFIER = re.compile(r"(ID|IDs|Id|Number|Numbers|Identifier|Locator|AlternateIdentifier|UDI)$|Telephone|Telecom")
PLACE = re.compile(
    "Address|Institution|Station|Department|Residence|Organization|Hospital|Location|AETitle|Country|Facility"
    "|Manufacturer|Device"
)
KINDS = (
    (re.compile(r"^(Issuer|.*Identification)"), "other"),
    (re.compile(r"Accession"), "accession"),
    (re.compile(r"Patient.*ID|MedicalRecord"), "mrn"),
    (re.compile(r"Tele|Phone"), "phone"),
    (re.compile(r"Address|Residence|Country"), "address"),
    (re.compile(r"Institution|Department|Hospital|Organization|Facility"), "institution"),
    (re.compile(r"Station|AETitle|Device|Detector|Equipment|Gantry|Serial"), "device"),
    (re.compile(r"Study|Procedure|Request|Order|Filler|Placer"), "request"),
)
IS_PROSE = re.compile(
    r"Comment|Description|Reason|History|Instructions|Text|Impressions|Findings|Remarks|Interpretation|Notes?$"
)


@dataclass(kw_only=True, repr=False)
class Known:
    """What must not be left of one study. Identifiable."""

    tokens: dict[Token, None] = field(default_factory=dict)
    dates: set[dt.date] = field(default_factory=set)
    uids: set[str] = field(default_factory=set)

    @property
    def size(self) -> tuple[int, int, int]:
        """How much is known; it only grows."""
        return len(self.tokens), len(self.dates), len(self.uids)


def add_identifiers(known: Known, given: Identifiers) -> None:
    """Add what the cohort and the caller know."""
    for name in given.names:
        known.tokens |= dict.fromkeys(name_tokens(name))
    for name in given.clinicians:
        known.tokens |= dict.fromkeys(name_tokens(name, "clinician"))
    for number in given.numbers:
        known.tokens |= dict.fromkeys(identifier_tokens(number, "mrn"))
    for other in given.other:
        known.tokens |= dict.fromkeys((*identifier_tokens(other, "other"), *phrase_tokens(other, "other")))
    known.dates.update(given.dates)


class Harvest:
    """Takes what is identifying out of original headers; what it has seen once it does not look at again."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._seen: set[tuple[int, bytes]] = set()

    def add(self, original: DataSet, allowed: Allowed) -> None:
        """Add what a header says."""
        data, identifying, seen = original.data, allowed.identifying, self._seen
        maker: frozenset[str] | None = None
        for element in original.elements:
            tag = element.tag
            if tag not in identifying or element.vr == "SQ":
                continue
            value = data[element.start : element.end]
            if (tag, value) in seen or not value:
                continue
            seen.add((tag, value))
            maker = _words_of_maker(original) if maker is None else maker
            self._take(original, element, allowed, maker)

    def _take(self, original: DataSet, element: Element, allowed: Allowed, maker: frozenset[str]) -> None:
        text, known = original.text(element), self._known
        match element.vr:
            case "PN":
                kind = "name" if element.tag >> 16 == 0x0010 else "clinician"  # noqa: PLR2004  the patient's group
                for name in text.split("\\"):
                    known.tokens |= dict.fromkeys(name_tokens(name, kind))
            case "DA" | "DT":
                known.dates.update(filter(None, map(date_of, text.split("\\"))))
            case "UI":
                known.uids.update(uid for uid in map(str.strip, text.split("\\")) if _is_own(uid))
            case vr if vr in PHRASES | PROSE:
                may_stay = element.tag in allowed.changed
                known.tokens |= dict.fromkeys(_of_text(element, text, maker, may_stay=may_stay))


def _of_text(element: Element, text: str, maker: frozenset[str], *, may_stay: bool) -> Iterator[Token]:
    """Yield the tokens of a text element: an identifier, a phrase, or prose."""
    name, kind = keyword(element.tag), kind_of(element.tag)
    for value in text.split("\\"):
        if IS_PROSE.search(name) or element.vr in ("LT", "UT"):
            if not may_stay:
                yield from prose_tokens(value)
            continue
        if not may_stay or IDENTIFIER.search(name) or PLACE.search(name):
            yield from identifier_tokens(value, kind)
        if not may_stay or PLACE.search(name):
            yield from phrase_tokens(value, kind, ignored=maker)


@cache
def kind_of(tag: int) -> str:
    """Return what an identifying element holds, in a word."""
    name = keyword(tag)
    return next((kind for pattern, kind in KINDS if pattern.search(name)), "other")


def _words_of_maker(original: DataSet) -> frozenset[str]:
    """Return the words of the device's maker and model, which are no secret."""
    text = f"{original.text_of(MANUFACTURER)} {original.text_of(MODEL)}"
    return frozenset(re.findall(r"[a-z0-9]+", fold(text)))


def _is_own(uid: str) -> bool:
    return bool(uid) and not uid.startswith(REGISTERED)
