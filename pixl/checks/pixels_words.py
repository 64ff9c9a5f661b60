"""What words that were read in a picture say: nothing, where things are, how the device was set, or who it is. Pure."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from pixl.checks.instance import DataSet
from pixl.checks.known import date_of
from pixl.domain.finding import Part
from pixl.text import Identifiers, Kind, Span, find_known, find_patterns

FEWEST = 2
"""Letters and digits: one alone says nothing of anybody."""
LEAST_SCORES = ((5, 0.6), (4, 0.65), (3, 0.75), (2, 0.9))
"""Letters and digits, and how sure the reader must be of so many: what grain looks like is short and doubtful."""
TURNED_SCORES = ((5, 0.65), (4, 0.75), (3, 0.85), (2, 0.97))
"""The same where it reads only turned or upside down."""


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


MARKERS = _listed(
    """
    l r a p h f s i al ar la ra pl pr lp rp ah af ha fa ph pf hp fp hl hr lh rh fl fr lf rf lt rt left right ant post
    sup inf lat med head foot feet ap pa lao rao lpo rpo llat rlat lateral oblique decub decubitus supine prone erect
    upright standing sitting portable mobile insp exp inspiration expiration cc mlo lcc rcc lmlo rmlo ml lm lml rml
    xcc axial sagittal coronal sag cor tra ax
    """
)
"""Which side is which, and how the patient was placed."""
LABELS = _listed(
    """
    2d 3d 4d adult echo cine color colour contrast depth doppler filter flow focus frame frames freq gain general gen
    harm harmonic harmonics hpen hgen hres index invert live map mode motion off on ob gyn obgyn penetration persist
    persistence preset pulsed res resolution sample scan scale sector slice smooth speed thi tis tib tic tissue vel
    velocity volume width zoom zoomed cardiac vascular carotid thyroid renal msk abdominal
    """
)
"""What devices call their own settings and programs; no surname is among them that is at all common."""
PROBE = re.compile(r"[A-Z]{1,3}\d{1,2}-\d{1,2}(?:-?[A-Za-z])?")
"""A transducer, such as C5-1."""
UNITS = (
    r"(?:cm/s|m/s|mm/s|cm|cn|crn|mm|rnm|um|m|khz|mhz|hz|kv|kvp|ma|mas|ms|sec|s|db|dbm|%|fps|bpm|deg|hu|g/cm2|gy|mgy|msv|msv|ml|l|cc|kg"
    r"|lbs|in|px|mmhg|cpm|x)"
)
SETTING = (
    r"(?:ww|wl|wc|w|l|c|b|m|f|t|p|z|g|d|fov|te|tr|ti|fa|nex|nsa|etl|sl|slice|st|thk|sp|loc|im|img|image|se|ser|series|acq|kv|kvp|ma"
    r"|mas|exp|mi|ti[sbc]|ao|gen|hgen|gn|gain|dr|fr|frq|freq|res|pen|map|dyn|cmp|persist|per|pwr|power|depth|zoom|mag"
    r"|scale|2d|3d|4d|cf|cd|pw|cw|col|wf|prf|filter|low|med|high|hi|lo|on|off|thi|xres|sri|cri|fps|frame|phase|ec|mm|roi)"
)
NUMBER = r"[-+]?\d{1,4}(?:[.,]\d{1,3})?"
TOKEN = re.compile(
    rf"(?:{SETTING}[:=.#]?)?(?:[-+<>~]?{NUMBER}(?:\s?{UNITS})?)?(?:/{NUMBER}){{0,2}}|{UNITS}|{SETTING}\d?",
    re.IGNORECASE,
)
"""A number of up to four digits, with what it counts; or a setting of a device."""
SCALE_DIGITS = 6
"""Digits of bare numbers in a line, more of which only a scale has: there they rise or fall."""
TICKS, LEAST_TICKS, TICK_SHARE = frozenset("ltif|1"), 3, 0.75
"""How the ticks of a ruler read, how many make one, and how much of a word they are."""
NOUGHT = re.compile(r"(?<=\d)[oO](?![a-z]{3})|(?<![A-Za-z])[oO](?=\s?[cm]m\b)")
"""A nought that was read as a letter."""
BETWEEN = re.compile(r"[\s,;|()\[\]{}]+")

KINDS = {
    Kind.NAME: "name",
    Kind.DATE: "date",
    Kind.MRN: "mrn",
    Kind.NHS: "identifier",
    Kind.CHI: "identifier",
    Kind.ACCESSION: "accession",
    Kind.PHONE: "phone",
    Kind.EMAIL: "identifier",
    Kind.POSTCODE: "postcode",
    Kind.ADDRESS: "address",
    Kind.HOSPITAL: "institution",
    Kind.DEVICE: "device",
}
BURNED_IN = "burned-in"
NAMES = (0x00100010, 0x00101001, 0x00101005)
NUMBERS = (0x00100020, 0x00101000, 0x00080050, 0x00200010)
DATES = (0x00100030, 0x00080020, 0x00080021, 0x00080022, 0x00080023)
CLINICIANS = (0x00080090, 0x00081050, 0x00081060, 0x00081070, 0x00321032)
OTHER = (0x00080080, 0x00080081, 0x00081010, 0x00101040)


def is_text(text: str, score: float, *, is_turned: bool) -> bool:
    """Whether what was read is text at all, and not the grain of a picture."""
    count = sum(character.isalnum() for character in text)
    least = TURNED_SCORES if is_turned else LEAST_SCORES
    return any(count >= enough and score >= sure for enough, sure in least)


def is_harmless(text: str, device: frozenset[str] = frozenset()) -> bool:
    """Whether a line holds only markers of sides, rulers, scales and settings of the device.

    Parameters
    ----------
    device
        Words, in lower case, of its maker and model.
    """
    plain = NOUGHT.sub("0", unicodedata.normalize("NFKC", text))
    words = [stripped for word in BETWEEN.split(plain) if (stripped := word.strip(".:*-_'\"<>=+"))]
    numbers = [word for word in words if word.isdigit()]
    if sum(map(len, numbers)) > SCALE_DIGITS and not _is_scale(numbers):
        return False
    return all(_says_nothing(word, device) for word in words)


def _says_nothing(word: str, device: frozenset[str]) -> bool:
    is_listed = any(word.lower() in listed for listed in (MARKERS, LABELS, device))
    return is_listed or bool(TOKEN.fullmatch(word) or PROBE.fullmatch(word)) or _is_ruler(word)


def _is_scale(numbers: list[str]) -> bool:
    """Whether numbers rise or fall evenly."""
    return len({int(after) - int(before) for before, after in pairwise(numbers)}) == 1


def _is_ruler(word: str) -> bool:
    """Whether a word is the ticks of a ruler, taken for letters."""
    (tick, count), *_ = Counter(word.lower()).most_common(1)
    least = len(word) if tick == "1" else TICK_SHARE * len(word)
    return tick in TICKS and len(word) >= LEAST_TICKS and count >= least


def known_of(original: DataSet | None, given: Identifiers) -> Identifiers:
    """Return what is known of a patient and study, with what the original header says of them."""
    if original is None:
        return given
    return Identifiers(
        names=given.names + _texts(original, NAMES),
        numbers=given.numbers + _texts(original, NUMBERS),
        dates=given.dates + tuple(_dates(original)),
        clinicians=given.clinicians + _texts(original, CLINICIANS),
        other=given.other + _texts(original, OTHER),
    )


def parts_of(text: str, known: Identifiers) -> tuple[Part, ...]:
    """Return the words of a line that are known, or have the shape of an identifier."""
    spans: list[Span] = find_known(text, known)
    taken = {place for span in spans for place in range(span.start, span.end)}
    spans += [span for span in find_patterns(text) if taken.isdisjoint(range(span.start, span.end))]
    return tuple(
        Part(word=text[span.start : span.end], kind=KINDS.get(span.kind, "other"), offset=span.start) for span in spans
    )


def kind_of(parts: tuple[Part, ...]) -> str:
    """Return what a line with these parts seems to be."""
    return parts[0].kind if parts else BURNED_IN


def _texts(original: DataSet, tags: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(text for tag in tags if (text := original.text_of(tag)))


def _dates(original: DataSet) -> Iterator[dt.date]:
    for tag in DATES:
        date = date_of(original.text_of(tag))
        if date:
            yield date
