"""Searches what is left for every identifier of the study's own original header, its cohort row and its patient."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

from pixl.checks.hidden_text import comments_in, document_text, runs_in, strings_in
from pixl.checks.instance import BINARY, BULK, PIXELS, Instance
from pixl.checks.known import Matcher, Token, date_of, find_dates, find_tokens, find_whole_numbers
from pixl.checks.options import Options, made_with, read_options
from pixl.checks.original_header import Harvest, Known, add_identifiers
from pixl.checks.port import Context, KnownStudy
from pixl.checks.reading import Element
from pixl.checks.words import common_words, fold
from pixl.dicom.text import ESCAPE, decode
from pixl.domain.allowed import Allowed, AllowedBy
from pixl.domain.finding import Finding, Outcome, Part

NAME = "known-values"
MANUFACTURER, MODALITY, UNMODIFIED_DATES = 0x00080070, 0x00080060, 0x00280303
NUMBERS = frozenset({"DS", "IS", "AS"})
CODED = frozenset({"TM", "SS", "US", "AT", "SQ"})
"""Times of day, numbers too small to be an identifier, and what is made of other elements."""
FORMATS = {"FD": "d", "FL": "f", "SL": "i", "SV": "q", "UL": "I", "UV": "Q"}
MOST_NUMBERS = 64
"""In one value; more are a table or a curve."""
DATES = frozenset({"DA", "DT"})
DOCUMENT = 0x00420011
UID = re.compile(r"(?<![\d.])\d+(?:\.\d+){3,}(?![\d.]*\d)")
WINDOW, OVERLAP = 4 << 20, 1 << 10
"""Bytes of a long value that are searched at a time, and of the next ones that are searched with them."""
REMEMBERED = 100_000
SHOWN = 400
"""Characters of a value that a reviewer is shown around what was found."""
REASONS = {
    "name": "a part of the patient's name",
    "clinician": "a part of the name of somebody who treated the patient",
    "date": "a date of the original header",
    "unmoved-date": "the date that this element had before",
    "uid": "a UID of the original",
    "text": "a text of the original that should be gone",
    "mrn": "an identifier of the patient",
    "accession": "the accession number",
    "phone": "a telephone number of the original",
    "address": "an address of the original",
    "institution": "an institution of the original",
    "device": "a name or number of the device",
    "request": "an identifier of the request or the study",
    "other": "an identifying value of the original",
}


class KnownValuesOptions(Options):
    """What is done with what is found."""

    outcome: Outcome = Outcome.HOLD
    pixels: bool = True
    """Whether pixel data and other long binary values are searched as bytes."""
    ignore_kinds: frozenset[str] = frozenset()


class KnownValuesChecker:
    """The strongest check: it knows what it looks for."""

    def __init__(self, options: Mapping[str, Any], context: Context) -> None:
        self._options = read_options(KnownValuesOptions, options)
        self.made_with = made_with(self._options)
        self._allowed = context.allowed

    def begin(self, known: KnownStudy) -> _Look:
        """Begin a series."""
        return _Look(known, self._allowed, self._options)


class _Look:
    def __init__(self, known: KnownStudy, allowed: AllowedBy, options: KnownValuesOptions) -> None:
        self._options = options
        self._allowed = allowed
        self._known = Known(uids=set(known.original_uids))
        add_identifiers(self._known, known.identifiers)
        self._harvest = Harvest(self._known)
        self._matcher = self._made_matcher()
        self._size = self._known.size
        self._clean: set[tuple[str, bytes]] = set()
        """Representations and values in which nothing was found: most come again with every instance."""

    def look(self, instance: Instance) -> Iterator[Finding]:
        """Yield each element that holds something known."""
        original = instance.original
        source = original or instance.data_set
        allowed = self._allowed(source.value_of(MANUFACTURER).strip(b"\0 ").decode("latin-1"), source.text_of(MODALITY))
        if original:
            self._harvest.add(original, allowed)
            self._renew()
        before = _dates_before(instance, allowed)
        yield from self._around(instance)
        for element in instance.data_set.elements:
            yield from self._element(instance, element, allowed, before)

    def finish(self) -> tuple[Finding, ...]:
        """Return nothing: all was said of each instance."""
        return ()

    def _renew(self) -> None:
        """Build the automaton again if more is known than before."""
        if self._known.size != self._size:
            if len(self._known.tokens) != self._size[0]:
                self._matcher = self._made_matcher()
            if self._known.size[:2] != self._size[:2]:
                self._clean.clear()
            self._size = self._known.size

    def _made_matcher(self) -> Matcher:
        """Search for no kind that is not told: in a long value the first match would hide the others."""
        ignored = self._options.ignore_kinds
        return Matcher(token for token in self._known.tokens if token.kind not in ignored)

    def _around(self, instance: Instance) -> Iterator[Finding]:
        """Search what is around the data set: the file's name, the preamble, the file meta information."""
        raw = instance.data_set.raw
        yield from self._told(
            instance, "file name", instance.name, self._in_text(instance.name, instance.name.encode())
        )
        if raw[128:132] == b"DICM" and any(raw[:128]):
            text = strings_in(raw[:128])
            yield from self._told(instance, "preamble", text, self._in_text(text, text.encode()))
        for element in instance.data_set.meta:
            value = raw[element.start : element.end]
            if element.vr != "UI" and ("", value) not in self._clean:
                text = strings_in(value)
                found = self._in_text(text, text.encode())
                yield from self._told(instance, element.path, text, found)

    def _element(
        self, instance: Instance, element: Element, allowed: Allowed, before: Mapping[str, bytes]
    ) -> Iterator[Finding]:
        vr, data = element.vr, instance.data_set.data
        if vr in CODED:
            return
        if element.end - element.start > BULK and vr in BINARY:
            yield from self._bulk(instance, element)
            return
        value = data[element.start : element.end]
        if vr in DATES:
            yield from self._date(instance, element, value, allowed, before)
            return
        if (vr, value) in self._clean or not value:
            return
        text, found = self._in_value(
            instance, element, value, may_be_coded=vr == "CS" and element.tag in allowed.changed
        )
        if not found:
            self._remember(vr, value)
        elif instance.original is not None and _is_as_before(instance, element, value):
            yield from self._told(instance, element.path, text, _not_meant_to_stay(element, found, allowed))
        else:
            yield from self._told(instance, element.path, text, found)

    def _in_value(
        self, instance: Instance, element: Element, value: bytes, *, may_be_coded: bool
    ) -> tuple[str, list[Part]]:
        """Return the text of a value, and what is known in it."""
        if element.tag == DOCUMENT:
            text = document_text(value)
            return text, self._in_text(text, text.encode())
        if element.vr in BINARY:
            text = _strings(instance, value)
            return text, self._in_text(text, text.encode(), vr=element.vr)
        if element.vr in FORMATS:
            text = _whole_numbers(instance, element, value)
            return text, self._in_numbers(text)
        text = instance.data_set.text(element)
        if element.vr in NUMBERS:
            return text, self._in_numbers(text)
        if element.vr == "UI":
            return text, self._tokens(text, value)
        return text, self._in_text(text, value, vr="LO" if element.vr == "CS" and not may_be_coded else element.vr)

    def _in_numbers(self, text: str) -> list[Part]:
        tokens = self._matcher.may_hold(text.encode())
        return list(find_whole_numbers(text, tokens)) if tokens else []

    def _in_text(self, text: str, value: bytes, *, vr: str = "LO") -> list[Part]:
        found = self._tokens(text, value, vr=vr)
        found += find_dates(text, frozenset(self._known.dates)) if self._known.dates else ()
        found += [
            Part(word=match.group(), kind="uid", offset=match.start())
            for match in UID.finditer(text)
            if match.group() in self._known.uids
        ]
        return found

    def _tokens(self, text: str, value: bytes, *, vr: str = "LO") -> list[Part]:
        tokens = self._matcher.may_hold(value)
        if not value.isascii() or ESCAPE in value:
            tokens += self._matcher.may_hold(_plain(text))
        return list(find_tokens(text, tokens, vr=vr)) if tokens else []

    def _date(
        self, instance: Instance, element: Element, value: bytes, allowed: Allowed, before: Mapping[str, bytes]
    ) -> Iterator[Finding]:
        """Yield a known date; one that was moved by less than a life only if it is what this element held before."""
        text = instance.data_set.text(element)
        if instance.original is None:
            yield from self._told(instance, element.path, text, self._in_text(text, value))
            return
        parts = []
        if element.tag in allowed.moved:
            days = [day for day in text.split("\\") if date_of(day) in self._known.dates]
            parts = [Part(word=day, kind="date", offset=text.find(day)) for day in days]
        if not parts and value.strip(b"\0 ") and before.get(element.path) == value:
            parts = [Part(word=text, kind="unmoved-date", offset=0)]
        yield from self._told(instance, element.path, text, parts)

    def _bulk(self, instance: Instance, element: Element) -> Iterator[Finding]:
        """Search pixel data and other blobs as bytes; comments and documents in them as text."""
        file = instance.data_set
        if element.tag == DOCUMENT:
            text = document_text(file.data[element.start : element.end])
            yield from self._told(instance, element.path, text, self._in_text(text, text.encode()))
            return
        if element.tag in PIXELS and not file.file.encoding.implicit:
            text = comments_in(file.data, element.start, element.end) if _is_encapsulated(instance, element) else ""
            found = self._in_text(text, text.encode()) if text else []
            if found:
                yield from self._told(instance, element.path, text, found)
                return
        token = self._in_blob(file.data, element) if self._options.pixels else None
        if token:
            part = Part(word=min(token.squeezed), kind=token.kind, offset=-1)
            yield from self._told(instance, element.path, "", [part])

    def _in_blob(self, data: bytes, element: Element) -> Token | None:
        """Search a long value in windows, so that no second copy of it is made."""
        for begin in range(element.start, element.end, WINDOW):
            token = self._matcher.in_binary(data[begin : min(begin + WINDOW + OVERLAP, element.end)])
            if token:
                return token
        return None

    def _remember(self, vr: str, value: bytes) -> None:
        if len(self._clean) > REMEMBERED:
            self._clean.clear()
        self._clean.add((vr, value))

    def _told(self, instance: Instance, where: str, text: str, found: list[Part]) -> Iterator[Finding]:
        """Yield a finding for each kind of thing that was found in a value."""
        for kind in dict.fromkeys(part.kind for part in found):
            if kind in self._options.ignore_kinds:
                continue
            parts = [part for part in found if part.kind == kind]
            yield instance.finding(
                checker=NAME,
                kind="date" if kind == "unmoved-date" else kind,
                reason=REASONS.get(kind, REASONS["other"]),
                where=where,
                outcome=self._options.outcome,
                **_excerpt(text, parts),
            )


