"""Adapter from the callbacks of the training loops to one progress callback."""

from __future__ import annotations

from mygym_lite.jobs.progress import Progress
from mygym_lite.learning.imitation.dagger import ProgressCallbacks, Round
from mygym_lite.learning.imitation.trainer import Epoch


class ProgressAdapter:
    """Callbacks that report demonstrations, epochs, rollouts and rounds to one function."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._note = progress, ""

    def report_demonstrations(self, done: int, total: int) -> None:
        """Report the number of demonstrations."""
        self._progress("demonstrations", done, total, "")

    def report_epochs(self, done: int, total: int, curve: list[Epoch]) -> None:
        """Report the number of epochs and the validation loss."""
        loss = f", loss {curve[-1].val_loss:.4f}" if curve else ""
        self._progress("epochs", done, total, loss + self._note)

    def report_episodes(self, done: int, total: int) -> None:
        """Report the number of rollouts in this round."""
        self._progress("episodes", done, total, self._note)

    def report_rounds(self, rounds: list[Round]) -> None:
        """Add the result of the last round to the following reports."""
        last = rounds[-1]
        self._note = f", round {len(rounds)}: {last.successes} of {last.episodes} solved"

    @property
    def callbacks(self) -> ProgressCallbacks:
        """Callbacks for a training with rollouts."""
        return ProgressCallbacks(self.report_episodes, self.report_epochs, self.report_rounds)
