"""Where work is done: processes of this machine, or a cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager

from mygym_lite.jobs.processes import ProcessBackend
from mygym_lite.jobs.scheduler import Backend, WorkerFactory


@contextmanager
def open_backend(make_worker: WorkerFactory, workers: int | None = None, ray: str | None = None) -> Iterator[Backend]:
    """Where a work is done.

    Args:
        make_worker: Makes what works there.
        workers: Processes; as many as there are cores if left out, and as there are CPUs in a Ray cluster.
        ray: Address of a Ray cluster to use instead of processes.
    """
    if ray is None:
        yield ProcessBackend(make_worker, workers or count_cores())
        return
    from mygym_lite.jobs.ray_cluster import RayBackend

    with closing(RayBackend(make_worker, ray, workers)) as cluster:
        yield cluster


def count_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
