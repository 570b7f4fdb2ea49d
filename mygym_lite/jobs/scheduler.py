"""Assignment of jobs to workers: all are busy until none is left, and the job of a lost worker is repeated."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from typing import Any, Generic, Protocol, TypeVar

from mygym_lite.errors import UnreachableError, UsageError, WorkerError
from mygym_lite.jobs.queue import JobQueue

JobResult = TypeVar("JobResult")
Heartbeat = Callable[[float], None]
"""Called before foreign code starts, with its time limit in s, and with 0 after it has returned."""
_MAX_ATTEMPTS = 2  # of a job that ends its worker
_MAX_FAILED_STARTS = 3  # in a row for each worker, before the first one is ready


def no_heartbeat(_seconds: float) -> None:
    """Ignore heartbeats: no process supervises this one."""


class WorkerLostError(Exception):
    """A worker has ended.

    Args:
        reason: Reason, in words.
        permanent: True if a repetition is useless: the job itself is to blame, or no worker can ever start.
    """

    def __init__(self, reason: str, permanent: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent


class Worker(Protocol):
    """Runs any job of a command, such as an episode of a run or a shard of a dataset."""

    def run_job(self, number: int) -> Any:
        """Run one job, and return its result."""


class WorkerFactory(Protocol):
    """Makes a worker in the process where it works; it is pickled to get there."""

    def __call__(self, heartbeat: Heartbeat) -> Worker:
        """Make a worker that sends heartbeats around foreign code."""


class WorkerHandle(Protocol):
    """A worker elsewhere, which runs one job at a time. Its first result, None, tells that it is ready."""

    def submit(self, number: int) -> None:
        """Start a job."""

    def result(self) -> Any:
        """Return the job's result; raises WorkerLostError if the worker has ended, and errors of the user."""

    def stop(self) -> None:
        """End the worker at once."""


class Backend(Protocol):
    """Source of workers: this machine or a cluster."""

    size: int
    """Number of workers at a time."""

    def start_worker(self) -> WorkerHandle:
        """Start one more worker."""

    def wait(self, workers: Sequence[WorkerHandle]) -> Sequence[WorkerHandle]:
        """Wait for some of the workers, and return those that have a result or are lost."""


class Scheduler(Generic[JobResult]):
    """Assigns jobs and collects their results.

    Args:
        queue: Jobs to run.
        on_failure: Returns the result of a job that cannot be run, from its number and the reason.
        on_unreachable: Receives the number of a job whose policy server could not be reached, and the reason; such a
            job has no result. Without it the first one ends the run.
    """

    def __init__(
        self,
        queue: JobQueue,
        on_failure: Callable[[int, str], JobResult],
        on_unreachable: Callable[[int, str], None] | None = None,
    ) -> None:
        self._queue, self._on_failure, self._on_unreachable = queue, on_failure, on_unreachable
        self._busy: dict[WorkerHandle, int | None] = {}  # job of each; None until it is ready
        self._idle: list[WorkerHandle] = []
        self._returned: deque[int] = deque()
        self._losses: Counter[int] = Counter()
        self._failed_starts = 0
        self._any_started = False

    @property
    def has_jobs(self) -> bool:
        """True if a job can be handed out now."""
        number = self._pop()
        if number is not None:
            self._returned.appendleft(number)
        return number is not None

    def run(self, backend: Backend) -> Generator[JobResult]:
        """Yield every result as its job ends."""
        size = min(backend.size, max(1, self._queue.total - self._queue.done))
        try:
            for _ in range(size):
                self._busy[backend.start_worker()] = None
            while self._assign() or any(number is not None for number in self._busy.values()):
                for worker in backend.wait(list(self._busy)):
                    result = self._collect(worker, backend, size)
                    if result is not None:
                        self._queue.mark_done(result)
                        yield result
        finally:
            for worker in (*self._busy, *self._idle):
                worker.stop()

    def _assign(self) -> bool:
        """Give every idle worker a job; return True if jobs are left for workers that are not ready."""
        while self._idle:
            number = self._pop()
            if number is None:
                return False
            worker = self._idle.pop()
            worker.submit(number)
            self._busy[worker] = number
        return self.has_jobs

    def _pop(self) -> int | None:
        return self._returned.popleft() if self._returned else self._queue.pop()

    def _collect(self, worker: WorkerHandle, backend: Backend, size: int) -> JobResult | None:
        number = self._busy.pop(worker)
        try:
            result: JobResult | None = worker.result()
        except WorkerLostError as lost:
            worker.stop()
            if number is None:
                self._count_failed_start(lost, size)
            self._busy[backend.start_worker()] = None
            return None if number is None else self._repeat_or_fail(number, lost)
        except UnreachableError as error:
            if self._on_unreachable is None or number is None:
                raise
            self._on_unreachable(number, str(error))
            result = None
        if number is None:
            self._failed_starts, self._any_started = 0, True
        self._idle.append(worker)
        return result

    def _count_failed_start(self, lost: WorkerLostError, size: int) -> None:
        self._failed_starts += 1
        if lost.permanent and not self._any_started:
            raise UsageError(
                f"no worker can start: {lost}; a script that starts some has to do so under "
                "`if __name__ == '__main__':`"
            )
        if self._failed_starts == _MAX_FAILED_STARTS * size:
            raise WorkerError(
                f"workers cannot be started: {self._failed_starts} in a row were lost before they were ready; "
                f"the last time {lost}"
            )

    def _repeat_or_fail(self, number: int, lost: WorkerLostError) -> JobResult | None:
        self._losses[number] += 1
        if lost.permanent:
            return self._on_failure(number, str(lost))
        if self._losses[number] == _MAX_ATTEMPTS:
            return self._on_failure(number, f"{lost}, and again when it was repeated")
        self._returned.append(number)
        return None
