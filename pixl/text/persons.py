"""Who a sentence speaks of: what only people do, are or have, behind a word at its beginning; people in a row."""

from __future__ import annotations

from pixl.text import lists
from pixl.text.cues import CREDENTIALS, FUNCTION_WORDS, NEVER, PERSON_VERBS, ROLES, SAID_OF_PEOPLE, TITLES
from pixl.text.eponyms import is_eponym
from pixl.text.level import is_level
from pixl.text.marks import Mark, Marks
from pixl.text.reading import Reading
from pixl.text.words import Is

BE = lists.section("cues.txt", "be")
"""Behind these stands what is said of somebody, or of something."""
BRIEF = lists.section("cues.txt", "brief")
TASKS = lists.section("cues.txt", "tasks")
"""What somebody is to do."""
PRONOUNS = lists.section("cues.txt", "pronouns")
PAIRS = frozenset({"and", "&", "or", "/"})
ROWS = lists.section("cues.txt", "rows")
"""Before a row of people: `Present:`."""
PERSON_ONLY = lists.section("cues.txt", "person only")
"""What no part of a body does."""
SUBJECT = Mark("who attends, says or does something", 0.7)
SAYINGS = lists.section("cues.txt", "sayings")
ROW = Mark("somebody in a row of people", 0.7)
TITLED = Mark("before a title", 0.7)
BEHIND_ROW = frozenset({":", " -", "-", ": ", " - ", " ", " : "})
IN_ROW = frozenset({", ", " ", "; ", " / ", "/", ",", " & ", "\n", ",\n", " - ", "-", " (", ") ", "), ", ". "})
LONGEST_ROW = 24


def mark_subjects(marks: Marks) -> None:
    """Take a word with a capital that begins a sentence, if the sentence goes on as one about a person does."""
    reading = marks.reading
    for i in reading.places(Is.CAPITAL | Is.NAME):
        flags = reading.flags[i]
        if not marks.is_free(i) or not (flags & Is.BIG or reading.is_small) or reading.is_inside(i):
            continue
        if flags & Is.CAPITAL or is_level(reading, i):  # noqa: SIM102
            if _may_be_somebody(reading, i) and (_is_subject(reading, i) or _is_speaker(reading, i)):
                marks.named[i] = SUBJECT
                _mark_pair(marks, i)


def _mark_pair(marks: Marks, i: int) -> None:
    """Take the other one of `White and Bell agree`."""
    reading = marks.reading
    if reading.low(i + 1) in PAIRS and reading.has(i + 2, Is.CAPITAL) and marks.is_free(i + 2):
        marks.named[i + 2] = SUBJECT


def _may_be_somebody(reading: Reading, i: int) -> bool:
    low = reading.lows[i]
    if low in PRONOUNS or low in ROLES or low in TITLES or low in CREDENTIALS:
        return False
    if reading.has(i, Is.NAME):
        return True
    return low not in NEVER and low not in FUNCTION_WORDS and low not in lists.words("clinical.txt")


def _is_subject(reading: Reading, i: int) -> bool:
    """Tell whether what follows is said of people only."""
    after = reading.low(i + 1)
    if reading.has(i, Is.OWNER) or not reading.is_close(i, " ") or is_eponym(reading, i):
        return False
    if after in BRIEF or after in PERSON_ONLY or (after in PERSON_VERBS and _acts(reading, i)):
        return True
    if after == "on":
        return reading.low(i + 2) in {"call", "leave", "holiday", "duty", "nights", "annual"}
    if after == "to":
        return reading.low(i + 2) in TASKS and reading.has(i, Is.NAME)
    if after in {"and", "or"}:
        return _is_pair(reading, i)
    return after in BE and _is_said_of(reading, i)


def _is_speaker(reading: Reading, i: int) -> bool:
    """Tell whether what somebody says stands behind a colon: `Stone: agree`."""
    return reading.gap(i) in {": ", " - "} and reading.low(i + 1) in SAYINGS and reading.has(i, Is.NAME)


def _acts(reading: Reading, i: int) -> bool:
    """Tell whether a verb stands behind a name, or behind a word that is no thing of a report."""
    return reading.has(i, Is.NAME) and not _is_thing(reading, i)


