"""Progress line of episodes, shown only on a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from mygym_lite.cli.progress import ERASE_LINE, format_duration, get_terminal_width

if TYPE_CHECKING:
    from mygym_lite.envs.task_env import TaskEnv

_T = TypeVar("_T")
_PERIOD = 0.1  # s between updates
_MAX_BAR = 24  # columns
_MIN_FRACTION = 0.02  # completed part from which the remaining time is estimated


class EpisodeProgress:
    """Progress of episodes: pass ``on_step`` to ``run_episode``, and iterate over its records through ``track``.

    Args:
        env: Environment of the episodes.
        episodes: Number of episodes.
        stream: Output stream; nothing is written unless it is a terminal.
        width: Width of the line in columns; the terminal's if omitted.
    """

    def __init__(self, env: TaskEnv, episodes: int, stream: TextIO, width: int | None = None) -> None:
        self._env, self._episodes, self._stream = env, episodes, stream
        self._enabled = stream.isatty()
        self._width = width or get_terminal_width(stream)
        self._done = self._steps = 0
        self._start = self._last = time.monotonic()

    def on_step(self, _info: dict[str, Any]) -> None:
        """Update the line after a step, at most every ``_PERIOD`` seconds."""
        now = time.monotonic()
        if self._enabled and now - self._last >= _PERIOD:
            self._last = now
            self._stream.write(ERASE_LINE + self.format_line(now - self._start))
            self._stream.flush()

    def track(self, records: Iterable[_T]) -> Iterator[_T]:
        """Iterate over the records; the line is cleared while the caller handles one, and at the end."""
        try:
            for record in records:
                self._done += 1
                self._steps += self._env.episode_state.steps
                self._clear()
                yield record
        finally:
            self._clear()

    def _clear(self) -> None:
        if self._enabled:
            self._stream.write(ERASE_LINE)
            self._stream.flush()

    def format_line(self, elapsed: float) -> str:
        """Format the line after ``elapsed`` seconds, cut to the width of the terminal."""
        task, running = self._env.task, self._env.episode_state.steps
        expected = self._steps / self._done if self._done else float(task.max_steps)
        fraction = (self._done + min(running / expected, 0.99)) / self._episodes
        simulated = (self._steps + running) / task.episode.control_hz
        prefix = f"episode {min(self._done + 1, self._episodes)}/{self._episodes} "
        suffix = f" {fraction:4.0%}  {simulated:.1f} s simulated, {simulated / max(elapsed, 1e-9):.1f}x real time"
        if fraction >= _MIN_FRACTION:
            suffix += f", {format_duration(elapsed * (1.0 - fraction) / fraction)} left"
        room = min(_MAX_BAR, max(0, self._width - 1 - len(prefix) - len(suffix)))
        full = round(room * fraction)
        return (prefix + "█" * full + "░" * (room - full) + suffix)[: self._width - 1]
