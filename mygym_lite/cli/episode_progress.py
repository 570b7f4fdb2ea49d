"""How far a long command is: one line on a terminal, written over itself; elsewhere nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from mygym_lite.cli.progress import ERASE_LINE, format_duration, get_terminal_width

if TYPE_CHECKING:
    from mygym_lite.envs.task_env import TaskEnv

_T = TypeVar("_T")
_PERIOD = 0.1  # s between two looks of the line
_BAR = 24  # columns at most
_TOLD = 0.02  # the part that must be done before it is said how long the rest takes


class EpisodeProgress:
    """Follows episodes: give ``on_step`` to ``run_episode``, and take its records through ``track``.

    Args:
        env: Whose episodes.
        episodes: How many there will be.
        stream: Where the line goes, if that is a terminal.
        width: The terminal's width in columns; asked of it if left out.
    """

    def __init__(self, env: TaskEnv, episodes: int, stream: TextIO, width: int | None = None) -> None:
        self._env, self._episodes, self._stream = env, episodes, stream
        self._shown = stream.isatty()
        self._wide = width or get_terminal_width(stream)
        self._done = self._steps = 0
        self._start = self._last = time.monotonic()

    def on_step(self, info: dict[str, Any]) -> None:
        """A moment has passed."""
        now = time.monotonic()
        if self._shown and now - self._last >= _PERIOD:
            self._last = now
            self._stream.write(ERASE_LINE + self.format_line(now - self._start))
            self._stream.flush()

    def track(self, records: Iterable[_T]) -> Iterator[_T]:
        """The records as they come; while one is dealt with, and at the end, the line is gone."""
        try:
            for record in records:
                self._done += 1
                self._steps += self._env.episode_state.steps
                self._clear()
                yield record
        finally:
            self._clear()

    def _clear(self) -> None:
        if self._shown:
            self._stream.write(ERASE_LINE)
            self._stream.flush()

    def format_line(self, elapsed: float) -> str:
        """The line after so many seconds of work, as wide as the terminal."""
        task, running = self._env.task, self._env.episode_state.steps
        expected = self._steps / self._done if self._done else float(task.max_steps)
        part = (self._done + min(running / expected, 0.99)) / self._episodes
        simulated = (self._steps + running) / task.episode.control_hz
        before = f"episode {min(self._done + 1, self._episodes)}/{self._episodes} "
        after = f" {part:4.0%}  {simulated:.1f} s simulated, {simulated / max(elapsed, 1e-9):.1f}x real time"
        if part >= _TOLD:
            after += f", {format_duration(elapsed * (1.0 - part) / part)} left"
        room = min(_BAR, max(0, self._wide - 1 - len(before) - len(after)))
        full = round(room * part)
        return (before + "█" * full + "░" * (room - full) + after)[: self._wide - 1]
