"""Runs that nobody ran: folders with plausible numbers, so that statistics and reports need no simulation."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mygym_lite.config.task import Task
from mygym_lite.randomization.condition import Condition
from mygym_lite.randomization.suite import Suite
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.rollout.record import EpisodeRecord, Force
from mygym_lite.terms import load_task

CREATED = "2026-01-05T12:00:00Z"


@dataclass(frozen=True)
class Character:
    """How an invented policy fares."""

    nominal: float
    """Share of episodes that it solves where nothing differs."""
    fragile: float
    """How fast it loses that as an axis becomes harder."""
    seconds: float
    newtons: float


CHARACTERS = {
    "expert": Character(0.99, 0.5, 2.4, 38.0),
    "random": Character(0.0, 0.0, 4.0, 70.0),
    "mlp": Character(0.86, 1.6, 3.1, 52.0),
}


def write_run(
    folder: Path,
    tasks: Sequence[str] = ("grasp",),
    policies: Sequence[str] = ("expert",),
    suite: str = "quick",
    episodes: int = 10,
    seed: int = 0,
) -> Path:
    """Write a run folder as ``mygym-lite evaluate`` does."""
    known = {task: load_task(task) for task in tasks}
    write_records(folder, records(known, policies, load_suite(suite), episodes, seed))
    text = json.dumps(manifest(known, policies, load_suite(suite), episodes, seed), indent=2)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return folder


def write_records(folder: Path, told: Sequence[EpisodeRecord]) -> None:
    """Write the episodes of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "episodes.jsonl").write_text("".join(record.to_line() for record in told), encoding="utf-8")


def records(
    tasks: dict[str, Task], policies: Sequence[str], suite: Suite, episodes: int, seed: int = 0
) -> list[EpisodeRecord]:
    """Every episode of a plan: each policy and each condition of a suite with the same seeds."""
    cells = [
        (policy, task, condition)
        for task in tasks.values()
        for policy in policies
        for condition in suite.build_conditions(task)
        if condition.applicable
    ]
    return [
        episode(policy, task, suite.name, condition, seed + turn, turn * len(cells) + place)
        for turn in range(episodes)
        for place, (policy, task, condition) in enumerate(cells)
    ]


def episode(policy: str, task: Task, suite: str, condition: Condition, seed: int, place: int = 0) -> EpisodeRecord:
    """One invented episode; the luck of a seed is shared by all conditions, as it is in the simulation."""
    character = CHARACTERS.get(policy, CHARACTERS["mlp"])
    own = np.random.default_rng([seed, condition.severity, *map(_number, (policy, task.name, condition.axis))])
    luck = np.random.default_rng([seed, _number(task.name)]).random()
    hard = character.fragile * _weight(policy, condition.axis) * (condition.severity / 5) ** 1.5
    success = bool(0.7 * luck + 0.3 * own.random() < character.nominal * math.exp(-hard))
    limit = task.episode.seconds
    seconds = min(limit, character.seconds * (1 + 0.3 * hard) * own.lognormal(0.0, 0.15))
    steps = round((seconds if success else limit * own.uniform(0.3, 1.0)) * task.episode.control_hz)
    failure = None if success else _failure(task, policy, own.random())
    return EpisodeRecord(
        policy=policy,
        task=task.name,
        suite=suite,
        axis=condition.axis,
        group=condition.group,
        severity=condition.severity,
        seed=seed,
        episode=place,
        axes=() if condition.severity == 0 else (condition.axis,),
        varied_values={} if condition.severity == 0 else {f"{condition.axis}.level": condition.severity},
        success=success,
        success_once=success or failure == "dropped",
        success_end=success,
        failure=failure,
        message="the policy returned NaN" if failure == "policy_error" else None,
        steps=steps,
        duration=steps / task.episode.control_hz,
        time_to_success=steps / task.episode.control_hz if success else None,
        forces=_forces(task, character.newtons * (1 + 0.2 * hard), failure == "never_reached", own),
        penetration=own.random(),
        path_length=0.4 + 0.1 * seconds,
        sparc=-2.0 - own.random(),
        peak_jerk=40.0 + 20.0 * own.random(),
        energy=3.0 * seconds,
        joint_limit_hits=int(own.random() < 0.05),
        reward=5.0 * success + own.random(),
        reward_terms={"approach": 1.0},
        clipped=0,
        wall={"seconds": 0.05, "policy": 0.01},
    )


