"""Actuation faults, in the order in which they happen, and their pipeline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.task import Task
from mygym_lite.envs.faults.base import Draws, Fault, apply_faults, is_enabled, start_faults
from mygym_lite.envs.faults.schedule import ScheduledValue
from mygym_lite.envs.faults.timing import DelayLine
from mygym_lite.rng import Rng
from mygym_lite.sim.control import count_arm_commands
from mygym_lite.sim.world import World

Action = NDArray[np.float64]


class Gain:
    """Gain error of the arms: steps, speeds and torques are scaled.

    With ``joint_position``, the distance from the middle of each joint's range is scaled. Hands, commanded by their
    closure, are not affected.
    """

    fields = ("actuation.gain",)

    def __init__(self, arms: NDArray[np.bool_]) -> None:
        self._arms = arms

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        self._gain = ScheduledValue(task, "actuation.gain", rng)
        self._hands: Action = np.where(self._arms, 0.0, 1.0)

    def apply(self, value: Action, step: int) -> Action:
        """Scale the commands of the arms."""
        scaled: Action = value * (self._hands + self._gain.at(step) * self._arms)
        return scaled


class Noise:
    """Gaussian noise in every component of an action, hands included."""

    fields = ("actuation.noise",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        self._deviation = ScheduledValue(task, "actuation.noise", rng)
        self._rng = rng
        self._draws: Draws | None = None

    def apply(self, value: Action, step: int) -> Action:
        """Add noise."""
        if self._draws is None:
            self._draws = Draws(self._rng.standard_normal, len(value))
        return value + self._deviation.at(step) * np.array(self._draws.at(step))


class Delay:
    """Delay of actions by some steps; until the first one takes effect, the robot holds still."""

    fields = ("actuation.delay",)

    def __init__(self, hold: Action) -> None:
        self._hold = hold

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        self._hz = task.episode.control_hz
        self._seconds = ScheduledValue(task, "actuation.delay", rng)
        self._line = DelayLine(self._hold)

    def apply(self, value: Action, step: int) -> Action:
        """Return the action that is due."""
        return self._line.push(value, step, round(self._seconds.at(step) * self._hz))


class Repeat:
    """Packet loss: with some probability the last action is repeated and the due one is lost."""

    fields = ("actuation.repeat",)

    def __init__(self, hold: Action) -> None:
        self._last = hold

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        self._probability = ScheduledValue(task, "actuation.repeat", rng)
        self._draws = Draws(rng.random, 1)

    def apply(self, value: Action, step: int) -> Action:
        """Return the action, or the last one."""
        if self._draws.at(step)[0] >= self._probability.at(step):
            self._last = value
        return self._last


class ActuationPipeline:
    """Pipeline of the actuation faults; does nothing with nominal actuation."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._faults: list[Fault[Action]] = []

    def reset(self, task: Task, seed: int) -> None:
        """Begin an episode; the world has just been reset to this task."""
        self._faults, self._step = [], 0
        if any(is_enabled(task, path) for kind in (Gain, Noise, Delay, Repeat) for path in kind.fields):
            hold = compute_hold_action(self._world, task)
            faults: list[Fault[Action]] = [Gain(build_arm_mask(self._world, task)), Noise(), Delay(hold), Repeat(hold)]
            self._faults = start_faults(faults, task, seed)

    @property
    def active(self) -> bool:
        """True if actions are changed in this episode."""
        return bool(self._faults)

    def apply(self, action: Action) -> Action:
        """Compute the action to execute, in [-1, 1]; call it once a step."""
        if not self._faults:
            return action
        executed = apply_faults(self._faults, action, self._step)
        self._step += 1
        clipped: Action = np.minimum(np.maximum(executed, -1.0), 1.0)  # twice as fast as np.clip
        return clipped


def _count_commands(world: World, task: Task) -> list[tuple[int, int]]:
    """Count the commands of each arm and of its hand."""
    joints = [len(arm.joints) for arm in world.robot_model.arms.values()]
    sizes = [count_arm_commands(task.robot.control, count) for count in joints]
    return list(zip(sizes, world.hand_command_counts, strict=True))


def build_arm_mask(world: World, task: Task) -> NDArray[np.bool_]:
    """Build a mask of the components of an action that command an arm, not a hand."""
    return np.array([is_arm for arm, hand in _count_commands(world, task) for is_arm in [True] * arm + [False] * hand])


def compute_hold_action(world: World, task: Task) -> Action:
    """Compute the action that holds every arm and hand in place (with ``joint_torque``: zero torque)."""
    state = world.state
    low, high = np.array(world.joint_limits)
    positions = ((2 * np.array(state.joints) - low - high) / (high - low)).tolist()
    arms = positions if task.robot.control == "joint_position" else [0.0] * world.action_size
    closures = [2.0 * closure - 1.0 for closure in state.closure]
    hold: list[float] = []
    for arm, hand in _count_commands(world, task):
        hold += [arms.pop(0) for _ in range(arm)] + [closures.pop(0) for _ in range(hand)]
    return np.array(hold)
