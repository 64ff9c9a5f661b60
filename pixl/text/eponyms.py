"""Names that mean a disease, a sign or a device where they stand: `Baker's cyst`, `Blalock-Taussig`."""

from __future__ import annotations

import re

from pixl.text import lists
from pixl.text.cues import FUNCTION_WORDS, PARTICLES, PERSON_VERBS
from pixl.text.reading import Reading
from pixl.text.words import Is

LONGEST_PHRASE = 4
"""Words before this one in a phrase."""
NOUN_WITHIN = 3
"""Words behind this one: `Baker's popliteal cyst`."""
BREAK = re.compile(r"[.;:?!\n]")
CLAUSE = re.compile(r"\s*[.;\n]|\s*$")
GRADE = re.compile(r"\d{1,3}[A-Ca-c]?|[IV]{1,3}[A-Ca-c]?|grades?|class|types?|stages?|scores?|[A-D]")
HYPHENS = frozenset("-\u2013")


def is_eponym(reading: Reading, i: int) -> bool:
    """Tell whether a word is an eponym, or part of one."""
    if not _may_be_eponym(reading, i) or _is_somebody(reading, i):
        return False
    if reading.lows[i] in lists.sure_eponyms():
        return True
    return _is_owned(reading, i) or is_in_phrase(reading, i) or _is_linked(reading, i)


def _is_owned(reading: Reading, i: int) -> bool:
    """Tell whether a name that is an eponym now and then stands before what is called so."""
    if reading.lows[i] not in lists.owned_eponyms():
        return reading.lows[i] in lists.eponyms() and (_is_graded(reading, i) or _is_before_noun(reading, i))
    return _is_before_noun(reading, i)


def _may_be_eponym(reading: Reading, i: int) -> bool:
    """Tell whether there is any reason to look closer."""
    low = reading.lows[i]
    if low in lists.eponyms() or low in lists.owned_eponyms() or low in lists.phrase_words() or low in PARTICLES:
        return True
    return (i + 1 < len(reading) and reading.gap(i) in HYPHENS) or (i > 0 and reading.gap(i - 1) in HYPHENS)


def _is_somebody(reading: Reading, i: int) -> bool:
    """Tell whether a title stands before a name, or a verb or an initial behind it: `Crohn, M`, `Colles agrees`."""
    if reading.has(i - 1, Is.TITLE) and not is_in_phrase(reading, i):
        return reading.gap(i - 1).strip(" .") == "" and not _is_before_noun(reading, i)
    if reading.low(i - 1) in {"by", "with", "under", "informed"} and CLAUSE.match(reading.gap(i)) and i:
        return not _is_graded(reading, i)
    if i + 1 == len(reading) or reading.has(i, Is.OWNER):
        return False
    behind, between = reading.lows[i + 1], reading.gap(i)
    if between == ", ":
        return reading.has(i + 1, Is.LETTER)
    return between == " " and (behind in PERSON_VERBS or behind in {"aware", "informed", "will", "seen", "m", "f"})


def _is_graded(reading: Reading, i: int) -> bool:
    """Tell whether a number, a grade or the ending of an owner stands behind an eponym: `Billroth II`, `Crohn's`."""
    if reading.has(i, Is.OWNER):
        return True
    behind = reading.tokens[i + 1].word if i + 1 < len(reading) and len(reading.gap(i)) == 1 else ""
    return bool(GRADE.fullmatch(behind))


def _is_before_noun(reading: Reading, i: int) -> bool:
    nouns = lists.words("eponym_nouns.txt")
    for ahead in range(i + 1, min(i + NOUN_WITHIN, len(reading) - 1) + 1):
        between = reading.gap(ahead - 1)
        if len(between) > NOUN_WITHIN or BREAK.search(between):
            return False
        word = reading.tokens[ahead].word.lower()
        if word in nouns and not (reading.is_big(ahead) and reading.has(ahead, Is.FIRST)):
            return True
        if word in FUNCTION_WORDS:
            return False
    return False


def is_in_phrase(reading: Reading, i: int) -> bool:
    """Tell whether a word is one of a phrase that is an eponym: `Sister Mary Joseph`."""
    phrases = lists.eponym_phrases()
    for start in range(max(0, i - LONGEST_PHRASE), i + 1):
        for rest in phrases.get(reading.lows[start], ()):
            if start + len(rest) >= i and all(reading.low(start + n) == word for n, word in enumerate(rest, 1)):
                return True
    return False


def _is_linked(reading: Reading, i: int) -> bool:
    """Tell whether a hyphen links a word with an eponym, or it is the `de` of `de Quervain`."""
    sure = lists.eponyms()
    if i + 1 < len(reading) and reading.gap(i) in HYPHENS and reading.lows[i + 1] in sure:
        return True
    if i and reading.gap(i - 1) in HYPHENS and reading.lows[i - 1] in sure:
        return True
    return reading.lows[i] in PARTICLES and reading.low(i + 1) in sure
