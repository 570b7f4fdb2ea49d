"""Environments that keep what happens in an episode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.state import State
from mygym_lite.demonstrations.demonstration import CONTACT_FORCE, EXECUTED, Array, Demonstration
from mygym_lite.envs.goal_env import GoalEnv
from mygym_lite.envs.observations import Observation
from mygym_lite.envs.task_env import TaskEnv

Info = dict[str, Any]
_BROKEN = "physics_error"


@dataclass
class EpisodeRecorder:
    """What happened so far.

    Args:
        contact_pairs: Whose forces are kept.
    """

    contact_pairs: Sequence[str]
    observations: list[Observation] = field(default_factory=list)
    infos: list[dict[str, Any]] = field(default_factory=list)
    reward_terms: list[dict[str, float]] = field(default_factory=list)
    outcomes: list[tuple[float, bool, bool]] = field(default_factory=list)

    def start(self, observation: Observation, state: State) -> None:
        """The first moment."""
        self.observations.append(observation)
        self.infos.append(self._moment(state, {}))

    def add(self, observation: Observation, outcome: tuple[float, bool, bool], info: Info, state: State) -> None:
        """One action has passed; of a world that broke, the moment before is kept once more."""
        self.observations.append(observation)
        self.outcomes.append(outcome)
        self.reward_terms.append(info["reward_terms"])
        broken = info["failure"] == _BROKEN
        self.infos.append(self.infos[-1] if broken else self._moment(state, info))

    def _moment(self, state: State, info: Info) -> dict[str, Any]:
        """The truth, as a few numbers; poses are x, y, z, qx, qy, qz, qw in the world."""
        forces = info.get("contact_force", {})
        return {
            "success": bool(info.get("success", False)),
            **{f"{CONTACT_FORCE}/{pair}": forces.get(pair, 0.0) for pair in self.contact_pairs},
            **{f"state/{name}": getattr(state, name) for name in ("joints", "speeds", "fingers", "closure")},
            **{f"state/pose/{name}": (*pose.position, *pose.rotation) for name, pose in state.frames.items()},
        }

    def build_demonstration(self, labels: list[Array], executed: list[Array], record: dict[str, Any]) -> Demonstration:
        """All of it as arrays.

        Args:
            labels: What the policy answered.
            executed: What was carried out.
            record: What was measured.
        """
        rewards, terminations, truncations = zip(*self.outcomes, strict=True)
        first = self.infos[0]
        moments = {name: _stacked([moment[name] for moment in self.infos]) for name in first}
        terms = {
            f"reward_terms/{name}": _stacked([one.get(name, 0.0) for one in self.reward_terms])
            for name in self.reward_terms[0]
        }
        return Demonstration(
            {name: np.stack([seen[name] for seen in self.observations]) for name in self.observations[0]},
            np.array(labels, np.float32), np.array(rewards, np.float64), np.array(terminations), np.array(truncations),
            {EXECUTED: np.array(executed, np.float32), **moments, **terms}, record,
        )  # fmt: skip


def _stacked(values: list[Any]) -> Array:
    return np.array(values, bool if isinstance(values[0], bool) else np.float32)


class RecordingEnv(TaskEnv):
    """A task whose last episode is on ``recorder``."""

    recorder: EpisodeRecorder

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, Info]:
        """Begin an episode on a new tape."""
        observation, info = super().reset(seed=seed, options=options)
        self.recorder = EpisodeRecorder(list(self.pairs))
        self.recorder.start(observation, self.state)
        return observation, info

    def step(self, action: NDArray[np.float32]) -> tuple[Observation, float, bool, bool, Info]:
        """Act, and keep what comes of it."""
        observation, reward, terminated, truncated, info = super().step(action)
        self.recorder.add(observation, (reward, terminated, truncated), info, self.state)
        return observation, reward, terminated, truncated, info


class RecordingGoalEnv(RecordingEnv, GoalEnv):
    """The same with goals."""
