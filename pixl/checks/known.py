"""What is known of a patient and a study, as tokens to search for, and where a text holds one of them. Pure.

The policy against false alarms, in one place:

* A name's part counts alone from 3 letters on, as a word; from 6 letters on also inside a longer word. Shorter parts,
  and parts that are common words (`pixl.checks.words`), count only beside another part of the same name, in either
  order. Titles and what stands for nobody (`ANONYMOUS`, `TEST`) count never.
* An identifier counts from 5 letters and digits on, at least 2 of them digits, with any separators between them; below
  10 characters only if no letter or digit touches it. Leading zeros, and letters around a number of 6 digits or more,
  may be missing. Fewer than 3 different characters are no identifier.
* In numbers (DS, IS, FD ...) only a value that is the number as a whole counts.
* A date counts in every usual written form, with two digits of the year only where it has separators. In DA and DT it
  counts too, but where a policy moves dates by less than a life: there it must be what this very element had before.
* Addresses, institutions and devices count as a phrase, and by each of their words of 5 letters or more that is not
  common and is no word of the device's maker or model.
* Prose that the policy removes counts where 24 of its letters and digits or more stand somewhere else as a whole.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import ahocorasick_rs

from pixl.checks.words import NOBODY, TITLES, common_words, fold, fold_character, is_common, is_term, spellings
from pixl.domain.finding import Part

SHORTEST_NAME, SHORTEST_PAIR, INSIDE_WORDS = 3, 4, 6
SHORTEST_ID, UNTOUCHED_ID, SHORTEST_CORE = 5, 10, 6
SHORTEST_PHRASE, SHORTEST_WORD, SHORTEST_PROSE = 6, 5, 24
DIFFERENT_CHARACTERS, LEAST_DIGITS = 3, 2
IN_BINARY = 6
"""Bytes: shorter ones occur in pixels by chance."""
AT_ONCE = 64
"""Patterns; so few are searched for with vector instructions (Teddy), up to 20 times as fast as by an automaton."""
SHORTEST_IN_BLOB = 4
BLOBS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
PSEUDONYM = re.compile(r"(?=[0-9]*[a-f])[0-9a-f]{12,64}")
"""A hash: three letters in a row are no name there, nor ten digits an NHS number."""
KEPT_BYTES = bytes(range(0x30, 0x3A)) + bytes(range(0x61, 0x7B)) + bytes(range(0x80, 0x100))
SQUEEZED = bytes(byte for byte in range(256) if byte not in KEPT_BYTES)
"""What is taken out of lower-case bytes: separators, NULs (and so UTF-16 becomes ASCII), control characters."""
SEPARATOR = r"[^a-z0-9]{0,2}"
NAME_PARTS = re.compile(r"[^\W\d_]+(?:['\u2019`.][^\W\d_]+)*")


@dataclass(frozen=True, kw_only=True, repr=False)
class Token:
    """Something to search for."""

    kind: str
    """Such as `name`, `mrn`, `accession`, `institution`."""
    patterns: tuple[str, ...]
    """Regular expressions over a folded text, one of which has to match."""
    squeezed: frozenset[str]
    """Letters and digits of which one must be in a text of which all else was taken out."""
    exact: bool = False
    """Whether only an element that holds a name can hold it alone."""
    term: bool = False
    """Whether a coded string may hold it, as it is put together of common words."""

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """What finds it in a folded text."""
        return re.compile("|".join(self.patterns))


def name_tokens(name: str, kind: str = "name") -> Iterator[Token]:
    """Yield what to search for of a name, plain or in DICOM's form (PS3.5 section 6.2.1)."""
    for group in name.split("="):
        parts = _name_parts(group)
        for part in parts:
            yield from _name_token(part, kind)
        yield from _pairs(parts, kind)


def identifier_tokens(value: str, kind: str) -> Iterator[Token]:
    """Yield what to search for of a number or another identifier."""
    plain = re.sub(r"[^a-z0-9]", "", fold(value))
    digits = sum(character.isdigit() for character in plain)
    if len(plain) < SHORTEST_ID or digits < LEAST_DIGITS or len(set(plain)) < DIFFERENT_CHARACTERS:
        return
    if plain in NOBODY:
        return
    yield Token(kind=kind, patterns=(_untouched(plain),), squeezed=frozenset({plain}))
    core = max(re.findall(r"\d+", plain), key=len).lstrip("0")
    if core != plain and len(core) >= SHORTEST_CORE and len(set(core)) >= DIFFERENT_CHARACTERS:
        pattern = rf"(?<![0-9])(?<!\b0[.,])0*{SEPARATOR.join(core)}(?![0-9])"
        yield Token(kind=kind, patterns=(pattern,), squeezed=frozenset({core}))


