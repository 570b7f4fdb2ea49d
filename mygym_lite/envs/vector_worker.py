"""Who moves a share of the worlds: this process, or one of its own."""

from __future__ import annotations

import os
import pickle
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from multiprocessing.process import current_process
from typing import Any

from mygym_lite.envs.vector_worlds import VectorError, Worlds
from mygym_lite.errors import UsageError

Answer = list[Any] | Exception  # one result for each environment, or what went wrong
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_NO_GUARD = 99  # exit code of a process whose script starts others while it is imported
_PATIENCE = 5.0  # s; a process that has not ended by itself after so long is killed


class Here:
    """Moves worlds in this process, when the answer is asked for."""

    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds

    def ask(self, command: str, *arguments: Any) -> None:
        """Remember what is to be done."""
        self._asked = (command, arguments)

    def answer(self) -> Answer:
        """Do it."""
        command, arguments = self._asked
        try:
            return self._worlds.perform(command, *arguments)
        except Exception as error:
            return error

    def release(self) -> None:
        """Close the worlds."""
        self._worlds.close()

    def join(self) -> None:
        """Nothing to wait for."""


class Worker:
    """Moves worlds in a process of their own, which ends when its pipe is closed."""

    def __init__(self, worlds: Worlds) -> None:
        _end_if_main_is_still_imported()
        first, last = worlds.span[0], worlds.span[-1]
        name = f"environment {first}" if first == last else f"environments {first} to {last}"
        context = SpawnContext()
        self._pipe, far = context.Pipe()
        self.process = context.Process(target=serve, args=(worlds, far), name=name, daemon=True)
        with one_thread_each():
            self.process.start()
        far.close()  # so that the process holds the only one, and its death is noticed

    def ask(self, command: str, *arguments: Any) -> None:
        """Have something done; whether the process still lives is found out with the answer."""
        with suppress(OSError):
            self._pipe.send((command, arguments))

    def answer(self) -> Answer:
        """Wait until it is done."""
        try:
            reply: Answer = self._pipe.recv()
        except (EOFError, OSError):
            self.process.join(_PATIENCE)
            reply = self._loss()
        return reply

    def _loss(self) -> Exception:
        """The reason why the process is gone."""
        if self.process.exitcode == _NO_GUARD:
            return UsageError(
                "these environments run in processes of their own, which import your script again: make them under "
                '`if __name__ == "__main__":`, or with workers=0'
            )
        return VectorError(f"{self.process.name}: the process ended (exit code {self.process.exitcode})")

    def release(self) -> None:
        """Let the process end."""
        self._pipe.close()

    def join(self) -> None:
        """Wait until it has."""
        self.process.join(_PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _end_if_main_is_still_imported() -> None:
    """End a process that imports a script which starts processes while it is imported: the parent says so once."""
    if getattr(current_process(), "_inheriting", False):
        raise SystemExit(_NO_GUARD)


def serve(worlds: Worlds, pipe: Connection) -> None:
    """The life of a process: answer every command until the pipe closes, as it also does when the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    with suppress(EOFError, OSError):
        while True:
            command, arguments = pipe.recv()
            pipe.send_bytes(_pickled_answer(worlds, command, arguments))
    worlds.close()


def _pickled_answer(worlds: Worlds, command: str, arguments: tuple[Any, ...]) -> bytes:
    try:
        answer: Answer = worlds.perform(command, *arguments)
    except Exception as error:
        answer = error
        if isinstance(error, VectorError):
            error.add_note(traceback.format_exc())  # its cause does not travel
    try:
        return pickle.dumps(answer)
    except Exception as error:
        return pickle.dumps(UsageError(f"{command}: what came of it cannot be sent between processes: {error}"))


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Processes that start meanwhile compute with one thread: the cores are taken by the processes."""
    kept = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
