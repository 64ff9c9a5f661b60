"""The workers: one process a core, or none; each makes itself ready at its first task."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import cache
from typing import Any

from pixl.domain.errors import PixlError
from pixl.files.job import Job
from pixl.files.outcome import Outcome
from pixl.files.work import Result, Task, Worker

DIED = "the process that treated it was ended, perhaps for want of memory: try `--jobs 1`"
Tasks = Sequence[Task]


class Pool:
    """Treats inputs in many processes. What is in flight at a time is bounded, and so is memory."""

    def __init__(self, job: Job, workers: int) -> None:
        self._job = job
        self._workers = workers
        self._executor = self._new_executor()
        self._pending: dict[Future[list[Result]], Tasks] = {}

    def submit(self, tasks: Tasks) -> Iterator[Result]:
        """Hand tasks to a worker; yield what others have finished when there is no room for more.

        Raises
        ------
        ConfigurationError
            No input can be treated any more: the output's disk is full, the policy changed.
        """
        try:
            future = self._executor.submit(_treat, self._job, tasks)
        except BrokenProcessPool:
            yield from self._one_by_one()
            future = self._executor.submit(_treat, self._job, tasks)
        self._pending[future] = tasks
        while len(self._pending) >= 2 * self._workers:
            yield from self._finished()

    def finish(self) -> Iterator[Result]:
        """Yield the results of everything that is in flight."""
        while self._pending:
            yield from self._finished()

    def stop(self) -> Iterator[Result]:
        """End early: let what has begun come to its end, and yield what became of it."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        for future in self._pending:
            if not future.cancelled():
                with suppress(PixlError, BrokenProcessPool):
                    yield from future.result()
        self._pending.clear()

    def close(self) -> None:
        """End the workers."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        _worker.cache_clear()

    def _finished(self) -> Iterator[Result]:
        done, _ = wait(self._pending, return_when=FIRST_COMPLETED)
        for future in done:
            try:
                results = future.result()
            except BrokenProcessPool:
                yield from self._one_by_one()
                return
            del self._pending[future]
            yield from results

    def _one_by_one(self) -> Iterator[Result]:
        """Treat what was in flight singly after a worker was ended, to find out by which input."""
        suspects = [task for tasks in self._pending.values() for task in tasks]
        self._pending.clear()
        self._renew()
        for task in suspects:
            try:
                yield from self._executor.submit(_treat, self._job, [task]).result()
            except BrokenProcessPool:
                self._renew()
                yield Result(row=task.source.row(Outcome.FAILED, DIED), place=task.place)

    def _renew(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)
        self._executor = self._new_executor()

    def _new_executor(self) -> Executor:
        if self._workers == 1:
            return _Here()
        # Forked processes would share the parent's threads' locks, and a database connection.
        return ProcessPoolExecutor(self._workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin)


class _Here(Executor):
    """One worker in this process: nothing to start, nothing to send."""

    def submit(self, work: Any, /, *arguments: Any, **keywords: Any) -> Future[Any]:
        """Do it now."""
        future: Future[Any] = Future()
        try:
            future.set_result(work(*arguments, **keywords))
        except PixlError as error:
            future.set_exception(error)
        return future


def _begin() -> None:
    """Leave Ctrl-C to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)


@cache
def _worker(job: Job) -> Worker:
    return Worker(job)


def _treat(job: Job, tasks: Tasks) -> list[Result]:
    return _worker(job).treat(tasks)
