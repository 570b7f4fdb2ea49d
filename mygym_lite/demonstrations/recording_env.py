"""Environments that record their episodes."""

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
_PHYSICS_ERROR = "physics_error"


@dataclass
class EpisodeRecorder:
    """Recorder of an episode.

    Args:
        contact_pairs: Pairs of groups whose contact forces are recorded.
    """

    contact_pairs: Sequence[str]
    observations: list[Observation] = field(default_factory=list)
    infos: list[dict[str, Any]] = field(default_factory=list)
    reward_terms: list[dict[str, float]] = field(default_factory=list)
    outcomes: list[tuple[float, bool, bool]] = field(default_factory=list)

    def start(self, observation: Observation, state: State) -> None:
        """Record the first state."""
        self.observations.append(observation)
        self.infos.append(self._describe_state(state, {}))

    def add(self, observation: Observation, outcome: tuple[float, bool, bool], info: Info, state: State) -> None:
        """Record an action; if the physics failed, the previous state is repeated."""
        self.observations.append(observation)
        self.outcomes.append(outcome)
        self.reward_terms.append(info["reward_terms"])
        failed = info["failure"] == _PHYSICS_ERROR
        self.infos.append(self.infos[-1] if failed else self._describe_state(state, info))

    def _describe_state(self, state: State, info: Info) -> dict[str, Any]:
        """Describe the ground-truth state; poses are x, y, z, qx, qy, qz, qw in the world frame."""
        forces = info.get("contact_force", {})
        return {
            "success": bool(info.get("success", False)),
            **{f"{CONTACT_FORCE}/{pair}": forces.get(pair, 0.0) for pair in self.contact_pairs},
            **{f"state/{name}": getattr(state, name) for name in ("joints", "speeds", "fingers", "closure")},
            **{f"state/pose/{name}": (*pose.position, *pose.rotation) for name, pose in state.frames.items()},
        }

    def build_demonstration(self, labels: list[Array], executed: list[Array], record: dict[str, Any]) -> Demonstration:
        """Build the demonstration.

        Args:
            labels: Actions of the policy.
            executed: Executed actions.
            record: Measurements of the episode.
        """
        rewards, terminations, truncations = zip(*self.outcomes, strict=True)
        states = {name: _stack([info[name] for info in self.infos]) for name in self.infos[0]}
        terms = {
            f"reward_terms/{name}": _stack([rewards.get(name, 0.0) for rewards in self.reward_terms])
            for name in self.reward_terms[0]
        }
        return Demonstration(
            observations={
                name: np.stack([observation[name] for observation in self.observations])
                for name in self.observations[0]
            },
            actions=np.array(labels, np.float32),
            rewards=np.array(rewards, np.float64),
            terminations=np.array(terminations),
            truncations=np.array(truncations),
            infos={EXECUTED: np.array(executed, np.float32), **states, **terms},
            record=record,
        )


def _stack(values: list[Any]) -> Array:
    return np.array(values, bool if isinstance(values[0], bool) else np.float32)


class RecordingEnv(TaskEnv):
    """Task environment whose last episode is in ``recorder``."""

    recorder: EpisodeRecorder

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observation, Info]:
        """Start an episode with a new recorder."""
        observation, info = super().reset(seed=seed, options=options)
        self.recorder = EpisodeRecorder(list(self.pairs))
        self.recorder.start(observation, self.state)
        return observation, info

    def step(self, action: NDArray[np.float32]) -> tuple[Observation, float, bool, bool, Info]:
        """Take a step, and record it."""
        observation, reward, terminated, truncated, info = super().step(action)
        self.recorder.add(observation, (reward, terminated, truncated), info, self.state)
        return observation, reward, terminated, truncated, info


class RecordingGoalEnv(RecordingEnv, GoalEnv):
    """Recording environment with goals."""
