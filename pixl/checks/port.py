"""What the checkers are given, and what a checker is. Third parties add one by an entry point of `pixl.checkers`.

A checker's class is called with its settings and a `Context`, once; `begin` is called once a series (or folder), and
what it returns looks at one instance after the other. A checker keeps no instance, and may raise what it likes:
the suite turns that into a finding which holds the study.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pixl.domain.allowed import AllowedBy
from pixl.domain.finding import Finding
from pixl.domain.project import Project
from pixl.text import NOTHING_KNOWN, Identifiers

if TYPE_CHECKING:
    from pixl.checks.instance import Instance


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One output, and what is known of the instance that it was made of."""

    name: str
    """By which a finding calls it: the pseudonymous SOP Instance UID, or the path of a file."""
    data: bytes = field(repr=False)
    """The de-identified file, whole."""
    original: bytes | None = field(default=None, repr=False)
    """The file it was made of; what stands from the pixel data on may be cut off. None: not known."""
    original_pixels: str | None = None
    """The digest (`pixl.dicom.condensed`) of the value of the original's pixel data as stored, where it is known."""
    whole_original: Callable[[], bytes] | None = field(default=None, repr=False)
    """Fetches the whole file where `original` is cut off: a checker may ask, and should not do so for each instance."""


@dataclass(frozen=True, kw_only=True, repr=False)
class KnownStudy:
    """What is known of the study whose outputs are checked. Identifiable: its `repr` shows nothing."""

    identifiers: Identifiers = NOTHING_KNOWN
    """Of the cohort's row and of the patient; those of each instance's own header are found by the checker."""
    original_uids: frozenset[str] = frozenset()
    """UIDs that must not be left, besides those in the original headers."""
    expected_instances: int | None = None
    """How many outputs there should be: those that went in, less those that are accounted for."""
    pixels_changed: frozenset[str] = frozenset()
    """The names of the outputs in whose pixels a rule blackened something."""
    made_again: bool = False
    """Whether something was removed from it after it had been checked: then it is looked at in full."""

    def __repr__(self) -> str:
        return "KnownStudy()"


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a checker may know besides its settings."""

    project: Project | None
    """None: files of no project are checked."""
    allowed: AllowedBy


class Examination(Protocol):
    """One checker's look at one series."""

    def look(self, instance: Instance) -> Iterable[Finding]:
        """Return what is wrong with an instance."""
        ...

    def finish(self) -> Iterable[Finding]:
        """Return what is wrong with the series as a whole, after the last instance."""
        ...


class Checker(Protocol):
    """Looks for one kind of thing that must not leave."""

    def begin(self, known: KnownStudy) -> Examination:
        """Begin a series."""
        ...


class MakeChecker(Protocol):
    """What an entry point names: a class, or a function.

    Raises
    ------
    ConfigurationError
        A setting is unknown or wrong, or a program that it needs is missing.
    """

    def __call__(self, options: Mapping[str, Any], context: Context) -> Checker:
        """Return a checker with these settings."""
        ...
