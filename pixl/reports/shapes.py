"""The embedded second method. It shares no list, no rule and no code with `pixl.text`, which it checks.

It knows nothing of which words are safe. It looks for three things in what is left of a report: what is known of the
patient (by comparing letters and digits only), shapes that identifiers have (runs of digits, dates, addresses of
e-mail), and places in a sentence where a person is named (behind a title, behind "reported by", before "'s clinic").
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pixl.reports.engine import Seen
from pixl.text import Identifiers, Kind, Span

WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
DIGITS = re.compile(r"(?<![\w.])\+?\d(?:[ \-/.]?\d)+(?!\w|\.\d)")
MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?"
)
ROADS = "Road|Street|Lane|Avenue|Close|Drive|Way|Court|Crescent|Gardens|Terrace"
STAFF = "Drs?|Mrs?|Ms|Miss|Mx|Prof|Professor|Sister|Nurse|Sir|Dame|Rev|Consultant|Registrar|Radiologist|Radiographer"
PROPER = r"(?:[A-Z]['\u2019][A-Z][a-z]+|[A-Z][a-z\u00df-\u00ff]+(?:['\u2019-][A-Z][a-z\u00df-\u00ff]+)*)"
NAME = (
    rf"(?!(?:{STAFF}|The|This|There|No|By|On|At|In)\b)"
    r"(?:[A-Z]['\u2019][A-Z][a-z]+|[A-Z][a-z\u00df-\u00ff]+(?:['\u2019-][A-Z][a-z\u00df-\u00ff]+)*|[A-Z]{3,})"
)
NAMES = rf"(?:(?:{NAME}|[A-Z]\.?)[ ,]+){{0,3}}(?:{NAME})"
TELEPHONE = r"(?i:bleep(?:ed)?|ext(?:ension)?|pager|fax|tel(?:ephone)?|phone|mobile|rung)"
RELATIVES = (
    "husband|wife|partner|daughter|son|grandson|granddaughter|mother|father|brother|sister|niece|nephew|carer|"
    "next of kin|nok"
)
NO_VERB = r"(?!(?i:to|in|at|on|and|or|will|has|the|who|for|of|is|was|by|with|from)\b)"
TITLE = r"(?:Drs?|Mrs?|Ms|Miss|Mx|Prof(?:essor)?|Sister|Nurse|Sir|Dame|Rev)"
BY = (
    r"(?:report(?:ed)?|dictated|verified|authori[sz]ed|signed|typed|checked|performed|seen|referred|requested|scanned|"
    r"reviewed|discussed|agreed|informed|operator|consultant|radiologist|radiographer|registrar|sonographer|surname|"
    r"forename|patient name|name|gp)(?: (?:off|out|electronically|by|with|to|from|via))*"
)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A form that identifiers have."""

    pattern: re.Pattern[str]
    kind: Kind
    rule: str
    certainty: float


def _shape(kind: Kind, rule: str, certainty: float, pattern: str, flags: int = 0) -> Shape:
    return Shape(pattern=re.compile(pattern, flags), kind=kind, rule=rule, certainty=certainty)


