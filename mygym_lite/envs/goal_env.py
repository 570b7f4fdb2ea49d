"""Goal-conditioned environment of a task with a goal, for hindsight experience replay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from mygym_lite.config.state import Pose, State
from mygym_lite.config.task import Task
from mygym_lite.envs.observations import OBSERVATION_LIMIT, Observation
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.terms import vectors

_METRES_PER_RADIAN = 0.1  # weight of a rotation error in shaped rewards
_GOAL_TERMS = {"near": "metres", "aligned": "rad"}


class GoalEnv(TaskEnv):
    """Environment whose observations are ``observation``, ``achieved_goal`` and ``desired_goal``.

    A goal is a position, followed by the x and z axes of the palm if the task asks for an orientation.
    ``compute_reward`` takes one goal or a batch. Rewards are sparse, or minus the distance with ``reward="shaped"``.
    """

    def __init__(self, task: str | Path | Task, **settings: Any) -> None:
        settings.setdefault("reward", "sparse")
        super().__init__(task, **settings)
        self._goal_frame, self._tolerances = _read_tolerances(self.task)
        inner = self.observation_reader.space
        width = sum(spaces.flatdim(box) for name, box in inner.items() if name != "goal")
        if width == 0:
            raise ConfigError("observe: only 'goal' is selected, which becomes 'desired_goal'; add another group")
        size = 9 if "aligned" in self._tolerances else 3
        sizes = {"observation": width, "achieved_goal": size, "desired_goal": size}
        goals = {name: spaces.Box(-OBSERVATION_LIMIT, OBSERVATION_LIMIT, (n,), np.float32) for name, n in sizes.items()}
        self.observation_space = spaces.Dict(  # type: ignore[assignment]
            {**goals, **self.image_reader.space, **self.instruction_reader.space}
        )

    def _read_terms(self, state: State) -> Observation:
        rest = [array for name, array in self.observation_reader.read(state).items() if name != "goal"]
        return {"observation": np.concatenate([np.empty(0, np.float32), *rest]), **self._compute_goals(state)}

    def _compute_goals(self, state: State) -> Observation:
        """Compute the achieved and the desired goal."""
        return {
            "achieved_goal": self._encode_goal(state.frames[self._goal_frame]),
            "desired_goal": self._encode_goal(state.frames["goal"]),
        }

    def _encode_goal(self, pose: Pose) -> NDArray[np.float32]:
        axes = vectors.compute_axes(pose.rotation) if "aligned" in self._tolerances else ()
        return np.array((*pose.position, *axes), dtype=np.float32)

    def _zero_observation(self) -> Observation:
        return {
            **super()._zero_observation(),
            "desired_goal": self._encode_goal(self.estimated_state.frames["goal"]),
        }  # not achieved by a broken simulation

    def step(self, action: NDArray[np.float32]) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Act for one control period; the reward is that of ``compute_reward`` for the ground-truth goals."""
        observation, _, terminated, truncated, info = super().step(action)
        goals = self._compute_goals(self.state) if info["failure"] != "physics_error" else observation
        reward = float(self.compute_reward(goals["achieved_goal"], goals["desired_goal"], info))
        return observation, reward, terminated, truncated, info

    def compute_reward(
        self, achieved_goal: NDArray[np.float32], desired_goal: NDArray[np.float32], _info: Any
    ) -> NDArray[np.float32]:
        """Compute the reward of an achieved goal for a desired one; goals are (size,) or (batch, size)."""
        a, d = np.asarray(achieved_goal, np.float64), np.asarray(desired_goal, np.float64)
        distance = np.linalg.norm(a[..., :3] - d[..., :3], axis=-1)
        angle = _compute_angle(a[..., 3:], d[..., 3:]) if "aligned" in self._tolerances else np.zeros_like(distance)
        if self.reward_kind == "shaped":
            return np.asarray(-(distance + _METRES_PER_RADIAN * angle), np.float32)
        success = (distance <= self._tolerances["near"]) & (angle <= self._tolerances.get("aligned", np.inf))
        return np.asarray(success, np.float32) - np.float32(1.0)


def _compute_angle(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the angle between orientations given by their x and z axes, rad."""
    ya, yb = np.cross(a[..., 3:], a[..., :3]), np.cross(b[..., 3:], b[..., :3])
    trace = np.sum(a * b, axis=-1) + np.sum(ya * yb, axis=-1)
    angle: NDArray[np.float64] = np.arccos(np.clip(0.5 * (trace - 1.0), -1.0, 1.0))
    return angle


def _read_tolerances(task: Task) -> tuple[str, dict[str, float]]:
    """Read the frame that has to reach the goal and its tolerances; raise if the goal alone does not decide success."""
    calls = list(task.success.values())
    goal_calls = [c for c in calls if c.get("term") in _GOAL_TERMS and c.get("to") == "goal"]
    if task.goal is None or len(goal_calls) != len(calls) or "near" not in {c["term"] for c in goal_calls}:
        raise ConfigError(
            f"{task.name}.toml: success: is not decided by the goal alone; use 'near' (and 'aligned') to = \"goal\", "
            "or the environment without goals"
        )
    return str(goal_calls[0]["of"]), {str(c["term"]): float(c["within"]) for c in goal_calls}  # type: ignore[arg-type]