def _is_thing(reading: Reading, i: int) -> bool:
    """Tell whether a word is a part of the body or the like, which may `present` and `show` too."""
    low = reading.lows[i]
    return low in lists.descriptions() and not reading.has(i, Is.FIRST)


def _is_pair(reading: Reading, i: int) -> bool:
    behind = reading.low(i + 3)
    named = reading.has(i, Is.NAME) and reading.has(i + 2, Is.NAME) and reading.has(i + 2, Is.CAPITAL)
    return named and (behind in PERSON_VERBS or behind in BRIEF or behind in BE) and not _is_thing(reading, i)


def _is_said_of(reading: Reading, i: int) -> bool:
    named, verb = reading.has(i, Is.NAME), reading.low(i + 1)
    at = i + 2
    while reading.low(at) in {
        "been",
        "not",
        "also",
        "now",
        "very",
        "already",
        "only",
        "still",
        "recently",
        "just",
        "again",
        "had",
    }:
        at += 1
    said = reading.low(at)
    if said in SAID_OF_PEOPLE and said not in {"seen", "present", "given", "called", "here", "known", "reviewed"}:
        return True
    if not named:
        return False
    if (
        verb in {"is", "was"}
        and reading.has(at, Is.DIGITS)
        and reading.low(at + 1) in {"years", "year", "months", "weeks", "days", "yo", "yrs"}
    ):
        return True
    if said in SAID_OF_PEOPLE or said in {"a", "an", "my", "our", "her", "his", "the"}:
        return not _is_thing(reading, i)
    modal = verb in {"will", "would", "can", "could", "must", "should", "does", "did"}
    if modal and said in TASKS:
        return True
    return not _is_thing(reading, i) and verb in {"has", "had"} and reading.has(i, Is.FIRST)


def mark_rows(marks: Marks) -> None:
    """Take all of a row of people: `Present: Long, Marsh (chair), Bell`."""
    reading = marks.reading
    if ROWS.isdisjoint(reading.lows):
        return
    for i, low in enumerate(reading.lows):
        if low in ROWS and reading.gap(i) in BEHIND_ROW and (":" in reading.gap(i) or low not in NEVER):
            _mark_row(marks, i + 1)


def _mark_row(marks: Marks, start: int) -> None:
    reading = marks.reading
    for i in range(start, min(start + LONGEST_ROW, len(reading))):
        if reading.is_big(i) or reading.is_small:
            if marks.is_free(i) and _may_stand_in_row(marks, i):
                marks.named[i] = ROW
        elif reading.lows[i] not in PAIRS | CREDENTIALS | ROLES:
            return
        between = reading.gap(i)
        if between not in IN_ROW or (between == ". " and len(reading.lows[i]) > 1 and reading.lows[i] not in TITLES):
            return


def _may_stand_in_row(marks: Marks, i: int) -> bool:
    low = marks.reading.lows[i]
    if low in CREDENTIALS or low in ROLES or low in TITLES or low in PAIRS:
        return False
    return marks.reading.has(i, Is.NAME) or (low not in NEVER and low not in lists.descriptions())


def mark_before_titles(marks: Marks) -> None:
    """Take the names before a title that stands behind them: `Lung, K. (Mr)`, `Temple Mrs`."""
    reading = marks.reading
    for i in reading.places(Is.TITLE):
        if i and reading.lows[i] in {"mr", "mrs", "ms", "miss", "dr", "prof", "mstr", "mx", "snr", "jnr"}:
            bracketed = reading.gap(i)[:1] == ")" and reading.gap(i - 1).endswith("(")
            ended = not reading.is_close(i, " .") or not reading.is_big(i + 1)
            if (bracketed or (ended and reading.gap(i - 1) in {" ", ", "})) and reading.has(i, Is.BIG):
                _mark_back(marks, i - 1)


def _mark_back(marks: Marks, i: int) -> None:
    reading, least = marks.reading, i - 2
    while (
        i >= max(0, least)
        and reading.is_big(i)
        and reading.lows[i] not in ROLES
        and reading.lows[i] not in {"mr", "ct", "us"}
    ):
        if marks.is_free(i):
            marks.named[i] = TITLED
        if i == 0 or reading.gap(i - 1) not in {" ", ", "}:
            return
        i -= 1