NUMERIC = r"(?<![\d.])(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2})(?![\d.]\d)"
SHAPES = (
    _shape(Kind.EMAIL, "e-mail", 0.95, r"[\w.+-]+@[\w-]+\.[\w.-]+"),
    _shape(Kind.URL, "web address", 0.9, r"\b(?:https?://|www\.)\S+", re.IGNORECASE),
    _shape(Kind.DATE, "date in figures", 0.6, NUMERIC),
    _shape(Kind.DATE, "day and month", 0.8, rf"\b\d{{1,2}}(?:st|nd|rd|th)?[ -](?:of )?(?:{MONTHS})\b", re.IGNORECASE),
    _shape(Kind.DATE, "month and year", 0.5, rf"\b(?:{MONTHS})[ ,'-]+(?:19|20)?\d\d\b", re.IGNORECASE),
    _shape(
        Kind.DATE, "month and day", 0.8, rf"\b(?:{MONTHS}) \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d\b", re.IGNORECASE
    ),
    _shape(Kind.DATE, "date in one word", 0.8, rf"\b\d{{1,2}}(?:{MONTHS})(?:19|20)?\d\d\b", re.IGNORECASE),
    _shape(Kind.DATE, "month and year in figures", 0.5, r"(?<![\d/.])(?:0[1-9]|1[0-2])/(?:19|20)\d\d\b"),
    _shape(Kind.PHONE, "behind a telephone", 0.7, rf"\b{TELEPHONE}\W{{0,3}}(?:on )?(?P<what>[(+]*\d[\d ()-]{{2,}}\d)"),
    _shape(Kind.PHONE, "area code in brackets", 0.7, r"\(0\d{2,4}\) ?\d{3,4} ?\d{3,4}\b"),
    _shape(Kind.POSTCODE, "postcode", 0.8, r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}\b"),
    _shape(Kind.MRN, "letters and digits", 0.7, r"\b(?=[A-Z]*\d)(?:[A-Z]{1,4}-?\d{5,}|\d{5,}[A-Z]{1,3})\b"),
    _shape(Kind.AGE, "age over 89", 0.5, r"\b(?:9\d|1[01]\d)[ -](?:year|yr|y/o)", re.IGNORECASE),
    _shape(Kind.NAME, "behind a title", 0.8, rf"\b{TITLE}\.? (?P<what>{NAMES})"),
    _shape(Kind.NAME, "behind a title in any case", 0.7, rf"\b(?i:dr|mrs|prof)\.? (?P<what>{NO_VERB}[^\W\d_]{{2,}})"),
    _shape(Kind.NAME, "behind a relative", 0.6, rf"\b(?i:{RELATIVES})(?: is|:|,)? (?P<what>{NAMES})"),
    _shape(Kind.NAME, "what somebody is called", 0.6, rf"\b(?i:called|known as) (?P<what>{PROPER})"),
    _shape(Kind.NAME, "initials", 0.4, r"\b(?i:typed|typist|checked|verified)(?i: by)?: ?(?P<what>[A-Za-z]{2,3})\b"),
    _shape(Kind.NAME, "initials at the end", 0.4, r"^[A-Z]{2,3}/[A-Za-z]{2,3}$", re.MULTILINE),
    _shape(
        Kind.NAME,
        "behind what somebody did",
        0.6,
        rf"\b(?i:{BY})\s?[:;,-]? ?(?P<what>(?!(?:{STAFF})\b){PROPER} (?!(?:{STAFF})\b){PROPER})",
    ),
    _shape(
        Kind.NAME,
        "somebody's clinic",
        0.6,
        rf"(?P<what>{NAME})['\u2019]s? (?:clinic|list|team|ward|office|service|care)\b",
    ),
    _shape(
        Kind.ADDRESS,
        "street",
        0.7,
        rf"\b\d{{1,4}}[A-Za-z]? (?:[A-Z][a-z]+ ){{1,3}}(?:{ROADS})\b",
    ),
)
LONG_NUMBER, LONG_CERTAINTY = 8, 0.9
SHORT_NUMBER, SHORT_CERTAINTY = 6, 0.5
SHORTEST_NAME = 3
LIKE_FROM = 6
"""Letters from which on a name may have a typing error."""


class ShapesEngine:
    """Reads an output and finds what looks like an identifier there."""

    name = "shapes"
    version = "1"
    is_remote = False

    def find(self, text: str, known: Identifiers) -> Seen:
        """Return what is known, what has the shape of an identifier, and who seems to be named."""
        spans = [*_shaped(text), *_numbers(text, known.numbers), *_people(text, known), *_dates(text, known.dates)]
        return Seen(spans=tuple(_apart(spans)))


