"""Asks dciodvfy (of dicom3tools) what is wrong with an object, and tells the errors that the original did not have."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import pydantic

from pixl.checks.instance import PIXELS, DataSet, Instance
from pixl.checks.options import DIGITS, Options, made_with, read_options
from pixl.checks.port import Context, KnownStudy
from pixl.dicom.names import tag_of
from pixl.domain.errors import ConfigurationError
from pixl.domain.finding import Finding, Outcome

NAME = "conformance"
PROGRAM = "dciodvfy"
ERROR = re.compile(r"^(?:\([^)]*\)\s*)?Error - (.*)$", re.MULTILINE)
VALUE = re.compile(r"\b[A-Z]{2} \[\d+\] = <.*?>(?= -|$)|= <.*?>(?= -|$)|= '.*$")
QUOTED = re.compile(r"<([^<>]*)>")
NUMBER_OF_ITEM = re.compile(r"\[\d+\]")
FREE_TEXT = re.compile(r'"[^"]*"|\'[^\']*\'(?!s)')
NUMBERS = re.compile(r"(?<![\w,(])\d+(?:\.\d+)*(?![\w)])(?<!Type [123])")
Shape = frozenset[tuple[str, int, str, bool]]


class ConformanceOptions(Options):
    """How often the program is asked, and what becomes of what it says."""

    program: str = PROGRAM
    seconds: Annotated[float, pydantic.Field(gt=0)] = 20.0
    """How long it may take for one file."""
    per_series: Annotated[int, pydantic.Field(ge=1)] = 5
    """How many instances of a series are asked about at most: those that have other elements than the ones before."""
    outcome: Outcome = Outcome.NOTE
    """Of an error that the original did not have: a broken object names nobody."""


class CouldNotCheck(Exception):
    """The program came to no end of its own: it aborted, or took too long."""


class ConformanceChecker:
    """Runs the program for one instance of each shape in a series."""

    def __init__(self, options: Mapping[str, Any], context: Context) -> None:  # noqa: ARG002  of every project the same
        self._options = read_options(ConformanceOptions, options)
        self._program = shutil.which(self._options.program)
        if self._program is None:
            raise ConfigurationError(f"the program {self._options.program} is not installed (Debian: dicom3tools)")
        program = sha256(Path(self._program).read_bytes()).hexdigest()
        self.made_with = f"{made_with(self._options)}, {PROGRAM} {program[:DIGITS]}"

    def begin(self, known: KnownStudy) -> _Look:  # noqa: ARG002  it looks at the object alone
        """Begin a series."""
        return _Look(self._program or "", self._options)


class _Look:
    def __init__(self, program: str, options: ConformanceOptions) -> None:
        self._program = program
        self._options = options
        self._shapes: dict[str, set[Shape]] = {}

    def look(self, instance: Instance) -> Iterator[Finding]:
        """Yield the errors of an instance that its original did not have."""
        if not self._is_new(instance):
            return
        original = instance.whole_original
        before: set[str] | None = None
        if original:
            try:
                before = set(self._errors(original))
            except CouldNotCheck:
                yield _finding(instance, "not-checked", f"{PROGRAM} could not check the original", Outcome.NOTE)
                return
        try:
            errors = self._errors(instance.data_set)
        except CouldNotCheck as error:
            yield _finding(instance, "not-checked", f"{PROGRAM} {error}", Outcome.HOLD)
            return
        outcome = Outcome.NOTE if before is None else self._options.outcome
        for text, value in errors.items():
            if before is None or text not in before:
                reason = text if before is None else f"the original did not have this error: {text}"
                yield _finding(instance, "conformance", reason, outcome, value)

    def finish(self) -> tuple[Finding, ...]:
        """Return nothing: all was said of the instances."""
        return ()

    def _is_new(self, instance: Instance) -> bool:
        """Whether no instance of the series had the same elements, and few enough were asked about."""
        seen = self._shapes.setdefault(instance.series, set())
        shape = frozenset(
            (NUMBER_OF_ITEM.sub("", element.place), element.tag, element.vr, element.start == element.end)
            for element in instance.data_set.elements
        )
        if shape in seen or len(seen) >= self._options.per_series:
            return False
        seen.add(shape)
        return True

    def _errors(self, file: DataSet) -> dict[str, str]:
        """Return the errors without values, each with the value that it was about."""
        # A file in memory: the header of an original is never written to a disk.
        with os.fdopen(os.memfd_create(PROGRAM, 0), "wb") as held:
            held.write(without_pixels(file))
            held.flush()
            return self._run(held.fileno())

    def _run(self, descriptor: int) -> dict[str, str]:
        try:
            done = subprocess.run(
                [self._program, f"/proc/self/fd/{descriptor}"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(descriptor,),
                timeout=self._options.seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CouldNotCheck(f"took more than {self._options.seconds:g} seconds") from None
        if done.returncode < 0:
            raise CouldNotCheck(f"aborted with signal {-done.returncode}")
        return dict(map(_told, ERROR.findall(done.stdout.decode("utf-8", "replace"))))


def without_pixels(file: DataSet) -> bytes:
    """Return the file up to its pixel data, which the program does not need and which are most of it."""
    first = next((element for element in file.elements if element.tag in PIXELS and not element.place), None)
    if first is None or file.file.deflated:
        return file.raw
    header = 8 if file.file.encoding.implicit else 12
    return file.raw[: first.start - header]


def _told(line: str) -> tuple[str, str]:
    """Return an error without values, and the value."""
    value = VALUE.search(line)
    text = QUOTED.sub(_keyword_only, VALUE.sub("", line))
    text = FREE_TEXT.sub('"..."', NUMBER_OF_ITEM.sub("", text))
    return re.sub(r"\s+", " ", NUMBERS.sub("#", text)).strip(" -"), value.group() if value else ""


def _keyword_only(found: re.Match[str]) -> str:
    """Return what is quoted if it is the name of an element, and nothing of it otherwise."""
    names = re.findall(r"[A-Za-z]\w*", found.group(1))
    return f"<{found.group(1)}>" if names and all(tag_of(name) for name in names) else "<...>"


def _finding(instance: Instance, kind: str, reason: str, outcome: Outcome, value: str = "") -> Finding:
    return instance.finding(checker=NAME, kind=kind, reason=reason, where="object", outcome=outcome, value=value)
