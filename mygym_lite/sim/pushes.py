"""Shoves at random times: drawn when the episode begins, so that they do not depend on what the policy does."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mygym_lite.config.state import State
from mygym_lite.config.task import Push, Task
from mygym_lite.rng import make_stream

_LIFTED = 0.02  # m above where it stood: off the table


@dataclass(frozen=True)
class PushEvent:
    """One push: when it begins, in seconds, and its force in the world frame."""

    on: str
    start: float
    end: float
    force: tuple[float, float, float]
    when: str

    def is_active(self, state: State) -> bool:
        """Whether it pushes during the action that begins in this state."""
        if not self.start <= state.seconds + 1e-9 < self.end:
            return False
        return self.when == "always" or state.position(self.on)[2] > state.initial_positions[self.on][2] + _LIFTED


def draw_pushes(task: Task, seed: int) -> list[PushEvent]:
    """Every shove of an episode, in order of time."""
    drawn = [shove for name, push in task.pushes.items() for shove in _of(name, push, task, seed)]
    return sorted(drawn, key=lambda shove: shove.start)


def _of(name: str, push: Push, task: Task, seed: int) -> list[PushEvent]:
    """A Poisson process: gaps between beginnings are exponential, directions even around the compass."""
    rng, found, at = make_stream(seed, f"pushes/{name}"), [], 0.0
    if push.rate == 0.0:
        return []
    while (at := at + float(rng.exponential(1.0 / push.rate))) < task.episode.seconds:
        heading = float(rng.uniform(-math.pi, math.pi))
        force = (push.newtons * math.cos(heading), push.newtons * math.sin(heading), 0.0)
        found.append(PushEvent(push.on, at, at + max(push.seconds, 1.0 / task.episode.control_hz), force, push.when))
    return found
