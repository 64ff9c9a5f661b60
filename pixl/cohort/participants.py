"""Whether the participant_ids of a cohort are pseudonyms. One becomes a PatientID in the safe haven as it stands."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from pixl.cohort.cells import MISSING
from pixl.cohort.problems import PlaceOf, Problems

LONG_ENOUGH = 6
"""Characters from which on a part of an identifier is as good as the whole."""
TOO_LONG_FOR_CHANCE = 8
"""Letters and digits from which on an identifier does not turn up inside of another patient's hash by chance."""
HASH = 24
"""Letters and digits from which on a word is taken for a hash, in which short numbers do turn up by chance."""
IDENTIFIERS = ("mrn", "accession_number", "study_uid")

Origin = tuple[str, PlaceOf]
"""The field of an identifier, and its row."""


@dataclass(kw_only=True, repr=False)
class Participants:
    """Compares each participant_id of a file with every identifier of it. Identifiable."""

    problems: Problems
    origins: dict[str, Origin] = field(default_factory=dict)
    """Where each identifier, in each way to write it, stands first."""
    given: list[tuple[str, PlaceOf]] = field(default_factory=list)
    """Each participant_id, unless it has been refused."""
    by_patient: dict[tuple[str, str], tuple[str, PlaceOf]] = field(default_factory=dict)
    """The participant_id and the row of each project's patients."""
    by_participant: dict[tuple[str, str], tuple[str, PlaceOf]] = field(default_factory=dict)

    def see(self, row: Mapping[str, str], place: PlaceOf) -> None:
        """Take note of a row, also of one that asks for nothing: its identifiers are as real."""
        for name in IDENTIFIERS:
            for way in _ways(name, _said(row, name)):
                self.origins.setdefault(way, (name, place))
        participant = _said(row, "participant_id")
        own = next((name for name in IDENTIFIERS if _shared(name, _said(row, name), participant)), None)
        if own:
            self._refuse(place, (own, place))
        elif participant:
            self.given.append((participant, place))

    def match(self, project: str, mrn: str, participant: str | None, place: PlaceOf) -> None:
        """Note a problem unless participant_ids and patients of a project are one to one."""
        here, said = place("participant_id"), participant or ""
        before, first = self.by_patient.setdefault((project, mrn), (said, place))
        if before != said:
            self.problems.add(
                f"{here}: is not what {first('participant_id').seen_from(here)} says for the same patient; "
                "a patient has one participant_id in all rows of a project, or none"
            )
        patient, first = self.by_participant.setdefault((project, said), (mrn, place)) if said else (mrn, place)
        if patient != mrn:
            self.problems.add(
                f"{here}: is that of another patient in {first('participant_id').seen_from(here)}; "
                "give each patient one of their own"
            )

    def finish(self) -> None:
        """Note every participant_id by which a patient of the file could be known. Needs all rows."""
        sizes = {len(way) for way in self.origins if len(way) >= TOO_LONG_FOR_CHANCE and _is_mixed(way)}
        for participant, place in self.given:
            readings = itertools.chain(_readings(participant), _inner(participant, sizes))
            found = next((self.origins[way] for way in readings if way in self.origins), None)
            if found:
                self._refuse(place, found)

    def _refuse(self, place: PlaceOf, origin: Origin) -> None:
        here, there = place("participant_id"), origin[1](origin[0])
        self.problems.add(
            f"{here}: is, holds or is part of the {there.column} of {there.seen_from(here)}; "
            "it would leave the hospital: give each patient a number that says nothing of them"
        )


def _said(row: Mapping[str, str], name: str) -> str:
    text = row.get(name, "").strip()
    return "" if text.lower() in MISSING else text


def _folded(text: str) -> str:
    return text.strip().casefold()


def _squeezed(text: str) -> str:
    """Return letters and digits only: `QZ-12 34` is `qz1234`."""
    return re.sub(r"[\W_]+", "", _folded(text))


def _ways(name: str, text: str) -> Iterator[str]:
    """Yield an identifier as people write it: with and without its letters, hyphens and leading zeros."""
    whole = _folded(text)
    if whole:
        yield whole
    if whole and name != "study_uid":
        yield from _cores(_squeezed(text))


def _readings(participant: str) -> Iterator[str]:
    """Yield what a participant_id may be an identifier, or hold one, as."""
    whole = _folded(participant)
    yield whole
    squeezed = _squeezed(participant)
    for word in (squeezed, *re.findall(r"[^\W_]+", whole), *re.findall(r"\d+(?:\.\d+)+", whole)):
        yield from _cores(word)
    if len(squeezed) < HASH:
        for number in re.findall(r"\d+", whole):
            yield from _cores(number)


def _inner(participant: str, sizes: Collection[int]) -> Iterator[str]:
    """Yield all that stands within a participant_id, of these sizes, and has letters and digits."""
    text = _squeezed(participant)
    for size in sizes:
        for start in range(len(text) - size + 1):
            if _is_mixed(part := text[start : start + size]):
                yield part


def _is_mixed(text: str) -> bool:
    return text.isalnum() and not text.isalpha() and not text.isdigit()


def _cores(word: str) -> Iterator[str]:
    digits = re.sub(r"^\D+|\D+$", "", word)
    for core in (word, digits, digits.lstrip("0")):
        if len(core) >= LONG_ENOUGH:
            yield core


def _shared(name: str, identifier: str, participant: str) -> bool:
    """Whether one holds the other. Asked of a row's own only: in a large file short numbers meet by chance."""
    if not participant or not identifier:
        return False
    if name == "study_uid":
        long, short = f".{_folded(identifier)}.", _folded(participant)
        return long.strip(".") in short or (len(short) >= LONG_ENOUGH and f".{short}." in long)
    one, other = sorted((_squeezed(identifier), _squeezed(participant)), key=len)
    return _folded(identifier) == _folded(participant) or (len(one) >= LONG_ENOUGH and one in other)
