"""Who watches imitation is told in one way of everything that takes long."""

from __future__ import annotations

from collections.abc import Callable

from mygym_lite.learning.imitation.dagger import ProgressCallbacks, Round
from mygym_lite.learning.imitation.trainer import Epoch

Progress = Callable[[str, int, int, str], None]
"""Is told what is being done, how much of it is, how much there is at most, and something about it."""


def no_progress(_what: str, _done: int, _total: int, _more: str) -> None:
    """Nobody looks."""


class ProgressAdapter:
    """Tells one watcher what several would be told."""

    def __init__(self, progress: Progress) -> None:
        self._watch, self._more = progress, ""

    def report_demonstrations(self, done: int, total: int) -> None:
        """So many demonstrations there are."""
        self._watch("demonstrations", done, total, "")

    def report_epochs(self, done: int, total: int, curve: list[Epoch]) -> None:
        """So often it has looked at all examples."""
        loss = f", loss {curve[-1].val_loss:.4f}" if curve else ""
        self._watch("epochs", done, total, loss + self._more)

    def report_episodes(self, done: int, total: int) -> None:
        """So many episodes the learner has played in this round."""
        self._watch("episodes", done, total, self._more)

    def report_rounds(self, rounds: list[Round]) -> None:
        """What came of the last round."""
        last = rounds[-1]
        self._more = f", round {len(rounds)}: {last.successes} of {last.episodes} solved"

    @property
    def callbacks(self) -> ProgressCallbacks:
        """For learning that is tried while it goes on."""
        return ProgressCallbacks(self.report_episodes, self.report_epochs, self.report_rounds)
