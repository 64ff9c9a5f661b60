"""De-identifies a study of orthanc-raw into orthanc-anon, instance by instance, a few at a time.

Never more than a few instances are in memory, whatever the study's size. An instance that cannot be de-identified
fails alone; a service that does not answer stops the study, which may be asked for again: the pseudonyms are the same.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from pixl.deid import Record
from pixl.domain.errors import InstanceFailed, InstanceRejected, PixlError, RetryLater, StudyRejected
from pixl.orthanc import NotStored, OrthancClient, StoredInstance, StoredSeries, StoredStudy
from plugins.anon_redaction import with_redactions
from plugins.anon_request import Request, Treatment
from plugins.anon_store import AnonStore, Kept
from plugins.rest import Busy, where_it_broke

log = logging.getLogger("pixl.plugins.anon")

THREADS = 3
"""How many instances are pulled, treated and stored at the same time. Two are as fast while the hashing service answers
at once; a third hides its answers, and more only wait for Python's lock."""
OTHER_PATIENT = "its patient id is not that of the rest of the study"


@dataclass(frozen=True, kw_only=True)
class _Done:
    """What became of an instance: one of `kept`, `skipped`, `failed`."""

    instance: StoredInstance
    number: int
    kept: Kept | None = None
    record: Record | None = None
    skipped: str = ""
    failed: str = ""


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One request at work."""

    treatment: Treatment
    deadline: float
    stopped: threading.Event = field(default_factory=threading.Event)


class StudyWork:
    """Does what `POST /pixl/deidentify` asks for. Threads may share it.

    Parameters
    ----------
    prepare
        Gives a project's treatment, for a patient pseudonym or None; raises `ConfigurationError`.
    """

    def __init__(
        self,
        *,
        raw: OrthancClient,
        store: AnonStore,
        prepare: Callable[[str, str | None], Treatment],
        threads: int = THREADS,
    ) -> None:
        self._raw = raw
        self._store = store
        self._prepare = prepare
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="deidentify")
        self._lock = threading.Lock()
        self._running: set[tuple[str, str]] = set()
        self._ending = threading.Event()

    def end(self) -> None:
        """Let no further instance begin; requests that are at work end with `RetryLater`."""
        self._ending.set()

    def deidentify(self, request: Request) -> dict[str, Any]:
        """De-identify a study and return what the contract of `POST /pixl/deidentify` says.

        Raises
        ------
        Busy
            The same study is at work for the same project.
        NotStored
            orthanc-raw does not have the study.
        StudyRejected
            The project wants nothing of it.
        RetryLater
            orthanc-raw or the hashing service is away, or time is up.
        ConfigurationError
            The project, its policy or its key is wrong.
        """
        with self._alone(request):
            began = time.monotonic()
            treatment = self._prepare(request.project, request.patient_pseudonym)
            treatment = with_redactions(treatment, request.redactions)
            run = _Run(treatment=treatment, deadline=began + request.max_seconds)
            outcome = self._work(request, run)
            seconds = time.monotonic() - began
            log.info(
                "project %s study %s: %d instances stored, %d skipped, %d failed in %.1f s",
                *(request.project, outcome["study_uid"], outcome["stored"]),
                *(sum(line["count"] for line in outcome["skipped"]), len(outcome["failed"]), seconds),
            )
            return outcome

    def _work(self, request: Request, run: _Run) -> dict[str, Any]:
        studies = self._raw.studies_by_uid(request.study_uid)
        if not studies:
            raise NotStored("orthanc-raw does not have this study")
        wanted, done = self._sort_out(studies, request, run.treatment)
        # Asked for together and remembered: one question for the study, not one for each instance.
        run.treatment.new_uids([instance.sop_uid for _, instance in wanted if instance.sop_uid])
        done += self._treat_all(wanted, run)
        done = self._of_one_patient(done)
        study_uid = self._study_uid(request, run.treatment, done)
        self._tidy(study_uid, request, run.treatment, done)
        return self._outcome(study_uid, run.treatment, done)

    def _sort_out(
        self, studies: Sequence[StoredStudy], request: Request, treatment: Treatment
    ) -> tuple[list[tuple[int, StoredInstance]], list[_Done]]:
        """Return the instances to be treated, numbered, and those of which it is known already what becomes of them."""
        listed = [(study, series) for study in studies for series in self._raw.series_of(study.orthanc_id)]
        if not request.sop_uids:  # in which series those are is not known before the instances are listed
            whole = request.series_uids or ANY
            listed = [(study, series) for study, series in listed if series.series_uid in whole]
        owner = _owner(listed)
        reasons = {
            series.orthanc_id: _Fate(failed=OTHER_PATIENT)
            if study.orthanc_id != owner
            else _Fate(skipped=treatment.reason_to_skip(series) or "")
            for study, series in listed
        }
        instances = [instance for study in studies for instance in self._raw.instances_of(study.orthanc_id)]
        uids = {series.orthanc_id: series.series_uid for _, series in listed}
        choose = _choice(request.series_uids, request.sop_uids)
        numbered = [
            pair
            for pair in enumerate(instances, start=1)
            if pair[1].series_orthanc_id in uids and choose(uids[pair[1].series_orthanc_id], pair[1].sop_uid)
        ]
        known = [
            _Done(instance=instance, number=number, skipped=fate.skipped, failed=fate.failed)
            for number, instance in numbered
            if (fate := reasons[instance.series_orthanc_id]).is_known
        ]
        wanted = [pair for pair in numbered if not reasons[pair[1].series_orthanc_id].is_known]
        return wanted, known

    def _treat_all(self, wanted: Sequence[tuple[int, StoredInstance]], run: _Run) -> list[_Done]:
        futures = [self._pool.submit(self._treat, number, instance, run) for number, instance in wanted]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            return [future.result() for future in _failed_first(futures)]
        finally:
            run.stopped.set()
            for future in futures:
                future.cancel()
            wait(futures)

    def _treat(self, number: int, instance: StoredInstance, run: _Run) -> _Done:
        done = _Done(instance=instance, number=number)
        self._check(run)
        try:
            treated = run.treatment.deidentify(self._raw.instance(instance.orthanc_id))
            return replace(done, kept=self._store.put(treated.data), record=treated.record)
        except InstanceRejected as reason:
            return replace(done, skipped=str(reason))
        except InstanceFailed as reason:
            return replace(done, failed=str(reason))
        except NotStored:
            raise RetryLater("an instance left orthanc-raw while its study was being read") from None
        except PixlError:
            raise
        except Exception as bug:  # noqa: BLE001 - the outermost loop of an instance; the others shall not go with it
            log.critical("an instance failed: %s", where_it_broke(bug))
            return replace(done, failed=f"the engine broke: {type(bug).__name__}")

    def _check(self, run: _Run) -> None:
        if self._ending.is_set():
            raise RetryLater("orthanc-anon is stopping")
        if run.stopped.is_set():
            raise RetryLater("the study has been given up")
        if time.monotonic() > run.deadline:
            raise RetryLater("the time for this study is up")

    def _of_one_patient(self, done: Sequence[_Done]) -> list[_Done]:
        """Fail what ended up in another study than the most: its patient id became another one."""
        counts = Counter(one.kept.study_orthanc_id for one in done if one.kept)
        if len(counts) <= 1:
            return list(done)
        most = counts.most_common(1)[0][0]
        return [
            replace(one, kept=None, failed=OTHER_PATIENT) if one.kept and one.kept.study_orthanc_id != most else one
            for one in done
        ]

    def _study_uid(self, request: Request, treatment: Treatment, done: Sequence[_Done]) -> str:
        stored = next((one.record.study_uid for one in done if one.kept and one.record), None)
        return stored or treatment.new_uids([request.study_uid])[0]

    def _tidy(self, study_uid: str, request: Request, treatment: Treatment, done: Sequence[_Done]) -> None:
        """Delete what an earlier policy let through and this one does not, of what was asked for."""
        kept = {one.kept.orthanc_id for one in done if one.kept}
        was_asked_for = _choice(treatment.new_uids(request.series_uids), treatment.new_uids(request.sop_uids))
        for instance, uids in self._store.instances_of(study_uid).items():
            if instance not in kept and was_asked_for(*uids):
                self._store.delete(instance)

    def _outcome(self, study_uid: str, treatment: Treatment, done: Sequence[_Done]) -> dict[str, Any]:
        stored = [one for one in done if one.kept and one.record]
        failed = [one for one in done if one.failed]
        skipped = Counter(one.skipped for one in done if one.skipped)
        if not stored and not failed:
            raise StudyRejected(_nothing_left(skipped))
        first = stored[0] if stored else None
        orthanc_id = first.kept.study_orthanc_id if first and first.kept else ""
        return {
            "study_uid": study_uid,
            "patient_id": first.record.patient_id if first and first.record else "",
            "orthanc_id": orthanc_id,
            "accession_number": self._store.accession_number_of(orthanc_id) if orthanc_id else "",
            "instances": len(done),
            "stored": len(stored),
            "skipped": [{"reason": reason, "count": count} for reason, count in sorted(skipped.items())],
            "failed": _named(failed, treatment),
            "policy": treatment.policy,
        }

    @contextmanager
    def _alone(self, request: Request) -> Iterator[None]:
        key = (request.project, request.study_uid)
        with self._lock:
            if key in self._running:
                raise Busy
            self._running.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(key)


def _choice(series_uids: Collection[str], sop_uids: Collection[str]) -> Callable[[str, str], bool]:
    """Return whether an instance is one of those that are asked for, by the UID of its series and its own."""
    series, instances = frozenset(series_uids), frozenset(sop_uids)
    is_whole = not (series or instances)
    return lambda series_uid, sop_uid: is_whole or series_uid in series or sop_uid in instances


class _Any:
    def __contains__(self, _: object) -> bool:
        return True


ANY = _Any()
"""Contains everything."""


@dataclass(frozen=True, kw_only=True)
class _Fate:
    """What becomes of all instances of a series, where that is known before they are read."""

    skipped: str = ""
    failed: str = ""

    @property
    def is_known(self) -> bool:
        return bool(self.skipped or self.failed)


def _owner(listed: Sequence[tuple[StoredStudy, StoredSeries]]) -> str:
    """Return Orthanc's id of the study with the most instances: one UID under two patient ids is two of its studies."""
    counts: Counter[str] = Counter()
    for study, series in listed:
        counts[study.orthanc_id] += series.instances
    return max(counts, key=lambda study: (counts[study], study), default="")


def _failed_first(futures: Sequence[Future[_Done]]) -> list[Future[_Done]]:
    """Sort what ended with an error to the front, so that nobody waits for what has not begun."""
    return sorted(futures, key=lambda future: not (future.done() and future.exception()))


def _nothing_left(skipped: Mapping[str, int]) -> str:
    reasons = "; ".join(f"{reason} ({count} instances)" for reason, count in sorted(skipped.items()))
    return f"the project wants nothing of this study: {reasons or 'it has no such series'}"


def _named(failed: Sequence[_Done], treatment: Treatment) -> list[dict[str, str]]:
    known = [one for one in failed if one.instance.sop_uid]
    uids = treatment.new_uids([one.instance.sop_uid for one in known])
    names = {one.number: uid for one, uid in zip(known, uids, strict=True)}
    return [{"instance": names.get(one.number, f"number {one.number}"), "reason": one.failed} for one in failed]