def phrase_tokens(value: str, kind: str, *, ignored: frozenset[str] = frozenset()) -> Iterator[Token]:
    """Yield what to search for of an address, an institution or a device; `ignored` words count as common."""
    common = common_words() | ignored
    for piece in re.split(r"[,;^=\\\r\n]+", value):
        words = re.findall(r"[a-z0-9]+", fold(piece))
        if len("".join(words)) >= SHORTEST_PHRASE and not common.issuperset(words) and not _is_uid(piece):
            pattern = rf"(?<![a-z0-9]){SEPARATOR.join(words)}(?![a-z0-9])"
            yield Token(kind=kind, patterns=(pattern,), squeezed=frozenset({"".join(words)}))
        for word in words:
            if len(word) >= SHORTEST_WORD and word.isalpha() and word not in common:
                yield Token(kind=kind, patterns=(rf"(?<![a-z]){word}(?![a-z])",), squeezed=frozenset({word}))


def prose_tokens(value: str) -> Iterator[Token]:
    """Yield what to search for of a text that should be gone as a whole."""
    plain = re.sub(r"[^a-z0-9]", "", fold(value))
    if len(plain) >= SHORTEST_PROSE and len(set(plain)) >= DIFFERENT_CHARACTERS:
        words = re.findall(r"[a-z0-9]+", fold(value))
        yield Token(kind="text", patterns=(r"[^a-z0-9]{0,4}".join(words),), squeezed=frozenset({plain}))


class Matcher:
    """Finds tokens in values: one automaton says whether there may be any, then each candidate is looked at."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        by_squeezed: dict[str, list[Token]] = {}
        for token in dict.fromkeys(tokens):
            for text in token.squeezed:
                by_squeezed.setdefault(text, []).append(token)
        self._patterns = [(encoded, found) for text, found in by_squeezed.items() for encoded in _encodings(text)]
        long = [(raw, found) for text, found in by_squeezed.items() for raw in _in_binary(text)]
        self._long = long
        self._in_text = _automaton([pattern for pattern, _ in self._patterns])
        self._at_once = AT_ONCE if len(long) <= 2 * AT_ONCE else len(long)
        self._in_binary = [
            _first_of([pattern for pattern, _ in long[first : first + self._at_once]])
            for first in range(0, len(long), self._at_once)
        ]

    def may_hold(self, value: bytes) -> tuple[Token, ...]:
        """Return the tokens that a value may hold; an empty tuple settles it."""
        if self._in_text is None:
            return ()
        squeezed = value.lower().translate(None, SQUEEZED)
        found = self._in_text.find_matches_as_indexes(squeezed, overlapping=True)
        return tuple(dict.fromkeys(token for number, _, _ in found for token in self._patterns[number][1]))

    def in_binary(self, value: bytes) -> Token | None:
        """Return a token whose letters and digits stand in bytes that are no text, as ASCII or UTF-16."""
        lower = value.lower() if self._in_binary else b""
        for number, search in enumerate(self._in_binary):
            found = search.find_matches_as_indexes(lower)
            if found:
                return self._long[number * self._at_once + found[0][0]][1][0]
        return None


def find_tokens(text: str, tokens: Iterable[Token], *, vr: str = "LO") -> Iterator[Part]:
    """Yield where a text holds tokens, if it does.

    Parameters
    ----------
    text
        As it is in the element.
    tokens
        Those that it may hold.
    vr
        The element's representation: in PN a common word is a name, in CS one that is put together of such is none.
    """
    folded, places = _folded(text)
    is_pseudonym = bool(PSEUDONYM.fullmatch(text))
    for token in tokens:
        if _counts_in(token, vr, is_pseudonym=is_pseudonym):
            for match in token.expression.finditer(folded):
                begin, end = places[match.start()], places[match.end() - 1] + 1
                if not _is_in_common_word(folded, match) and not (vr in BLOBS and _is_noise(text[begin:end])):
                    yield Part(word=text[begin:end], kind=token.kind, offset=begin)
                    break


def _counts_in(token: Token, vr: str, *, is_pseudonym: bool) -> bool:
    """Whether a token is evidence in an element of this representation."""
    if vr == "CS" and token.term:
        return False
    if vr in BLOBS and len(min(token.squeezed, key=len)) < SHORTEST_IN_BLOB:
        return False
    if is_pseudonym and min(token.squeezed).isalpha():
        return False
    return vr == "PN" or not token.exact


def _is_noise(word: str) -> bool:
    """Whether a word out of a binary value is short and mostly letters with marks, as random bytes are in Latin-1."""
    marked = sum(not character.isascii() for character in word)
    return len(word) < INSIDE_WORDS and fold(word).isascii() and 2 * marked > len(word)


def _is_in_common_word(folded: str, match: re.Match[str]) -> bool:
    """Whether what was found is the inside of a word that says nothing, such as `Philip` in a maker's name."""
    if not match.group().isalpha():
        return False
    begin, end = match.span()
    while begin and folded[begin - 1].isalpha():
        begin -= 1
    while end < len(folded) and folded[end].isalpha():
        end += 1
    return (begin, end) != match.span() and is_common(folded[begin:end])


