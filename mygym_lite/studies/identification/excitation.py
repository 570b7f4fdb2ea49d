"""Exciting motions: played in the task's own engine and recorded, or written to be played on a real robot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mygym_lite.config.robot import RobotModel, load_robot
from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.rng import Rng, make_stream
from mygym_lite.studies.identification.motion import Array, Motion
from mygym_lite.studies.identification.motion_csv import write_motions
from mygym_lite.studies.identification.recordings import make_joint_task
from mygym_lite.studies.identification.simulation import MotionSimulator

MOTION_SECONDS = 10.0  # duration of one motion, which begins at rest at the home position
_SINES = 4
_SINE_HZ = (0.2, 2.0)
_SINE_AMPLITUDE = 0.15  # rad
_STEP_AMPLITUDE = 0.5  # rad; large steps saturate motors, which alone shows damping, friction and torque limits
_STEP_SECONDS = (0.15, 1.0)
_MARGIN = 0.05  # rad to the limits of a joint
_SHRINK = 0.85  # of the amplitude, after a motion with contact
_ATTEMPTS = 20


def excite(
    task: str | Path | Task,
    file: str | Path,
    *,
    seconds: float = 80.0,
    settings: Sequence[str] = (),
    seed: int = 0,
    progress: Progress = no_progress,
) -> list[Motion]:
    """Play motions that show the parameters of the arm, without contact, and write them to a CSV file.

    Each motion of 10 s adds sines of 0.2 to 2 Hz and sudden steps of every joint, which saturate its motor.

    Args:
        task: Name of a shipped task, path of a task file, or a task.
        file: CSV file to write.
        seconds: Total duration, s.
        settings: Fixed changes to the task, each as ``path=value``; the recording is made with them.
        seed: Seed of the motions.
        progress: Callback for progress reports.
    """
    path = Path(file)
    if path.suffix != ".csv":
        raise UsageError(f"{path}: motions are written as CSV; name a file such as {path.with_suffix('.csv')}")
    joint_task = make_joint_task(task, settings)
    robot = load_robot(joint_task.robot.model)
    count = math.ceil(seconds / MOTION_SECONDS)
    steps = round(min(seconds, MOTION_SECONDS) * joint_task.episode.control_hz)
    simulator = MotionSimulator(joint_task)
    motions: list[Motion] = []
    try:
        for number in range(count):
            progress("motions", number, count, "")
            motions.append(_record_motion(simulator, joint_task, robot, steps, number, seed))
        progress("motions", count, count, "")
    finally:
        simulator.close()
    write_motions(path, robot, motions)
    return motions


def _record_motion(
    simulator: MotionSimulator, task: Task, robot: RobotModel, steps: int, number: int, seed: int
) -> Motion:
    """Record a motion; one with contact is drawn again, with a smaller amplitude."""
    home = np.array([h for arm in robot.arms.values() for h in arm.home])
    for attempt in range(_ATTEMPTS):
        rng = make_stream(seed, f"excitation/{number}/{attempt}")
        targets = draw_targets(robot, steps, task.episode.control_hz, _SHRINK**attempt, rng)
        plan = Motion(f"motion {number}", targets, home[None], None, task.episode.control_hz)
        trajectory = simulator.simulate(plan, {})
        if not trajectory.has_contact:
            return Motion(plan.label, targets, trajectory.positions, trajectory.speeds, plan.control_hz)
    raise UsageError(
        f"{task.name}: the arm touches something in each of {_ATTEMPTS} motions about its home position; "
        "use a task with free space, such as reach"
    )


def draw_targets(robot: RobotModel, steps: int, control_hz: float, amplitude: float, rng: Rng) -> Array:
    """Draw joint targets, rad: (steps, joints), from the home position on."""
    times = np.arange(steps) / control_hz
    columns = []
    for arm in robot.arms.values():
        for home, low, high in zip(arm.home, arm.lower, arm.upper, strict=True):
            offset = _draw_sines(times, rng) + _draw_steps(times, rng)
            offset *= amplitude * (times > 0.0)
            columns.append(np.clip(home + offset, low + _MARGIN, high - _MARGIN) if high - low > 2 * _MARGIN else home)
    return np.stack(columns, axis=1)


def _draw_sines(times: Array, rng: Rng) -> Array:
    frequencies = rng.uniform(*_SINE_HZ, _SINES)[:, None]
    phases = rng.uniform(0.0, 2.0 * math.pi, _SINES)[:, None]
    waves: Array = np.sin(2.0 * math.pi * frequencies * times + phases).sum(axis=0)
    return _SINE_AMPLITUDE / math.sqrt(_SINES) * waves


def _draw_steps(times: Array, rng: Rng) -> Array:
    offsets = np.zeros_like(times)
    start = rng.uniform(*_STEP_SECONDS)
    while start < times[-1]:
        offsets[times >= start] = rng.uniform(-_STEP_AMPLITUDE, _STEP_AMPLITUDE)
        start += rng.uniform(*_STEP_SECONDS)
    return offsets
