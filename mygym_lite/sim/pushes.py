"""Random pushes, sampled at reset so that they do not depend on the policy."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.config.task_objects import Push
from mygym_lite.rng import make_stream

_LIFTED = 0.02  # m above its initial height: off the table


@dataclass(frozen=True)
class PushEvent:
    """One push: target body, start and end in s, force in the world frame in N, and condition."""

    on: str
    start: float
    end: float
    force: tuple[float, float, float]
    when: str

    def is_active(self, state: State) -> bool:
        """Return True if the push acts during the action that begins in this state."""
        if not self.start <= state.seconds + 1e-9 < self.end:
            return False
        return self.when == "always" or state.position(self.on)[2] > state.initial_positions[self.on][2] + _LIFTED


def draw_pushes(task: Task, seed: int) -> list[PushEvent]:
    """Sample all pushes of an episode, in order of time."""
    events = [push for name, config in task.pushes.items() for push in _draw_push_events(name, config, task, seed)]
    return sorted(events, key=lambda push: push.start)


def _draw_push_events(name: str, config: Push, task: Task, seed: int) -> list[PushEvent]:
    """Sample a Poisson process of push times, with horizontal directions distributed uniformly."""
    rng, events, start = make_stream(seed, f"pushes/{name}"), [], 0.0
    if config.rate == 0.0:
        return []
    while (start := start + float(rng.exponential(1.0 / config.rate))) < task.episode.seconds:
        heading = float(rng.uniform(-math.pi, math.pi))
        force = (config.newtons * math.cos(heading), config.newtons * math.sin(heading), 0.0)
        end = start + max(config.seconds, 1.0 / task.episode.control_hz)
        events.append(PushEvent(config.on, start, end, force, config.when))
    return events
