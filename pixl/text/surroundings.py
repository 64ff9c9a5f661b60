"""Names that nothing announces: their capitals, their neighbours, the line that they stand on."""

from __future__ import annotations

from pixl.text import lists
from pixl.text.cues import (
    CAPITALISED,
    CREDENTIALS,
    DICTATED,
    FUNCTION_WORDS,
    LAST_WORDS,
    LETTERED,
    NAMING,
    NEVER,
    PARTICLES,
    PERSON_VERBS,
    PLACE_CUES,
    PLACE_VERBS,
    RELATIONS,
    ROLES,
    SAID_OF_PEOPLE,
    TITLES,
    TOLD,
    TOWNS,
    WORKPLACES,
)
from pixl.text.eponyms import is_eponym
from pixl.text.marks import Mark, Marks
from pixl.text.reading import Reading
from pixl.text.spans import Kind
from pixl.text.words import OWNED, Is

LONGEST_SIGNATURE = 10
"""Words of a line that holds names and what their owners are, nothing else."""
SHORTEST_CAPITAL = 3
SHORTEST_PLACE = 4
FAR = 6
"""Words between `works` and the town."""
TASKS = frozenset({"review", "discuss", "see", "chase", "arrange", "advise", "decide", "contact", "report"})
"""What somebody is to do."""
TEAMS = frozenset({"team", "firm", "rota"})
SETTLEMENTS = frozenset({"village", "town", "city", "county", "resident", "borough", "parish", "isle", "native"})
ARTICLES = frozenset({"the", "a", "an"})
DWELLING = frozenset({"lives", "living", "live", "resides", "residing", "resident"})
CLAUSES = frozenset({"with", "since", "and", "for", "alone", "but", "who", "where", "independently"})
SIDES = lists.section("cues.txt", "often big")
"""Words that many write with a capital wherever they stand."""
DELIMITERS = frozenset("|;\t\n^")
CELLS = frozenset({Kind.NAME, Kind.DATE, Kind.MRN, Kind.NHS, Kind.CHI, Kind.ACCESSION})
HYPHENS = frozenset({"-", "_", "\u2013", "-\n", "- \n"})


def mark_unknown(marks: Marks) -> None:
    """Take every word that no list knows, but for eponyms."""
    for i in marks.reading.places(Is.UNSAFE):
        if marks.is_free(i) and not is_eponym(marks.reading, i):
            marks.unknown.add(i)


def mark_lines(marks: Marks) -> None:
    """Take the names on lines that hold nothing else: signatures."""
    for line in marks.reading.lines():
        if len(line) <= LONGEST_SIGNATURE:
            _mark_line(marks, line)
    _mark_last(marks)


def _mark_line(marks: Marks, places: range) -> None:
    reading, names = marks.reading, []
    for i in places:
        flags, low = reading.flags[i], reading.lows[i]
        if low in CREDENTIALS or flags & Is.TITLE or i in marks.taken:
            continue
        named = flags & (Is.PERSON | Is.LETTER) and flags & Is.BIG
        if not named or low in NEVER or low in lists.descriptions():
            return
        names.append(i)
    titled = names and len(places) > 1 and reading.lows[places[-1]] in CREDENTIALS
    alone = len(names) == len(places) == 1 and _is_signature(marks, places[0])
    if len(names) > 1 or titled or alone:
        marks.named |= {i: Mark("a line of names", 0.8) for i in names if i not in marks.unknown}


def _is_signature(marks: Marks, i: int) -> bool:
    """Tell whether a name is all that stands on a line, and no heading."""
    reading = marks.reading
    name = reading.has(i, Is.NAME) and reading.has(i, Is.CAPITAL)
    return name and not _is_capitalised(marks, i) and not reading.gap(i).startswith(":")


def _mark_last(marks: Marks) -> None:
    """Take a word with a capital that stands alone at the very end, on its line or behind the last sentence."""
    reading, i = marks.reading, len(marks.reading) - 1
    if i < 1 or reading.gap(i).strip() or not marks.is_free(i) or reading.is_inside(i):
        return
    if not reading.is_big(i):
        if reading.has(i, Is.LIKELY) and "\n" in reading.gap(i - 1):
            marks.named[i] = Mark("a word alone at the end", 0.6)
        return
    alone = "\n" in reading.gap(i - 1) and reading.tokens[i].word.isalpha() and reading.lows[i] not in LAST_WORDS
    if alone or (reading.has(i, Is.NAME) and reading.lows[i] not in lists.descriptions()):
        marks.named[i] = Mark("a word alone at the end", 0.6)


