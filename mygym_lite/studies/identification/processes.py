"""Simulation of many motions, in this process or in several at once; the results are the same."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.errors import MyGymError, WorkerError
from mygym_lite.jobs.parent_death import end_with_parent
from mygym_lite.studies.identification.motion import Motion
from mygym_lite.studies.identification.simulation import MotionSimulator, Trajectory, Values
from mygym_lite.torch_threads import limit_child_threads

Job = tuple[Motion, Values]


class SimulationPool:
    """Simulators of one task.

    Args:
        task: Task to simulate.
        workers: Number of processes; 1 simulates in this one.
    """

    def __init__(self, task: Task, workers: int) -> None:
        self._local = MotionSimulator(task) if workers == 1 else None
        self._processes: list[Any] = []
        self._pipes: list[Connection] = []
        context = SpawnContext()
        for _ in range(workers if workers > 1 else 0):
            pipe, child_pipe = context.Pipe()
            process = context.Process(target=_serve, args=(task, child_pipe), daemon=True)
            with limit_child_threads():
                process.start()
            child_pipe.close()
            self._processes.append(process)
            self._pipes.append(pipe)

    def simulate(self, jobs: Sequence[Job]) -> list[Trajectory]:
        """Simulate motions, each with its values, and return their trajectories in the same order."""
        if self._local is not None:
            return [self._local.simulate(*job) for job in jobs]
        results: dict[int, Trajectory] = {}
        busy: dict[Connection, int] = {}
        pending = list(enumerate(jobs))[::-1]
        while pending or busy:
            for pipe in self._pipes:
                if pending and pipe not in busy:
                    busy[pipe], job = pending.pop()
                    pipe.send(job)
            ready = wait(list(busy))
            for pipe in [pipe for pipe in busy if pipe in ready]:
                results[busy.pop(pipe)] = _receive(pipe)
        return [results[number] for number in range(len(jobs))]

    def close(self) -> None:
        """End the processes."""
        if self._local is not None:
            self._local.close()
        for pipe, process in zip(self._pipes, self._processes, strict=True):
            pipe.close()
            process.kill()
            process.join()


def _receive(pipe: Connection) -> Trajectory:
    try:
        answer: Any = pipe.recv()
    except (EOFError, ConnectionResetError):
        raise WorkerError("a process that simulates motions ended; use --workers 1") from None
    if isinstance(answer, Exception):
        raise answer
    return Trajectory(*answer)


def _serve(task: Task, pipe: Connection) -> None:
    """Simulate motions until the parent closes the pipe."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    simulator = MotionSimulator(task)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            try:
                answer: Any = tuple(simulator.simulate(*pipe.recv()))
            except MyGymError as error:
                answer = error
            pipe.send(answer)
