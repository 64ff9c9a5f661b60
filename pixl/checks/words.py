"""Words that say nothing alone: of the standard, of titles, of what stands for nobody. They stop false alarms.

A name's part that is such a word counts only beside another part of the same name, or in an element that holds a name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import cast

from pydicom.sr._concepts_dict import concepts

from pixl.dicom.names import keywords
from pixl.text.lists import surnames


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = _words(
    """
    dame de den der di dr dr. du frcr frcs iii jr la le mbbs mbchb md miss mr mrcp mrs ms phd prof rev sir sr the
    van von
    """
)
NOBODY = _words(
    """
    admin administrator anon anonymised anonymized anonymous available default deidentified demo doctor dummy empty
    example family first given last middle missing na name nan nil nobody noname none not null operator other
    patient phantom physician qa qc radiographer removed sample service staff surname tech technician technologist
    test tester testing undefined unknown unnamed unspecified user various xxx xxxx xxxxx
    """
)
"""What stands in a name's or an identifier's place and is none."""
EVERYDAY = _words(
    """
    academic america and april arm art august avenue back ball bell best bill black blue bone brain bridge britain
    brown building cancer care center centre chest children childrens church city clinic close college community
    console county court crescent cross dates day december department dept diagnostic diagnostics district drive east
    emergency england february field floor foot for forest france friday from gardens gates general germany good
    gray green grey grove hall hand head health healthcare heart hill hip hospital hospitals house imaging infirmary
    institute institution ireland january july june kingdom knee lab laboratory lake lane left leg long lung march
    mark may medical medicine memorial monday national neck north not november october old park place post pre
    radiography radiology red regional research rich right road room rose royal saint scan scanner school scotland
    september server service services sharp short skull small south spine square states station stone street strong
    suite sunday terrace the town trauma trust unit united university usa wales wall ward waters way west white will
    with without women womens wood workstation young
    """
)
MAKERS = _words(
    "philips siemens toshiba canon fujifilm hitachi hologic carestream agfa kodak shimadzu samsung elekta varian"
)
"""Names inside these words are none of a person."""
LEAST_PART = 3
"""Letters of a word in a word."""
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
EXPANDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "æ": "ae", "œ": "oe"})
NO_MARK = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)


@cache
def common_words() -> frozenset[str]:
    """Return words that are no evidence of a person: those of the data dictionary's names, and everyday ones."""
    in_keywords = {word.lower() for name in keywords() for word in _CAMEL.findall(name) if len(word) > 1}
    in_codes = {word.lower() for name in _codes() for word in _CAMEL.findall(name) if len(word) > 1}
    return frozenset(in_keywords | EVERYDAY | NOBODY | MAKERS | (in_codes - surnames()))


def is_common(word: str) -> bool:
    """Whether a word says nothing alone."""
    return word in common_words()


def is_term(word: str) -> bool:
    """Whether a word is put together of two that say nothing, as terms in coded strings are: `HEADNECK`."""
    common = common_words()
    cuts = range(LEAST_PART, len(word) - LEAST_PART + 1)
    return any(word[:cut] in common and word[cut:] in common for cut in cuts)


@cache
def fold_character(character: str) -> str:
    """Return a character in lower case without marks: one or more characters, or none for a mark alone."""
    if character.isascii():
        return character.lower()
    plain = unicodedata.normalize("NFKD", character.lower().translate(NO_MARK))
    return "".join(one for one in plain if not unicodedata.combining(one))


def fold(text: str) -> str:
    """Return a text in lower case without diacritics."""
    return text.lower() if text.isascii() else "".join(map(fold_character, text))


def _codes() -> Iterator[str]:
    """Yield the names of the codes of PS3.16, which are findings, procedures and parts of the body."""
    for scheme in cast("Mapping[str, Mapping[str, object]]", concepts).values():
        yield from scheme


def spellings(word: str) -> frozenset[str]:
    """Return a word folded, and folded as German and Scandinavian names are often written without their letters."""
    if word.isascii():
        return frozenset({word.lower()})
    return frozenset({fold(word), fold(word.lower().translate(EXPANDED))})
