"""Worker processes of this machine, with one thread each."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext
from typing import Any

from mygym_lite.errors import MyGymError
from mygym_lite.jobs.parent_death import end_with_parent
from mygym_lite.jobs.scheduler import Worker, WorkerFactory, WorkerHandle, WorkerLostError
from mygym_lite.torch_threads import limit_child_threads

_POLL_PERIOD = 1.0  # s between two checks for hanging policies, where no result comes
HANG_MARGIN = 3.0  # s after its time limit at which a policy that could not be interrupted is killed with its process


class ProcessBackend:
    """Starts processes of this machine.

    Args:
        make_worker: Factory of the worker in each of them.
        size: Number of processes.
    """

    def __init__(self, make_worker: WorkerFactory, size: int) -> None:
        self._make_worker, self.size = make_worker, size

    def start_worker(self) -> ProcessWorkerHandle:
        """Start a process."""
        return ProcessWorkerHandle(self._make_worker)

    def wait(self, workers: Sequence[WorkerHandle]) -> Sequence[WorkerHandle]:
        """Wait for workers with a result and for lost ones; kill those that hang."""
        by_pipe = {worker.pipe: worker for worker in workers if isinstance(worker, ProcessWorkerHandle)}
        while True:
            ready = wait(list(by_pipe), timeout=_POLL_PERIOD)
            for worker in by_pipe.values():
                worker.kill_if_hung()
            if ready:
                return [by_pipe[pipe] for pipe in ready]  # type: ignore[index]


class ProcessWorkerHandle:
    """One process, which ends when its pipe is closed."""

    def __init__(self, make_worker: WorkerFactory) -> None:
        context = SpawnContext()
        self.pipe, child_pipe = context.Pipe()
        self._deadline: Any = context.Array("d", [0.0, 0.0], lock=False)  # of foreign code: its end, and its limit in s
        self._ready = self._hung = False
        self._process = context.Process(target=_serve, args=(make_worker, child_pipe, self._deadline), daemon=True)
        with limit_child_threads():
            self._process.start()
        child_pipe.close()  # so that the process holds the only one, and its death is noticed

    def submit(self, number: int) -> None:
        """Start a job; a process that has ended is noticed when its result is read."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.pipe.send(number)

    def result(self) -> Any:
        """Return the job's result."""
        try:
            answer: Any = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            raise self._describe_loss() from None
        self._ready, self._hung = True, False  # the answer may have come while the process was given up
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _describe_loss(self) -> WorkerLostError:
        self._process.join(HANG_MARGIN)
        code = self._process.exitcode
        if self._hung:
            reason = f"the policy took longer than {self._deadline[1]:g} s and could not be interrupted"
            return WorkerLostError(reason, permanent=True)
        reason = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        never_ready = code == 1 and not self._ready  # an exception before any job, which would be raised again
        return WorkerLostError(f"its process ended ({reason})", permanent=never_ready)

    def kill_if_hung(self) -> None:
        """Kill the process if foreign code exceeds its time limit and could not be interrupted."""
        deadline = self._deadline[0]
        if deadline and time.monotonic() > deadline + HANG_MARGIN:
            self._hung = True
            self._process.kill()

    def stop(self) -> None:
        """Kill the process, in whatever it does."""
        self.pipe.close()
        self._process.kill()
        self._process.join(HANG_MARGIN)


def _serve(make_worker: WorkerFactory, pipe: Connection, deadline: Any) -> None:
    """Send None when the worker is ready, then a result for each job, until the parent closes the pipe."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent

    def set_deadline(seconds: float) -> None:
        if seconds:
            deadline[1] = seconds
        deadline[0] = time.monotonic() + seconds if seconds else 0.0

    worker = make_worker(set_deadline)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        pipe.send(None)
        while True:
            pipe.send(_run_job(worker, pipe.recv()))


def _run_job(worker: Worker, number: int) -> Any:
    try:
        return worker.run_job(number)
    except MyGymError as error:
        return error
    except Exception as error:
        import traceback

        return RuntimeError(f"job {number}: {type(error).__name__}: {error}\n{traceback.format_exc()}")
