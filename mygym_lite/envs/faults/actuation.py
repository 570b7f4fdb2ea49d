"""From what the policy wants to what the motors get: all faults of actuation, in the order in which they happen."""

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
    """Arms do more or less than they are told: steps, speeds and torques come out longer or shorter.

    With ``joint_position``, what is scaled is the way from the middle of each joint's range. Hands are left alone:
    their numbers are closures, and a hand that is told to close closes.
    """

    fields = ("actuation.gain",)

    def __init__(self, arms: NDArray[np.bool_]) -> None:
        self._arms = arms

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        self._gain = ScheduledValue(task, "actuation.gain", rng)
        self._hands: Action = np.where(self._arms, 0.0, 1.0)

    def apply(self, value: Action, step: int) -> Action:
        """The action, with the arms' numbers scaled."""
        scaled: Action = value * (self._hands + self._gain.at(step) * self._arms)
        return scaled


class Noise:
    """Noise in every number of an action, hands included."""

    fields = ("actuation.noise",)

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        self._deviation = ScheduledValue(task, "actuation.noise", rng)
        self._rng = rng
        self._draws: Draws | None = None

    def apply(self, value: Action, step: int) -> Action:
        """The action with noise."""
        if self._draws is None:
            self._draws = Draws(self._rng.standard_normal, len(value))
        return value + self._deviation.at(step) * np.array(self._draws.at(step))


class Delay:
    """An action acts some steps after it was sent; until the first one does, the robot rests."""

    fields = ("actuation.delay",)

    def __init__(self, rest: Action) -> None:
        self._rest = rest

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        self._hz = task.episode.control_hz
        self._seconds = ScheduledValue(task, "actuation.delay", rng)
        self._line = DelayLine(self._rest)

    def apply(self, value: Action, step: int) -> Action:
        """The action that is due."""
        return self._line.push(value, step, round(self._seconds.at(step) * self._hz))


class Repeat:
    """Now and then what was done last is done again, and what was due is lost; what was done first is to rest."""

    fields = ("actuation.repeat",)

    def __init__(self, rest: Action) -> None:
        self._last = rest

    def reset(self, task: Task, rng: Rng) -> None:
        """Begin an episode."""
        self._chance = ScheduledValue(task, "actuation.repeat", rng)
        self._draws = Draws(rng.random, 1)

    def apply(self, value: Action, step: int) -> Action:
        """The action, or the last one."""
        if self._draws.at(step)[0] >= self._chance.at(step):
            self._last = value
        return self._last


class ActuationPipeline:
    """What becomes of actions on their way to a world; with nominal actuation nothing is built, and nothing becomes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stages: list[Fault[Action]] = []

    def reset(self, task: Task, seed: int) -> None:
        """Begin an episode in which the world has just been reset to this task."""
        self._stages, self._step = [], 0
        if any(is_enabled(task, path) for kind in (Gain, Noise, Delay, Repeat) for path in kind.fields):
            rest = compute_hold_action(self._world, task)
            stages: list[Fault[Action]] = [Gain(build_arm_mask(self._world, task)), Noise(), Delay(rest), Repeat(rest)]
            self._stages = start_faults(stages, task, seed)

    @property
    def active(self) -> bool:
        """Whether actions are changed in this episode."""
        return bool(self._stages)

    def apply(self, action: Action) -> Action:
        """What is executed in this step, in [-1, 1]; to be called once in each."""
        if not self._stages:
            return action
        executed = apply_faults(self._stages, action, self._step)
        self._step += 1
        within: Action = np.minimum(np.maximum(executed, -1.0), 1.0)  # less than half as long as np.clip
        return within


def _parts(world: World, task: Task) -> list[tuple[int, int]]:
    """How many numbers of an action are each arm's and its hand's."""
    joints = [len(arm.joints) for arm in world.robot_model.arms.values()]
    sizes = [count_arm_commands(task.robot.control, count) for count in joints]
    return list(zip(sizes, world.hand_command_counts, strict=True))


def build_arm_mask(world: World, task: Task) -> NDArray[np.bool_]:
    """Which numbers of an action are an arm's, and not its hand's."""
    return np.array([part == 0 for sizes in _parts(world, task) for part in (0, 1) for _ in range(sizes[part])])


def compute_hold_action(world: World, task: Task) -> Action:
    """The action that leaves a world as it is: arms stay where they are (with ``joint_torque``: without torque)."""
    state = world.state
    low, high = np.array(world.joint_limits)
    places = ((2 * np.array(state.joints) - low - high) / (high - low)).tolist()
    stay = places if task.robot.control == "joint_position" else [0.0] * world.action_size
    closures = [2.0 * closure - 1.0 for closure in state.closure]
    rest: list[float] = []
    for arm, hand in _parts(world, task):
        rest += [stay.pop(0) for _ in range(arm)] + [closures.pop(0) for _ in range(hand)]
    return np.array(rest)
