"""Asks the archives for a study until orthanc-raw has all of it, and for no image twice."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from pixl.domain.errors import NotBefore, RetryLater, StudyFailed, StudyHeld, StudyMissing
from pixl.domain.part import Part, parts_with
from pixl.intake.hours import Hours
from pixl.orthanc import JobState, NotStored, OrthancClient, StoredInstance, StoredSeries, StoredStudy

FIRST_POLL_SECONDS = 0.02
LONGEST_POLL_SECONDS = 0.5
UIDS_A_MOVE = 100
"""SOP Instance UIDs in one C-FIND key: 100 of 64 characters stay far below any limit seen."""

BESIDE = "give its StudyInstanceUID in a column beside it"

Instances = dict[str, tuple[str, str]]
"""SOP Instance UID -> UID and modality of its series."""
NO_SERIES = ("", "")
"""Of an instance of a study that is wanted whole."""

STUDY_KEYS = ("StudyInstanceUID", "PatientID", "AccessionNumber", "StudyDate", "NumberOfStudyRelatedInstances")


@dataclass(frozen=True, kw_only=True)
class Source:
    """An archive that orthanc-raw knows by `name`, and when it may be asked."""

    name: str
    hours: Hours | None = None


@dataclass(frozen=True, kw_only=True, repr=False)
class Wanted:
    """What a project asks for. Identifiable."""

    mrn: str
    """Empty, as is the accession number, where the study's UID is all that is known."""
    accession_number: str
    study_uid: str | None = None
    study_date: dt.date | None = None
    parts: frozenset[Part] = frozenset()
    """Only these; none is the whole study."""

    def includes(self, series_uid: str, modality: str, sop_uid: str = "") -> bool:
        """Whether a whole series, or an instance of it, is wanted."""
        return not self.parts or not self.parts.isdisjoint(parts_with(series_uid, modality, sop_uid))

    def may_include_of(self, series_uid: str, modality: str) -> bool:
        """Whether anything of a series may be wanted: in which series an instance is, only the archive knows."""
        return any(part.sop_uid for part in self.parts) or self.includes(series_uid, modality)

    def __repr__(self) -> str:
        return "Wanted(...)"


