"""Workers of a vector environment: in this process, or in processes of their own."""

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

WorkerResult = list[Any] | Exception  # one result for each environment, or the error
_NO_GUARD = 99  # exit code of a process whose script has no guard against multiprocessing imports
_JOIN_TIMEOUT = 5.0  # s, after which a process is killed


class InProcessWorker:
    """Worker in this process, which runs a command when its result is requested."""

    def __init__(self, shard: EnvShard) -> None:
        self._shard = shard

    def submit(self, command: str, *arguments: Any) -> None:
        """Store a command."""
        self._command = (command, arguments)

    def result(self) -> WorkerResult:
        """Run the stored command."""
        command, arguments = self._command
        try:
            return self._shard.run(command, *arguments)
        except Exception as error:
            return error

    def release(self) -> None:
        """Close the environments."""
        self._shard.close()

    def join(self) -> None:
        """Return at once."""


class ProcessWorker:
    """Worker in a process of its own, which ends when its pipe is closed."""

    def __init__(self, shard: EnvShard) -> None:
        _exit_during_import()
        first, last = shard.indices[0], shard.indices[-1]
        name = f"environment {first}" if first == last else f"environments {first} to {last}"
        context = SpawnContext()
        self._pipe, remote = context.Pipe()
        self.process = context.Process(target=serve_shard, args=(shard, remote), name=name, daemon=True)
        with limit_child_threads():
            self.process.start()
        remote.close()  # the process holds the only copy, so that its death is noticed

    def submit(self, command: str, *arguments: Any) -> None:
        """Send a command; a dead process is noticed when its result is requested."""
        with suppress(OSError):
            self._pipe.send((command, arguments))

    def result(self) -> WorkerResult:
        """Wait for the result."""
        try:
            result: WorkerResult = self._pipe.recv()
        except (EOFError, OSError):
            self.process.join(_JOIN_TIMEOUT)
            result = self._explain_exit()
        return result

    def _explain_exit(self) -> Exception:
        """Explain why the process has ended."""
        if self.process.exitcode == _NO_GUARD:
            return UsageError(
                "these environments run in processes of their own, which import your script again: make them under "
                '`if __name__ == "__main__":`, or with workers=0'
            )
        return VectorError(f"{self.process.name}: the process ended (exit code {self.process.exitcode})")

    def release(self) -> None:
        """Close the pipe, so that the process ends."""
        self._pipe.close()

    def join(self) -> None:
        """Wait for the end of the process, and kill it after a timeout."""
        self.process.join(_JOIN_TIMEOUT)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _exit_during_import() -> None:
    """Exit a child process whose imported script starts processes; the parent raises the error."""
    if getattr(current_process(), "_inheriting", False):
        raise SystemExit(_NO_GUARD)


def serve_shard(shard: EnvShard, pipe: Connection) -> None:
    """Serve commands until the pipe closes, which also happens when the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    with suppress(EOFError, OSError):
        while True:
            command, arguments = pipe.recv()
            pipe.send_bytes(_run_and_pickle(shard, command, arguments))
    shard.close()


def _run_and_pickle(shard: EnvShard, command: str, arguments: tuple[Any, ...]) -> bytes:
    try:
        result: WorkerResult = shard.run(command, *arguments)
    except Exception as error:
        result = error
        if isinstance(error, VectorError):
            error.add_note(traceback.format_exc())  # the cause is not pickled
    try:
        return pickle.dumps(result)
    except Exception as error:
        return pickle.dumps(UsageError(f"{command}: the result cannot be sent between processes: {error}"))


class WorkerGroup:
    """Group of workers that run the same commands; an error that leaves them out of step closes all of them.

    Args:
        shards: Shard of each worker.
        in_process: Run them in this process instead of one process for each shard.
    """

    def __init__(self, shards: Sequence[EnvShard], in_process: bool) -> None:
        self.pending: str | None = None
        self._workers: list[InProcessWorker | ProcessWorker] = []
        self.close = weakref.finalize(self, _close_workers, self._workers)  # runs at the latest when Python exits
        with self._close_on_interrupt():
            for shard in shards:
                self._workers.append(InProcessWorker(shard) if in_process else ProcessWorker(shard))
        self.run("build")

    @property
    def closed(self) -> bool:
        """True once the workers are closed."""
        return not self.close.alive

    def run(self, command: str, *arguments: Any) -> list[Any]:
        """Run a command in every environment, and return the results in their order."""
        self.submit(command, *arguments)
        return self.collect_results()

    def require_idle(self) -> None:
        """Raise if the group is closed or a command is running."""
        if self.closed:
            raise UsageError("this vector environment is closed; make a new one")
        if self.pending:
            raise UsageError(f"a {self.pending} is under way; wait for its end first")

    def submit(self, command: str, *arguments: Any) -> None:
        """Start a command in every environment."""
        self.require_idle()
        with self._close_on_interrupt():
            for worker in self._workers:
                worker.submit(command, *arguments)
            self.pending = command

    def collect_results(self) -> list[Any]:
        """Wait for the results of the running command."""
        command, self.pending = self.pending, None
        with self._close_on_interrupt():
            results = [worker.result() for worker in self._workers]
        errors = [result for result in results if isinstance(result, Exception)]
        if errors:
            if command != "call" or any(isinstance(error, VectorError) for error in errors):
                self.close()
            raise errors[0]
        return [item for result in results if isinstance(result, list) for item in result]

    @contextmanager
    def _close_on_interrupt(self) -> Iterator[None]:
        """Close the group after Ctrl-C, which may leave the environments out of step."""
        try:
            yield
        except KeyboardInterrupt:
            self.close()
            raise


def _close_workers(workers: list[InProcessWorker | ProcessWorker]) -> None:
    """Close all workers in parallel."""
    for worker in workers:
        worker.release()
    for worker in workers:
        worker.join()
    workers.clear()
