"""All who move the worlds of a vector environment, kept in step with each other."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mygym_lite.envs.vector_worker import Here, Worker
from mygym_lite.envs.vector_worlds import VectorError, Worlds
from mygym_lite.errors import UsageError


class Crew:
    """Asked together, answering together; whatever leaves some worlds at another moment than the rest ends all of them.

    Args:
        shares: What each member moves.
        here: Whether this process moves them, instead of one process for each share.
    """

    def __init__(self, shares: Sequence[Worlds], here: bool) -> None:
        self.pending: str | None = None
        self._members: list[Here | Worker] = []
        self.close = weakref.finalize(self, _dismiss, self._members)  # runs at the latest when Python exits
        with self._closed_by_interrupts():
            for worlds in shares:
                self._members.append(Here(worlds) if here else Worker(worlds))
        self.all("build")

    @property
    def closed(self) -> bool:
        """Whether nothing can be asked any more."""
        return not self.close.alive

    def all(self, command: str, *arguments: Any) -> list[Any]:
        """Do one thing in every environment, and give what came of it in their order."""
        self.ask(command, *arguments)
        return self.answers()

    def require_idle(self) -> None:
        """Refuse what cannot be asked now."""
        if self.closed:
            raise UsageError("this vector environment is closed; make a new one")
        if self.pending:
            raise UsageError(f"a {self.pending} is under way; wait for its end first")

    def ask(self, command: str, *arguments: Any) -> None:
        """Have one thing done in every environment."""
        self.require_idle()
        with self._closed_by_interrupts():
            for member in self._members:
                member.ask(command, *arguments)
            self.pending = command

    def answers(self) -> list[Any]:
        """Wait for what came of it."""
        command, self.pending = self.pending, None
        with self._closed_by_interrupts():
            answers = [member.answer() for member in self._members]
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


def _dismiss(members: list[Here | Worker]) -> None:
    """End all of them, together."""
    for member in members:
        member.release()
    for member in members:
        member.join()
    members.clear()