def find_whole_numbers(text: str, tokens: Iterable[Token]) -> Iterator[Part]:
    """Yield the numbers among the values of a DS, IS and the like that are an identifier as a whole."""
    for number in text.split("\\"):
        plain = number.strip().lstrip("+0")
        for token in tokens:
            if plain.isdigit() and any(plain == squeezed.lstrip("0") for squeezed in token.squeezed):
                yield Part(word=number.strip(), kind=token.kind, offset=text.index(number))


# Dates

_MONTH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = rf"({'|'.join(_MONTH)})[a-z]{{0,6}}"
_BETWEEN = r"[\s\-/.,_:]"
_DAY, _YEAR = r"(\d{1,2})(?:st|nd|rd|th)?", r"'?(\d{4}|\d{2})(?!\d)"
_TIME = r"(?=[0-2]\d[0-5]\d[0-5]\d|\D|$)"
DATES = tuple(
    (re.compile(pattern, re.IGNORECASE), order)
    for pattern, order in (
        (rf"(?<!\d)(\d{{4}}){_BETWEEN}{{0,2}}(\d{{2}}){_BETWEEN}{{0,2}}(\d{{2}}){_TIME}", "ymd"),
        (rf"(?<!\d)(\d{{4}}){_BETWEEN}(\d{{1,2}}){_BETWEEN}(\d{{1,2}})(?!\d)", "ymd"),
        (r"(?<!\d)(\d{2})(\d{2})(\d{4})(?!\d)", "dmy"),
        (rf"(?<!\d)(\d{{1,2}}){_BETWEEN}{{1,2}}(\d{{1,2}}){_BETWEEN}{{1,2}}{_YEAR}", "dmy"),
        (rf"(?<!\d){_DAY}(?:{_BETWEEN}|of\b){{0,3}}{_NAMED}{_BETWEEN}{{0,2}}{_YEAR}", "dby"),
        (rf"(?<![a-z]){_NAMED}{_BETWEEN}{{0,2}}{_DAY}{_BETWEEN}{{0,2}}(\d{{4}})(?!\d)", "bdy"),
        (rf"(?<!\d)(\d{{4}}){_BETWEEN}{{0,2}}{_NAMED}{_BETWEEN}{{0,2}}(\d{{1,2}})(?!\d)", "ybd"),
    )
)
"""Every usual written form; what looks like one is a finding only if the day is known."""
SHORTEST_DATE = 4
"""Digits."""


def find_dates(text: str, known: frozenset[dt.date]) -> Iterator[Part]:
    """Yield the dates in a text, in whatever form, that are known."""
    if sum(map(text.count, "0123456789")) < SHORTEST_DATE:
        return
    for expression, order in DATES:
        for match in expression.finditer(text):
            if not known.isdisjoint(_dates(match.groups(), order)):
                yield Part(word=match.group(), kind="date", offset=match.start())
                return


def _dates(groups: tuple[str, ...], order: str) -> Iterator[dt.date]:
    """Yield the dates that three groups may mean: day and month may be the other way round."""
    values = dict(zip(order.replace("b", "m"), groups, strict=True))
    month = values["m"].lower()
    named = month[:3] in _MONTH
    number = _MONTH.index(month[:3]) + 1 if named else int(month)
    for year in _years(values["y"]):
        pairs = (
            {(number, int(values["d"]))}
            if named or order == "ymd"
            else {(number, int(values["d"])), (int(values["d"]), number)}
        )
        for each_month, day in pairs:
            try:
                yield dt.date(year, each_month, day)
            except ValueError:
                continue


def _years(text: str) -> tuple[int, ...]:
    return (int(text),) if len(text) > 2 else (1900 + int(text), 2000 + int(text))  # noqa: PLR2004


def date_of(value: str) -> dt.date | None:
    """Return the date in a DA or at the start of a DT; None if it says none."""
    plain = value.strip().replace(".", "").replace("-", "")[:8]
    try:
        return dt.datetime.strptime(plain, "%Y%m%d").date() if len(plain) == 8 else None  # noqa: PLR2004
    except ValueError:
        return None


# Names


def _name_parts(group: str) -> list[str]:
    """Return the words of a name that are no titles."""
    words = [word for word in NAME_PARTS.findall(group) if fold(word).rstrip(".") not in TITLES | NOBODY]
    return list(dict.fromkeys(words))


