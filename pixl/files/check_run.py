"""One check of a folder, an archive or a file, on all cores. A process that dies holds what it was looking at."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

from pixl.checks.columns import column_of
from pixl.domain.finding import Finding
from pixl.files.check_job import CheckedFile, CheckJob, check_chunk
from pixl.files.outcome import Outcome as FileOutcome
from pixl.files.outcome import Row
from pixl.files.pool import DIED, _begin
from pixl.files.sources import Source, find

CHUNK_FILES, CHUNK_BYTES = 64, 32 << 20
Tell = Callable[[CheckedFile], None]


@dataclass(kw_only=True)
class CheckSummary:
    """The sum over all files."""

    results: Counter[str] = field(default_factory=Counter)
    """Of the files, one each: `clean`, `noted`, `found`, `unreadable`, `skipped`."""
    skipped: Counter[str] = field(default_factory=Counter)
    """By the reason."""
    findings: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    """By outcome, checker, kind and column."""
    without_original: int = 0
    size: int = 0
    stopped: bool = False

    @property
    def is_bad(self) -> bool:
        """Whether somebody has to look at something, or not all was looked at."""
        return self.stopped or bool(self.results["found"] or self.results["unreadable"])

    def add(self, file: CheckedFile) -> None:
        """Count one more file."""
        self.results[file.result] += 1
        self.size += file.size
        if file.skipped:
            self.skipped[file.skipped] += 1
        elif not file.failed:
            self.without_original += not file.had_original
        for finding in file.findings:
            self.findings[finding.outcome.value, finding.checker, finding.kind, column_of(finding.where)] += 1


def check_files(job: CheckJob, source: Path, tell: Tell, *, workers: int = 1) -> bool:
    """Check what is in a folder, an archive or a file; tell what became of each; return whether all was looked at."""
    uids: dict[str, str] = {}
    try:
        for file in _checked(job, source, workers):
            tell(_with_double(file, uids))
    except KeyboardInterrupt:
        return False
    return True


def _with_double(file: CheckedFile, uids: dict[str, str]) -> CheckedFile:
    """Add a finding if another file, in whatever chunk, has the same SOP Instance UID."""
    known = any(finding.checker == "consistency" and finding.kind == "uid" for finding in file.findings)
    if not file.sop_uid or uids.setdefault(file.sop_uid, file.path) == file.path or known:
        return file
    double = Finding(
        checker="consistency",
        kind="uid",
        reason="another output has the same SOP Instance UID",
        where="(0008,0018)",
        instance=file.path,
    )
    return CheckedFile(**{**vars(file), "findings": (*file.findings, double)})


def _checked(job: CheckJob, source: Path, workers: int) -> Iterator[CheckedFile]:
    if workers == 1:
        for chunk in _chunks(find(source)):
            yield from _told(chunk) if isinstance(chunk, Row) else check_chunk(job, chunk)
        return
    pool = _Pool(job, workers)
    try:
        for chunk in _chunks(find(source)):
            yield from _told(chunk) if isinstance(chunk, Row) else pool.submit(chunk)
        yield from pool.finish()
    finally:
        pool.close()


def _told(row: Row) -> Iterator[CheckedFile]:
    """Yield what was seen to be no file to look at."""
    if row.outcome is FileOutcome.SKIPPED:
        yield CheckedFile(path=row.input, size=row.size, skipped=row.reason)
    else:
        yield CheckedFile(path=row.input, size=row.size, failed=row.reason)


def _chunks(found: Iterable[Source | Row]) -> Iterator[list[Source] | Row]:
    chunk: list[Source] = []
    size = 0
    for one in found:
        if isinstance(one, Row):
            yield one
            continue
        chunk.append(one)
        size += one.size
        if len(chunk) >= CHUNK_FILES or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


class _Pool:
    def __init__(self, job: CheckJob, workers: int) -> None:
        self._job = job
        self._workers = workers
        self._pending: dict[Future[list[CheckedFile]], Sequence[Source]] = {}
        self._executor = self._new()

    def submit(self, chunk: Sequence[Source]) -> Iterator[CheckedFile]:
        """Hand a chunk to a process; yield what others have finished when there is no room for more."""
        try:
            future = self._executor.submit(check_chunk, self._job, chunk)
        except BrokenProcessPool:
            yield from self._one_by_one()
            future = self._executor.submit(check_chunk, self._job, chunk)
        self._pending[future] = chunk
        while len(self._pending) >= 2 * self._workers:
            yield from self._finished()

    def finish(self) -> Iterator[CheckedFile]:
        """Yield what is in flight."""
        while self._pending:
            yield from self._finished()

    def close(self) -> None:
        """End the processes."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _finished(self) -> Iterator[CheckedFile]:
        done, _ = wait(self._pending, return_when=FIRST_COMPLETED)
        for future in done:
            try:
                files = future.result()
            except BrokenProcessPool:
                yield from self._one_by_one()
                return
            del self._pending[future]
            yield from files

    def _one_by_one(self) -> Iterator[CheckedFile]:
        """Look singly at what was in flight when a process died, to find out at which file."""
        suspects = [source for chunk in self._pending.values() for source in chunk]
        self._pending.clear()
        self._renew()
        for source in suspects:
            try:
                yield from self._executor.submit(check_chunk, self._job, [source]).result()
            except BrokenProcessPool:
                self._renew()
                yield CheckedFile(path=source.name, size=source.size, failed=DIED)

    def _renew(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._executor = self._new()

    def _new(self) -> ProcessPoolExecutor:
        # Forked processes would share the parent's threads' locks.
        return ProcessPoolExecutor(self._workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)
