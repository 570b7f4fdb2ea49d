"""Tasks with sensing faults and the pipelines that apply them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mygym_lite.config.faults import Schedule, Sensing
from mygym_lite.config.state import State
from mygym_lite.config.task import Task
from mygym_lite.envs.faults.sensing import SensorPipeline
from mygym_lite.terms import load_task

SAMPLES = 10_000
EVERY_FAULT = Sensing(
    image_noise=0.1, blur=2.0, motion_blur=5.0, depth_noise=4.0, depth_holes=0.05, drop=0.1, drop_steps=2, stuck=0.1,
    stuck_steps=3, latency=0.1, joint_noise=0.01, joint_bias=0.02, force_noise=1.0, hand_eye_position=0.01,
    hand_eye_rotation=0.05,
)  # fmt: skip
STATE_FAULTS = ("joint_noise", "joint_bias", "force_noise", "hand_eye_position", "hand_eye_rotation")
EPISODE_SEEDS = st.integers(0, 2**31 - 1)


def make_task(seconds: float = 600.0, control: str = "joint_delta", model: str = "humanoid_right") -> Task:
    """Make a task without faults, 20 actions a second, long enough for statistics."""
    task = load_task("grasp")
    return replace(
        task, episode=replace(task.episode, seconds=seconds), robot=replace(task.robot, control=control, model=model)
    )


def make_faulty_task(**faults: Any) -> Task:
    return replace(make_task(), sensing=Sensing(**faults))


def make_sensor_pipeline(schedules: dict[str, Schedule] | None = None, seed: int = 0, **faults: Any) -> SensorPipeline:
    """Make the sensor pipeline of an episode with some faults."""
    task = replace(make_task(), sensing=Sensing(**faults), schedules=schedules or {})
    perception = SensorPipeline(task)
    perception.reset(task, seed)
    return perception


def set_step(state: State, step: int) -> State:
    return replace(state, seconds=step / 20.0)


def deliver_step_numbers(perception: SensorPipeline, steps: int) -> list[int]:
    """Deliver the number of each step as its observation, and return the numbers, with -1 for a dropped one."""
    return [
        int(perception.deliver_observation({"step": np.array([k + 1], np.float32)}, k)["step"][0]) - 1
        for k in range(steps)
    ]