WHOLE = Wanted(mrn="", accession_number="")
"""Any series is wanted."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Fetched:
    """What orthanc-raw now has. Identifiable."""

    study_uid: str
    instances: int
    key: tuple[str, str] = ("", "")
    """The MRN and accession number in its images, where nobody knew them."""
    absent: int = 0
    """How many of the series and instances that are asked for by their UIDs the study does not have."""

    def __repr__(self) -> str:
        return f"Fetched(instances={self.instances})"


@dataclass(frozen=True, kw_only=True, repr=False)
class Chosen:
    """What is wanted of a study that orthanc-raw has; with neither it is the whole study. Identifiable."""

    series_uids: tuple[str, ...] = ()
    sop_uids: tuple[str, ...] = ()
    """Instances of other series."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Named:
    """The study that a series or an instance is of. Identifiable."""

    study_uid: str
    uids: frozenset[str]
    """Of its series, or of its instances: whatever the question was about."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Located:
    """A study as an archive describes it. Identifiable."""

    source: Source
    study_uid: str
    mrn: str
    instances: int | None
    """None where the archive does not say (the attribute is optional, PS3.4 C.6.2.1)."""

    def __repr__(self) -> str:
        return f"Located(source={self.source.name!r}, instances={self.instances})"


class MoveFailed(RetryLater):
    """A C-MOVE has ended without success."""


class Fetcher:
    """Brings studies from the archives into orthanc-raw.

    Parameters
    ----------
    raw
        orthanc-raw, which talks to the archives.
    sources
        The archives, the one to ask first first.
    aet
        The AE title under which the archives know orthanc-raw.
    timeout
        Seconds of silence after which an archive counts as not answering.
    take_turn
        Called before an archive is asked for a study; returns when it is this study's turn.
    now
        The local time.
    """

    def __init__(
        self,
        raw: OrthancClient,
        sources: Sequence[Source],
        *,
        aet: str,
        timeout: float,
        take_turn: Callable[[], None] = lambda: None,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now().astimezone(),
    ) -> None:
        self._raw = raw
        self._sources = sources
        self._aet = aet
        self._timeout = timeout
        self._take_turn = take_turn
        self._now = now

    def fetch(
        self,
        wanted: Wanted,
        *,
        running: Sequence[str] = (),
        interrupted: bool = False,
        on_move: Callable[[Sequence[str]], None] = lambda _: None,
    ) -> Fetched:
        """Return when orthanc-raw has all that is wanted.

        Parameters
        ----------
        running
            C-MOVEs that were asked for before a restart; they are followed to their end first.
        interrupted
            Whether an earlier try may have been ended between asking for a C-MOVE and telling `on_move` of it:
            orthanc-raw is asked for such moves, which are followed to their end too.
        on_move
            Told of each C-MOVE that is asked for, before it is followed.

        Raises
        ------
        StudyMissing
            No archive knows it, and orthanc-raw does not have it.
        StudyHeld
            It is not clear whose it is, or which is meant.
        RetryLater
            An archive refused, was silent, or moved only part.
        NotBefore
            Only an archive whose hours have not come can know it.
        """
        fetched = self._fetch(wanted, running, on_move, interrupted=interrupted)
        return fetched if wanted.mrn else replace(fetched, key=self._key_of(fetched.study_uid))

    def chosen(self, wanted: Wanted) -> Chosen:
        """Return what is wanted of a study that orthanc-raw has.

        Raises
        ------
        NotStored
            The study, or what is wanted of it, has left orthanc-raw.
        """
        if not wanted.parts:
            return Chosen()
        series, instances = set(), set()
        for study in self._in_raw(wanted):
            for of, one in self._instances_in_raw(study, wanted):
                if wanted.includes(of.series_uid, of.modality):
                    series.add(of.series_uid)
                else:
                    instances.add(one.sop_uid)
        if not series and not instances:
            raise NotStored
        return Chosen(series_uids=tuple(sorted(series)), sop_uids=tuple(sorted(instances)))

    def study_of(self, part: Part) -> Named:
        """Return the study of a series or an instance of which nothing but its UID is known.

        The archives are asked below the level of studies without a study's UID, which not all of them answer
        (PS3.4 C.4.1.2.2: only where relational queries are agreed on, or where the archive is lenient).

        Raises
        ------
        StudyMissing
            No archive knows it, or none answers such questions, and orthanc-raw does not have it.
        StudyHeld
            It is in several studies.
        RetryLater
            An archive refused, or was silent.
        NotBefore
            Only an archive whose hours have not come can know it.
        """
        self._take_turn()
        refused: RetryLater | None = None
        for source in self._open_sources():
            try:
                studies = self._ask_about(source, part)
            except RetryLater as reason:  # it may be this question that it refuses; another archive may answer
                refused = reason
                continue
            if studies:
                study_uid = _only_study(studies, part)
                return Named(study_uid=study_uid, uids=self._beside(source, study_uid, part))
        in_raw = {study.study_uid for study in self._raw.studies_with(series_uid=part.series_uid, sop_uid=part.sop_uid)}
        if in_raw:
            return Named(study_uid=_only_study(in_raw, part), uids=frozenset({part.uid}))
        self._refuse_before_hours(f"the {part.noun} is not in the archives that may be asked now")
        if refused:
            raise RetryLater(f"{refused}; it may answer only where the study is named: {BESIDE}") from refused
        raise StudyMissing(f"no archive knows this {part.noun} by its UID alone; if one has it, {BESIDE}")

    def _ask_about(self, source: Source, part: Part) -> set[str]:
        """Return the UIDs of the studies in which an archive has a series or an instance."""
        keyword, level = ("SOPInstanceUID", "Instance") if part.sop_uid else ("SeriesInstanceUID", "Series")
        answers = self._find(source, level, {keyword: part.uid, "StudyInstanceUID": ""})
        return {answer.get("StudyInstanceUID", "") for answer in answers if answer.get(keyword) == part.uid} - {""}

    def _beside(self, source: Source, study_uid: str, part: Part) -> frozenset[str]:
        """Return the UIDs of all the series of a study, or of all its instances: other rows may ask for them."""
        series = self._series(Located(source=source, study_uid=study_uid, mrn="", instances=None), WHOLE)
        if not part.sop_uid:
            return frozenset(series) | {part.uid}
        keys = {"StudyInstanceUID": study_uid, "SOPInstanceUID": ""}
        found = [self._find(source, "Instance", {**keys, "SeriesInstanceUID": uid}) for uid in series]
        return frozenset(answer.get("SOPInstanceUID", "") for answers in found for answer in answers) | {part.uid}

    def _fetch(
        self,
        wanted: Wanted,
        running: Sequence[str],
        on_move: Callable[[Sequence[str]], None],
        *,
        interrupted: bool,
    ) -> Fetched:
        self._follow_all(running)
        self._take_turn()
        located = self._locate(wanted)
        if located is None:
            return self._without_an_archive(wanted)
        wanted = replace(wanted, mrn=wanted.mrn or located.mrn)  # what orthanc-raw has must be the same patient's
        if interrupted:
            self._follow_all(self._raw.moves_under_way(located.study_uid))
        self._keep(located.study_uid)
        have = self._stored(located.study_uid, wanted)
        if not have:
            self._move(located, list(self._whole(located, wanted)), on_move)
            have = self._stored(located.study_uid, wanted)
        if not wanted.parts and located.instances == len(have) > 0:
            return Fetched(study_uid=located.study_uid, instances=len(have))
        return self._complete(located, wanted, have, on_move)

    # --- which study is it

    def _locate(self, wanted: Wanted) -> Located | None:
        for source in self._open_sources():
            found = self._ask(source, wanted)
            if found:
                return found
        if not self._in_raw(wanted):
            self._refuse_before_hours("not in the archives that may be asked now")
        return None

    def _open_sources(self) -> list[Source]:
        return [source for source in self._sources if not source.hours or source.hours.is_open(self._now())]

    def _refuse_before_hours(self, why: str) -> None:
        now = self._now()
        for source in self._sources:
            if source.hours and not source.hours.is_open(now):
                raise NotBefore(f"{why}; {source.name} may be asked {source.hours}", source.hours.opens_at(now))

    def _ask(self, source: Source, wanted: Wanted) -> Located | None:
        keys = dict.fromkeys(STUDY_KEYS, "") | _marks(wanted)
        try:
            answers = self._raw.find_remote(source.name, level="Study", keys=keys, timeout=self._timeout)
        except RetryLater as error:
            raise RetryLater(f"{source.name} archive, C-FIND: {error}") from error
        answers = _narrowed([answer for answer in answers if _matches(answer, wanted)], wanted)
        if not answers:
            return None
        _refuse_doubt(answers, wanted)
        count = answers[0].get("NumberOfStudyRelatedInstances", "")
        return Located(
            source=source,
            study_uid=answers[0]["StudyInstanceUID"],
            mrn=answers[0].get("PatientID", ""),
            instances=int(count) if count.isdigit() else None,
        )

    def _without_an_archive(self, wanted: Wanted) -> Fetched:
        found = self._in_raw(wanted)
        if not found:
            raise StudyMissing("no archive knows this study")
        _refuse_several(found)
        have = self._stored(found[0].study_uid, wanted)
        if wanted.parts and not have:
            raise StudyMissing(_nothing_of(wanted))
        return _fetched(found[0].study_uid, wanted, have)

    def _in_raw(self, wanted: Wanted) -> list[StoredStudy]:
        if wanted.study_uid:
            return self._raw.studies_by_uid(wanted.study_uid)
        return self._raw.studies_by_accession(mrn=wanted.mrn, accession_number=wanted.accession_number)

    def _key_of(self, study_uid: str) -> tuple[str, str]:
        """Return whose study it is, as its images say; the ledger learns it, and with it who has opted out."""
        found = self._raw.studies_by_uid(study_uid)
        if not found:
            raise NotStored
        _refuse_several(found)
        return found[0].mrn, found[0].accession_number

    def _keep(self, study_uid: str) -> None:
        """Have what is in orthanc-raw already protected from being recycled; what arrives is protected anyway."""
        for study in self._raw.studies_by_uid(study_uid):
            with suppress(NotStored):
                self._raw.keep(study.orthanc_id)

    # --- is it complete

    def _stored(self, study_uid: str, wanted: Wanted) -> Instances:
        found = self._raw.studies_by_uid(study_uid)
        if not found:
            return {}
        _refuse_several(found)
        _refuse_stranger(found[0], wanted)
        if not wanted.parts:
            return {one.sop_uid: NO_SERIES for one in self._raw.instances_of(found[0].orthanc_id)}
        return {one.sop_uid: (of.series_uid, of.modality) for of, one in self._instances_in_raw(found[0], wanted)}

    def _instances_in_raw(self, study: StoredStudy, wanted: Wanted) -> Iterator[tuple[StoredSeries, StoredInstance]]:
        """Yield what orthanc-raw has of a study and is wanted."""
        series = {one.orthanc_id: one for one in self._raw.series_of(study.orthanc_id)}
        for one in self._raw.instances_of(study.orthanc_id):
            of = series.get(one.series_orthanc_id)
            if of and wanted.includes(of.series_uid, of.modality, one.sop_uid):
                yield of, one

    def _complete(
        self, located: Located, wanted: Wanted, have: Instances, on_move: Callable[[Sequence[str]], None]
    ) -> Fetched:
        expected = self._list(located, wanted)
        if wanted.parts and not expected and not have:
            raise StudyMissing(_nothing_of(wanted))
        missing = {sop: series for sop, (series, _) in expected.items() if sop not in have}
        if missing:
            self._move(located, list(_instances(located.study_uid, missing)), on_move)
            have = self._stored(located.study_uid, wanted)
        left = len(expected.keys() - have.keys())
        if left:
            raise RetryLater(
                f"{located.source.name} archive moved {len(expected) - left} of {len(expected)} instances; "
                "the rest is asked for again"
            )
        if not have:
            raise StudyFailed(f"{located.source.name} archive lists no instance of this study")
        return _fetched(located.study_uid, wanted, have)

    def _list(self, located: Located, wanted: Wanted) -> Instances:
        """Return all that is wanted, by hierarchical C-FINDs."""
        expected = {}
        for uid, modality in self._series(located, wanted).items():
            keys = {"StudyInstanceUID": located.study_uid, "SeriesInstanceUID": uid, "SOPInstanceUID": ""}
            for answer in self._find(located.source, "Instance", keys):
                sop_uid = answer.get("SOPInstanceUID", "")
                if sop_uid and wanted.includes(uid, modality, sop_uid):
                    expected[sop_uid] = (uid, modality)
        return expected

    def _series(self, located: Located, wanted: Wanted) -> dict[str, str]:
        """Return the series of which anything may be wanted, as the archive has them: UID -> modality."""
        keys = {"StudyInstanceUID": located.study_uid, "SeriesInstanceUID": "", "Modality": ""}
        answers = self._find(located.source, "Series", keys)
        found = {answer.get("SeriesInstanceUID", ""): answer.get("Modality", "") for answer in answers}
        return {uid: found[uid] for uid in sorted(found) if uid and wanted.may_include_of(uid, found[uid])}

    def _find(self, source: Source, level: str, keys: Mapping[str, str]) -> list[dict[str, str]]:
        try:
            return self._raw.find_remote(source.name, level=level, keys=keys, timeout=self._timeout)  # type: ignore[arg-type]
        except RetryLater as error:
            raise RetryLater(f"{source.name} archive, C-FIND: {error}") from error

    # --- move it

    def _whole(self, located: Located, wanted: Wanted) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield what can be moved in one piece; single instances are left to be moved with what is missing."""
        if not wanted.parts:
            yield "Study", {"StudyInstanceUID": located.study_uid}
            return
        by_modality = any(part.modality for part in wanted.parts)
        listed = self._series(located, wanted).items() if by_modality else ()
        whole = {uid for uid, modality in listed if wanted.includes(uid, modality)}
        whole |= {part.series_uid for part in wanted.parts if part.series_uid and not part.modality}
        for uid in sorted(whole):
            yield "Series", {"StudyInstanceUID": located.study_uid, "SeriesInstanceUID": uid}

    def _move(
        self,
        located: Located,
        targets: Sequence[tuple[str, dict[str, str]]],
        on_move: Callable[[Sequence[str]], None],
    ) -> None:
        name = located.source.name
        for level, keys in targets:
            uids = set(keys.get("SOPInstanceUID", "").split("\\")) - {""}
            try:
                jobs = self._raw.move(
                    name,
                    level=level,  # type: ignore[arg-type]
                    keys=keys,
                    target_aet=self._aet,
                    timeout=self._timeout,
                    wanted=lambda answer, uids=uids: not uids or answer.get("SOPInstanceUID") in uids,  # type: ignore[misc]
                )
                on_move(jobs)
                for job in jobs:
                    self._follow(job)
            except NotStored:
                raise RetryLater("orthanc-raw has forgotten the C-MOVE; it was restarted") from None
            except RetryLater as error:
                raise RetryLater(f"{name} archive, C-MOVE: {error}") from error

    def _follow_all(self, jobs: Sequence[str]) -> None:
        """Return when these C-MOVEs have ended, well or not: what has not arrived is asked for again."""
        for job in jobs:
            with suppress(NotStored, MoveFailed):
                self._follow(job)

    def _follow(self, job_id: str) -> None:
        """Return when a C-MOVE has ended well; its state is looked at often at first, then twice a second."""
        pause = FIRST_POLL_SECONDS
        while True:
            job = self._raw.job(job_id)
            if job.state is JobState.SUCCESS:
                return
            if job.state in (JobState.FAILURE, JobState.PAUSED):
                raise MoveFailed(
                    f"{job.error or 'it was stopped'} (Orthanc's error {job.error_code}); look at the archive, "
                    "and whether orthanc-raw has disk space left"
                )
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL_SECONDS)