def mark_ambiguous(marks: Marks) -> None:
    """Take words that are names too, where what is around says that they are."""
    for i in marks.reading.places(Is.NAME):
        flags = marks.reading.flags[i]
        if flags & Is.BIG and not flags & Is.UNSAFE and marks.is_free(i):
            if marks.is_ordinary(i) and not (flags & Is.FIRST and _is_relative(marks, i)):
                continue
            if flags & Is.UPPER and _ends_with_initial(marks, i):
                marks.named[i] = marks.named[i + 1] = Mark("a name and an initial", 0.6)
            elif _is_behind_initial(marks, i):
                marks.named[i - 1] = marks.named[i] = Mark("initial and surname", 0.8)
            elif _is_full_name(marks, i) or _is_listed_name(marks, i):
                marks.named[i] = marks.named[i + 1] = Mark("first name and surname", 0.8)
            elif _is_relative(marks, i):
                marks.named[i] = Mark("who is somebody's carer or relative", 0.7)
            elif flags & Is.CAPITAL:
                _mark_capital(marks, i)


def _mark_capital(marks: Marks, i: int) -> None:
    reading = marks.reading
    if reading.is_inside(i):
        if not reading.is_heading(i):
            marks.named[i] = Mark("a name with a capital inside a sentence", 0.6)
    elif reading.low(i + 1) in PERSON_VERBS | TEAMS or _is_spoken_of(marks, i):
        marks.named[i] = Mark("who attends, says or does something", 0.7)
    elif _is_followed_by_role(marks, i) or _is_in_brackets(marks, i) or _is_before_initial(marks, i):
        marks.named[i] = Mark("a name in brackets, or before a role", 0.6)


def _is_behind_initial(marks: Marks, i: int) -> bool:
    reading = marks.reading
    if not reading.has(i - 1, Is.LETTER) or not reading.has(i, Is.CAPITAL):
        return False
    return reading.gap(i - 1) in {". ", "."} and reading.low(i - 2) not in LETTERED


def _is_before_initial(marks: Marks, i: int) -> bool:
    reading = marks.reading
    return reading.has(i + 1, Is.LETTER) and reading.gap(i) == " " and reading.lows[i] not in LETTERED


def _ends_with_initial(marks: Marks, i: int) -> bool:
    """Tell whether a letter stands behind a name in capitals, and nothing behind that: `LONG A`."""
    reading = marks.reading
    last = reading.has(i + 1, Is.LETTER) and reading.gap(i) == " " and reading.lows[i] not in LETTERED
    return (
        last
        and reading.lows[i] not in lists.words("clinical.txt")
        and reading.gap(i + 1)[:1] in {"", "\n", ",", "|", ";"}
    )


def _is_full_name(marks: Marks, i: int) -> bool:
    """Tell whether a first name and a surname stand here, written alike."""
    reading = marks.reading
    if not reading.has(i, Is.FIRST) or not reading.has(i + 1, Is.NAME) or i + 1 in marks.taken:
        return False
    alike = reading.flags[i] & reading.flags[i + 1] & Is.BIG
    return bool(alike) and reading.gap(i) in {" ", "-"} and not marks.is_ordinary(i + 1)


def _is_listed_name(marks: Marks, i: int) -> bool:
    """Tell whether a surname and a first name stand here with a comma between them."""
    reading = marks.reading
    if reading.gap(i) != ", " or not (reading.has(i + 1, Is.FIRST) and reading.has(i + 1, Is.BIG)):
        return False
    return not reading.is_inside(i) and not marks.is_ordinary(i + 1)


def _is_spoken_of(marks: Marks, i: int) -> bool:
    """Tell whether a sentence says of somebody what is said of people only: `Rose was referred`."""
    reading = marks.reading
    after = reading.low(i + 1)
    if after == "to":
        return reading.low(i + 2) in TASKS
    if after in {"is", "was"} and reading.low(i + 2) == "a":
        return reading.has(i + 3, Is.DIGITS)
    at = i + 3 if after == "has" and reading.low(i + 2) == "been" else i + 2
    return after in {"was", "is", "has", "had"} and reading.low(at) in SAID_OF_PEOPLE


def _is_followed_by_role(marks: Marks, i: int) -> bool:
    role = marks.reading.low(i + 1)
    named = role in CREDENTIALS or role in RELATIONS or (role in ROLES and role not in NEVER)
    return named and marks.reading.gap(i) in {" (", ", "}


