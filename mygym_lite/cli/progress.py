"""Progress of long commands: one updated line on a terminal, elsewhere a new line every 30 seconds."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from mygym_lite.harness.episode_errors import PHYSICS_ERROR, POLICY_ERROR

if TYPE_CHECKING:
    from mygym_lite.envs.task_env import TaskEnv
    from mygym_lite.rollout.record import EpisodeRecord


ERASE_LINE = "\r\x1b[K"
"""Sequence with which a progress line begins."""
_PERIOD = 0.2  # s between updates on a terminal
_FILE_PERIOD = 30.0  # s between lines in a file
_BAR_WIDTH = 24  # columns
_T = TypeVar("_T")
_EPISODE_PERIOD = 0.1  # s between updates
_MIN_FRACTION = 0.02  # completed part from which the remaining time is estimated


class ProgressBar:
    """Progress bar with a count, a rate and the remaining time.

    Args:
        stream: Output stream.
        noun: Plural noun for the counted items.
    """

    def __init__(self, stream: TextIO, noun: str) -> None:
        self._stream, self._noun, self._terminal = stream, noun, stream.isatty()
        self._period = _PERIOD if self._terminal else _FILE_PERIOD
        self._resumed_from: int | None = None
        self._start = self._last = time.monotonic()

    def __call__(self, done: int, total: int, more: str = "") -> None:
        """Update the bar; the first call gives the number of items that existed before."""
        now = time.monotonic()
        if self._resumed_from is None:
            self._resumed_from, self._start, self._last = done, now, now
            self._begin(done, total)
        elif done == total:
            self.clear()
        elif now - self._last >= self._period:
            self._last = now
            text = self._format_line(done, total, (done - self._resumed_from) / max(now - self._start, 1e-9), more)
            self._write(ERASE_LINE + text[: get_terminal_width(self._stream) - 1] if self._terminal else text + "\n")

    def _begin(self, done: int, total: int) -> None:
        if 0 < done < total:
            self._write(f"resuming after {done} of {total} {self._noun}\n")
        if self._terminal and done < total:
            self._write(f"{ERASE_LINE}{'░' * _BAR_WIDTH} {done}/{total} {self._noun}, starting")

    def _format_line(self, done: int, total: int, rate: float, more: str) -> str:
        full = round(_BAR_WIDTH * done / total)
        speed = f", {rate:.1f}/s, {format_duration((total - done) / rate)} left" if rate else ""
        return f"{'█' * full}{'░' * (_BAR_WIDTH - full)} {done}/{total} {self._noun}{speed}{more}"

    def clear(self) -> None:
        """Clear the line."""
        if self._terminal:
            self._write(ERASE_LINE)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def format_duration(seconds: float) -> str:
    """Format a duration as hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def get_terminal_width(stream: TextIO) -> int:
    """Return the width that COLUMNS sets, else the terminal's, else 80 columns."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return int(columns)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


class ProgressBars:
    """Progress bars in sequence: a new one whenever the noun changes or the count restarts."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._noun, self._last = stream, "", 0

    def __call__(self, noun: str, done: int, total: int, more: str) -> None:
        """Update the bar of ``noun``."""
        if noun != self._noun or done < self._last:
            self.clear()
            self._bar = ProgressBar(self._stream, noun)
        self._noun, self._last = noun, done
        self._bar(done, total, more)

    def clear(self) -> None:
        """Clear the line."""
        if self._noun:
            self._bar.clear()


class EvaluationProgress:
    """Progress bar of an evaluation, with the success rate and the first error of each kind."""

    def __init__(self, stream: TextIO) -> None:
        self._bar = ProgressBar(stream, "episodes")
        self._stream = stream
        self._successes = self._ended = 0
        self._announced: set[tuple[str, str, str]] = set()

    def on_record(self, record: EpisodeRecord) -> None:
        """Count a record, and print its error."""
        self._ended += 1
        self._successes += record.success
        self._announce(record)

    def __call__(self, _noun: str, done: int, total: int, _detail: str) -> None:
        """Update the bar."""
        self._bar(done, total, f", success {self._successes / self._ended:.0%}" if self._ended else "")

    def _announce(self, record: EpisodeRecord) -> None:
        """Print the first error of each kind immediately, not only at the end of a long run."""
        if record.failure not in (POLICY_ERROR, PHYSICS_ERROR):
            return
        kind = record.policy, record.task, record.failure
        if kind not in self._announced:
            self._announced.add(kind)
            self._bar.clear()
            message = f"{record.policy} on {record.task}, episode {record.episode}: {record.failure}: {record.message}"
            print(message, file=self._stream, flush=True)

    def clear(self) -> None:
        """Clear the line."""
        self._bar.clear()


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
        """Update the line after a step, at most every ``_EPISODE_PERIOD`` seconds."""
        now = time.monotonic()
        if self._enabled and now - self._last >= _EPISODE_PERIOD:
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
        room = min(_BAR_WIDTH, max(0, self._width - 1 - len(prefix) - len(suffix)))
        full = round(room * fraction)
        return (prefix + "█" * full + "░" * (room - full) + suffix)[: self._width - 1]
