"""Who moves a share of the worlds: this process, or one of its own."""

from __future__ import annotations

import pickle
import signal
import traceback
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from multiprocessing.process import current_process
from typing import Any

from mygym_lite.envs.vector.shard import EnvShard, VectorError
from mygym_lite.errors import UsageError
from mygym_lite.torch_threads import limit_child_threads

WorkerResult = list[Any] | Exception  # one result for each environment, or what went wrong
_NO_GUARD = 99  # exit code of a process whose script starts others while it is imported
_PATIENCE = 5.0  # s; a process that has not ended by itself after so long is killed


class InProcessWorker:
    """Moves worlds in this process, when the answer is asked for."""

    def __init__(self, shard: EnvShard) -> None:
        self._worlds = shard

    def submit(self, command: str, *arguments: Any) -> None:
        """Remember what is to be done."""
        self._asked = (command, arguments)

    def result(self) -> WorkerResult:
        """Do it."""
        command, arguments = self._asked
        try:
            return self._worlds.run(command, *arguments)
        except Exception as error:
            return error

    def release(self) -> None:
        """Close the worlds."""
        self._worlds.close()

    def join(self) -> None:
        """Nothing to wait for."""


class ProcessWorker:
    """Moves worlds in a process of their own, which ends when its pipe is closed."""

    def __init__(self, shard: EnvShard) -> None:
        _end_if_main_is_still_imported()
        first, last = shard.indices[0], shard.indices[-1]
        name = f"environment {first}" if first == last else f"environments {first} to {last}"
        context = SpawnContext()
        self._pipe, far = context.Pipe()
        self.process = context.Process(target=serve_shard, args=(shard, far), name=name, daemon=True)
        with limit_child_threads():
            self.process.start()
        far.close()  # so that the process holds the only one, and its death is noticed

    def submit(self, command: str, *arguments: Any) -> None:
        """Have something done; whether the process still lives is found out with the answer."""
        with suppress(OSError):
            self._pipe.send((command, arguments))

    def result(self) -> WorkerResult:
        """Wait until it is done."""
        try:
            reply: WorkerResult = self._pipe.recv()
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


def serve_shard(shard: EnvShard, pipe: Connection) -> None:
    """The life of a process: answer every command until the pipe closes, as it also does when the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    with suppress(EOFError, OSError):
        while True:
            command, arguments = pipe.recv()
            pipe.send_bytes(_pickled_answer(shard, command, arguments))
    shard.close()


def _pickled_answer(worlds: EnvShard, command: str, arguments: tuple[Any, ...]) -> bytes:
    try:
        answer: WorkerResult = worlds.run(command, *arguments)
    except Exception as error:
        answer = error
        if isinstance(error, VectorError):
            error.add_note(traceback.format_exc())  # its cause does not travel
    try:
        return pickle.dumps(answer)
    except Exception as error:
        return pickle.dumps(UsageError(f"{command}: what came of it cannot be sent between processes: {error}"))


class WorkerGroup:
    """Asked together, answering together; whatever leaves some worlds at another moment than the rest ends all of them.

    Args:
        shards: What each member moves.
        in_process: Whether this process moves them, instead of one process for each share.
    """

    def __init__(self, shards: Sequence[EnvShard], in_process: bool) -> None:
        self.pending: str | None = None
        self._members: list[InProcessWorker | ProcessWorker] = []
        self.close = weakref.finalize(self, _dismiss, self._members)  # runs at the latest when Python exits
        with self._closed_by_interrupts():
            for worlds in shards:
                self._members.append(InProcessWorker(worlds) if in_process else ProcessWorker(worlds))
        self.run("build")

    @property
    def closed(self) -> bool:
        """Whether nothing can be asked any more."""
        return not self.close.alive

    def run(self, command: str, *arguments: Any) -> list[Any]:
        """Do one thing in every environment, and give what came of it in their order."""
        self.submit(command, *arguments)
        return self.collect_results()

    def require_idle(self) -> None:
        """Refuse what cannot be asked now."""
        if self.closed:
            raise UsageError("this vector environment is closed; make a new one")
        if self.pending:
            raise UsageError(f"a {self.pending} is under way; wait for its end first")

    def submit(self, command: str, *arguments: Any) -> None:
        """Have one thing done in every environment."""
        self.require_idle()
        with self._closed_by_interrupts():
            for member in self._members:
                member.submit(command, *arguments)
            self.pending = command

    def collect_results(self) -> list[Any]:
        """Wait for what came of it."""
        command, self.pending = self.pending, None
        with self._closed_by_interrupts():
            answers = [member.result() for member in self._members]
        errors = [answer for answer in answers if isinstance(answer, Exception)]
        if errors:
            if command != "call" or any(isinstance(error, VectorError) for error in errors):
                self.close()
            raise errors[0]
        return [result for answer in answers if isinstance(answer, list) for result in answer]

    @contextmanager
    def _closed_by_interrupts(self) -> Iterator[None]:
        """After Ctrl-C nobody knows which environments have moved."""
        try:
            yield
        except KeyboardInterrupt:
            self.close()
            raise


def _dismiss(members: list[InProcessWorker | ProcessWorker]) -> None:
    """End all of them, together."""
    for member in members:
        member.release()
    for member in members:
        member.join()
    members.clear()
