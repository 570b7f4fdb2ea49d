"""Shoves at random times: drawn when the episode begins, so that they do not depend on what the policy does."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mygym_lite.config.state import State
from mygym_lite.config.task import Push, Task
from mygym_lite.config.variation import stream

_LIFTED = 0.02  # m above where it stood: off the table


@dataclass(frozen=True)
class Shove:
    """One push: when it begins, in seconds, and its force in the world frame."""

    on: str
    begins: float
    ends: float
    force: tuple[float, float, float]
    when: str

    def acts(self, state: State) -> bool:
        """Whether it pushes during the action that begins in this state."""
        if not self.begins <= state.seconds + 1e-9 < self.ends:
            return False
        return self.when == "always" or state.position(self.on)[2] > state.starts[self.on][2] + _LIFTED


def shoves(task: Task, seed: int) -> list[Shove]:
    """Every shove of an episode, in order of time."""
    drawn = [shove for name, push in task.pushes.items() for shove in _of(name, push, task, seed)]
    return sorted(drawn, key=lambda shove: shove.begins)


def _of(name: str, push: Push, task: Task, seed: int) -> list[Shove]:
    """A Poisson process: gaps between beginnings are exponential, directions even around the compass."""
    rng, found, at = stream(seed, f"pushes/{name}"), [], 0.0
    if push.rate == 0.0:
        return []
    while (at := at + float(rng.exponential(1.0 / push.rate))) < task.episode.seconds:
        heading = float(rng.uniform(-math.pi, math.pi))
        force = (push.newtons * math.cos(heading), push.newtons * math.sin(heading), 0.0)
        found.append(Shove(push.on, at, at + max(push.seconds, 1.0 / task.episode.control_hz), force, push.when))
    return found
