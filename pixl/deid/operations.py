"""What may be done to the value of an element: one class an operation.

An operation gets the value's bytes and gives the new bytes: the same object if nothing changes, `None` if the element
goes, or a `Later` if a pseudonym has to be known first.
"""

from __future__ import annotations

import datetime as dt
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pixl.deid.vocabulary import (
    clean_character_set,
    clean_code,
    clean_designator,
    clean_meaning,
    clean_terms,
    clean_words,
)
from pixl.dicom.csa import CsaField, read_csa, write_csa
from pixl.dicom.icc import without_texts
from pixl.domain.errors import ConfigurationError
from pixl.domain.pseudonym import PseudonymKind
from pixl.domain.suggest import suggestion


class Instance(Protocol):
    """What an operation may ask of the instance that it works on."""

    big_endian: bool

    def text(self, value: bytes) -> str:
        """Return the text of a value of this instance."""
        ...

    def ask(self, value: str, kind: PseudonymKind, length: int = 64) -> int:
        """Ask for a pseudonym; the number is its place in `Answers.pseudonyms`."""
        ...

    def ask_days(self) -> None:
        """Ask for the days by which this patient's dates move."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Answers:
    """What the pseudonymiser gave for this instance."""

    pseudonyms: Sequence[str]
    days: int
    """What this patient's dates are shifted by; 0 if nothing asked."""
    patient: str
    """The new patient ID."""
    names: frozenset[str] = frozenset()
    """Words, in lower case, that name somebody in this instance."""


@dataclass(frozen=True, slots=True)
class Later:
    """A value that is made when the pseudonyms are known."""

    make: Callable[[Answers], bytes | None]


Result = bytes | Later | None


@dataclass(frozen=True, slots=True)
class Target:
    """Which element an operation works on."""

    tag: int
    vr: str


class Operation(Protocol):
    """What a rule does."""

    @property
    def name(self) -> str:
        """What a policy calls it."""
        ...

    def apply(self, value: bytes, target: Target, instance: Instance) -> Result:
        """Return what becomes of a value."""
        ...

    def __str__(self) -> str: ...


WELL_KNOWN = re.compile(rb"1\.2\.840\.10008(\.\d{1,3}){1,12}")
"""What the standard registers (PS3.6 annex A). Longer numbers are none of its own."""
TEXT_VRS = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
MAX_LENGTH = {"AE": 16, "CS": 16, "SH": 16, "LO": 64, "PN": 64, "UI": 64}
DUMMIES = {
    "AS": b"000Y",
    "DA": b"19000101",
    "DT": b"19000101000000",
    "TM": b"000000",
    "DS": b"0",
    "IS": b"0",
    "UI": b"2.25.0",
}
NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "UV": "Q", "SV": "q"}


@dataclass(frozen=True)
class _Named:
    @property
    def name(self) -> str:
        """What a policy calls it."""
        return NAMES[type(self)]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Keep(_Named):
    """Keep the bytes as they are, if they are what the representation allows."""

    def apply(self, value: bytes, target: Target, instance: Instance) -> Result:  # noqa: ARG002
        """Return the value."""
        return value


@dataclass(frozen=True)
class Remove(_Named):
    """Remove the element."""

    def apply(self, value: bytes, target: Target, instance: Instance) -> Result:  # noqa: ARG002
        """Return nothing."""
        return None


@dataclass(frozen=True)
class Empty(_Named):
    """Leave the element without a value."""

    def apply(self, value: bytes, target: Target, instance: Instance) -> Result:  # noqa: ARG002
        """Return no bytes."""
        return value and b""