def _fetched(study_uid: str, wanted: Wanted, have: Instances) -> Fetched:
    there = {part for sop, (series, modality) in have.items() for part in parts_with(series, modality, sop)}
    absent = sum(1 for part in wanted.parts - there if part.uid)
    return Fetched(study_uid=study_uid, instances=len(have), absent=absent)


def _nothing_of(wanted: Wanted) -> str:
    """Say what it is that a study does not have."""
    modalities = " or ".join(sorted({part.modality for part in wanted.parts} - {""}))
    nouns = " or ".join(sorted({part.noun for part in wanted.parts}))
    if not any(part.uid for part in wanted.parts):
        return f"the study has no series of {modalities}"
    return f"the study has no such {nouns}" + (f" of {modalities}" if modalities else "")


def _only_study(studies: Collection[str], part: Part) -> str:
    if len(studies) > 1:
        raise StudyHeld(f"the {part.noun} is in {len(studies)} studies; {BESIDE}")
    return next(iter(studies))


def _marks(wanted: Wanted) -> dict[str, str]:
    if wanted.study_uid:
        return {"StudyInstanceUID": wanted.study_uid}
    return {"PatientID": wanted.mrn, "AccessionNumber": wanted.accession_number}


def _matches(answer: Mapping[str, str], wanted: Wanted) -> bool:
    """Compare exactly: `*` and `?` in an identifier are wildcards to the archive, and an archive may ignore a key."""
    marks = _marks(wanted)
    return bool(answer.get("StudyInstanceUID")) and all(
        answer.get(keyword, value) == value for keyword, value in marks.items()
    )