def _is_in_brackets(marks: Marks, i: int) -> bool:
    text, token = marks.reading.text, marks.reading.tokens[i]
    return text[token.start - 1 : token.start] in {"(", "["} and text[token.end : token.end + 1] in {")", "]"}


def _is_relative(marks: Marks, i: int) -> bool:
    """Tell whether `, her carer` or the like stands behind a word."""
    reading = marks.reading
    whose = 3 if reading.low(i + 2) == "patient" else 2
    known = reading.low(i + 1) in {"her", "his", "their", "the"} and reading.low(i + whose) in RELATIONS
    return known and reading.gap(i) == ", "


def mark_places(marks: Marks) -> None:
    """Take words that stand where a town would, what somebody is called, and who was told."""
    reading = marks.reading
    for i in range(1, len(reading)):
        before = reading.lows[i - 1]
        if before in PLACE_CUES or (before == "of" and reading.low(i - 2) in SETTLEMENTS):
            _mark_place(marks, i)
        elif (before in DICTATED or reading.lows[i - 1] in RELATIONS) and reading.is_small and _is_dictated(marks, i):
            marks.named[i] = Mark("a name in dictation without capitals", 0.6)
        elif before in NAMING:
            named = before != "called" or reading.low(i - 2) in RELATIONS | {
                "be",
                "is",
                "was",
                "also",
                "patient",
                "carer",
            }
            if named and reading.gap(i - 1) == " " and reading.lows[i] not in NEVER:
                marks.named[i] = Mark("what somebody is called", 0.7)
        elif before in TOLD and reading.has(i, Is.NAME) and _may_be_told(marks, i):
            marks.named[i] = Mark("who was told", 0.7)


def _is_dictated(marks: Marks, i: int) -> bool:
    reading = marks.reading
    if reading.gap(i - 1) != " " or reading.lows[i] in lists.descriptions() or reading.lows[i] in FUNCTION_WORDS:
        return False
    return reading.has(i, Is.FIRST) or (reading.lows[i - 1] in DICTATED and reading.has(i, Is.PERSON))


def _may_be_told(marks: Marks, i: int) -> bool:
    reading = marks.reading
    return reading.is_close(i - 1, " ") and not marks.is_ordinary(i) and reading.lows[i] not in WORKPLACES


def _mark_place(marks: Marks, i: int) -> None:
    reading, low = marks.reading, marks.reading.lows[i]
    if low not in NEVER and _is_home(marks, i):
        marks.named[i] = Mark("where somebody lives", 0.7)
        while reading.continues(i) and reading.lows[i + 1] not in NEVER | PLACE_CUES | {"since"}:
            i += 1
            marks.named[i] = Mark("where somebody lives", 0.7)
    elif low in ARTICLES and reading.low(i - 2) in DWELLING and reading.continues(i):
        _mark_dwelling(marks, i + 1)
    elif low in TOWNS and reading.is_close(i - 1, " "):
        marks.named[i] = Mark("a town", 0.6)
    elif _is_place(marks, i) or (low == "new" and reading.is_big(i) and reading.has(i + 1, Is.CAPITAL)):
        marks.named[i] = Mark("where a town would stand", 0.6)
        while reading.gap(i) in {" ", "-"} and i + 1 < len(reading) and reading.is_big(i + 1):
            i += 1
            marks.named[i] = Mark("where a town would stand", 0.6)


def _mark_dwelling(marks: Marks, i: int) -> None:
    """Take what somebody lives in, `the old rectory, Deal`, up to the end of the clause."""
    reading, last = marks.reading, i + FAR
    while i < min(last, len(reading)) and reading.lows[i] not in CLAUSES and reading.lows[i] not in NEVER:
        marks.named[i] = Mark("where somebody lives", 0.6)
        if reading.gap(i) not in {" ", ", ", "-"}:
            break
        i += 1


def _is_home(marks: Marks, i: int) -> bool:
    """Tell whether the words before say where somebody lives or works."""
    reading = marks.reading
    if reading.low(i - 2) in PLACE_VERBS or reading.low(i - 1) == "of":
        return True
    works = any(reading.low(k) in {"works", "working", "worked"} for k in range(max(0, i - FAR), i - 1))
    return works and reading.low(i - 1) == "in" and reading.lows[i] not in lists.descriptions()


