"""Recorded motions from files: CSV, or demonstrations of `mygym-lite record` in Minari's format."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from mygym_lite.config.robot import load_robot
from mygym_lite.config.task import Task
from mygym_lite.demonstrations.demonstrations import Demonstrations
from mygym_lite.errors import UsageError
from mygym_lite.studies.identification.motion import Motion
from mygym_lite.studies.identification.motion_csv import read_motions
from mygym_lite.terms import load_task

_JOINTS, _SPEEDS = "state/joints", "state/speeds"


def load_recordings(
    task: str | Path | Task, settings: Sequence[str], files: Sequence[str | Path]
) -> tuple[Task, list[Motion]]:
    """Load motions, and the task in which to simulate them.

    Raises:
        UsageError: The files are of both kinds, of different rates, or of another task.
    """
    if not files:
        raise UsageError("data: no file is given; record one with `mygym-lite identify TASK --excite motion.csv`")
    paths = [Path(file) for file in files]
    are_csv = {path.suffix == ".csv" for path in paths}
    if len(are_csv) > 1:
        raise UsageError("data: CSV files and demonstrations are mixed; give files of one kind")
    return _load_csv(task, settings, paths) if are_csv == {True} else _load_demonstrations(task, settings, paths)


def make_joint_task(task: str | Path | Task, settings: Sequence[str], control_hz: float | None = None) -> Task:
    """Make the task in which joint targets are played: objects stand where they are declared."""
    rate = [] if control_hz is None else [f"episode.control_hz={control_hz!r}"]
    return replace(load_task(task, [*settings, "robot.control=joint_position", *rate]), start={})


def _load_csv(task: str | Path | Task, settings: Sequence[str], paths: Sequence[Path]) -> tuple[Task, list[Motion]]:
    robot = load_robot(load_task(task, settings).robot.model)
    motions = [motion for path in paths for motion in read_motions(path, robot)]
    rates = sorted({motion.control_hz for motion in motions})
    if len(rates) > 1:
        raise UsageError(
            f"data: {rates[0]:g} and {rates[-1]:g} rows per second; resample all motions to one rate, or fit them apart"
        )
    _check_rate(paths[0], rates[0], load_task(task, settings).physics.step_hz)
    return make_joint_task(task, settings, rates[0]), motions


def _check_rate(path: Path, control_hz: float, step_hz: float) -> None:
    """Refuse a rate that does not divide the physics rate."""
    ratio = step_hz / control_hz
    if ratio < 1.0 or abs(ratio - round(ratio)) > 1e-9:
        remedy = f"--set physics.step_hz={control_hz * math.ceil(ratio):g}"
        raise UsageError(
            f"{path}: {control_hz:g} rows per second do not divide physics.step_hz, {step_hz:g} Hz; add {remedy}, "
            "or resample the motion"
        )


def _load_demonstrations(
    task: str | Path | Task, settings: Sequence[str], paths: Sequence[Path]
) -> tuple[Task, list[Motion]]:
    loaded = load_task(task, settings)
    motions = []
    for path in paths:
        demonstrations = Demonstrations.load(path)
        _check_manifest(path, demonstrations.manifest, loaded)
        for number, episode in enumerate(demonstrations):
            if _JOINTS not in episode.infos or _SPEEDS not in episode.infos:
                raise UsageError(f"{path}: holds no joint positions; record with --format minari")
            motions.append(
                Motion(
                    label=f"{path.name} {number}",
                    commands=np.asarray(episode.executed, np.float64),
                    positions=np.asarray(episode.infos[_JOINTS], np.float64),
                    speeds=np.asarray(episode.infos[_SPEEDS], np.float64),
                    control_hz=loaded.episode.control_hz,
                    seed=episode.seed,
                )
            )
    return loaded, motions


def _check_manifest(path: Path, manifest: Mapping[str, Any], task: Task) -> None:
    """Refuse recordings whose actions mean something else here, or whose parameters changed between episodes."""
    expected = {
        "task": (manifest.get("task", {}).get("name"), task.name),
        "robot.model": (manifest.get("robot"), task.robot.model),
        "robot.control": (manifest.get("control"), task.robot.control),
        "episode.control_hz": (manifest.get("control_hz"), task.episode.control_hz),
    }
    for name, (recorded, declared) in expected.items():
        if recorded != declared:
            raise UsageError(f"{path}: {name} was '{recorded}', is '{declared}' here; identify the recorded one")
    preset = manifest.get("randomization", {})
    if preset.get("variations"):
        raise UsageError(
            f"{path}: recorded with randomization '{preset.get('name')}', so that parameters changed from episode to "
            "episode; record with --randomization none"
        )