@dataclass(frozen=True)
class Replace(_Named):
    """Put a fixed value in place of whatever is there; `{patient}` stands for the new patient ID."""

    value: str | None = None

    def apply(self, value: bytes, target: Target, instance: Instance) -> Result:  # noqa: ARG002
        """Return the fixed value, or one that says nothing."""
        if self.value is None:
            return _dummy(target.vr, big_endian=instance.big_endian)
        if "{patient}" in self.value:
            return Later(lambda answers: str(self.value).replace("{patient}", answers.patient).encode("ascii"))
        return _encoded(self.value, target.vr, big_endian=instance.big_endian)

    def __str__(self) -> str:
        return "replace" if self.value is None else f"replace with {self.value!r}"


@dataclass(frozen=True)
class Hash(_Named):
    """Put the value's pseudonym in its place; an empty value stays empty."""

    length: int = 64

    def apply(self, value: bytes, target: Target, instance: Instance) -> Result:
        """Return the pseudonym of each value."""
        texts = [part.strip() for part in instance.text(value).split("\\")]
        if not any(texts):
            return value and b""
        length = min(self.length, MAX_LENGTH.get(target.vr, 64))
        asked = [instance.ask(text, PseudonymKind.HASH, length) if text else None for text in texts]
        return Later(lambda answers: _joined(asked, answers))

    def __str__(self) -> str:
        return f"hash({self.length})"


@dataclass(frozen=True)
class HashOfPatient(Hash):
    """The same for the patient ID of the outermost level, which gets the patient's pseudonym even if it is empty."""

    def apply(self, value: bytes, target: Target, instance: Instance) -> Result:  # noqa: ARG002
        """Return the pseudonym."""
        return Later(lambda answers: answers.patient.encode("ascii"))

    @property
    def name(self) -> str:
        """What a policy calls it."""
        return "hash"


@dataclass(frozen=True)
class Uid(_Named):
    """Put the project's UID in place of each UID that the standard does not register."""

    def apply(self, value: bytes, target: Target, instance: Instance) -> Result:  # noqa: ARG002
        """Return the new UIDs."""
        uids = value.rstrip(b"\0 ").split(b"\\")
        if all(not uid or WELL_KNOWN.fullmatch(uid) for uid in uids):
            return value
        asked = [
            uid if not uid or WELL_KNOWN.fullmatch(uid) else instance.ask(instance.text(uid), PseudonymKind.UID)
            for uid in uids
        ]
        return Later(lambda answers: _joined(asked, answers))


@dataclass(frozen=True)
class ShiftDate(_Named):
    """Move dates by the patient's whole number of days; times of day stay. What is no date goes."""

    def apply(self, value: bytes, target: Target, instance: Instance) -> Result:
        """Return the moved dates."""
        texts = value.strip(b"\0 ").split(b"\\")
        if target.vr == "TM":
            return value if all(TIME.fullmatch(text.strip()) for text in texts) else None
        if not any(texts):
            return value
        days = [_day(text.strip()) for text in texts]
        if None in days:
            return None
        instance.ask_days()
        return Later(lambda answers: _shifted(texts, answers.days))


@dataclass(frozen=True)
class Year(_Named):
    """Keep the year of a date, as its first day, and nothing of a time."""

    def apply(self, value: bytes, target: Target, instance: Instance) -> Result:  # noqa: ARG002
        """Return 1 January of the year."""
        texts = [text.strip() for text in value.strip(b"\0 ").split(b"\\")]
        if target.vr == "TM" or None in [text and _day(text) for text in texts]:
            return None
        rest = b"0101" if target.vr == "DA" else b""
        return b"\\".join(text and text[:4] + rest for text in texts)


@dataclass(frozen=True)
class AgeBand(_Named):
    """Keep an age up to 89 years; everyone above is 090Y."""

    def apply(self, value: bytes, target: Target, instance: Instance) -> Result:  # noqa: ARG002
        """Return the age, or 090Y, or nothing if it is no age."""
        text = value.strip(b"\0 ")
        if not text:
            return value
        if not AGE.fullmatch(text):
            return None
        return b"090Y" if text[3:] == b"Y" and int(text[:3]) > HIGHEST_AGE else value