def _is_place(marks: Marks, i: int) -> bool:
    reading, word = marks.reading, marks.reading.tokens[i].word
    if len(word) < SHORTEST_PLACE or not reading.has(i, Is.CAPITAL) or not word.isalpha() or not marks.is_free(i):
        return False
    if reading.gap(i - 1) not in {" ", "\n"} or reading.is_big(i - 1):
        return False
    return reading.lows[i] not in lists.words("clinical.txt") and not marks.is_ordinary(i)


def mark_cells(marks: Marks) -> None:
    """Take names that stand alone in a cell of a table where another cell holds an identifier: `Long|Anna|F|`."""
    reading = marks.reading
    for i in reading.places(Is.NAME):
        if marks.is_free(i) and _is_cell(reading, i) and reading.lows[i] not in NEVER:
            beside = [j for j in (i - 2, i - 1, i + 1, i + 2) if 0 <= j < len(reading)]
            if any(j in marks.named or j in marks.unknown or marks.taken.get(j) in CELLS for j in beside):
                marks.named[i] = Mark("a name in a cell of a table", 0.6)


def _is_cell(reading: Reading, i: int) -> bool:
    before, behind = reading.gap(i - 1) if i else "\n", reading.gap(i)
    return before[-1:] in DELIMITERS and behind[:1] in DELIMITERS and not before == behind == "\n"


def mark_capitals(marks: Marks) -> None:
    """Take ordinary words with a capital inside a sentence where nothing else is written so: names that are words."""
    reading = marks.reading
    for i in reading.places(Is.CAPITAL):
        flags = reading.flags[i]
        if not marks.is_free(i):
            continue
        if flags & Is.NAME and reading.lows[i] in NEVER and reading.is_inside(i) and not reading.is_heading(i):
            marks.named[i] = Mark("a little word with a capital inside a sentence", 0.5)
        if len(reading.lows[i]) < SHORTEST_CAPITAL:
            continue
        if reading.lows[i] in TOWNS and reading.is_inside(i) and not reading.is_heading(i):
            marks.named[i] = Mark("a town", 0.5)
            continue
        if flags & Is.NAME and reading.is_inside(i) and not reading.is_heading(i) and _is_labelled(marks, i):
            marks.named[i] = Mark("a name with a capital inside a sentence", 0.5)
            continue
        plain = OWNED.sub("", reading.tokens[i].word)[1:].islower()
        if plain and reading.is_inside(i) and not reading.is_heading(i) and not _is_capitalised(marks, i):
            marks.named[i] = Mark("an ordinary word with a capital inside a sentence", 0.5)


def _is_labelled(marks: Marks, i: int) -> bool:
    """Tell whether a word of reports, which is a name too, has a capital where its neighbours have none."""
    reading, low = marks.reading, marks.reading.lows[i]
    if low in CAPITALISED or low in SIDES or is_eponym(reading, i) or reading.is_big(i - 1):
        return False
    return i + 1 == len(reading) or not reading.is_big(i + 1) or reading.gap(i).strip() != ""


def _is_capitalised(marks: Marks, i: int) -> bool:
    low = marks.reading.lows[i]
    if low in CAPITALISED or low in WORKPLACES or low in TITLES or low in ROLES:
        return True
    return low in lists.words("clinical.txt") or marks.is_ordinary(i)


def mark_chains(marks: Marks) -> None:
    """Take all of what hyphens join with an unknown word or number: Ashby-de-la-Zouch, 19-9118268."""
    for i in sorted(marks.unknown | marks.named.keys()):
        for step in (1, -1):
            j = i
            while 0 <= j + step < len(marks.reading) and marks.reading.gap(min(j, j + step)) in HYPHENS:
                j += step
                if j in marks.taken:
                    break
                if abs(j - i) > 1 or _is_one_word(marks, i, j) or _is_broken(marks, i, j):
                    marks.unknown |= set(range(min(i, j), max(i, j) + 1)) - marks.named.keys()


def _is_broken(marks: Marks, i: int, j: int) -> bool:
    """Tell whether a name goes on in the next line: `Long-` and `bottom`."""
    return i in marks.named and "\n" in marks.reading.gap(min(i, j)) and (j < i or not marks.reading.is_big(j))


def _is_one_word(marks: Marks, i: int, j: int) -> bool:
    """Tell whether a word that a hyphen joins with what was found belongs to it."""
    reading = marks.reading
    if reading.has(i, Is.DIGITS):
        return reading.has(j, Is.DIGITS)
    if i not in marks.named:
        return reading.has(i, Is.NAME) and reading.is_big(i) and reading.is_big(j) and not is_eponym(reading, i)
    return (reading.is_big(i) and reading.is_big(j)) or (reading.is_small and reading.has(j, Is.NAME))


