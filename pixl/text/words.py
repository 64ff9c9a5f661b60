"""What a word is by itself, before its neighbours are asked."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from pixl.text import lists
from pixl.text.cues import CUES, ROLES, TITLES


class Is:
    """What is known of a word, as bits of a number. 0: safe, and of no interest to any rule."""

    UNSAFE = 1 << 0
    """No list knows it."""
    NAME = 1 << 1
    """A name; it may be an ordinary word as well."""
    FIRST = 1 << 2
    """A first name."""
    CAPITAL = 1 << 3
    """`White`."""
    UPPER = 1 << 4
    """`WHITE`."""
    OWNER = 1 << 5
    """`White's`."""
    TITLE = 1 << 6
    """`Dr`: a name follows."""
    CUE = 1 << 7
    """`by`: a name follows if the word before it is one of those that ask for one."""
    LABEL = 1 << 8
    """`Radiologist`: a name follows behind a colon."""
    LETTER = 1 << 9
    """A single letter, written big."""
    MIXED = 1 << 10
    """Letters and digits."""
    NUMBER = 1 << 11
    """More digits than a measure has."""
    DIGITS = 1 << 12
    """There is a digit in it."""
    TIME = 1 << 13
    """A month, a feast, a year: a date may stand here."""
    PLACE = 1 << 14
    """`Street`, `Hospital`, `Ward`: an address or the name of a hospital may stand here."""
    POST = 1 << 15
    """The second half of a postcode, or all of it."""
    AGE = 1 << 16
    """A number from 90 on, or a word for one."""
    SPOKEN = 1 << 17
    """A digit in words."""
    RARE = 1 << 18
    """A word of the dictionary that reports hardly have."""
    CODED = 1 << 20
    """`Participant`, `trial`: a short number that counts somebody may follow."""
    DAY = 1 << 21
    """`24th`."""
    LIKELY = 1 << 19
    """A word and a name, and reports hardly have the word."""

    BIG = CAPITAL | UPPER
    PERSON = UNSAFE | NAME
    DOUBTFUL = RARE | LIKELY
    ANNOUNCING = TITLE | CUE | LABEL | OWNER


class Word(NamedTuple):
    """What is known of a word as it is written."""

    flags: int
    low: str
    """In small letters, without marks, apostrophes and the ending of an owner."""


WORD = re.compile(r"[^\W_]+(?:['\u2019`\u00b4][^\W\d_]+)*")
JOINED_WORD = re.compile(
    r"(?:[^\W_]|[\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufeff])+(?:['\u2019`\u00b4\u02bc][^\W\d_]+)*"
)
"""The same where the text has combining marks or invisible characters."""
MARKS = re.compile(r"[\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufeff]")
OWNED = re.compile(r"['\u2019`\u00b4\u02bc](?:s|S)$")
LONGEST_NUMBER = 4
"""Digits of a number that may be a measure."""
MOST_WORDS = 200_000
"""Remembered at a time."""


class Words(dict[str, Word]):
    """Word as written -> what is known of it; remembered, because reports use few words."""

    def __missing__(self, word: str) -> Word:
        if len(self) >= MOST_WORDS:
            self.clear()
        found = self[word] = _judge(word)
        return found


WORDS = Words()


def fold(word: str) -> str:
    """Return a word in small letters, without marks and invisible characters."""
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", word.casefold())
    return MARKS.sub("", plain).translate(LETTERS)


QUOTES = str.maketrans({"`": "'", "\u00b4": "'", "\u02bc": "'"})
LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i", "\u2019": "'"}
)


def bare(word: str) -> str:
    """Return a folded word without the ending of an owner."""
    return OWNED.sub("", fold(word)).translate(QUOTES)


def _judge(word: str) -> Word:
    low = bare(word)
    plain = low.replace("'", "")
    if low.isdigit():
        return Word(_of_digits(low), low)
    if any(letter.isdigit() for letter in low):
        return Word(_of_mixed(low), low)
    if not low.isalpha():
        return Word(_of_parts(word, low), plain)
    return Word(_of_letters(word, low) | _triggers(low), low)


def _of_digits(low: str) -> int:
    flags = Is.DIGITS
    if len(low) > LONGEST_NUMBER:
        flags |= Is.NUMBER | Is.UNSAFE
    if YEAR.fullmatch(low):
        flags |= Is.TIME
    return flags | Is.AGE if OLD.fullmatch(low) else flags


def _of_mixed(low: str) -> int:
    flags = Is.DIGITS if is_measure(low) else Is.DIGITS | Is.MIXED | Is.UNSAFE
    if ORDINAL.fullmatch(low) or MONTH.search(low):
        flags |= Is.TIME
    if ORDINAL.fullmatch(low):
        flags |= Is.DAY
    if POST.fullmatch(low):
        flags |= Is.POST
    return flags | Is.AGE if OLD.match(low.lstrip("mf")) else flags


YEAR = re.compile(r"(?:18|19|20)\d\d")
OLD = re.compile(r"0?(?:9\d|1[0-2]\d)(?!\d)")
MONTHS_IN_ROMAN = frozenset({"ii", "iii", "vi", "vii", "viii", "ix", "xi", "xii"})
ORDINAL = re.compile(r"\d{1,2}(?:st|nd|rd|th)")
MONTH = re.compile(r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec")
POST = re.compile(r"(?:[a-z]{1,2}\d[a-z\d]?)?\d[abd-hjlnp-uw-z]{2}")
TRIGGERS = tuple(
    (flag, lists.section("cues.txt", title))
    for flag, title in (
        (Is.TIME, "near a date"),
        (Is.PLACE, "near a place"),
        (Is.AGE, "near an age"),
        (Is.SPOKEN, "digits"),
        (Is.CODED, "near a code"),
    )
)
"""Words beside which a pattern is worth to be looked for."""


def _triggers(low: str) -> int:
    flags = 0
    for flag, words in TRIGGERS:
        if low in words:
            flags |= flag
    return flags


def _of_parts(word: str, low: str) -> int:
    """Return what `O'Brien` or `didn't` is."""
    if low.replace("'", "") in lists.surnames() or OF_NAMES.match(low):
        return Is.NAME | _case(word) | Is.UNSAFE
    safe = all(part in CONTRACTED or is_safe(part) for part in low.split("'") if part)
    return 0 if safe else Is.UNSAFE | _case(word)


OF_NAMES = re.compile(r"(?:o|d|m|l|n|a|al|fitz)'(?!clock\b)[^\W\d_]{3}")
"""O'Hand, D'Arcy."""
CONTRACTED = frozenset(
    [
        "s",
        "t",
        "d",
        "ll",
        "re",
        "ve",
        "m",
        "o",
        "n",
        "isn",
        "didn",
        "doesn",
        "don",
        "won",
        "couldn",
        "wouldn",
        "shouldn",
        "hasn",
        "hadn",
        "haven",
        "wasn",
        "weren",
    ]
)


def _of_letters(word: str, low: str) -> int:
    if len(low) == 1:
        cue = Is.CUE if low in CUES else 0
        return cue | Is.LETTER | Is.UPPER if word.isupper() else cue
    if ROMAN.fullmatch(word):
        return Is.TIME if word in MONTHS_IN_ROMAN else 0
    flags = 0 if is_safe(low) else Is.UNSAFE
    if OWNED.search(word):
        flags |= Is.OWNER
    if is_first(low):
        flags |= Is.NAME | Is.FIRST
    if low in lists.surnames() or low in lists.common_names() or low in lists.eponyms():
        flags |= Is.NAME
    if not flags & Is.UNSAFE:
        flags |= _doubt(low, is_name=bool(flags & Is.NAME))
    for kind, words in ((Is.TITLE, TITLES), (Is.CUE, CUES), (Is.LABEL, ROLES)):
        if low in words:
            flags |= kind
    return flags | _case(word)


def _doubt(low: str, *, is_name: bool) -> int:
    """Return whether a safe word is one that reports hardly have."""
    if low in lists.plain() or low in TITLES:
        return 0
    return Is.LIKELY if is_name else Is.RARE if is_rare(low) else 0


ROMAN = re.compile(r"(?:I{2,3}|I?V|VI{1,3}|IX|XI{0,3})[abcABCFDs]?|i{2,3}|iv|vi{1,3}")
"""Numbers of stages, segments, types."""


def _case(word: str) -> int:
    if word.isupper():
        return Is.UPPER
    return Is.CAPITAL if word[0].isupper() else 0


def is_first(low: str) -> bool:
    """Tell whether a folded word is a first name."""
    return low in lists.first_names()


def is_safe(low: str) -> bool:
    """Tell whether a folded word says nothing about a person, whatever stands around it."""
    if low in lists.words("rather_names.txt"):
        return False
    return low in lists.safe() or low in TITLES or _is_derived(low, lists.safe())


BEGINNINGS = lists.section("cues.txt", "beginnings")
ENDINGS = ("s", "es", "ed", "ing", "ly", "al", "ally", "ic", "ically", "like")
SHORTEST_REST = 5
"""Letters of what must be a known word."""


@cache
def _beginnings() -> tuple[str, ...]:
    return tuple(sorted(set(BEGINNINGS), key=len, reverse=True))


def is_rare(low: str) -> bool:
    """Tell whether a safe word is one that reports hardly have."""
    known = low in lists.common() or low in lists.eponyms()
    return not known and not _is_derived(low, lists.common())


def _is_derived(low: str, of: frozenset[str]) -> bool:
    """Tell whether a word is one of these with a beginning or an ending."""
    if len(low) < SHORTEST_REST + 2 or low in lists.surnames() or is_first(low):
        return False
    stems = [low.removesuffix(ending) for ending in ENDINGS if low.endswith(ending)]
    rests = [low.removeprefix(start) for start in _beginnings() if low.startswith(start)]
    return any(len(rest) >= SHORTEST_REST and rest in of for rest in (*stems, *rests))


_UNIT = (
    r"(?:[mcnk]?m[23]?|[mµu]?m|[md]?ls?|secs?|ms|mins?|hrs?|h|deg|d|days?|kvp?|mas?|[mc]?gy|[mkµun]?g|mcg|kg|t|th|st|nd|rd|x|ph|ns|vd"
    r"|b|mci|[mk]?bq|yrs?|y|yo|wks?|w|mths?|pm|am|fr?|[mk]?hz|cc|iu|units?|hu|bpm|k|o|u|v|p|g|pc|st|lb|ft|in|mmhg|mmol|s|cms?|mms?)"
)
_STAGE = r"(?:y?[cpr]?t(?:[0-4x]|is)[a-d]?)?(?:y?[cpr]?n[0-3x][a-c]?)?(?:[cpr]?m[01x][a-c]?)?"
MEASURE = re.compile(
    rf"\d{{1,4}}{_UNIT}|\d{{1,3}}x\d{{1,3}}(?:x\d{{1,3}})?(?:mm|cm)?|x\d{{1,3}}|\d[dk]|\d{{1,3}}(?:mm|cm)x|{_STAGE}"
    r"|[ctlsd]\d{1,2}|[ctlsd]\d{1,2}[ctlsd]\d{1,2}|co2|t[12]w?i?|b\d{2,4}|g\dp\d|ck\d{1,2}|hba1c|\d{1,2}[lri]|[gb]\d|gr?\d|[rumhqcbwpds]\d[a-c]?|v\d{1,2}|z\d|[vi]{1,4}[abcd]\d?"
    r"|\d{1,2}[abcdf]|ca\d{2,3}|tc\d{2}m?|\d{2}m?tc|i1[23]\d|ga6[78]|f18|tl201|in111|lu177|y90|cr51|18f|68ga|99m|a\d|m\d|k\d|mm[23]|cm[23]|m[23]"
    r"|(?:stage|grade|type|level|segment|phase|zone|score|series|image|im|se|seg|grp|birads|tirads|pirads|lirads|orads|rads|r|figo|asa|ps"
    r"|ecog|il|her|ki|pdl|brca|tnf|covid|mag|sp|dlco|fev|fvc|spo|pao|paco|hb|ph|cha|vasc|cg|ng|qs|ta|ipg)\d{1,3}[a-d]?"
    r"|braf\w?\d+e?|fy[12]|st[1-8]|ct[1-4]|f[12]|cd\d{1,3}|p16|p53|her2|b12|d3|q\d{1,2}h?|[0-9]{1,2}oclock|50s?|\d0s|\d{1,2}g"
)
"""Shapes of letters and digits that say nothing: 12mm, L4, T2w, pT2N0, b1000, 3D."""


def is_measure(low: str) -> bool:
    """Tell whether letters and digits together are a measure, a level or a stage."""
    return MEASURE.fullmatch(low.replace("\u03bc", "u").replace("\u00b5", "u")) is not None
