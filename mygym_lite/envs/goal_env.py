"""Goal-conditioned environment of a task with a goal, for hindsight experience replay."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from mygym_lite.config.region import Region
from mygym_lite.config.state import Pose, State
from mygym_lite.config.task import Task
from mygym_lite.envs.goal_conditions import GoalTolerances, read_goal_tolerances
from mygym_lite.envs.observations import OBSERVATION_LIMIT, Observation
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError
from mygym_lite.terms import vectors

_METRES_PER_RADIAN = 0.1  # weight of a rotation error in shaped rewards


class GoalEnv(TaskEnv):
    """Environment whose observations are ``observation``, ``achieved_goal`` and ``desired_goal``.

    A goal is a position, followed by the x and z axes of the palm if the task asks for an orientation.
    ``compute_reward`` takes one goal or a batch. Rewards are sparse, or minus the distance with ``reward="shaped"``.
    """

    def __init__(self, task: str | Path | Task, **settings: Any) -> None:
        settings.setdefault("reward", "sparse")
        super().__init__(task, **settings)
        self._tolerances = _require_tolerances(self.task)
        inner = self.observation_reader.space
        width = sum(spaces.flatdim(box) for name, box in inner.items() if name != "goal")
        if width == 0:
            raise ConfigError("observe: only 'goal' is selected, which becomes 'desired_goal'; add another group")
        size = 3 if self._tolerances.angle is None else 9
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
            "achieved_goal": self._encode_goal(state.frames[self._tolerances.of]),
            "desired_goal": self._encode_goal(state.frames[self._tolerances.to]),
        }

    def _encode_goal(self, pose: Pose) -> NDArray[np.float32]:
        axes = () if self._tolerances.angle is None else vectors.compute_axes(pose.rotation)
        return np.array((*pose.position, *axes), dtype=np.float32)

    def _zero_observation(self) -> Observation:
        return {
            **super()._zero_observation(),
            "desired_goal": self._encode_goal(self.estimated_state.frames[self._tolerances.to]),
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
        tolerances, axes = self._tolerances, 2 if self._tolerances.position is None else 3
        distance = np.linalg.norm(a[..., :axes] - d[..., :axes], axis=-1)
        angle = np.zeros_like(distance) if tolerances.angle is None else _compute_angle(a[..., 3:], d[..., 3:])
        if self.reward_kind == "shaped":
            return np.asarray(-(distance + _METRES_PER_RADIAN * angle), np.float32)
        success = angle <= np.inf if tolerances.angle is None else angle <= tolerances.angle
        if tolerances.position is not None:
            success &= distance <= tolerances.position
        if tolerances.horizontal is not None:
            success &= np.linalg.norm(a[..., :2] - d[..., :2], axis=-1) <= tolerances.horizontal
        return np.asarray(success, np.float32) - np.float32(1.0)


def _compute_angle(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the angle between orientations given by their x and z axes, rad."""
    ya, yb = np.cross(a[..., 3:], a[..., :3]), np.cross(b[..., 3:], b[..., :3])
    trace = np.sum(a * b, axis=-1) + np.sum(ya * yb, axis=-1)
    angle: NDArray[np.float64] = np.arccos(np.clip(0.5 * (trace - 1.0), -1.0, 1.0))
    return angle


def _require_tolerances(task: Task) -> GoalTolerances:
    """Read the tolerances of the goal; raise if it alone does not decide success."""
    regions = {name: _strip(region) for name, region in task.regions.items()}
    tolerances = read_goal_tolerances(task.success_checks, regions)
    if tolerances is None:
        raise ConfigError(
            f"{task.name}.toml: success: is not decided by the goal alone; use 'near' (and 'aligned') to = \"goal\", "
            "'displaced_to', or 'inside' a disc on the surface; or the environment without goals"
        )
    for index, stage in enumerate(task.stages):
        other = read_goal_tolerances(stage.checks, regions)
        if other is None or not tolerances.imply(other):
            raise ConfigError(
                f"{task.name}.toml: stages.{index}.checks: are not decided by the goal alone; use the success terms, "
                "no closer, or the environment without goals"
            )
    return tolerances


def _strip(region: Region) -> dict[str, Any]:
    """Return a region as in its table, without absent values."""
    return {key: value for key, value in asdict(region).items() if value is not None}
