"""Players in processes of this machine, one each, with one thread each."""

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
from mygym_lite.jobs.scheduler import Worker, WorkerFactory, WorkerHandle, WorkerLost
from mygym_lite.torch_threads import limit_child_threads

_LOOK = 1.0  # s between two looks for policies that hang, where no answer comes
_GRACE = 3.0  # s after which a policy that its own process could not interrupt is ended with it


class ProcessBackend:
    """Hires processes of this machine.

    Args:
        make_worker: Makes what works in each of them.
        size: How many.
    """

    def __init__(self, make_worker: WorkerFactory, size: int) -> None:
        self._workshop, self.size = make_worker, size

    def start_worker(self) -> ProcessWorkerHandle:
        """Start a process."""
        return ProcessWorkerHandle(self._workshop)

    def wait(self, workers: Sequence[WorkerHandle]) -> Sequence[WorkerHandle]:
        """Those that have an answer or are gone; one that hangs is ended."""
        by_pipe = {player.pipe: player for player in workers if isinstance(player, ProcessWorkerHandle)}
        while True:
            ready = wait(list(by_pipe), timeout=_LOOK)
            for player in by_pipe.values():
                player.kill_if_hung()
            if ready:
                return [by_pipe[pipe] for pipe in ready]  # type: ignore[index]


class ProcessWorkerHandle:
    """One process, which ends when its pipe is closed."""

    def __init__(self, make_worker: WorkerFactory) -> None:
        context = SpawnContext()
        self.pipe, far = context.Pipe()
        self._limit: Any = context.Array("d", [0.0, 0.0], lock=False)  # of a policy at work: until when, and its s
        self._ready = self._hung = False
        self._process = context.Process(target=_play, args=(make_worker, far, self._limit), daemon=True)
        with limit_child_threads():
            self._process.start()
        far.close()  # so that the process holds the only one, and its death is noticed

    def submit(self, number: int) -> None:
        """Do a piece of work; that the process is gone is noticed when it is asked for its answer."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.pipe.send(number)

    def result(self) -> Any:
        """What came of it."""
        try:
            answer: Any = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            raise self._loss() from None
        self._ready, self._hung = True, False  # it may have answered while it was given up
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _loss(self) -> Exception:
        self._process.join(_GRACE)
        code = self._process.exitcode
        if self._hung:
            how = f"the policy took longer than {self._limit[1]:g} s and could not be interrupted"
            return WorkerLost(how, permanent=True)
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        unready = code == 1 and not self._ready  # an exception before any work, which would be raised again
        return WorkerLost(f"its process ended ({how})", permanent=unready)

    def kill_if_hung(self) -> None:
        """Kill the process if a policy works for longer than it may, and did not let itself be interrupted."""
        until = self._limit[0]
        if until and time.monotonic() > until + _GRACE:
            self._hung = True
            self._process.kill()

    def stop(self) -> None:
        """End the process, in whatever it does."""
        self.pipe.close()
        self._process.kill()
        self._process.join(_GRACE)


def _play(make: WorkerFactory, pipe: Connection, limit: Any) -> None:
    """The life of a process: ready, then answer after answer until nobody listens."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who hired it

    def tell(seconds: float) -> None:
        if seconds:
            limit[1] = seconds
        limit[0] = time.monotonic() + seconds if seconds else 0.0

    workshop = make(tell)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        pipe.send(None)
        while True:
            pipe.send(_answer(workshop, pipe.recv()))


def _answer(workshop: Worker, number: int) -> Any:
    try:
        return workshop.run_job(number)
    except MyGymError as error:
        return error
    except Exception as error:
        import traceback

        return RuntimeError(f"piece {number}: {type(error).__name__}: {error}\n{traceback.format_exc()}")