def _failure(task: Task, policy: str, chance: float) -> str:
    if policy == "random" or not task.objects:
        return "never_reached" if chance < 0.9 else "hit_table"
    codes = ("closed_on_nothing", "dropped", "knocked_away", "hit_table", "force_limit", "timeout", "policy_error")
    return codes[int(np.searchsorted((0.3, 0.5, 0.75, 0.83, 0.9, 0.99), chance, side="right"))]


def _forces(task: Task, newtons: float, untouched: bool, own: np.random.Generator) -> dict[str, Force]:
    forces = {}
    for pair, share in {"hand_object": 1.0, "object_table": 0.3, "robot_table": 0.1, "robot_robot": 0.0}.items():
        peak = 0.0 if untouched else share * newtons * own.lognormal(0.0, 0.25)
        limit = task.limits.get(pair)
        above = None if limit is None else max(0.0, peak - limit) / 100
        if task.objects or "object" not in pair:
            forces[pair] = Force(peak, 0.45 * peak if peak else None, 0.8 * peak, above)
    return forces


def _weight(policy: str, axis: str) -> float:
    """How much an axis troubles a policy: most hardly, a few badly."""
    return float(np.random.default_rng([_number(policy), _number(axis)]).exponential(1.0))


def _number(name: str) -> int:
    return zlib.crc32(name.encode())


def manifest(
    tasks: dict[str, Task], policies: Sequence[str], suite: Suite, episodes: int, seed: int = 0
) -> dict[str, Any]:
    """What a run says of itself."""
    return {
        "schema": 1, "program": "mygym_lite", "version": "0.1.0", "created": CREATED,
        "command": f"mygym-lite evaluate {' '.join(tasks)} --policy {' '.join(policies)} --suite {suite.name} "
                   f"--episodes {episodes} --seed {seed}",
        "versions": {"python": "3.11.9", "numpy": "2.3.1", "pybullet": "3.2.7", "mygym_lite": "0.1.0"},
        "git": {"revision": "0123456789abcdef0123456789abcdef01234567", "dirty": False},
        "machine": {"platform": "Linux-6.1-x86_64", "processor": "x86_64", "cores": 2},
        "tasks": {name: _task_card(task) for name, task in tasks.items()},
        "suite": _suite_card(suite, tasks),
        "policies": {name: {"source": name, "kind": name, "digest": f"{_number(name):08x}" * 4} for name in policies},
        "seed": seed, "episodes": episodes, "until_ci_width": None, "settings": [], "simulation": "c0de" * 8,
    }  # fmt: skip


def _task_card(task: Task) -> dict[str, Any]:
    about = {"text": f'name = "{task.name}"\n', "digest": f"{_number(task.name):08x}" * 4, "about": task.about}
    return about | {"fields": {"episode": asdict(task.episode)}, "limits": dict(task.limits)}


def _suite_card(suite: Suite, tasks: dict[str, Task]) -> dict[str, Any]:
    applicable = {
        axis.name: {name: any(c.applicable and c.axis in (axis.name, suite.name) for c in suite.build_conditions(task))
                    for name, task in tasks.items()}
        for axis in suite.axes
    }  # fmt: skip
    axes = [
        {"name": axis.name, "group": axis.group, "about": axis.about, "severities": list(suite.severities),
         "changes": axis.changes, "needs": list(axis.needs), "observes": list(axis.observes),
         "applicable": applicable[axis.name]}
        for axis in suite.axes
    ]  # fmt: skip
    digest = f"{_number(suite.name):08x}" * 4
    combine = None if suite.combine is None else asdict(suite.combine)
    told = {"name": suite.name, "about": suite.about, "digest": digest, "severities": list(suite.severities)}
    return told | {"combine": combine, "axes": axes, "text": ""}
