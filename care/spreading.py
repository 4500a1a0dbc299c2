"""Spreading work over the cores: parts in processes of their own, results as they come, and a clean stop."""

import contextlib
import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any, Generic, TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")

_AHEAD = 3


class Job(ABC, Generic[Part, Result]):
    """Work that can be done part by part, in any process; it is sent to each of them once."""

    def begin(self) -> None:
        """Open what the parts need; called once in each process."""

    def end(self) -> None:
        """Close what ``begin`` opened."""

    @abstractmethod
    def do(self, part: Part) -> Result:
        """Do one part."""


def cores() -> int:
    """How many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def spread(job: Job[Part, Result], parts: Sequence[Part], jobs: int) -> Iterator[Result]:
    """The results of all parts, in whatever order they come.

    Args:
        job: What to do; with one process it is done here.
        parts: Small ones: stopping waits for those under way.
        jobs: How many processes at most.
    """
    jobs = min(jobs, len(parts))
    if jobs <= 1:
        yield from _here(job, parts)
        return
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (job,))
    try:
        yield from _spread(pool, parts, jobs)
    finally:
        pool.shutdown(cancel_futures=True)


def _here(job: Job[Part, Result], parts: Sequence[Part]) -> Iterator[Result]:
    job.begin()
    try:
        for part in parts:
            yield job.do(part)
    finally:
        job.end()


def _spread(pool: ProcessPoolExecutor, parts: Sequence[Part], jobs: int) -> Iterator[Any]:
    """Only a few parts are under way at a time: results that nobody took yet would pile up."""
    left = iter(parts)
    under_way: set[Future[Any]] = set()
    while True:
        with contextlib.suppress(StopIteration):
            while len(under_way) < jobs * _AHEAD:
                under_way.add(pool.submit(_do, next(left)))
        if not under_way:
            return
        done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
        for each in done:
            yield each.result()


_job: Job[Any, Any] | None = None


def _begin(job: Job[Any, Any]) -> None:
    global _job
    # The first process hears the person's Ctrl-C and stops the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    job.begin()
    _job = job


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(part: Any) -> Any:
    assert _job is not None
    return _job.do(part)