@dataclass(frozen=True)
class CleanText(_Named):
    """Keep what is known to say nothing about a person: words, coded strings and codes of the standard."""

    value: str | None = None
    """What stands there if nothing is left; without it the element goes."""

    def apply(self, value: bytes, target: Target, instance: Instance) -> Result:
        """Return the known part of each value; names that occur elsewhere in the instance are not known words."""
        if not value.strip(b"\0 "):
            return value
        cleaner = CLEANERS.get(target.tag, clean_terms if target.vr == "CS" else clean_words)
        text = instance.text(value)
        if cleaner not in (clean_words, clean_meaning):
            return self._result(value, text, cleaner(text, NOBODY))
        return Later(lambda answers: self._result(value, text, cleaner(text, answers.names)))

    def _result(self, value: bytes, text: str, clean: str) -> bytes | None:
        if clean == text:
            return value
        left = clean or self.value
        return None if left is None else left.encode("ascii")

    def __str__(self) -> str:
        return self.name if self.value is None else f"{self.name} or {self.value!r}"


@dataclass(frozen=True)
class CleanCsa(_Named):
    """Keep the listed fields of a Siemens CSA header, if they are numbers or terms; without any the element goes."""

    def apply(self, value: bytes, target: Target, instance: Instance) -> Result:  # noqa: ARG002
        """Return a header that holds nothing else."""
        fields = [field for field in read_csa(value) or () if _is_safe(field)]
        return write_csa(fields) if fields else None


@dataclass(frozen=True)
class CleanIcc(_Named):
    """Keep the numbers of a colour profile, none of its texts; what is no such profile goes."""

    def apply(self, value: bytes, target: Target, instance: Instance) -> Result:  # noqa: ARG002
        """Return a profile that holds nothing else."""
        return without_texts(value)


CSA_FIELDS = frozenset(
    {"B_matrix", "B_value", "BandwidthPerPixelPhaseEncode", "DiffusionDirectionality", "DiffusionGradientDirection"}
    | {"EchoColumnPosition", "EchoLinePosition", "EchoPartitionPosition", "FlowVenc", "ImaRelTablePosition"}
    | {"MosaicRefAcqTimes", "NumberOfImagesInMosaic", "PhaseEncodingDirectionPositive", "ProtocolSliceNumber"}
    | {"RealDwellTime", "SliceMeasurementDuration", "SliceNormalVector", "SliceResolution", "TimeAfterStart"}
)
"""Diffusion, mosaics, timing and geometry, which conversion to volumes needs."""
CSA_NUMBER = re.compile(rb"[0-9+\-.eE ]{0,32}\0*")
CSA_TERM = re.compile(rb"(DIRECTIONAL|ISOTROPIC|NONE)?\0*")


def _is_safe(field: CsaField) -> bool:
    shape = CSA_TERM if field.name == "DiffusionDirectionality" else CSA_NUMBER
    return field.name in CSA_FIELDS and field.vr in CSA_VRS and all(map(shape.fullmatch, field.items))


CSA_VRS = frozenset({"CS", "DS", "FD", "FL", "IS", "SL", "SS", "UL", "US"})
CLEANERS = {
    0x00080005: clean_character_set,
    0x00080100: clean_code,
    0x00080119: clean_code,
    0x00080102: clean_designator,
    0x00080104: clean_meaning,
}
"""Character set, code value, long code value, coding scheme designator, code meaning (PS3.3 table 8.8-1)."""
NOBODY: frozenset[str] = frozenset()
HIGHEST_AGE = 89
"""Years; 45 CFR 164.514(b)(2)(i)(C) makes one group of everyone older."""
AGE = re.compile(rb"\d{3}[DWMY]")
TIME = re.compile(rb"(?:(?:[01]\d|2[0-3])(?::?[0-5]\d(?::?(?:[0-5]\d|60)(?:\.\d{1,6})?)?)?)?")
DATE = re.compile(rb"(\d{4})(\d\d)(\d\d)|(\d{4})\.(\d\d)\.(\d\d)")
DATE_TIME = re.compile(
    rb"(\d{4})(\d\d)(\d\d)([01]\d|2[0-3])?(?(4)([0-5]\d)?)(?(5)([0-5]\d|60)?)(?(6)(\.\d{1,6})?)([+-]\d{4})?"
)


