"""Reads the text that is burned into pictures or drawn by overlays, and says whose it may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixl.checks.columns import PIXEL_DATA
from pixl.checks.instance import PIXELS, Instance
from pixl.checks.ner import ANSWER_SECONDS, Daemons
from pixl.checks.options import read_options
from pixl.checks.pixels_frames import Picture, pictures
from pixl.checks.pixels_ocr import Line, Reader, open_reader
from pixl.checks.pixels_options import NAME, UNREADABLE, PixelsOptions, wanted_for
from pixl.checks.pixels_overlay import overlays
from pixl.checks.pixels_reading import read
from pixl.checks.pixels_words import is_harmless, kind_of, known_of, parts_of
from pixl.checks.port import Context, KnownStudy
from pixl.checks.rule_engine import RuleEngine
from pixl.checks.rules import KINDS
from pixl.checks.rules_file import Classification, read_rules
from pixl.domain.errors import ConfigurationError, InstanceFailed
from pixl.domain.finding import Box, Finding, Outcome, Part
from pixl.text import Identifiers

WHERE = "pixels"
IMAGE_TYPE = 0x00080008
MOST_LINES = 200
"""Of one instance: a scanned document is held by any of them."""
REASONS = {
    "name": "text in the picture that looks like a name, or is one that is known",
    "clinician": "text in the picture that is the name of somebody who treated the patient",
    "date": "a date in the picture",
    "mrn": "an identifier of the patient in the picture",
    "accession": "an accession number in the picture",
    "institution": "an institution in the picture",
}
ANY_TEXT = "text in the picture"


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """A line, and where it is."""

    line: Line
    frame: int
    where: str


class PixelsChecker:
    """Looks at every frame and overlay with the eyes of a reader."""

    def __init__(self, options: Mapping[str, Any], context: Context) -> None:
        self._options = read_options(PixelsOptions, options)
        base = context.project.file.parent if context.project else Path()
        rules = read_rules(base / path for path in self._options.rules)
        try:
            self._ignored = [re.compile(pattern, re.IGNORECASE) for pattern in self._options.ignore]
        except re.error:
            raise ConfigurationError("ignore: not a regular expression") from None
        self._rules = RuleEngine(rules, Daemons(seconds=ANSWER_SECONDS).ask)
        self._reader = open_reader()
        self.made_with = self._reader.name

    def begin(self, known: KnownStudy) -> _Look:
        """Begin a series."""
        return _Look(self, known)

    @property
    def options(self) -> PixelsOptions:
        """Its settings."""
        return self._options

    @property
    def reader(self) -> Reader:
        """What reads."""
        return self._reader

    def parts(self, text: str, known: Identifiers, device: frozenset[str]) -> tuple[Part, ...] | None:
        """Return what is identifying in a line; None if the line is no finding."""
        if any(pattern.fullmatch(text.strip()) for pattern in self._ignored):
            return None
        reported = self._rules.parts(PIXEL_DATA, text, is_text=True)
        if reported is None:
            return None
        by_rule = (
            Part(word=part.word, kind=KINDS.get(Classification(part.kind), "other"), offset=part.offset)
            for part in self._rules.without_allowed(PIXEL_DATA, text, reported)
        )
        found = (*parts_of(text, known), *by_rule)
        return None if not found and is_harmless(text, device) else found


class _Look:
    def __init__(self, checker: PixelsChecker, known: KnownStudy) -> None:
        self._checker = checker
        self._options = checker.options
        self._known = known.identifiers

    def look(self, instance: Instance) -> Iterator[Finding]:
        """Yield each line of text in a picture that says more than which side is left."""
        if self._is_skipped(instance):
            return
        known, device = known_of(instance.original, self._known), frozenset(instance.device.lower().split())
        try:
            for seen in _once(self._seen(instance)):
                parts = self._checker.parts(seen.line.text, known, device)
                if parts is not None and _length(seen.line.text) >= self._options.least_text:
                    yield self._finding(instance, seen, parts)
        except InstanceFailed as error:
            yield instance.finding(
                checker=NAME, kind=UNREADABLE, reason=str(error), where=WHERE, outcome=self._options.unreadable
            )

    def finish(self) -> tuple[Finding, ...]:
        """Return nothing: all was said of each instance."""
        return ()

    def _is_skipped(self, instance: Instance) -> bool:
        kinds = {part.strip() for part in instance.data_set.text_of(IMAGE_TYPE).split("\\")}
        return instance.modality in self._options.skip_original_primary and {"ORIGINAL", "PRIMARY"} <= kinds

    def _seen(self, instance: Instance) -> Iterator[_Seen]:
        """Yield the lines in the overlays and in the frames."""
        reader, scale = self._checker.reader, self._options.scale
        for overlay in overlays(instance.data_set):
            for line in read(reader, Picture(samples=overlay.picture), scale=scale):
                yield _Seen(line=line, frame=0, where=overlay.where)
        if PIXELS.isdisjoint(instance.data_set.top):
            return
        for picture in pictures(instance.data_set.raw):
            for line in read(reader, picture, scale=scale):
                yield _Seen(line=line, frame=_frame(picture, line), where=WHERE)

    def _finding(self, instance: Instance, seen: _Seen, parts: tuple[Part, ...]) -> Finding:
        kind = kind_of(parts)
        wanted = wanted_for(self._options, is_identifying=bool(parts))
        return instance.finding(
            checker=NAME,
            kind=kind,
            reason=REASONS.get(kind, ANY_TEXT),
            where=seen.where,
            outcome=Outcome.HOLD if wanted == "redact" else Outcome(wanted),
            value=seen.line.text,
            parts=parts,
            confidence=round(seen.line.score, 3),
            box=_box(seen, self._options.margin) if seen.where == WHERE else None,
        )


def _frame(picture: Picture, line: Line) -> int:
    return picture.frame_of(line.left, line.top, line.left + line.width, line.top + line.height)


def _once(seen: Iterable[_Seen]) -> Iterator[_Seen]:
    """Yield what stands at a place only once, however many frames it is in."""
    told: dict[str, list[Line]] = {}
    for count, one in enumerate(seen):
        if count >= MOST_LINES:
            return
        words = re.sub(r"\W", "", one.line.text.casefold())
        before = told.setdefault(words, [])
        if not any(_is_same_place(one.line, line) for line in before):
            before.append(one.line)
            yield one


def _is_same_place(line: Line, other: Line) -> bool:
    reach = max(line.height, other.height)
    return abs(line.left - other.left) < reach and abs(line.top - other.top) < reach


def _box(seen: _Seen, margin: int) -> Box:
    left, top = max(0, int(seen.line.left) - margin), max(0, int(seen.line.top) - margin)
    return Box(
        frame=seen.frame,
        left=left,
        top=top,
        width=int(seen.line.left + seen.line.width) + 1 + margin - left,
        height=int(seen.line.top + seen.line.height) + 1 + margin - top,
    )


def _length(text: str) -> int:
    return sum(character.isalnum() for character in text)
