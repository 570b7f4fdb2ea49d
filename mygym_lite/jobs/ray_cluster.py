"""Workers on a Ray cluster: one actor for each CPU, replaced when its node dies."""

from __future__ import annotations

import faulthandler
import math
import os
import socket
import sys
from collections.abc import Sequence
from typing import Any

from mygym_lite.errors import MyGymError, UsageError
from mygym_lite.jobs.processes import HANG_MARGIN
from mygym_lite.jobs.scheduler import WorkerFactory, WorkerHandle, WorkerLostError

_CONNECT_TIMEOUT = 5.0  # s


class RayBackend:
    """Starts actors of a cluster.

    Args:
        make_worker: Factory of the worker in each of them.
        address: Address of the cluster; ``auto`` joins the one that runs on this machine, or starts one here.
        size: Number of actors; one for each CPU of the cluster if left out.
    """

    def __init__(self, make_worker: WorkerFactory, address: str, size: int | None = None) -> None:
        self._ray = _import_ray()
        self._joined = not self._ray.is_initialized()
        if self._joined:
            _connect(self._ray, address)
        self._make_worker = self._ray.put(make_worker)
        self.size = size or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        self._actor = self._ray.remote(num_cpus=1, max_restarts=0)(_Actor)

    def start_worker(self) -> RayWorkerHandle:
        """Request an actor; it is ready when the cluster has a CPU for it."""
        return RayWorkerHandle(self._ray, self._actor.remote(self._make_worker, sys.path))

    def wait(self, workers: Sequence[WorkerHandle]) -> Sequence[WorkerHandle]:
        """Wait for workers with a result and for lost ones."""
        by_result = {worker.pending: worker for worker in workers if isinstance(worker, RayWorkerHandle)}
        ready, _ = self._ray.wait(list(by_result), num_returns=1)
        return [by_result[result] for result in ready]

    def close(self) -> None:
        """Leave the cluster, if it was joined for this."""
        if self._joined:
            self._ray.shutdown()


class RayWorkerHandle:
    """One actor."""

    def __init__(self, ray: Any, actor: Any) -> None:
        self._ray, self._actor = ray, actor
        self.pending = actor.wait_until_ready.remote()

    def submit(self, number: int) -> None:
        """Start a job."""
        self.pending = self._actor.run_job.remote(number)

    def result(self) -> Any:
        """Return the job's result."""
        try:
            answer: Any = self._ray.get(self.pending)
        except self._ray.exceptions.RayActorError as error:
            raise WorkerLostError(f"its Ray actor ended ({type(error).__name__})") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def stop(self) -> None:
        """Kill the actor."""
        self._ray.kill(self._actor)


class _Actor:
    """A worker on the cluster."""

    def __init__(self, make_worker: WorkerFactory, path: list[str]) -> None:
        sys.path += [entry for entry in path if entry not in sys.path]  # for modules of policies
        self._devnull = os.open(os.devnull, os.O_WRONLY)
        self._worker = make_worker(self._set_deadline)

    def _set_deadline(self, seconds: float) -> None:
        """End this process when foreign code hangs: no parent is near, and this timer needs no interpreter lock."""
        faulthandler.cancel_dump_traceback_later()
        if 0.0 < seconds < math.inf:
            faulthandler.dump_traceback_later(seconds + HANG_MARGIN, exit=True, file=self._devnull)

    def wait_until_ready(self) -> None:
        """Return once the worker is made."""

    def run_job(self, number: int) -> Any:
        """Return the result of a job, or the error that it raises."""
        try:
            return self._worker.run_job(number)
        except MyGymError as error:
            return error


def _import_ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise UsageError("--ray: Ray is not installed; pip install 'mygym_lite[ray]'") from error
    return ray


def _connect(ray: Any, address: str) -> None:
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # or it warns about GPUs that are not used
    try:
        if address != "auto":  # Ray itself would wait for minutes
            host, _, port = address.removeprefix("ray://").rpartition(":")
            socket.create_connection((host, int(port)), _CONNECT_TIMEOUT).close()
        join = None if address == "auto" else address
        ray.init(address=join, log_to_driver=False, logging_level="ERROR", configure_logging=False)
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"--ray {address}: no cluster answers there ({reason}); write auto or HOST:PORT") from error
