"""Whether what came out belongs together: all there, each once, no original UID, the picture untouched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pixl.checks.instance import SOP_CLASS, SOP_UID, STUDY_UID, DataSet, Instance
from pixl.checks.options import Options, made_with, read_options
from pixl.checks.pixel_digest import PIXEL_DATA, frames_that_differ, samples_of
from pixl.checks.port import Context, KnownStudy
from pixl.checks.reading import Element
from pixl.dicom.condensed import digest_of
from pixl.domain.allowed import AllowedBy
from pixl.domain.finding import Finding, Outcome

NAME = "consistency"
PATIENT_ID = 0x00100020
META_OF = {0x00020002: SOP_CLASS, 0x00020003: SOP_UID}
REGISTERED = b"1.2.840.10008."
"""The standard's own UIDs (PS3.6 annex A)."""
METHOD_CODES = "(0012,0064)"
CODE_VALUE, CLEANED_PIXELS = 0x00080100, b"113101"
TOLD_FRAMES = 10


class ConsistencyOptions(Options):
    """What is looked at."""

    pixels: bool = True
    """Whether the picture is compared with the original's, where that is there."""


class ConsistencyChecker:
    """Compares outputs with one another and with their originals."""

    def __init__(self, options: Mapping[str, Any], context: Context) -> None:
        self._options = read_options(ConsistencyOptions, options)
        self.made_with = made_with(self._options)
        self._allowed = context.allowed

    def begin(self, known: KnownStudy) -> _Look:
        """Begin a series."""
        return _Look(known, self._allowed, compares_pixels=self._options.pixels)


class _Look:
    def __init__(self, known: KnownStudy, allowed: AllowedBy, *, compares_pixels: bool) -> None:
        self._known = known
        self._allowed = allowed
        self._compares_pixels = compares_pixels
        self._uids: set[str] = set()
        self._series: dict[str, tuple[str, str]] = {}
        """Of each series its study and its patient."""
        self._original_uids = {uid.encode() for uid in known.original_uids if not uid.encode().startswith(REGISTERED)}
        self._seen = 0

    def look(self, instance: Instance) -> Iterator[Finding]:
        """Yield where an instance contradicts the others, its original or itself."""
        self._seen += 1
        yield from self._identity(instance)
        yield from self._original_uid(instance)
        if self._compares_pixels and instance.name not in self._known.pixels_changed:
            yield from _picture(instance)

    def finish(self) -> Iterator[Finding]:
        """Yield whether instances are missing, or too many."""
        expected = self._known.expected_instances
        if expected is not None and expected != self._seen:
            yield Finding(
                checker=NAME,
                kind="count",
                reason=f"{self._seen} instances came out, but {expected} went in and were not accounted for otherwise",
                where="series",
            )

    def _identity(self, instance: Instance) -> Iterator[Finding]:
        file = instance.data_set
        uid = instance.sop_uid
        if not uid or uid in self._uids:
            what = "another output has the same SOP Instance UID" if uid else "the SOP Instance UID is missing"
            yield _finding(instance, "uid", what, "(0008,0018)")
        self._uids.add(uid)
        belongs = file.text_of(STUDY_UID), file.text_of(PATIENT_ID)
        if self._series.setdefault(instance.series, belongs) != belongs:
            yield _finding(instance, "series", "a series of two studies or two patients", "(0020,000E)")
        for element in file.meta:
            tag = META_OF.get(element.tag)
            value = file.raw[element.start : element.end].rstrip(b"\0 ")
            if tag and value != file.value_of(tag).rstrip(b"\0 "):
                reason = "the file meta information says something else than the data set"
                yield _finding(instance, "uid", reason, element.path)

    def _original_uid(self, instance: Instance) -> Iterator[Finding]:
        """Yield each element that still has a UID that only the original should have."""
        file, original = instance.data_set, instance.original
        theirs = self._original_uids
        kept: frozenset[int] = frozenset()
        if original:
            kept = self._allowed(_manufacturer(original), instance.modality).kept
            theirs = theirs.union(_instance_uids(original))
        if not theirs:
            return
        for element in file.elements:
            if element.vr == "UI" and element.tag not in kept and not theirs.isdisjoint(_values(file, element)):
                reason = "a UID of the original is still there"
                yield _finding(instance, "original-uid", reason, element.path, file.text(element))


def _picture(instance: Instance) -> Iterator[Finding]:
    file, digest = instance.data_set, instance.checked.original_pixels
    pixels = file.top.get(PIXEL_DATA)
    if pixels is None or _was_cleaned(file):
        return
    if digest is not None and digest == digest_of(memoryview(file.data)[pixels.start : pixels.end]):
        return
    original = instance.whole_original
    theirs = samples_of(original) if original and PIXEL_DATA in original.top else None
    if theirs is None and digest is None:
        return
    ours = samples_of(file) or b""
    if ours == theirs:
        return
    frames = list(frames_that_differ(file, ours, theirs or b""))
    told = f": frames {', '.join(map(str, frames[:TOLD_FRAMES]))}" if frames else ""
    reason = f"the picture is not what it was, and no rule touches it{told}"
    yield _finding(instance, "pixels-changed", reason, "(7FE0,0010)")


def _was_cleaned(file: DataSet) -> bool:
    """Whether the file says that regions of its pixels were cleaned (PS3.16 CID 7050)."""
    return any(
        element.tag == CODE_VALUE
        and element.place.startswith(METHOD_CODES)
        and file.data[element.start : element.end].strip() == CLEANED_PIXELS
        for element in file.elements
    )


def _instance_uids(original: DataSet) -> Iterator[bytes]:
    """Yield the UIDs of an original that name something of its own."""
    for element in original.elements:
        if element.vr == "UI":
            yield from (uid for uid in _values(original, element) if uid and not uid.startswith(REGISTERED))


def _values(file: DataSet, element: Element) -> list[bytes]:
    return [value.strip(b"\0 ") for value in file.data[element.start : element.end].split(b"\\")]


def _manufacturer(original: DataSet) -> str:
    return original.value_of(0x00080070).strip(b"\0 ").decode("latin-1")


def _finding(instance: Instance, kind: str, reason: str, where: str, value: str = "") -> Finding:
    return instance.finding(checker=NAME, kind=kind, reason=reason, where=where, outcome=Outcome.HOLD, value=value)
