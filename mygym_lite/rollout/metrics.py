"""What is measured of an episode while it runs: forces at every physics step, motion once an action."""

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
class _Pressing:
    """One pair of groups, action by action."""

    peak: float = 0.0
    impulse: float = 0.0
    means: list[float] = field(default_factory=list)
    above: float = 0.0


class EpisodeMetrics:
    """Sums up one episode.

    Args:
        task: As drawn for the episode.
        start: The state in which it begins.
    """

    def __init__(self, task: Task, start: State) -> None:
        self._task = task
        self._hertz = task.episode.control_hz
        self._palms = [name for name in start.motions if name not in task.objects and name != "goal"]
        self._pressing = {name: _Pressing() for name in task.contact_pairs}
        self._states = [start]
        self.reward = 0.0
        self.reward_terms: dict[str, float] = {}

    def add(self, state: State, terms: Mapping[str, float]) -> None:
        """One action has passed."""
        self._states.append(state)
        self.reward += sum(terms.values())
        for name, worth in terms.items():
            self.reward_terms[name] = self.reward_terms.get(name, 0.0) + worth
        for name, pair in self._task.contact_pairs.items():
            touch, pressing = state.touch(*pair), self._pressing[name]
            if touch.peak > 0.0:
                pressing.peak = max(pressing.peak, touch.peak)
                pressing.impulse += touch.impulse
                if touch.mean > 0.0:
                    pressing.means.append(touch.mean)
                if name in self._task.limits:
                    pressing.above += state.contacts.seconds_above(pair, self._task.limits[name])

    def summarize_forces(self) -> dict[str, Force]:
        """By pair of groups; what never touched has no mean."""
        return {
            name: Force(
                pressing.peak,
                sum(pressing.means) / len(pressing.means) if pressing.means else None,
                pressing.impulse,
                pressing.above if name in self._task.limits else None,
            )
            for name, pressing in self._pressing.items()
        }

    def summarize_motion(self) -> dict[str, Any]:
        """Path, smoothness, energy and joint limits, by the names of the record's fields."""
        velocities = [self._table(partial(_velocity, palm)) for palm in self._palms]
        smoothness = [motion.compute_sparc(np.linalg.norm(v, axis=1), self._hertz) for v in velocities]
        jerks = [motion.compute_peak_jerk(v, self._hertz) for v in velocities]
        joints, speeds = self._table(lambda s: s.joints), self._table(lambda s: s.speeds)
        return {
            "path_length": sum(
                motion.compute_path_length(self._table(partial(_position, palm))) for palm in self._palms
            ),
            "sparc": min((s for s in smoothness if s is not None), default=None),
            "peak_jerk": max((j for j in jerks if j is not None), default=None),
            "energy": motion.compute_energy(self._table(lambda s: s.torques), speeds, self._hertz),
            "joint_limit_hits": motion.count_joint_limit_hits(joints, self._states[0].joint_limits),
        }

    def _table(self, of: Callable[[State], Iterable[float]]) -> NDArray[np.float64]:
        """One row a moment; by way of one flat iterator, which is the quickest into an array."""
        return np.fromiter(chain.from_iterable(map(of, self._states)), float).reshape(len(self._states), -1)


def _position(frame: str, state: State) -> Vec3:
    return state.position(frame)


def _velocity(frame: str, state: State) -> Vec3:
    return state.motions[frame].linear