def _shaped(text: str) -> Iterator[Span]:
    for shape in SHAPES:
        for found in shape.pattern.finditer(text):
            group = "what" if "what" in shape.pattern.groupindex else 0
            yield Span(found.start(group), found.end(group), shape.kind, shape.rule, shape.certainty)


def _numbers(text: str, known: Iterable[str]) -> Iterator[Span]:
    wanted = [digits for number in known if len(digits := _digits(number)) >= SHORT_NUMBER - 1]
    for found in DIGITS.finditer(text):
        digits = _digits(found[0])
        if any(number in digits for number in wanted):
            yield Span(found.start(), found.end(), Kind.NUMBER, "known number", 1.0)
        elif len(digits) >= LONG_NUMBER:
            yield Span(found.start(), found.end(), Kind.NUMBER, "long number", LONG_CERTAINTY)
        elif len(digits) >= SHORT_NUMBER and found[0].isdigit():
            yield Span(found.start(), found.end(), Kind.NUMBER, "number", SHORT_CERTAINTY)
    bare = {_letters(number) for number in known}
    for found in re.finditer(r"[A-Za-z0-9-]{4,}", text):
        if _letters(found[0]) in bare:
            yield Span(found.start(), found.end(), Kind.NUMBER, "known number", 1.0)


def _people(text: str, known: Identifiers) -> Iterator[Span]:
    names = {part for name in (*known.names, *known.clinicians) for part in _parts(name)}
    places = {part for value in known.other for part in _parts(value) if len(part) > SHORTEST_NAME}
    if not names and not places:
        return
    for found in WORD.finditer(text):
        word = _letters(found[0])
        if word in names:
            yield Span(found.start(), found.end(), Kind.NAME, "known name", 0.9)
        elif len(word) >= LIKE_FROM and found[0][0].isupper() and any(_is_like(word, name) for name in names):
            yield Span(found.start(), found.end(), Kind.NAME, "like a known name", 0.6)
        elif word in places and found[0][:1].isupper():
            yield Span(found.start(), found.end(), Kind.ADDRESS, "known place", 0.5)


def _dates(text: str, known: Iterable[dt.date]) -> Iterator[Span]:
    forms = {form for day in known for form in _forms(day)}
    for found in re.finditer(r"(?<!\d)\d{6,8}(?!\d)|" + NUMERIC, text):
        if _digits(found[0]) in forms:
            yield Span(found.start(), found.end(), Kind.DATE, "known date", 0.95)


def _forms(day: dt.date) -> Iterator[str]:
    for form in ("%d%m%Y", "%d%m%y", "%Y%m%d", "%y%m%d"):
        yield day.strftime(form)
    yield f"{day.day}{day.month}{day.year}"


def _parts(name: str) -> Iterator[str]:
    yield from (part for word in re.split(r"[\^=\s,.]+", name) if len(part := _letters(word)) >= SHORTEST_NAME)


def _letters(text: str) -> str:
    """Return the letters and digits of a text without accents, in lower case."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalnum())


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def _is_like(word: str, name: str) -> bool:
    """Whether two words differ by one letter: another one, one more, one less, or two that changed places."""
    if len(name) < LIKE_FROM or abs(len(word) - len(name)) > 1:
        return False
    start = next(
        (i for i, (one, other) in enumerate(zip(word, name, strict=False)) if one != other), min(len(word), len(name))
    )
    one, other = word[start:], name[start:]
    swapped = len(one) > 1 and one[1::-1] + one[2:] == other
    return swapped or one[1:] == other[1:] or one[1:] == other or one == other[1:]


def _apart(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield spans that do not overlap: of two that do, the more certain one."""
    taken: list[Span] = []
    for span in sorted(spans, key=lambda span: (-span.certainty, span.start - span.end, span.start)):
        if span.end > span.start and all(span.end <= one.start or one.end <= span.start for one in taken):
            taken.append(span)
    yield from sorted(taken, key=lambda span: span.start)