def _name_token(part: str, kind: str) -> Iterator[Token]:
    is_short = part.isascii() and len(_letters(part)) < SHORTEST_NAME
    if is_short or len(part) < 2:  # noqa: PLR2004  a letter is an initial
        return
    for spelling in spellings(part):
        letters = _letters(spelling)
        inside = "" if len(letters) >= INSIDE_WORDS and not is_common(letters) else r"[^\W\d_]"
        around = (f"(?<!{inside})", f"(?!{inside})") if inside and part.isascii() else ("", "")
        parted = r"[\s'\u2019`.\-^]{0,2}".join(map(re.escape, re.findall(r"[^\W_]+", spelling)))
        spaced = r"[ .\-_^]".join(map(re.escape, letters))
        yield Token(
            kind=kind,
            patterns=(f"{around[0]}{parted}{around[1]}", rf"(?<![^\W_]){spaced}(?![^\W_])"),
            squeezed=frozenset({letters, _letters(part.lower())}),
            exact=is_common(letters),
            term=is_term(letters),
        )


def _pairs(parts: list[str], kind: str) -> Iterator[Token]:
    """Yield pairs of parts, in either order, where one of them does not count alone."""
    folded = [_letters(fold(part)) for part in parts]
    weak = [part for part in folded if len(part) < SHORTEST_NAME or is_common(part)]
    for first in weak:
        for second in folded:
            if second != first and _is_enough(first, second):
                for one, other in ((first, second), (second, first)):
                    pattern = rf"(?<![a-z]){one}[^a-z0-9]{{0,3}}{other}(?![a-z])"
                    yield Token(kind=kind, patterns=(pattern,), squeezed=frozenset({one + other}))


def _is_enough(first: str, second: str) -> bool:
    """Whether two parts side by side are a name: not initials, but in scripts in which a character is a syllable."""
    if not (first + second).isascii():
        return True
    return min(len(first), len(second)) > 1 and len(first) + len(second) >= SHORTEST_PAIR


def _letters(word: str) -> str:
    return re.sub(r"[\W_]", "", word)


# How a token may be written in bytes


def _untouched(plain: str) -> str:
    """Return a pattern of an identifier with any separators; a short one may not be touched by its like."""
    body = SEPARATOR.join(plain)
    if len(plain) >= UNTOUCHED_ID:
        return body
    before = "[0-9]" if plain[0].isdigit() else "[a-z]"
    after = "[0-9]" if plain[-1].isdigit() else "[a-z]"
    return rf"(?<!{before})(?<!\b0[.,]){body}(?!{after})"


def _is_uid(text: str) -> bool:
    return bool(re.fullmatch(r"\s*\d+(\.\d+){3,}\s*", text))


def _encodings(text: str) -> frozenset[bytes]:
    """Return a squeezed text as it may stand in squeezed bytes."""
    if text.isascii():
        return frozenset({text.encode("ascii")})
    variants: set[bytes] = set()
    for spelt in (text, text.upper()):
        for encoding in ("utf-8", "latin-1", "iso8859-2", "gb18030", "shift_jis", "euc_kr", "utf-16-le", "utf-16-be"):
            encoded = spelt.encode(encoding, "ignore").lower().translate(None, SQUEEZED)
            if len(encoded) >= SHORTEST_NAME:
                variants.add(encoded)
    return frozenset(variants)


def _in_binary(text: str) -> tuple[bytes, ...]:
    """Return how a squeezed text may stand in bytes that are no text; none if it may be there by chance."""
    if not text.isascii() or len(text) < IN_BINARY or len(set(text)) < DIFFERENT_CHARACTERS or _is_ramp(text):
        return ()
    plain = text.encode("ascii")
    return plain, text.encode("utf-16-le"), text.encode("utf-16-be")


def _is_ramp(text: str) -> bool:
    """Whether each character follows the one before it, as in a ramp of grey values."""
    return len({ord(after) - ord(before) for before, after in pairwise(text)}) == 1


def _automaton(patterns: list[bytes]) -> ahocorasick_rs.BytesAhoCorasick | None:
    return ahocorasick_rs.BytesAhoCorasick(patterns) if patterns else None


def _first_of(patterns: list[bytes]) -> ahocorasick_rs.BytesAhoCorasick:
    """Return what finds the first of some patterns; not every kind of match can be found by vector instructions."""
    return ahocorasick_rs.BytesAhoCorasick(patterns, matchkind=ahocorasick_rs.MatchKind.LeftmostFirst)


def _folded(text: str) -> tuple[str, range | list[int]]:
    """Return a text folded, and of each of its characters where it was before."""
    if text.isascii():
        return text.lower(), range(len(text))
    folded, places = [], []
    for place, character in enumerate(text):
        plain = fold_character(character)
        folded.append(plain)
        places += [place] * len(plain)
    return "".join(folded), places
