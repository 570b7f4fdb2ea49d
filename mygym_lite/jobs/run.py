"""The loop behind every long command."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, TypeVar

from mygym_lite.errors import UsageError
from mygym_lite.jobs.processes import ProcessBackend
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.jobs.queue import JobQueue
from mygym_lite.jobs.scheduler import Backend, Scheduler, WorkerFactory

JobResult = TypeVar("JobResult")


def run_jobs(
    queue: JobQueue,
    make_worker: WorkerFactory,
    *,
    noun: str = "job",
    counted: str = "jobs",
    workers: int | None = None,
    ray: str | None = None,
    progress: Progress = no_progress,
    on_result: Callable[[JobResult], Any] | None = None,
    on_failure: Callable[[int, str], JobResult] | None = None,
    on_unreachable: Callable[[int, str], None] | None = None,
) -> None:
    """Run the jobs of a queue elsewhere; no worker is started if there is none.

    Args:
        queue: Jobs to run.
        make_worker: Factory of the workers.
        noun: Name of a job, in messages.
        counted: Name of what the queue counts, for progress.
        workers: Number of processes at most; one for each core if left out. With Ray, one for each CPU of the cluster.
        ray: Address of a Ray cluster to use instead of processes.
        progress: Callback for progress.
        on_result: Callback for each result, once the queue knows it.
        on_failure: Returns the result of a job that ends its worker or hangs, from the job's number and the reason;
            without it such a job ends the command.
        on_unreachable: See ``Scheduler``.
    """

    def fail(number: int, reason: str) -> JobResult:
        raise UsageError(f"{noun} {number}: {reason}; run the same command to resume, with finished work kept")

    progress(counted, queue.done, queue.total, "")
    scheduler = Scheduler[JobResult](queue, on_failure or fail, on_unreachable)
    if not scheduler.has_jobs:
        return
    with open_backend(make_worker, workers, ray) as backend, closing(scheduler.run(backend)) as results:
        for result in results:
            if on_result is not None:
                on_result(result)
            progress(counted, queue.done, queue.total, "")


@contextmanager
def open_backend(make_worker: WorkerFactory, workers: int | None = None, ray: str | None = None) -> Iterator[Backend]:
    """Open the backend for `workers` and `ray` as in ``run_jobs``."""
    if ray is None:
        yield ProcessBackend(make_worker, workers or count_cores())
        return
    from mygym_lite.jobs.ray_cluster import RayBackend

    with closing(RayBackend(make_worker, ray, workers)) as cluster:
        yield cluster


def count_cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
