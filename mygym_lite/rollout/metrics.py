"""Metrics of a running episode: forces at every physics step, motion once an action."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.state import State, Vec3
from mygym_lite.config.task import Task
from mygym_lite.rollout import motion
from mygym_lite.rollout.record import Force


@dataclass
class _PairForces:
    """Contact forces of one pair of groups, accumulated over actions."""

    peak: float = 0.0
    impulse: float = 0.0
    means: list[float] = field(default_factory=list)
    seconds_above: float = 0.0


class EpisodeMetrics:
    """Accumulator of the metrics of one episode.

    Args:
        task: Task as sampled for the episode.
        start: State at the start.
    """

    def __init__(self, task: Task, start: State) -> None:
        self._task = task
        self._hertz = task.episode.control_hz
        self._palms = [name for name in start.motions if name not in task.objects and name != "goal"]
        self._pair_forces = {name: _PairForces() for name in task.contact_pairs}
        self._states = [start]
        self.reward = 0.0
        self.reward_terms: dict[str, float] = {}

    def add(self, state: State, terms: Mapping[str, float]) -> None:
        """Add the state after an action."""
        self._states.append(state)
        self.reward += sum(terms.values())
        for name, value in terms.items():
            self.reward_terms[name] = self.reward_terms.get(name, 0.0) + value
        for name, pair in self._task.contact_pairs.items():
            touch, forces = state.touch(*pair), self._pair_forces[name]
            if touch.peak > 0.0:
                forces.peak = max(forces.peak, touch.peak)
                forces.impulse += touch.impulse
                if touch.mean > 0.0:
                    forces.means.append(touch.mean)
                if name in self._task.limits:
                    forces.seconds_above += state.contacts.seconds_above(pair, self._task.limits[name])

    def summarize_forces(self) -> dict[str, Force]:
        """Summarize the contact forces of each pair of groups; without contact there is no mean."""
        return {
            name: Force(
                forces.peak,
                sum(forces.means) / len(forces.means) if forces.means else None,
                forces.impulse,
                forces.seconds_above if name in self._task.limits else None,
            )
            for name, forces in self._pair_forces.items()
        }

    def summarize_motion(self) -> dict[str, Any]:
        """Summarize path length, smoothness, energy and joint limits, by the record's field names."""
        velocities = [self._stack(partial(_read_velocity, palm)) for palm in self._palms]
        smoothness = [motion.compute_sparc(np.linalg.norm(v, axis=1), self._hertz) for v in velocities]
        jerks = [motion.compute_peak_jerk(v, self._hertz) for v in velocities]
        joints, speeds = self._stack(lambda s: s.joints), self._stack(lambda s: s.speeds)
        return {
            "path_length": sum(
                motion.compute_path_length(self._stack(partial(_read_position, palm))) for palm in self._palms
            ),
            "sparc": min((s for s in smoothness if s is not None), default=None),
            "peak_jerk": max((j for j in jerks if j is not None), default=None),
            "energy": motion.compute_energy(self._stack(lambda s: s.torques), speeds, self._hertz),
            "joint_limit_hits": motion.count_joint_limit_hits(joints, self._states[0].joint_limits),
        }

    def _stack(self, read: Callable[[State], Iterable[float]]) -> NDArray[np.float64]:
        """Stack a quantity of all states, one row a state; one flat iterator is the fastest way into an array."""
        return np.fromiter(chain.from_iterable(map(read, self._states)), float).reshape(len(self._states), -1)


def _read_position(frame: str, state: State) -> Vec3:
    return state.position(frame)


def _read_velocity(frame: str, state: State) -> Vec3:
    return state.motions[frame].linear
