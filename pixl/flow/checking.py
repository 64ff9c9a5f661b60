"""Brings the instances of a series, and their originals, to its checkers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Protocol, TypeVar

from pixl.checks import Checked, KnownStudy
from pixl.dicom.condensed import Condensed
from pixl.domain.errors import StudyLost
from pixl.domain.finding import Finding
from pixl.domain.project import Project
from pixl.domain.pseudonym import Pseudonymiser, PseudonymKind, PseudonymQuery
from pixl.ledger import Checks, SeriesCheck, Study
from pixl.orthanc import NotStored, OrthancClient, StoredInstance
from pixl.orthanc.condensed import MOST
from pixl.text import Identifiers

AHEAD = 3
"""How many instances are read while one is being checked."""


Item = TypeVar("Item")
Read = TypeVar("Read")


class RunSuite(Protocol):
    """Runs a project's checkers over the instances of a series."""

    def check(self, project: Path, known: KnownStudy, instances: Iterator[Checked]) -> Checks:
        """Return what they found."""
        ...


@dataclass(frozen=True, kw_only=True)
class SeriesChecker:
    """Checks one series of orthanc-anon against its original in orthanc-raw."""

    raw: OrthancClient
    anon: OrthancClient
    pseudonymiser: Callable[[str], Pseudonymiser]
    """A project's."""
    suite: RunSuite

    def check(self, project: Project, study: Study, check: SeriesCheck) -> Checks:
        """Return what is wrong with a series.

        Raises
        ------
        StudyLost
            One of the Orthancs no longer has the study; a retry fetches it again.
        """
        pseudonymiser = self.pseudonymiser(project.name)
        try:
            outputs = self.anon.instances_of_series(check.output.anon_id)
            originals = self._originals(study, check.output.series, pseudonymiser)
            pairs = [(one, originals.ids.get(one.sop_uid)) for one in sorted(outputs, key=lambda one: one.sop_uid)]
            found = self.suite.check(project.file, _known(study, check, originals), self._read(pairs))
        except NotStored:
            raise StudyLost("an Orthanc no longer has all of this study; a retry fetches it again") from None
        alone = sum(original is None for _, original in pairs)
        return Checks(
            findings=[*found.findings, *_without_original(alone)],
            made_with=found.made_with,
            instances=[output.sop_uid for output, _ in pairs],
        )

    def _originals(self, study: Study, series: str, pseudonymiser: Pseudonymiser) -> _Originals:
        """Find the instances that a series was made of: by their UIDs' pseudonyms, which are the series' own UIDs."""
        stored = [
            one
            for found in self.raw.studies_by_uid(study.study_uid or "")
            for one in self.raw.series_of(found.orthanc_id)
        ]
        news = _new_uids(pseudonymiser, [one.series_uid for one in stored])
        chosen = [one for one, new in zip(stored, news, strict=True) if series in (new, one.series_uid)]
        instances = [one for found in chosen for one in self.raw.instances_of_series(found.orthanc_id)]
        uids = _new_uids(pseudonymiser, [one.sop_uid for one in instances])
        kept = {one.sop_uid: one.orthanc_id for one in instances}
        changed = {new: one.orthanc_id for new, one in zip(uids, instances, strict=True)}
        return _Originals(
            ids={**kept, **changed},
            uids=frozenset(kept).union(one.series_uid for one in stored).union([study.study_uid or ""]) - {""},
        )

    def _read(self, pairs: Sequence[tuple[StoredInstance, str | None]]) -> Iterator[Checked]:
        """Yield the instances in order; the next few are read meanwhile, and the originals' headers many at once."""
        batches = [pairs[first : first + MOST] for first in range(0, len(pairs), MOST)]
        with ThreadPoolExecutor(AHEAD + 1, thread_name_prefix="check-read") as pool:
            headers = chain.from_iterable(_ahead(pool, self._headers, batches, 1))
            outputs = _ahead(pool, lambda pair: self.anon.instance(pair[0].orthanc_id), pairs, AHEAD)
            for (output, original), data, header in zip(pairs, outputs, headers, strict=True):
                yield self._checked(output.sop_uid, data, original, header)

    def _headers(self, pairs: Sequence[tuple[StoredInstance, str | None]]) -> list[Condensed | None]:
        """Return the originals without their pictures; None where there is no original, or it is needed whole."""
        wanted = [original for _, original in pairs if original]
        found = dict(zip(wanted, self.raw.condensed(wanted), strict=True)) if wanted else {}
        return [found.get(original) if original else None for _, original in pairs]

    def _checked(self, name: str, data: bytes, original: str | None, header: Condensed | None) -> Checked:
        if original is None:
            return Checked(name=name, data=data)
        if header is None:
            return Checked(name=name, data=data, original=self.raw.instance(original))
        return Checked(
            name=name,
            data=data,
            original=header.header,
            original_pixels=header.pixels,
            whole_original=partial(self.raw.instance, original),
        )


def _ahead(pool: Executor, read: Callable[[Item], Read], items: Iterable[Item], count: int) -> Iterator[Read]:
    """Yield what is read of each item, in order; `count` are being read meanwhile."""
    waiting = iter(items)
    reading = deque(pool.submit(read, item) for item in islice(waiting, count))
    while reading:
        done = reading.popleft().result()
        reading.extend(pool.submit(read, item) for item in islice(waiting, 1))
        yield done


@dataclass(frozen=True, kw_only=True, repr=False)
class _Originals:
    """What a series was made of. Identifiable."""

    ids: Mapping[str, str]
    """The new SOP Instance UID -> what orthanc-raw calls the original."""
    uids: frozenset[str]
    """Those that must not be left."""


def _known(study: Study, check: SeriesCheck, originals: _Originals) -> KnownStudy:
    numbers = tuple(number for number in (study.mrn, study.accession_number) if number)
    dates = (study.study_date,) if study.study_date else ()
    return KnownStudy(
        identifiers=Identifiers(numbers=numbers, dates=dates),
        original_uids=originals.uids,
        expected_instances=check.output.instances,
        made_again=study.revision > 1,
    )


def _new_uids(pseudonymiser: Pseudonymiser, uids: Sequence[str]) -> list[str]:
    return pseudonymiser.pseudonyms([PseudonymQuery(value=uid, kind=PseudonymKind.UID) for uid in uids])


def _without_original(count: int) -> Iterator[Finding]:
    if count:
        yield Finding(
            checker="pairing",
            kind="no-original",
            reason=f"{count} instances could not be compared with their originals, which were not found",
            where="series",
        )
