"""One run over all inputs: what is known is not read again, the rest goes to the workers, every input gets its row."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pixl.domain.errors import ConfigurationError, InstanceFailed, PixlError
from pixl.files.cache import Cache, Entry, Fingerprints
from pixl.files.job import Job
from pixl.files.layout import Layout
from pixl.files.outcome import Row, Summary
from pixl.files.pool import Pool
from pixl.files.sources import Source, find
from pixl.files.tree import Tree, found, taken
from pixl.files.work import Result, Task, done_row

CHUNK_FILES = 32
UNSAVED = 512
"""Outputs that are made before the cache is told of them, all at once."""
UNSAVED_SECONDS = 2.0
CHUNK_BYTES = 16 << 20


@dataclass(frozen=True, kw_only=True)
class Measure:
    """How much there is to do."""

    inputs: int
    size: int
    """Bytes."""


def measure(source: Path) -> Measure:
    """Count the inputs without reading them."""
    inputs = size = 0
    for one in find(source):
        inputs += 1
        size += one.size
    return Measure(inputs=inputs, size=size)


def deidentify_files(job: Job, tell: Callable[[Row], None], *, workers: int = 1, replace: bool = False) -> Summary:
    """De-identify what is in a folder, an archive or a file, into a tree of files.

    An input whose output is there already is not read again; one whose bytes were de-identified before, under the
    same policy and key, is not treated again. Ctrl-C ends the run after the inputs that have begun.

    Parameters
    ----------
    job
        What to do.
    tell
        Gets the row of each input, in no certain order.
    workers
        Processes; 1 is this one.
    replace
        Whether to take away what earlier runs wrote to the output folder under another policy or key.

    Raises
    ------
    ConfigurationError
        The output folder holds files that were made under another policy or key, or cannot be written to.
    """
    summary = Summary()
    with taken(job.out), closing(Cache(job.cache, job.terms)) as cache:
        _check_terms(job.out, cache, replace=replace)
        pool = Pool(job, workers)
        passage = _Passage(job, cache, tell, summary)
        try:
            passage.run(pool)
        except (KeyboardInterrupt, PixlError) as error:
            summary.stopped = True
            passage.take(pool.stop())
            passage.save()
            if isinstance(error, PixlError):
                raise
        finally:
            pool.close()
    return summary


class _Passage:
    """All inputs on their way."""

    def __init__(self, job: Job, cache: Cache, tell: Callable[[Row], None], summary: Summary) -> None:
        self._job = job
        self._cache = cache
        self._tell = tell
        self._summary = summary
        self._fingerprints = Fingerprints(job.secret)
        self._layout = Layout(job.layout)
        self._tree = Tree(job.out)
        self._has_no_past = cache.is_empty()

        self._unsaved: list[tuple[bytes, Entry]] = []
        self._saved = time.monotonic()

    def run(self, pool: Pool) -> None:
        """Give each input to the pool, or tell what is known of it."""
        for tasks in _chunks(self._tasks()):
            self.take(pool.submit(tasks))
        self.take(pool.finish())
        self.save()

    def take(self, results: Iterable[Result]) -> None:
        """Remember and tell what became of some inputs."""
        finished = list(results)
        self._unsaved += ((one.place, one.entry) for one in finished if one.entry)
        # What was not saved when a process is killed is treated again, and found to be there.
        if len(self._unsaved) >= UNSAVED or time.monotonic() - self._saved > UNSAVED_SECONDS:
            self.save()
        for one in finished:
            self._told(one.row)

    def save(self) -> None:
        """Remember what was made."""
        self._cache.remember(self._unsaved)
        self._unsaved, self._saved = [], time.monotonic()

    def _tasks(self) -> Iterator[Task]:
        for one in find(self._job.source):
            if isinstance(one, Row):
                self._told(one)
                continue
            task = self._task(one)
            if isinstance(task, Row):
                self._told(task)
            else:
                yield task

    def _task(self, source: Source) -> Task | Row:
        """Return what is to be done, or the row of an input whose output is there."""
        place = self._fingerprints.place(source)
        known = None if self._has_no_past else self._cache.content_of(place)
        if known is None:
            return Task(source=source, place=place)
        size, modified, content = known
        if (size, modified) == (source.size, source.modified):
            row = self._done_before(source, content)
            if row:
                return row
        return Task(source=source, place=place, before=content)

    def _done_before(self, source: Source, content: bytes) -> Row | None:
        for made in self._cache.outputs_of(content):
            try:
                name = self._layout.path(made.record, source.name)
            except InstanceFailed:
                return None  # the worker says what is wrong with it
            if made.path == self._tree.path(name) and made.placed == found(made.path):
                return done_row(source, made, name, earlier=True)
        return None

    def _told(self, row: Row) -> None:
        self._summary.add(row)
        self._tell(row)


def _chunks(tasks: Iterable[Task]) -> Iterator[list[Task]]:
    """Yield tasks in lists that are worth sending to a process."""
    chunk: list[Task] = []
    size = 0
    for task in tasks:
        chunk.append(task)
        size += task.source.size
        if len(chunk) >= CHUNK_FILES or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _check_terms(out: Path, cache: Cache, *, replace: bool) -> None:
    """See to it that a tree never holds outputs of two policies, or of two keys."""
    others = [path for path in cache.of_other_terms(out) if found(path)]
    if others and not replace:
        raise ConfigurationError(
            f"{out} holds {len(others)} files that were made under another policy, key or version: give another "
            "folder, or --replace to have them taken away first"
        )
    for path in others:
        Path(path).unlink(missing_ok=True)
    if others:
        cache.forget(out)
