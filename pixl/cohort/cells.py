"""What a cell may hold. Pure: a value in, the checked value out, or the reason why not, without the value."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

MISSING = frozenset({"", "na", "n/a", "<na>", "nan", "nat", "null", "none"})
"""What tables write for "nothing here", in any case."""
LONGEST = 64
"""Characters; a PatientID is an LO (PS3.5 6.2)."""
LARGEST_ID = 2**63 - 1

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\*?]")
_UID = re.compile(r"[0-9]+(\.[0-9]+)+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?")


_YES = frozenset({"true", "yes", "1", "t", "y"})
_NO = frozenset({"false", "no", "0", "f", "n"})
LONGEST_REASON = 100
_NUMBER = re.compile(r"\d[\d .,/-]{3,}\d|[A-Za-z]+\d{3,}|@")


class BadCell(Exception):
    """A cell that cannot be used; the message is the reason and what to write instead."""


def text(value: object) -> str | None:
    """Return the trimmed text of a cell, or None where it says that there is none. Whole numbers are text too."""
    if value is None:
        return None
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise BadCell("is neither text nor a whole number; write it as text")
    trimmed = str(value).strip()
    return None if trimmed.lower() in MISSING else trimmed


def identifier(value: object) -> str | None:
    r"""Return an identifier; in a C-FIND, `*`, `?` and `\` would ask for other patients (PS3.4 C.2.2.2.4)."""
    found = text(value)
    if found is None:
        return None
    if _FORBIDDEN.search(found):
        raise BadCell(
            "has a control character, a backslash, * or ?, which mean something else to an archive; correct it"
        )
    if len(found) > LONGEST:
        raise BadCell(f"is longer than {LONGEST} characters; correct it")
    return found


def participant(value: object) -> str | None:
    """Return a participant_id, which becomes a PatientID in whatever character set its file has."""
    found = identifier(value)
    if found is not None and not found.isascii():
        raise BadCell("has a letter that not every DICOM file can hold; use those of English, digits and hyphens")
    return found


def uid(value: object) -> str | None:
    """Return a DICOM UID (PS3.5 9.1)."""
    found = text(value)
    if found is None:
        return None
    if len(found) > LONGEST or not (found.isascii() and _UID.fullmatch(found)):
        raise BadCell("is no DICOM UID; write digits and dots, at most 64 of them, or leave it empty")
    return found


def uids(value: object) -> list[str]:
    r"""Return the UIDs of a cell that may hold several with `\` between them, as DICOM writes lists."""
    parts = (text(value) or "").split("\\")
    return [found for part in parts if (found := uid(part))]


def whole_number(value: object) -> int:
    """Return an OMOP id: a whole number from 0 that Postgres's bigint holds."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    found = text(value)
    if found is None:
        raise BadCell("is empty; give a whole number")
    if not (found.isascii() and found.isdigit()):
        raise BadCell("is no whole number from 0 up; correct it")
    if len(found) > len(str(LARGEST_ID)) or int(found) > LARGEST_ID:
        raise BadCell("is too large for an id; correct it")
    return int(found)


def date(value: object) -> dt.date | None:
    """Return a date; a time after it is left off."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    found = text(value)
    if found is None:
        return None
    try:
        return dt.date.fromisoformat(_matching(_DATE, found)[:10])
    except ValueError:
        raise BadCell("is no date; write it as YYYY-MM-DD") from None


def timestamp(value: object) -> dt.datetime:
    """Return a moment in UTC; so is one without a zone: the slug of an extract must not depend on where we are."""
    found = text(value)
    if found is None:
        raise BadCell("is empty; write when the extract was made, such as 2023-12-07T14:08:58Z")
    try:
        moment = dt.datetime.fromisoformat(_matching(_TIMESTAMP, found))
        return moment.replace(tzinfo=moment.tzinfo or dt.UTC).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise BadCell("is no date and time; write it like 2023-12-07T14:08:58Z") from None


def slug(name: str) -> str:
    """Return the project that a name stands for, as python-slugify does: `Test - UCLH` is `test-uclh`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=\d),(?=\d)", "", plain)).strip("-")


def why_not_extractable(flag: object, why: object) -> str | None:
    """Return why a row must not be asked for, in its own words, which may be none; None where it may be."""
    said, reason = (text(flag) or "").lower(), text(why)
    if said in _YES and reason is None:
        return None
    if said in _YES:
        raise BadCell("says yes, although a reason not to is given; correct one of them")
    if said not in _NO:
        raise BadCell("says neither yes nor no; write true or false")
    return _in_words(reason or "")


def _in_words(reason: str) -> str:
    """Return a reason that can be shown and counted: it must tell nobody's number."""
    if len(reason) > LONGEST_REASON or not reason.isprintable():
        raise BadCell(f"has a reason of more than one line or {LONGEST_REASON} characters; make it shorter")
    if _NUMBER.search(reason):
        raise BadCell("has a reason with a number in it, which could be an identifier; say it in words")
    return reason


def _matching(pattern: re.Pattern[str], found: str) -> str:
    if not (found.isascii() and pattern.fullmatch(found)):
        raise ValueError
    return found
