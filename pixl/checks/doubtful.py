"""Kinds of objects that often show who a patient is, whatever their header says: held or rejected by default."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pixl.checks.instance import DataSet, Instance
from pixl.checks.options import Options, made_with, read_options
from pixl.checks.port import Context, KnownStudy
from pixl.domain.finding import Finding, Outcome

NAME = "doubtful-objects"
IMAGE_TYPE, CONVERSION_TYPE, BURNED_IN = 0x00080008, 0x00080064, 0x00280301
SERIES_DESCRIPTION, DOCUMENT = 0x0008103E, 0x00420011
STORAGE = r"1\.2\.840\.10008\.5\.1\.4\.1\.1\."

SECONDARY_CAPTURE = re.compile(STORAGE + r"7(\.[1-4])?")
ENCAPSULATED = re.compile(STORAGE + r"104\.\d+")
VIDEO_CLASS = re.compile(STORAGE + r"77\.1\.[124]\.1")
VIDEO_SYNTAX = re.compile(r"1\.2\.840\.10008\.1\.2\.4\.10[0-8](\.1)?")
"""MPEG-2, MPEG-4 and HEVC (PS3.5 annex A.4)."""
DOSE = re.compile(r"dose[ _-]*(report|info|summary|sheet|record)|(patient|exam)[ _-]*protocol", re.IGNORECASE)
SCREEN = frozenset({"SCREEN SAVE", "SCREENSAVE", "SCREEN_SAVE", "SCREEN CAPTURE", "DOSE_INFO", "DOSE", "PASTED"})
SCANNED = frozenset({"DI", "DF", "SD"})
"""Conversion types (PS3.3 section C.8.6.1): digitized film, digital interface, scanned document."""


class DoubtfulOptions(Options):
    """What is done with each kind: `note`, `hold` or `reject`."""

    secondary_capture: Outcome = Outcome.HOLD
    dose_sheet: Outcome = Outcome.HOLD
    scanned_document: Outcome = Outcome.REJECT
    burned_in: Outcome = Outcome.HOLD
    encapsulated: Outcome = Outcome.REJECT
    video: Outcome = Outcome.HOLD


def _is_dose_sheet(header: DataSet) -> bool:
    """Whether this is a picture of a table of doses, which shows a name in its corner."""
    if header.text_of(0x00080016).startswith("1.2.840.10008.5.1.4.1.1.88."):
        return False  # A structured report has no corner, and its text is cleaned.
    image_type = {part.strip() for part in header.text_of(IMAGE_TYPE).upper().split("\\")}
    return bool(image_type & SCREEN) or bool(DOSE.search(header.text_of(SERIES_DESCRIPTION)))


def _is_video(header: DataSet) -> bool:
    return bool(
        VIDEO_CLASS.fullmatch(header.text_of(0x00080016)) or VIDEO_SYNTAX.fullmatch(header.file.transfer_syntax)
    )


KINDS: dict[str, tuple[str, Callable[[DataSet], bool]]] = {
    "encapsulated": (
        "an encapsulated document, which nobody can clean",
        lambda header: bool(ENCAPSULATED.fullmatch(header.text_of(0x00080016))) or DOCUMENT in header.top,
    ),
    "scanned_document": (
        "a scanned document or film",
        lambda header: header.text_of(CONVERSION_TYPE).upper() in SCANNED,
    ),
    "video": ("a video, of which nobody has seen each frame", _is_video),
    "dose_sheet": ("a screen of a device, such as a dose sheet", _is_dose_sheet),
    "burned_in": (
        "(0028,0301) BurnedInAnnotation says YES",
        lambda header: header.text_of(BURNED_IN).upper() == "YES",
    ),
    "secondary_capture": (
        "a secondary capture",
        lambda header: bool(SECONDARY_CAPTURE.fullmatch(header.text_of(0x00080016))),
    ),
}
"""The first kind that fits is told."""


class DoubtfulObjectsChecker:
    """Looks at what an object is, before and after."""

    def __init__(self, options: Mapping[str, Any], context: Context) -> None:  # noqa: ARG002  of every project the same
        self._options = read_options(DoubtfulOptions, options)
        self.made_with = made_with(self._options)

    def begin(self, known: KnownStudy) -> DoubtfulObjectsChecker:  # noqa: ARG002  of every study the same
        """Begin a series."""
        return self

    def look(self, instance: Instance) -> Iterator[Finding]:
        """Yield what kind of doubtful object this is, if it is one."""
        headers = [header for header in (instance.data_set, instance.original) if header]
        for kind, (reason, fits) in KINDS.items():
            if any(fits(header) for header in headers):
                outcome = getattr(self._options, kind)
                yield instance.finding(
                    checker=NAME, kind=kind.replace("_", "-"), reason=reason, where="object", outcome=outcome
                )
                return

    def finish(self) -> tuple[Finding, ...]:
        """Return nothing: what matters was said of each instance."""
        return ()