def _not_meant_to_stay(element: Element, found: list[Part], allowed: Allowed) -> list[Part]:
    """Return what may not be in an element that holds what it held before."""
    if element.tag in allowed.kept:
        return []
    if element.tag not in allowed.changed:
        return found
    # A description is cleaned, and keeps common words; that a removed request says the same tells nothing.
    return [part for part in found if part.kind != "text" or not _is_common(part.word)]


def _is_common(text: str) -> bool:
    return common_words().issuperset(re.findall(r"[a-z0-9]+", fold(text)))


def _whole_numbers(instance: Instance, element: Element, value: bytes) -> str:
    """Return the whole numbers in a binary value as text, parted by backslashes."""
    form = FORMATS[element.vr]
    count = len(value) // struct.calcsize(f"={form}")
    if not 0 < count <= MOST_NUMBERS:
        return ""
    order = ">" if instance.data_set.file.encoding.big_endian else "<"
    numbers = struct.unpack_from(f"{order}{count}{form}", value)
    return "\\".join(str(int(number)) for number in numbers if isfinite(number) and number == int(number))


def _strings(instance: Instance, value: bytes) -> str:
    """Return the text in a binary value: as ASCII, Unicode and Latin-1, and in the character sets of this instance."""
    text = strings_in(value)
    if value.isascii() and ESCAPE not in value:
        return text
    sets = {file.character_set for file in (instance.original, instance.data_set) if file and file.character_set}
    return "\n".join((text, *(decode(b"\n".join(runs_in(value)), one) for one in sorted(sets))))


