"""Goal-conditioned environment of a task with a goal, for hindsight experience replay."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from mygym_lite.config.region import Region
from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.envs.goal_conditions import GoalTolerances, read_goal_tolerances
from mygym_lite.envs.goals import make_goal
from mygym_lite.envs.observations import OBSERVATION_LIMIT, Observation
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError


class GoalEnv(TaskEnv):
    """Environment whose observations are ``observation``, ``achieved_goal`` and ``desired_goal``.

    A goal is a position, followed by the x and z axes if the task asks for an orientation; if an object has to cover a
    region, x, y, and the cosine and sine of the yaw. Linear and angular speed follow if the object has to be at rest.
    ``compute_reward`` takes one goal or a batch, and the footprints of the current episode. Rewards are sparse, or
    minus the distance with ``reward="shaped"``.
    """

    def __init__(self, task: str | Path | Task, **settings: Any) -> None:
        settings.setdefault("reward", "sparse")
        super().__init__(task, **settings)
        self._goal = make_goal(_require_tolerances(self.task))
        inner = self.observation_reader.space
        width = sum(spaces.flatdim(box) for name, box in inner.items() if name != "goal")
        if width == 0:
            raise ConfigError("observe: only 'goal' is selected, which becomes 'desired_goal'; add another group")
        sizes = {"observation": width, "achieved_goal": self._goal.size, "desired_goal": self._goal.size}
        goals = {name: spaces.Box(-OBSERVATION_LIMIT, OBSERVATION_LIMIT, (n,), np.float32) for name, n in sizes.items()}
        self.observation_space = spaces.Dict(  # type: ignore[assignment]
            {**goals, **self.image_reader.space, **self.instruction_reader.space}
        )

    def _read_terms(self, state: State) -> Observation:
        rest = [array for name, array in self.observation_reader.read(state).items() if name != "goal"]
        return {"observation": np.concatenate([np.empty(0, np.float32), *rest]), **self._compute_goals(state)}

    def _compute_goals(self, state: State) -> Observation:
        """Compute the achieved and the desired goal."""
        return {"achieved_goal": self._goal.encode_achieved(state), "desired_goal": self._goal.encode_desired(state)}

    def _zero_observation(self) -> Observation:
        return {
            **super()._zero_observation(),
            "desired_goal": self._goal.encode_desired(self.estimated_state),
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
        if self.reward_kind == "shaped":
            return np.asarray(-self._goal.compute_error(a, d), np.float32)
        return np.asarray(self._goal.is_met(a, d, self.state), np.float32) - np.float32(1.0)


def _require_tolerances(task: Task) -> GoalTolerances:
    """Read the tolerances of the goal; raise if it alone does not decide success."""
    regions = {name: _strip(region) for name, region in task.regions.items()}
    tolerances = read_goal_tolerances(task.success_checks, regions)
    if tolerances is None:
        raise ConfigError(
            f"{task.name}.toml: success: is not decided by the goal alone; use 'near' (and 'aligned') to = \"goal\", "
            "'displaced_to', 'inside' a disc or 'coverage_above' a footprint on the surface, and 'at_rest'; or the "
            "environment without goals"
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
