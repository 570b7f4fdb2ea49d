"""Tasks and simulated robots for inspect-robots, which are its plugins of the name ``mygym_lite``."""

from __future__ import annotations

from typing import Any

import numpy as np
from inspect_robots.embodiment import (
    AUTO_RESET,
    PRIVILEGED_SUCCESS,
    RENDERABLE,
    RESETTABLE,
    SEEDABLE,
    EmbodimentBase,
    EmbodimentInfo,
)
from inspect_robots.scene import Scene
from inspect_robots.spaces import ActionSemantics, Box, CameraSpec, ControlMode, ObservationSpace, StateField, StateSpec
from inspect_robots.task import Task
from inspect_robots.types import Action, Observation, StepResult

from mygym_lite import provenance
from mygym_lite.code_fingerprint import compute_simulation_fingerprint
from mygym_lite.config.instructions.instruction import build_instruction
from mygym_lite.config.sampling import sample
from mygym_lite.envs.component_names import list_component_names
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.interop.conditions import select_conditions
from mygym_lite.randomization.condition import NOMINAL
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.terms import load_task

_CONTROL_MODES: dict[str, ControlMode] = {
    "joint_delta": "joint_delta",
    "joint_velocity": "joint_vel",
    "ee_translation": "eef_delta_pos",
    "ee_delta": "eef_delta_pose",
}
_CAPABILITIES = frozenset({SEEDABLE, RESETTABLE, AUTO_RESET, PRIVILEGED_SUCCESS, RENDERABLE})
_RGB = "_rgb"


