"""Scripted expert, which solves every shipped task from the ground-truth or the estimated state.

It keeps no phase and no clock: it can be queried in any state, and recovers from disturbances. Its only memory is the
grasp plan of an object, until the object has moved by 2 mm. It accounts for delayed actions that have not taken effect.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.robot import load_robot
from mygym_lite.config.task import Task
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.experts.arm_controller import ArmController
from mygym_lite.experts.composition import can_solve, compose_skill
from mygym_lite.experts.grasp_skill import TARGET
from mygym_lite.experts.inputs import ExpertInputs


class Expert:
    """Policy that moves the palm to the goal, or brings objects to where stages and success terms want them."""

    def __init__(self, inputs: ExpertInputs) -> None:
        skill = compose_skill(inputs, ArmController(inputs)) if can_solve(inputs.task) else None
        if skill is None:
            raise UsageError(_explain_missing_skill(inputs.task))
        self._inputs, self._skill = inputs, skill

    @classmethod
    def from_env(cls, env: TaskEnv, *, ground_truth: bool = False) -> Self:
        """Create the expert of an environment.

        Args:
            env: Environment that the expert acts in.
            ground_truth: Act on the ground-truth state even if the environment observes estimated poses, as a
                privileged expert does.
        """
        return cls(ExpertInputs.from_env(env, ground_truth))

    def reset(self, _seed: int) -> None:
        """Begin an episode."""
        self._skill.reset()

    def act(self, _observation: Any = None) -> NDArray[np.float32]:
        """Compute the action for the present state; the observation is ignored."""
        return self._skill.compute_action(self._inputs.state()).astype(np.float32)


def _explain_missing_skill(task: Task) -> str:
    if TARGET in task.objects:
        reason = load_robot(task.robot.model).missing_for_grasp
        return f"the expert takes the object '{TARGET}', and {reason}; use another policy or robot"
    return f"the expert finds neither a goal nor an object '{TARGET}' in {task.name}; use another policy"
