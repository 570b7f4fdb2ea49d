"""Simulation of recorded motions with other parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from mygym_lite.config.robot import load_robot
from mygym_lite.config.sampling import sample
from mygym_lite.config.task import Task
from mygym_lite.config.variation import parse_variations
from mygym_lite.envs.faults.actuation import ActuationPipeline, build_arm_mask, compute_hold_action
from mygym_lite.errors import PhysicsError, UsageError
from mygym_lite.schema import Location
from mygym_lite.sim.world import World
from mygym_lite.studies.identification.motion import Array, Motion

Values = Mapping[str, float]
"""Values of parameters, by path."""


class Trajectory(NamedTuple):
    """Joint positions, rad, and speeds, rad/s: (T + 1, joints), the first row before any command."""

    positions: Array
    speeds: Array
    has_contact: bool  # of the robot with furniture, objects or itself


class MotionSimulator:
    """A world in which motions are played."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._world = World()
        self._pipeline = ActuationPipeline(self._world)

    def simulate(self, motion: Motion, values: Values) -> Trajectory:
        """Play the commands of a motion from its first measured position, with parameters changed.

        An unstable simulation stands still from then on, which is a large misfit.
        """
        actions = self._start(motion, values)
        states = [self._world.state]
        try:
            for action in actions:
                states.append(self._world.step(self._pipeline.apply(action)))
        except PhysicsError:
            states += [states[-1]] * (len(motion) + 1 - len(states))
        pairs = self._task.contact_pairs.values()
        touched = any(state.touch(*pair).peak > 0.0 for state in states for pair in pairs if "robot" in pair)
        touched |= any(state.touch("robot", name).peak > 0.0 for state in states for name in self._task.objects)
        return Trajectory(
            np.array([state.joints for state in states]), np.array([state.speeds for state in states]), touched
        )

    def _start(self, motion: Motion, values: Values) -> Array:
        """Begin the episode of a motion, and return its actions."""
        table: dict[str, dict[str, Any]] = {path: {"value": value} for path, value in values.items()}
        if motion.seed is None:
            home = [h for arm in load_robot(self._task.robot.model).arms.values() for h in arm.home]
            table["robot.posture"] = {"value": (motion.positions[0] - home).tolist()}
        episode = sample(self._task, parse_variations(table, Location("identification")), motion.seed or 0)
        self._world.reset(episode, motion.seed or 0)
        self._pipeline.reset(episode, motion.seed or 0)
        return self._build_actions(motion, episode)

    def _build_actions(self, motion: Motion, episode: Task) -> Array:
        """Build normalised actions; joint targets are completed by those that hold the hands."""
        if motion.seed is not None:
            if motion.commands.shape[1] != self._world.action_size:
                raise UsageError(
                    f"{motion.label}: an action has {motion.commands.shape[1]} numbers, {self._task.name} takes "
                    f"{self._world.action_size}; identify the recorded task"
                )
            return motion.commands
        low, high = np.array(self._world.joint_limits)
        actions = np.tile(compute_hold_action(self._world, episode), (len(motion), 1))
        actions[:, build_arm_mask(self._world, episode)] = np.clip(
            (2.0 * motion.commands - low - high) / (high - low), -1.0, 1.0
        )
        return actions

    def close(self) -> None:
        """Free the world."""
        self._world.close()