class MyGymEmbodiment(EmbodimentBase):
    """Simulated robot in front of the objects of a task, under any condition of a suite.

    An episode of a scene with a seed starts like that of ``mygym-lite evaluate`` with this seed. Each observation group
    of the task is an entry of the state. Lists are texts with commas, as on the command line of inspect-robots.

    Args:
        task: Name of a task, or path of a task file.
        cameras: Cameras of the images; the first one of the task if left out, and no images if None (``none`` there).
        width: Width of the images, px.
        height: Height of the images, px.
        state: Observation groups; all of the task if left out.
        suite: Suite of perturbations.
        axis: Axis of the suite, or the name of a suite that combines axes; the nominal condition if left out.
        severity: Severity of the axis.
        robot: Robot to use instead of the task's.
        control: Control mode to use instead of the task's.
    """

    def __init__(
        self,
        task: str = "grasp",
        cameras: str | None = "",
        width: int = 256,
        height: int = 256,
        state: str = "",
        suite: str = NOMINAL,
        axis: str = NOMINAL,
        severity: int = 3,
        robot: str | None = None,
        control: str | None = None,
    ) -> None:
        changes = [f"robot.model={robot}"] * (robot is not None) + [f"robot.control={control}"] * (control is not None)
        loaded = load_task(task, changes)
        if loaded.robot.control not in _CONTROL_MODES:
            modes = ", ".join(_CONTROL_MODES)
            raise UsageError(f"control: inspect-robots has no name for '{loaded.robot.control}'; give one of {modes}")
        axes = [] if axis == NOMINAL else [axis]
        conditions = list(select_conditions(loaded, load_suite(suite), axes, severity))
        if not conditions:
            raise UsageError(f"axis: '{axis}' does not apply to {loaded.name}; give another one")
        self._condition = conditions[0]
        self._groups = _split(state) or [*loaded.observe]
        images: dict[str, Any] = {}
        if cameras is not None:
            images = {"cameras": _split(cameras) or None, "size": (width, height)}
        self._env = TaskEnv(loaded, observe=[*self._groups, *["rgb"] * bool(images)], **images)
        self.info = self._describe()

    def reset(self, scene: Scene, *, seed: int | None = None) -> Observation:
        """Begin the episode of a scene; ``seed`` counts for scenes without one of their own."""
        number = scene.init_seed if scene.init_seed is not None else (seed or 0) % 2**31
        variations = self._condition.get_variations(number)
        observation, _ = self._env.reset(seed=number, options={"variations": variations})
        return self._convert(observation)

    def step(self, action: Action) -> StepResult:
        """Act for one control period; actions are clipped to their range."""
        row = np.clip(np.asarray(action.data, np.float32).ravel(), -1.0, 1.0)
        observation, reward, terminated, truncated, info = self._env.step(row)
        failure = info["failure"]
        success = (terminated or truncated) and failure is None
        return StepResult(
            self._convert(observation),
            float(reward),
            terminated=terminated or success,
            termination_reason="success" if success else failure,
            truncated=truncated and not success,
            info={"success": success, "contact_force": dict(info["contact_force"])},
        )

    def close(self) -> None:
        """Close the environment."""
        self._env.close()

    def _convert(self, observation: dict[str, Any]) -> Observation:
        return Observation(
            images={name.removesuffix(_RGB): image for name, image in observation.items() if name.endswith(_RGB)},
            state={group: observation[group] for group in self._groups},
            instruction=self._env.task_description,
            state_time=self._env.state.seconds,
        )

    def _describe(self) -> EmbodimentInfo:
        env, task = self._env, self._env.task
        own: Any = env.observation_space
        names = list_component_names(env)
        cameras = [CameraSpec(key.removesuffix(_RGB), *box.shape) for key, box in own.items() if key.endswith(_RGB)]
        state = StateSpec(tuple(StateField(group, own[group].shape, dtype="float32") for group in self._groups))
        bound = np.ones(len(names["action"]))
        semantics = ActionSemantics(
            _CONTROL_MODES[task.robot.control],
            rotation_repr="axis_angle" if task.robot.control == "ee_delta" else "none",
            gripper="continuous" if any("closure" in name for name in names["action"]) else "none",
            dim_labels=tuple(names["action"]),
        )
        return EmbodimentInfo(
            name="mygym_lite",
            action_space=Box(bound.shape, -bound, bound, semantics),
            observation_space=ObservationSpace(tuple(cameras), state=state),
            control_hz=task.episode.control_hz,
            is_simulated=True,
            capabilities=_CAPABILITIES,
            docs=_format_notes(env, {group: names[group] for group in self._groups}),
            environment_id=f"mygym_lite {provenance.read_version('mygym_lite')}, {task.name}, {self._condition.axis}",
            environment_revision=compute_simulation_fingerprint(),
        )


def make_task(task: str = "grasp", episodes: int = 20, seed: int = 0) -> Task:
    """Make a task of inspect-robots, with a scene for each episode of ``mygym-lite evaluate``.

    Args:
        task: Name of a task, or path of a task file.
        episodes: Number of scenes.
        seed: Seed of the first one.
    """
    loaded = load_task(task)
    scenes = [
        Scene(f"{loaded.name}-{number}", build_instruction(sample(loaded, (), number), number), init_seed=number)
        for number in range(seed, seed + episodes)
    ]
    return Task(f"mygym_lite_{loaded.name}", scenes, scorer="success_at_end", max_steps=loaded.max_steps)


def _split(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _format_notes(env: TaskEnv, names: dict[str, list[str]]) -> str:
    """Describe actions and state for policies that read text."""
    robot = env.task.robot
    size = {
        "joint_delta": f"{robot.joint_step:g} rad",
        "ee_translation": f"{robot.translation_step:g} m",
        "ee_delta": f"{robot.translation_step:g} m and {robot.rotation_step:g} rad",
    }.get(robot.control, "the largest speed")
    groups = "; ".join(f"{group}: {', '.join(entries)}" for group, entries in names.items())
    return (
        f"Actions are fractions of a full action, which is {size} in a control period; closure 1 closes the hand, -1 "
        f"opens it. Positions are in metres, x forward, y left, z up. State by entry: {groups}."
    )
