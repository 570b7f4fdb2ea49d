"""Who does what next: everybody is busy until nothing is left, and what a lost one had is done again."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from typing import Any, Generic, Protocol, TypeVar

from mygym_lite.errors import UnreachableError, UsageError, WorkerError

JobResult = TypeVar("JobResult")
Heartbeat = Callable[[float], None]
"""Is told that somebody else's code begins to work, with the time that it may take in s, and 0 when it is done."""
_TRIES = 2  # times that a piece of work may end the process that does it, before it is given up
_STARTS = 3  # times that a player may be lost before it is ready, for each that works at once, until one is


def no_heartbeat(_seconds: float) -> None:
    """Nobody looks after this process: a ``Heartbeat`` that tells nobody."""


class WorkerLost(Exception):
    """A player is gone.

    Args:
        reason: In words.
        permanent: Whether there is no use in trying again: the work itself is to blame, or no player can ever start.
    """

    def __init__(self, reason: str, permanent: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent


class Worker(Protocol):
    """Does any piece of a work: an episode of a run, a shard of a dataset."""

    def run_job(self, number: int) -> Any:
        """Do one piece, and return its record."""


class WorkerFactory(Protocol):
    """Makes a workshop where the work is done; it is pickled to get there."""

    def __call__(self, heartbeat: Heartbeat) -> Worker:
        """The workshop, which says when it has somebody else's code at work."""


class JobQueue(Protocol):
    """What there is to do."""

    def pop(self) -> int | None:
        """The number of a piece that nobody has been given; None if there is none for now."""

    def mark_done(self, result: Any) -> None:
        """A piece is done."""


class WorkerHandle(Protocol):
    """Does one piece at a time, elsewhere. Its first answer, None, says that it is ready."""

    def submit(self, number: int) -> None:
        """Do a piece."""

    def result(self) -> Any:
        """Its record; raises Lost if the player is gone, and what the author or user of the work did wrong."""

    def stop(self) -> None:
        """Let go, at once."""


class Backend(Protocol):
    """Where players come from: this machine or a cluster."""

    size: int

    def start_worker(self) -> WorkerHandle:
        """One more player."""

    def wait(self, workers: Sequence[WorkerHandle]) -> Sequence[WorkerHandle]:
        """Those of them that have an answer, or are lost; waits until there is one."""


class Scheduler(Generic[JobResult]):
    """Hands out work and collects its records.

    Args:
        queue: What is to be done.
        backend: Where it is done.
        on_failure: The record of a piece, by its number, that cannot be done for the reason given in words.
        on_unreachable: Receives the number of a piece whose policy could not be reached, and why; such a piece has no record.
            Without it the first one ends the work.
    """

    def __init__(
        self, queue: JobQueue, backend: Backend, on_failure: Callable[[int, str], JobResult],
        on_unreachable: Callable[[int, str], None] | None = None,
    ) -> None:  # fmt: skip
        self._agenda, self._place, self._given_up, self._missed = queue, backend, on_failure, on_unreachable
        self._busy: dict[WorkerHandle, int | None] = {}  # what each does; None while it is getting ready
        self._idle: list[WorkerHandle] = []
        self._again: deque[int] = deque()
        self._lost: Counter[int] = Counter()
        self._failed_starts = 0
        self._any_started = False

    def run(self) -> Generator[JobResult]:
        """Every record as its piece is done."""
        try:
            for _ in range(self._place.size):
                self._busy[self._place.start_worker()] = None
            while self._hand_out() or any(number is not None for number in self._busy.values()):
                for player in self._place.wait(list(self._busy)):
                    record = self._take(player)
                    if record is not None:
                        self._agenda.mark_done(record)
                        yield record
        finally:
            for player in (*self._busy, *self._idle):
                player.stop()

    def _hand_out(self) -> bool:
        """Give every idle player a piece; whether some are left for those who are not ready."""
        while self._idle:
            number = self._next()
            if number is None:
                return False
            player = self._idle.pop()
            player.submit(number)
            self._busy[player] = number
        number = self._next()
        if number is not None:
            self._again.appendleft(number)
        return number is not None

    def _next(self) -> int | None:
        return self._again.popleft() if self._again else self._agenda.pop()

    def _take(self, player: WorkerHandle) -> JobResult | None:
        number = self._busy.pop(player)
        try:
            record: JobResult | None = player.result()
        except WorkerLost as lost:
            player.stop()
            if number is None:
                self._count_failed_start(lost)
            self._busy[self._place.start_worker()] = None
            return None if number is None else self._after_loss(number, lost)
        except UnreachableError as error:
            if self._missed is None or number is None:
                raise
            self._missed(number, str(error))
            record = None
        if number is None:
            self._failed_starts, self._any_started = 0, True
        self._idle.append(player)
        return record

    def _count_failed_start(self, lost: WorkerLost) -> None:
        """Give up when nobody becomes ready any more."""
        self._failed_starts += 1
        if lost.permanent and not self._any_started:
            raise UsageError(
                f"no worker can start: {lost}; a script that starts some has to do so under "
                "`if __name__ == '__main__':`"
            )
        if self._failed_starts == _STARTS * self._place.size:
            raise WorkerError(
                f"workers cannot be started: {self._failed_starts} in a row were lost before they were ready; "
                f"the last time {lost}"
            )

    def _after_loss(self, number: int, lost: WorkerLost) -> JobResult | None:
        self._lost[number] += 1
        if lost.permanent:
            return self._given_up(number, str(lost))
        if self._lost[number] == _TRIES:
            return self._given_up(number, f"{lost}, and again when it was repeated")
        self._again.append(number)
        return None
