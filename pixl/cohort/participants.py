"""Whether the participant_ids of a cohort are pseudonyms. One becomes a PatientID in the safe haven as it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from pixl.cohort.problems import Problems

LONG_ENOUGH = 6
"""Characters from which on a part of an identifier is as good as the whole."""
IDENTIFIERS = ("mrn", "accession_number", "study_uid")

Origin = tuple[str, int]
"""The column of an identifier, and its row."""
Place = Callable[[str], object]
"""Where the cell of a field stands, in the words for a person."""


@dataclass(frozen=True, kw_only=True, repr=False)
class _Given:
    """A row with a participant_id. Identifiable."""

    participant: str
    row: int
    place: Place


@dataclass(kw_only=True, repr=False)
class Participants:
    """Compares each participant_id of a file with every identifier of it. Identifiable."""

    problems: Problems
    origins: dict[str, Origin] = field(default_factory=dict)
    """Where each identifier, in each way to write it, stands first."""
    given: list[_Given] = field(default_factory=list)
    by_patient: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    """The participant_id and the row of each project's patients."""
    by_participant: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)

    def see(self, cells: Mapping[str, str], row: int, place: Place) -> None:
        """Take note of a row, also of one that asks for nothing: its identifiers are as real."""
        for name in IDENTIFIERS:
            for way in _ways(name, cells.get(name, "")):
                self.origins.setdefault(way, (name, row))
        participant = cells.get("participant_id", "").strip()
        own = next((name for name in IDENTIFIERS if _shared(name, cells.get(name, ""), participant)), None)
        if own:
            self._refuse(place, (own, row))
        elif participant:
            self.given.append(_Given(participant=participant, row=row, place=place))

    def match(self, project: str, mrn: str, participant: str | None, row: int, place: Place) -> None:
        """Note a problem unless participant_ids and patients of a project are one to one."""
        said = participant or ""
        before, there = self.by_patient.setdefault((project, mrn), (said, row))
        if before != said:
            self.problems.add(
                f"{place('participant_id')}: is not what line {there} says for the same patient; "
                "a patient has one participant_id in all rows of a project, or none"
            )
        if not participant:
            return
        patient, there = self.by_participant.setdefault((project, participant), (mrn, row))
        if patient != mrn:
            self.problems.add(
                f"{place('participant_id')}: is that of another patient in line {there}; "
                "two patients would become one, give each one of its own"
            )

    def finish(self) -> None:
        """Note every participant_id by which a patient of the file could be known. Needs all rows."""
        for one in self.given:
            found = next((self.origins[way] for way in _readings(one.participant) if way in self.origins), None)
            if found:
                self._refuse(one.place, found)

    def _refuse(self, place: Place, origin: Origin) -> None:
        column, row = origin
        self.problems.add(
            f"{place('participant_id')}: is, holds or is part of the {column} of line {row}; "
            "it would leave the hospital: give each patient a number that says nothing"
        )


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
    for word in (_squeezed(participant), *re.findall(r"[^\W_]+", whole), *re.findall(r"\d+(?:\.\d+)+", whole)):
        yield from _cores(word)


def _cores(word: str) -> Iterator[str]:
    digits = re.sub(r"^\D+|\D+$", "", word)
    for core in (word, digits, digits.lstrip("0")):
        if len(core) >= LONG_ENOUGH:
            yield core


def _shared(name: str, identifier: str, participant: str) -> bool:
    """Whether one holds the other. Asked of a row's own only: in a large file short numbers meet by chance."""
    if not participant or not identifier.strip():
        return False
    if name == "study_uid":
        long, short = f".{_folded(identifier)}.", _folded(participant)
        return long.strip(".") in short or (len(short) >= LONG_ENOUGH and f".{short}." in long)
    one, other = sorted((_squeezed(identifier), _squeezed(participant)), key=len)
    return _folded(identifier) == _folded(participant) or (len(one) >= LONG_ENOUGH and one in other)
