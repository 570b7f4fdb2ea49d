"""Where work is done: processes of this machine, or a cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager

from mygym_lite.jobs.processes import Processes
from mygym_lite.jobs.scheduler import MakeWorkshop, Place


@contextmanager
def place_for(workshop: MakeWorkshop, workers: int | None = None, ray: str | None = None) -> Iterator[Place]:
    """Where a work is done.

    Args:
        workshop: Makes what works there.
        workers: Processes; as many as there are cores if left out, and as there are CPUs in a Ray cluster.
        ray: Address of a Ray cluster to use instead of processes.
    """
    if ray is None:
        yield Processes(workshop, workers or cores())
        return
    from mygym_lite.jobs.ray_cluster import RayCluster

    with closing(RayCluster(workshop, ray, workers)) as cluster:
        yield cluster


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