def _excerpt(text: str, parts: list[Part]) -> dict[str, Any]:
    """Return as much of a value as a reviewer needs, and where the parts are in it."""
    begin = max(0, parts[0].offset - SHOWN // 2) if len(text) > SHOWN else 0
    value = text[begin : begin + SHOWN]
    return {
        "value": value,
        "parts": tuple(
            Part(word=part.word, kind=part.kind, offset=part.offset - begin if 0 <= part.offset - begin < SHOWN else -1)
            for part in parts
        ),
    }


def _dates_before(instance: Instance, allowed: Allowed) -> dict[str, bytes]:
    """Return the dates of the original by their elements' paths, if the policy moves dates."""
    original = instance.original
    if original is None or instance.data_set.text_of(UNMODIFIED_DATES) == "UNMODIFIED":
        return {}
    return {
        element.path: original.data[element.start : element.end]
        for element in original.elements
        if element.vr in DATES and element.tag not in allowed.kept
    }


def _is_as_before(instance: Instance, element: Element, value: bytes) -> bool:
    """Whether an element that the policy keeps holds what it held before: the policy's wish, whatever it is."""
    original = instance.original
    if original is None:
        return False
    if not element.place:
        return original.value_of(element.tag) == value
    return any(one.path == element.path and original.data[one.start : one.end] == value for one in original.elements)


def _is_encapsulated(instance: Instance, element: Element) -> bool:
    return instance.data_set.data[element.start : element.start + 4] == b"\xfe\xff\x00\xe0"


def _plain(text: str) -> bytes:
    from pixl.checks.words import fold  # noqa: PLC0415

    return fold(text).encode("utf-8")