def _day(text: bytes) -> dt.date | None:
    """Return the day that a DA or DT value gives, if it is a day of the calendar."""
    found = DATE.fullmatch(text) or DATE_TIME.fullmatch(text)
    if not found:
        return None
    year, month, day = found.group(1, 2, 3) if found[1] else found.group(4, 5, 6)
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None


def _shifted(texts: Sequence[bytes], days: int) -> bytes | None:
    """Return each date, or date and time, moved; nothing if one would leave the calendar."""
    moved = []
    for text in texts:
        day = _day(text.strip())
        try:
            new = day + dt.timedelta(days=days) if day else None
        except OverflowError:
            return None
        if new is None:
            return None
        rest = b"" if DATE.fullmatch(text.strip()) else text.strip()[8:]
        moved.append(b"%04d%02d%02d" % (new.year, new.month, new.day) + rest)
    return b"\\".join(moved)


def _joined(asked: Sequence[bytes | int | None], answers: Answers) -> bytes:
    """Return the answers in the order in which they were asked for, what stays among them."""
    return b"\\".join(
        answers.pseudonyms[part].encode("ascii") if isinstance(part, int) else part or b"" for part in asked
    )


def _dummy(vr: str, *, big_endian: bool) -> bytes | None:
    if vr in TEXT_VRS:
        return b"ANONYMIZED"
    if vr in NUMBERS:
        return _encoded("0", vr, big_endian=big_endian)
    return DUMMIES.get(vr)


def _encoded(text: str, vr: str, *, big_endian: bool) -> bytes:
    """Return the bytes of a value that a policy gives as text."""
    if vr not in NUMBERS:
        return text.encode("ascii")
    number = float(text) if vr in ("FL", "FD") else int(text)
    return struct.pack((">" if big_endian else "<") + NUMBERS[vr], number)


OPERATIONS: dict[str, Any] = {
    "keep": Keep,
    "remove": Remove,
    "empty": Empty,
    "replace": Replace,
    "hash": Hash,
    "uid": Uid,
    "shift-date": ShiftDate,
    "year": Year,
    "age-band": AgeBand,
    "clean-text": CleanText,
    "clean-csa": CleanCsa,
    "clean-icc": CleanIcc,
}
NAMES = {operation: name for name, operation in OPERATIONS.items()}


def check_value(value: str, vr: str) -> None:
    """Raise `ConfigurationError` if an element of this representation cannot hold `value`."""
    try:
        encoded = _encoded(value.replace("{patient}", ""), vr, big_endian=False)
    except (ValueError, struct.error, UnicodeEncodeError):
        raise ConfigurationError(f"replace: {value!r} is no value of the representation {vr}") from None
    if len(encoded) > MAX_LENGTH.get(vr, 1024):
        raise ConfigurationError(f"replace: {value!r} is too long for the representation {vr}")


def operation_of(name: str, **arguments: Any) -> Operation:
    """Return the operation that a policy calls `name`.

    Raises
    ------
    ConfigurationError
        There is none of this name, or it takes no such argument.
    """
    if name not in OPERATIONS:
        raise ConfigurationError(f"unknown operation {name!r}{suggestion(name, OPERATIONS)}")
    operation = OPERATIONS[name]
    for argument in arguments:
        if argument not in operation.__dataclass_fields__:
            raise ConfigurationError(f"the operation {name} takes no {argument}")
    made: Operation = operation(**arguments)
    return made
