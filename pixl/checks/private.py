"""Proves, file by file, that no private and no unlisted element is left at any depth.

It reads the output with a reader of its own, and knows of the policy only the list of what may leave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pixl.checks.instance import MANUFACTURER, MODALITY, Instance
from pixl.checks.options import Options, made_with, read_options
from pixl.checks.port import Context, KnownStudy
from pixl.checks.reading import Element
from pixl.dicom.names import dictionary
from pixl.domain.allowed import Allowed, AllowedBy
from pixl.domain.finding import Finding, Outcome

NAME = "private"
FIRST_CREATOR, LAST_CREATOR = 0x10, 0xFF
PREAMBLE = 128
META = frozenset({0x00020000, 0x00020001, 0x00020002, 0x00020003, 0x00020010, 0x00020012, 0x00020013})
"""The file meta information that a file must have (PS3.10 table 7.1-1); what else there can be says who sent it."""
Creators = dict[tuple[str, int, int], tuple[str, Element]]


class PrivateOptions(Options):
    """What is done with what should not be there."""

    outcome: Outcome = Outcome.HOLD


class PrivateChecker:
    """Looks at every element of an output and at nothing else."""

    def __init__(self, options: Mapping[str, Any], context: Context) -> None:
        self._options = read_options(PrivateOptions, options)
        self.made_with = made_with(self._options)
        self._allowed = context.allowed

    def begin(self, known: KnownStudy) -> _Look:  # noqa: ARG002  what is known of the study is of no meaning here
        """Begin a series."""
        return _Look(self._allowed, self._options.outcome)


class _Look:
    def __init__(self, allowed: AllowedBy, outcome: Outcome) -> None:
        self._allowed = allowed
        self._outcome = outcome

    def look(self, instance: Instance) -> Iterator[Finding]:
        """Yield each element that is on no list."""
        allowed = self._list(instance)
        standard = _Standard(allowed)
        creators: Creators = {}
        used: set[tuple[str, int, int]] = set()
        for element in instance.data_set.elements:
            tag = element.tag
            if not tag & 0x10000:
                if tag not in standard and tag & 0xFFFF:
                    yield self._finding(instance, element, *standard.what(tag))
            elif (found := _private(instance, element, allowed, creators, used)) is not None:
                yield self._finding(instance, element, *found)
        for place, (_, creator) in creators.items():
            if place not in used:
                yield self._finding(instance, creator, "private", "a private creator of which nothing is left")
        yield from self._around(instance)

    def finish(self) -> tuple[Finding, ...]:
        """Return nothing: a series has no elements of its own."""
        return ()

    def _list(self, instance: Instance) -> Allowed:
        """Return what may leave of such a device, as the engine knew it: by the original, where that is there."""
        source = instance.original or instance.data_set
        return self._allowed(source.value_of(MANUFACTURER).strip(b"\0 ").decode("latin-1"), source.text_of(MODALITY))

    def _around(self, instance: Instance) -> Iterator[Finding]:
        """Look at what is around the data set: the preamble and the file meta information."""
        raw = instance.data_set.raw
        if raw[PREAMBLE : PREAMBLE + 4] == b"DICM" and any(raw[:PREAMBLE]):
            yield instance.finding(
                checker=NAME,
                kind="preamble",
                reason="the preamble is not empty",
                where="preamble",
                outcome=self._outcome,
            )
        for element in instance.data_set.meta:
            if element.tag not in META:
                reason = "not part of the file meta information that a file must have"
                yield self._finding(instance, element, "unlisted", reason)

    def _finding(self, instance: Instance, element: Element, kind: str, reason: str) -> Finding:
        return instance.finding(
            checker=NAME,
            kind=kind,
            reason=reason,
            where=element.path,
            outcome=self._outcome,
            value=_shown(instance, element),
        )


class _Standard:
    """The standard elements that may leave."""

    def __init__(self, allowed: Allowed) -> None:
        self._listed = dictionary() if allowed.every_standard else allowed.kept | allowed.changed

    def __contains__(self, tag: int) -> bool:
        return tag in self._listed

    def what(self, tag: int) -> tuple[str, str]:
        """Return the kind of what is on no list, and the reason."""
        if tag not in dictionary():
            return "unknown", "an element that is not in the data dictionary"
        return "unlisted", "an element that the policy does not let leave"


def _private(
    instance: Instance, element: Element, allowed: Allowed, creators: Creators, used: set[tuple[str, int, int]]
) -> tuple[str, str] | None:
    """Return kind and reason if a private element may not leave."""
    group, number = divmod(element.tag, 0x10000)
    if FIRST_CREATOR <= number <= LAST_CREATOR:
        creators[element.place, group, number] = instance.data_set.text(element), element
        return None
    place = element.place, group, number >> 8
    if place not in creators:
        return "private", "a private element without a creator"
    used.add(place)
    if (group, creators[place][0], number & 0xFF) not in allowed.private:
        return "private", "a private element that the policy does not list"
    return None


def _shown(instance: Instance, element: Element) -> str:
    """Return what of the value a reviewer is shown."""
    if element.vr in ("SQ", "OB", "OW", "OF", "OD", "OL", "OV"):
        return ""
    return instance.data_set.text(element)[:200]
