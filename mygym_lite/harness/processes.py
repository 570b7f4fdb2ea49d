"""Players in processes of this machine, one each, with one thread each."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext
from typing import Any

from mygym_lite.envs.vector_worker import one_thread_each
from mygym_lite.errors import MyGymError, UsageError
from mygym_lite.harness.dispatch import Lost, MakeWorkshop, Player, Workshop

_LOOK = 1.0  # s between two looks for policies that hang
_GRACE = 3.0  # s after which a policy that its own process could not interrupt is ended with it


class Processes:
    """Hires processes of this machine.

    Args:
        workshop: Makes what works in each of them.
        size: How many.
        patience: Time that a policy may take for one action, s.
    """

    def __init__(self, workshop: MakeWorkshop, size: int, patience: float = math.inf) -> None:
        self._workshop, self.size, self._patience = workshop, size, patience

    def hire(self) -> ProcessPlayer:
        """Start a process."""
        return ProcessPlayer(self._workshop, self._patience)

    def wait(self, players: Sequence[Player]) -> Sequence[Player]:
        """Those that have an answer or are gone; one that hangs is ended."""
        by_pipe = {player.pipe: player for player in players if isinstance(player, ProcessPlayer)}
        while True:
            ready = wait(list(by_pipe), timeout=_LOOK)
            if ready:
                return [by_pipe[pipe] for pipe in ready]  # type: ignore[index]
            for player in by_pipe.values():
                player.end_if_it_hangs()


class ProcessPlayer:
    """One process, which ends when its pipe is closed."""

    def __init__(self, workshop: MakeWorkshop, patience: float) -> None:
        context = SpawnContext()
        self.pipe, far = context.Pipe()
        self._since: Any = context.Value("d", 0.0, lock=False)
        self._patience = patience
        self._ready = self._hung = False
        self._process = context.Process(target=_play, args=(workshop, far, self._since), daemon=True)
        with one_thread_each():
            self._process.start()
        far.close()  # so that the process holds the only one, and its death is noticed

    def ask(self, number: int) -> None:
        """Do a piece of work; that the process is gone is noticed when it is asked for its answer."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.pipe.send(number)

    def answer(self) -> Any:
        """What came of it."""
        try:
            answer: Any = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            raise self._loss() from None
        self._ready = True
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _loss(self) -> Exception:
        self._process.join(_GRACE)
        code = self._process.exitcode
        if self._hung:
            how = f"the policy took longer than {self._patience:g} s for an action and could not be interrupted"
            return Lost(how, certain=True)
        if not self._ready:
            return UsageError(
                f"a worker process ended while it started (exit code {code}); a script that starts some has to do so "
                "under `if __name__ == '__main__':`"
            )
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return Lost(f"its process ended ({how})")

    def end_if_it_hangs(self) -> None:
        """Kill the process if the policy thinks for longer than it may, and did not let itself be interrupted."""
        since = self._since.value
        if since and time.monotonic() - since > self._patience + _GRACE:
            self._hung = True
            self._process.kill()

    def dismiss(self) -> None:
        """End the process, in whatever it does."""
        self.pipe.close()
        self._process.kill()
        self._process.join(_GRACE)


def _play(make: MakeWorkshop, pipe: Connection, since: Any) -> None:
    """The life of a process: ready, then answer after answer until nobody listens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who hired it

    def tell(moment: float) -> None:
        since.value = moment

    workshop = make(tell)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        pipe.send(None)
        while True:
            pipe.send(_answer(workshop, pipe.recv()))


def _answer(workshop: Workshop, number: int) -> Any:
    try:
        return workshop.play(number)
    except MyGymError as error:
        return error
    except Exception as error:
        import traceback

        return RuntimeError(f"piece {number}: {type(error).__name__}: {error}\n{traceback.format_exc()}")
