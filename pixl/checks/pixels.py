"""Reads the text that is burned into pictures or drawn by overlays, and says whose it may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pixl.checks.columns import PIXEL_DATA
from pixl.checks.instance import Instance
from pixl.checks.ner import ANSWER_SECONDS, Daemons
from pixl.checks.options import made_with, read_options
from pixl.checks.pixels_frames import picture_of
from pixl.checks.pixels_ocr import Reader, find_models, open_reader
from pixl.checks.pixels_options import NAME, UNREADABLE, PixelsOptions, wanted_for
from pixl.checks.pixels_sampling import IMAGE_TYPE, Brightest, Group, Place, Sampler, place_of, samples_of
from pixl.checks.pixels_seen import WHERE, Seen, box_of, lines_in, lines_of
from pixl.checks.pixels_words import is_harmless, kind_of, known_of, parts_of
from pixl.checks.port import Context, KnownStudy
from pixl.checks.rule_engine import RuleEngine
from pixl.checks.rules import KINDS
from pixl.checks.rules_file import Classification, read_rules
from pixl.domain.errors import ConfigurationError, InstanceFailed
from pixl.domain.finding import Finding, Outcome, Part
from pixl.text import Identifiers

REASONS = {
    "name": "text in the picture that looks like a name, or is one that is known",
    "clinician": "text in the picture that is the name of somebody who treated the patient",
    "date": "a date in the picture",
    "mrn": "an identifier of the patient in the picture",
    "accession": "an accession number in the picture",
    "institution": "an institution in the picture",
}
ANY_TEXT = "text in the picture"


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
        self._models = find_models()
        self.made_with = f"{self._models.name}; {made_with(self._options)}"

    def begin(self, known: KnownStudy) -> _Look:
        """Begin a series."""
        return _Look(self, known)

    @property
    def options(self) -> PixelsOptions:
        """Its settings."""
        return self._options

    @property
    def reader(self) -> Reader:
        """What reads; its models are loaded for the first picture."""
        return open_reader(self._models.folder)

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
        sampling = self._options.sample_original_primary
        self._sampler = Sampler(sampling) if sampling and not known.made_again else None

    def look(self, instance: Instance) -> Iterator[Finding]:
        """Yield each line of text in a picture that says more than which side is left."""
        if self._is_skipped(instance):
            return
        group = self._sampler.group_of(instance) if self._sampler else None
        if not self._sampler or not group:
            yield from self._read(instance)
        elif self._sampler.wants(group) or not self._took(instance, group):
            found = list(self._read(instance))
            group.read += 1
            group.found = group.found or bool(found)
            yield from found
        else:
            yield from self._of_brightest(self._sampler.full())

    def finish(self) -> Iterator[Finding]:
        """Yield what is seen in the brightest of what was not read one by one."""
        if self._sampler:
            yield from self._of_brightest(self._sampler.rest())

    def _is_skipped(self, instance: Instance) -> bool:
        kinds = {part.strip() for part in instance.data_set.text_of(IMAGE_TYPE).split("\\")}
        return instance.modality in self._options.skip_original_primary and {"ORIGINAL", "PRIMARY"} <= kinds

    def _took(self, instance: Instance, group: Group) -> bool:
        """Whether an image need not be read, as it was added to what is read of its group at the end."""
        if not self._options.sample_original_primary or not self._options.sample_original_primary.brightest:
            return True
        try:
            samples = samples_of(instance)
        except ValueError:
            return False
        if samples is None:
            return True
        if group.brightest:
            group.brightest.add(samples, place_of(instance))
        else:
            known, device = self._known_of(instance)
            group.brightest = Brightest.of(samples, place_of(instance), known, device)
        return True

    def _read(self, instance: Instance) -> Iterator[Finding]:
        known, device = self._known_of(instance)
        place = place_of(instance)
        try:
            for seen in lines_of(instance, self._checker.reader, self._options.scale):
                yield from self._told(seen, place, known, device)
        except InstanceFailed as error:
            yield instance.finding(
                checker=NAME, kind=UNREADABLE, reason=str(error), where=WHERE, outcome=self._options.unreadable
            )

    def _of_brightest(self, every: Iterable[Brightest]) -> Iterator[Finding]:
        for one in every:
            for seen in lines_in(picture_of(one.samples), self._checker.reader, self._options.scale):
                line = seen.line
                place = one.place_of(
                    int(line.left), int(line.top), int(line.left + line.width) + 1, int(line.top + line.height) + 1
                )
                yield from self._told(seen, place, one.known, one.device)

    def _known_of(self, instance: Instance) -> tuple[Identifiers, frozenset[str]]:
        return known_of(instance.original, self._known), frozenset(instance.device.lower().split())

    def _told(self, seen: Seen, place: Place, known: Identifiers, device: frozenset[str]) -> Iterator[Finding]:
        """Yield a line as a finding, if it is one."""
        parts = self._checker.parts(seen.line.text, known, device)
        if parts is None or _length(seen.line.text) < self._options.least_text:
            return
        kind = kind_of(parts)
        wanted = wanted_for(self._options, is_identifying=bool(parts))
        yield Finding(
            checker=NAME,
            kind=kind,
            reason=REASONS.get(kind, ANY_TEXT),
            where=seen.where,
            outcome=Outcome.HOLD if wanted == "redact" else Outcome(wanted),
            value=seen.line.text,
            parts=parts,
            instance=place.instance,
            series=place.series,
            device=place.device,
            confidence=round(seen.line.score, 3),
            box=box_of(seen, self._options.margin),
        )


def _length(text: str) -> int:
    return sum(character.isalnum() for character in text)