def _narrowed(answers: list[dict[str, str]], wanted: Wanted) -> list[dict[str, str]]:
    """Of several studies take the one of the cohort's study date, if there is just one."""
    if wanted.study_date is None:
        return answers
    of_that_day = [answer for answer in answers if answer.get("StudyDate") == wanted.study_date.strftime("%Y%m%d")]
    return of_that_day if len({answer["StudyInstanceUID"] for answer in of_that_day}) == 1 else answers


def _refuse_doubt(answers: Sequence[Mapping[str, str]], wanted: Wanted) -> None:
    studies = {answer["StudyInstanceUID"] for answer in answers}
    if len(studies) > 1:
        raise StudyHeld(
            f"the archive has {len(studies)} studies under this accession number; give the study's UID in the cohort"
        )
    patients = {answer["PatientID"] for answer in answers if answer.get("PatientID")}
    if len(patients) > 1:
        raise StudyHeld(f"the archive has this study under {len(patients)} patient ids; have it corrected there")
    if wanted.mrn and patients and patients != {wanted.mrn}:
        raise StudyHeld("the archive has this study under another patient id than the cohort's MRN")


def _refuse_several(found: Sequence[StoredStudy]) -> None:
    studies = len({study.study_uid for study in found})
    if studies > 1:
        raise StudyHeld(
            f"orthanc-raw has {studies} studies under this accession number; give the study's UID in the cohort"
        )
    if len(found) > 1:
        raise StudyHeld(f"orthanc-raw has this study under {len(found)} patient ids; have it corrected in the archive")


def _refuse_stranger(found: StoredStudy, wanted: Wanted) -> None:
    """Refuse somebody else's study; images without a patient id (PS3.3 C.7.1.1: type 2) contradict nobody."""
    if found.mrn and wanted.mrn and found.mrn != wanted.mrn:
        raise StudyHeld("orthanc-raw has this study under another patient id than the cohort's MRN")


def _instances(study_uid: str, missing: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    for series in sorted(set(missing.values())):
        uids = sorted(sop for sop, of in missing.items() if of == series)
        for start in range(0, len(uids), UIDS_A_MOVE):
            yield (
                "Instance",
                {
                    "StudyInstanceUID": study_uid,
                    "SeriesInstanceUID": series,
                    "SOPInstanceUID": "\\".join(uids[start : start + UIDS_A_MOVE]),
                },
            )
