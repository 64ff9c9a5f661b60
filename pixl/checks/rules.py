"""Applies rules to every value that may hold text: IsIdentifiable's YAML, built-in patterns, daemons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import pydantic

from pixl.checks.columns import column_of
from pixl.checks.hidden_text import document_text, strings_in
from pixl.checks.instance import BINARY, BULK, Instance
from pixl.checks.known import PSEUDONYM
from pixl.checks.ner import ANSWER_SECONDS, Daemons
from pixl.checks.options import Options, made_with, read_options
from pixl.checks.port import Context, KnownStudy
from pixl.checks.reading import Element
from pixl.checks.rule_engine import RuleEngine
from pixl.checks.rules_file import Classification, RuleSet, read_rules
from pixl.domain.errors import ConfigurationError
from pixl.domain.finding import Finding, Outcome, Part
from pixl.text import Kind, find_patterns

NAME = "rules"
TEXT = frozenset({"AE", "LO", "LT", "PN", "SH", "ST", "UC", "UN", "UR", "UT"})
STRINGS = TEXT | {"AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI"}
NUMBERS = frozenset({"DS", "IS", "UI", "TM", "DA", "DT", "AS"})
DOCUMENT = 0x00420011
REMEMBERED = 100_000
KINDS = {
    Classification.PERSON: "name",
    Classification.PRIVATE_IDENTIFIER: "identifier",
    Classification.LOCATION: "address",
    Classification.ORGANIZATION: "institution",
    Classification.DATE: "date",
    Classification.TIME: "time",
    Classification.POSTCODE: "postcode",
    Classification.PIXEL_TEXT: "burned-in",
}
CLASSES = {
    Kind.NHS: Classification.PRIVATE_IDENTIFIER,
    Kind.CHI: Classification.PRIVATE_IDENTIFIER,
    Kind.POSTCODE: Classification.POSTCODE,
    Kind.DATE: Classification.DATE,
    Kind.EMAIL: Classification.PRIVATE_IDENTIFIER,
    Kind.PHONE: Classification.PRIVATE_IDENTIFIER,
    Kind.NAME: Classification.PERSON,
    Kind.ADDRESS: Classification.LOCATION,
    Kind.HOSPITAL: Classification.ORGANIZATION,
}
"""How IsIdentifiable would call what our patterns find."""


class RulesOptions(Options):
    """Where the rules are, and what is built in."""

    files: tuple[Path, ...] = ()
    """Relative to the project file."""
    patterns: Annotated[frozenset[Kind], pydantic.Field()] = frozenset({Kind.CHI, Kind.NHS, Kind.POSTCODE, Kind.DATE})
    skip: frozenset[str] = frozenset()
    """Keywords of elements that are not looked at."""
    seconds: Annotated[float, pydantic.Field(gt=0)] = ANSWER_SECONDS
    """How long a daemon may take for one text."""
    outcome: Outcome = Outcome.HOLD


class RulesChecker:
    """Reads its rules once; what they say of a value does not depend on the instance."""

    def __init__(self, options: Mapping[str, Any], context: Context) -> None:
        self._options = read_options(RulesOptions, options)
        base = context.project.file.parent if context.project else Path()
        self._files = tuple(base / path for path in self._options.files)
        self._stamps: list[tuple[int, int]] = []
        self._read()

    def begin(self, known: KnownStudy) -> _Look:  # noqa: ARG002  rules do not know the study
        """Begin a series, with the rules as they are now."""
        if self._stamps != [_stamp(path) for path in self._files]:
            self._read()
        return _Look(self._judge, self._options)

    def _read(self) -> None:
        try:
            stamps = [_stamp(path) for path in self._files]
            rules = read_rules(self._files)
            self._judge = Judge(rules, self._options)
        except ConfigurationError as error:
            raise ConfigurationError(f"files: {error}") from None
        self._stamps = stamps
        count = sum(len(getattr(rules, name)) for name in RuleSet.model_fields)
        self.made_with = f"{made_with(self._options, rules.model_dump_json())}, {count} rules"


def _stamp(path: Path) -> tuple[int, int]:
    """Return what changes when a file does; a file that is not there is told when it is read."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


class Judge:
    """What rules, patterns and daemons together say of one value: also for words that were read in pixels."""

    def __init__(self, rules: RuleSet, options: RulesOptions) -> None:
        self._daemons = Daemons(seconds=options.seconds)
        self._engine = RuleEngine(rules, self._daemons.ask)
        self._patterns = options.patterns

    def parts(self, column: str, value: str, *, is_text: bool = True) -> list[Part]:
        """Return what is reported of a value; the parts' kinds are IsIdentifiable's classes."""
        # A caret is a space in names; offsets stay.
        value = value.replace("^", " ")
        reported = self._engine.parts(column, value, is_text=is_text)
        if reported is None:
            return []
        if is_text and self._patterns and not PSEUDONYM.fullmatch(value):
            reported += [
                Part(
                    word=value[span.start : span.end],
                    kind=CLASSES.get(span.kind, Classification.PRIVATE_IDENTIFIER).value,
                    offset=span.start,
                )
                for span in find_patterns(value)
                if span.kind in self._patterns
            ]
        return self._engine.without_allowed(column, value, reported) if reported else []


class _Look:
    def __init__(self, judge: Judge, options: RulesOptions) -> None:
        self._judge = judge
        self._options = options
        self._skipped = {name.lower() for name in options.skip}
        self._clean: set[tuple[int, str, bytes]] = set()
        """Elements and values of which nothing was reported: most come again with every instance."""

    def look(self, instance: Instance) -> Iterator[Finding]:
        """Yield what is reported of each value."""
        data, clean = instance.data_set.data, self._clean
        for element in instance.data_set.elements:
            _, tag, vr, start, end = element
            if vr not in STRINGS and (vr not in BINARY or end - start > BULK):
                continue
            value = data[start:end]
            if not value or (tag, vr, value) in clean:
                continue
            yield from self._value(instance, element, value)

    def finish(self) -> tuple[Finding, ...]:
        """Return nothing: all was said of each instance."""
        return ()

    def _value(self, instance: Instance, element: Element, value: bytes) -> Iterator[Finding]:
        column = column_of(element.path)
        text = _text(instance, element, value)
        is_text = element.vr in TEXT or element.vr in BINARY
        parts = [] if column.lower() in self._skipped or not text else self._judge.parts(column, text, is_text=is_text)
        if not parts:
            self._remember((element.tag, element.vr, value))
        for kind in dict.fromkeys(part.kind for part in parts):
            yield instance.finding(
                checker=NAME,
                kind=KINDS.get(Classification(kind), kind.lower()),
                reason=f"a rule or a pattern takes it for {_with_article(kind)}",
                where=element.path,
                outcome=self._options.outcome,
                value=text,
                parts=[part for part in parts if part.kind == kind],
            )

    def _remember(self, what: tuple[int, str, bytes]) -> None:
        if len(self._clean) > REMEMBERED:
            self._clean.clear()
        self._clean.add(what)


def _text(instance: Instance, element: Element, value: bytes) -> str:
    if element.tag == DOCUMENT:
        return document_text(value)
    return strings_in(value) if element.vr in BINARY else instance.data_set.text(element)


def _with_article(kind: str) -> str:
    return f"{'an' if kind[0] in 'AEIOU' else 'a'} {kind}"
