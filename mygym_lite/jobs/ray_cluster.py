"""Players on a Ray cluster: one actor for each CPU, replaced when its node dies."""

from __future__ import annotations

import faulthandler
import math
import os
import socket
import sys
from collections.abc import Sequence
from typing import Any

from mygym_lite.errors import MyGymError, UsageError
from mygym_lite.jobs.scheduler import WorkerFactory, WorkerHandle, WorkerLost

_PATIENCE = 5.0  # s
_GRACE = 3.0  # s after which a policy that its own process could not interrupt is ended with it


class RayBackend:
    """Hires actors of a cluster.

    Args:
        make_worker: Makes what works in each of them.
        address: Of the cluster; ``auto`` joins the one that runs on this machine, or starts one here.
        size: How many actors; one for each CPU of the cluster if left out.
    """

    def __init__(self, make_worker: WorkerFactory, address: str, size: int | None = None) -> None:
        self._ray = _ray()
        self._joined = not self._ray.is_initialized()
        if self._joined:
            _connect(self._ray, address)
        self._workshop = self._ray.put(make_worker)
        self.size = size or max(1, int(self._ray.cluster_resources().get("CPU", 1)))
        self._actor = self._ray.remote(num_cpus=1, max_restarts=0)(_Actor)

    def start_worker(self) -> RayWorkerHandle:
        """Ask for an actor; it is ready when the cluster has a CPU for it."""
        return RayWorkerHandle(self._ray, self._actor.remote(self._workshop, sys.path))

    def wait(self, workers: Sequence[WorkerHandle]) -> Sequence[WorkerHandle]:
        """Those that have an answer or are gone."""
        by_answer = {player.pending: player for player in workers if isinstance(player, RayWorkerHandle)}
        ready, _ = self._ray.wait(list(by_answer), num_returns=1)
        return [by_answer[answer] for answer in ready]

    def close(self) -> None:
        """Leave the cluster, if it was joined for this."""
        if self._joined:
            self._ray.shutdown()


class RayWorkerHandle:
    """One actor."""

    def __init__(self, ray: Any, actor: Any) -> None:
        self._ray, self._actor = ray, actor
        self.pending = actor.ready.remote()

    def submit(self, number: int) -> None:
        """Do a piece of work."""
        self.pending = self._actor.play.remote(number)

    def result(self) -> Any:
        """What came of it."""
        try:
            answer: Any = self._ray.get(self.pending)
        except self._ray.exceptions.RayActorError as error:
            raise WorkerLost(f"its Ray actor ended ({type(error).__name__})") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def stop(self) -> None:
        """End the actor."""
        self._ray.kill(self._actor)


class _Actor:
    """What runs on the cluster."""

    def __init__(self, workshop: WorkerFactory, path: list[str]) -> None:
        sys.path += [place for place in path if place not in sys.path]  # where the modules of policies are
        self._nowhere = os.open(os.devnull, os.O_WRONLY)
        self._workshop = workshop(self._limit)

    def _limit(self, seconds: float) -> None:
        """End this process when a policy hangs: no parent is near, and the timer needs no lock of the interpreter."""
        faulthandler.cancel_dump_traceback_later()
        if 0.0 < seconds < math.inf:
            faulthandler.dump_traceback_later(seconds + _GRACE, exit=True, file=self._nowhere)

    def ready(self) -> None:
        """Say so."""

    def play(self, number: int) -> Any:
        """The record of one piece, or what is wrong with it."""
        try:
            return self._workshop.run_job(number)
        except MyGymError as error:
            return error


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise UsageError("--ray: Ray is not installed; pip install 'mygym_lite[ray]'") from error
    return ray


def _connect(ray: Any, address: str) -> None:
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # or it warns about GPUs that nobody asked for
    try:
        if address != "auto":  # Ray itself would wait for minutes
            host, _, port = address.removeprefix("ray://").rpartition(":")
            socket.create_connection((host, int(port)), _PATIENCE).close()
        ray.init(
            address=None if address == "auto" else address, log_to_driver=False, logging_level="ERROR",
            configure_logging=False,
        )  # fmt: skip
    except (OSError, ValueError, RuntimeError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"--ray {address}: no cluster answers there ({first}); write auto or HOST:PORT") from error