def mark_neighbours(marks: Marks) -> None:
    """Take names and initials that stand next to a name."""
    reading = marks.reading
    known = set(marks.named) | {i for i, kind in marks.taken.items() if kind is Kind.NAME}
    known |= {i for i in marks.unknown if reading.has(i, Is.BIG | Is.NAME)}
    if known:
        for step, order in ((1, range(len(reading))), (-1, range(len(reading) - 1, -1, -1))):
            for i in order:
                if i - step in known and i not in known and i not in marks.taken and _belongs(marks, i, i - step):
                    marks.named[i] = Mark("next to a name", 0.7)
                    known.add(i)


def _belongs(marks: Marks, i: int, name: int) -> bool:
    """Tell whether a word is part of the name that stands next to it."""
    reading, flags = marks.reading, marks.reading.flags[i]
    if i > name and reading.gap(name) == "\n" and reading.gap(i)[:1] in {"", "\n", ".", ","}:
        return _is_wrapped(marks, i, name)
    if not reading.continues(min(i, name)):
        return False
    between = reading.gap(min(i, name))
    if "," in between:
        return _is_turned(marks, i, name) or (reading.is_big(i) and _is_next(marks, i, name))
    if "/" in between and i > name:
        ended = reading.gap(i)[:1] in {"", "\n", "."} and len(reading.lows[i]) in (2, 3) and reading.has(i, Is.BIG)
        return ended or marks.is_initials(i) or (len(reading.lows[i]) == len("AB") and i + 1 == len(reading))
    if flags & Is.LETTER:
        return reading.has(name, Is.BIG)
    return (reading.lows[i] in PARTICLES and _goes_on(marks, i)) or _is_next(marks, i, name)


def _is_wrapped(marks: Marks, i: int, name: int) -> bool:
    """Tell whether a word that is alone on its line is the surname of the first name before it."""
    reading = marks.reading
    named = reading.has(i, Is.NAME) and reading.has(name, Is.FIRST)
    return named and (reading.is_big(i) or reading.is_small)


def _is_next(marks: Marks, i: int, name: int) -> bool:
    """Tell the same of a word with nothing but a blank or a hyphen between."""
    reading, flags = marks.reading, marks.reading.flags[i]
    if i > name and _is_closed(marks, i) and reading.has(name, Is.FIRST | Is.UNSAFE):
        certain = reading.has(name, Is.CAPITAL) or (reading.has(name, Is.FIRST) and name not in marks.taken)
        if certain:
            return marks.is_surname(i, name, bold=True)
    behind = reading.has(name, Is.CAPITAL) or reading.lows[name] in PARTICLES
    if i < name and flags & Is.FIRST and flags & Is.CAPITAL and behind:
        return True
    if not flags & Is.NAME:
        return marks.is_surname(i, name)
    if flags & Is.BIG:
        return not marks.is_ordinary(i)
    listed = reading.has(name, Is.NAME) and not reading.has(name, Is.BIG) and not marks.is_ordinary(i)
    return listed and (reading.has(name, Is.UNSAFE) or name in marks.named)


def _is_turned(marks: Marks, i: int, name: int) -> bool:
    """Tell whether this is the other half of `Long, Anna`."""
    reading = marks.reading
    if not reading.is_big(i):
        return False
    if i < name:
        listed = reading.has(i, Is.UPPER) or not reading.is_inside(i)
        return (
            listed and reading.has(name, Is.CAPITAL) and (len(reading.lows[i]) > len("AB") or reading.has(i, Is.NAME))
        )
    return reading.has(i, Is.FIRST) and (reading.has(name, Is.UPPER) or not reading.is_inside(name))


def _is_closed(marks: Marks, i: int) -> bool:
    """Tell whether something ends behind a word."""
    return marks.reading.gap(i)[:2].strip(" ")[:1] in {"", ",", ".", "\n", "(", "|", ";", ")", "/"}


def _goes_on(marks: Marks, i: int) -> bool:
    """Tell whether a name goes on behind this word, or these two."""
    reading = marks.reading
    for j in (i + 1, i + 2):
        if j >= len(reading) or len(reading.gap(j - 1)) != 1:
            return False
        if reading.has(j, Is.PERSON) and (reading.is_small or reading.has(j, Is.BIG)):
            return True
    return False
