"""Measure how difficult tasks are, nominally and under perturbations; results that are up to date are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mygym_lite import provenance
from mygym_lite.code_fingerprint import compute_simulation_fingerprint
from mygym_lite.config.task import FAMILIES, list_tasks, read_task
from mygym_lite.errors import UsageError, suggest
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.studies.baselines.declared import Baseline
from mygym_lite.studies.baselines.study import BaselineMeasurement
from mygym_lite.studies.difficulty.panel import Panel
from mygym_lite.studies.difficulty.policy_names import MIN_SUCCESS, PERTURBED
from mygym_lite.studies.result_files import SCHEMA, Result, read_result, write_result


@dataclass(frozen=True)
class DifficultySettings:
    """Settings of the measurement, the same for every task."""

    demonstrations: int = 100
    episodes: int = 200
    suite: str = "sim2real"
    suite_episodes: int = 10
    severities: tuple[int, ...] = (1, 3, 5)
    seed: int = 0


def study_difficulty(
    tasks: Sequence[str],
    out: Path,
    runs: Path,
    settings: DifficultySettings | None = None,
    *,
    workers: int | None = None,
    progress: Progress = no_progress,
) -> list[Result]:
    """Train and measure the panel of each task, and write one result file per task.

    Args:
        tasks: Names of shipped tasks; empty for all.
        out: Folder of the results.
        runs: Folder of trained policies and recorded episodes, from which an interrupted call resumes.
        settings: Numbers of demonstrations and episodes, and the suite.
        workers: Number of worker processes.
        progress: Callback for progress reports.
    """
    known = list_tasks()
    for task in tasks:
        if task not in known:
            raise UsageError(f"no shipped task '{task}'{suggest(task, known)}")
    chosen = settings or DifficultySettings()
    return [_update_result(task, out, runs, chosen, workers, progress) for task in tasks or known]


def _update_result(
    task: str, out: Path, runs: Path, settings: DifficultySettings, workers: int | None, progress: Progress
) -> Result:
    """Return the result of a task, measured now unless it is up to date."""
    panel = Panel(task, runs / "policies", settings.demonstrations)
    panel.train(progress)
    measurements = dict(_prepare(panel, runs, settings, workers, progress))
    inputs = {name: measurement.build_inputs() for name, measurement in measurements.items()}
    previous = read_result(out, task)
    if previous and previous["inputs"] == inputs and previous["simulation"] == compute_simulation_fingerprint():
        return previous
    result = _describe(task, settings) | {
        "inputs": inputs,
        "policies": {name: measurement.measure() for name, measurement in measurements.items()},
    }
    write_result(out, task, result)
    return result


def _prepare(
    panel: Panel, runs: Path, settings: DifficultySettings, workers: int | None, progress: Progress
) -> Iterator[tuple[str, BaselineMeasurement]]:
    for name, policy in panel.policies.items():
        yield (
            name,
            BaselineMeasurement(
                name=f"{panel.task}-{name}",
                baseline=Baseline(policy=policy, task=panel.task, method="", observes=""),
                runs=runs,
                episodes=settings.episodes,
                seed=settings.seed,
                suite=settings.suite,
                suite_episodes=settings.suite_episodes,
                severities=settings.severities if name in PERTURBED else (),
                min_success=MIN_SUCCESS,
                workers=workers,
                progress=progress,
            ),
        )


def _describe(task: str, settings: DifficultySettings) -> dict[str, Any]:
    """Return the provenance of a result, with the command that reproduces it."""
    family = read_task(task).family
    severities = " ".join(map(str, settings.severities))
    return {
        "schema": SCHEMA,
        "task": task,
        "family": family,
        "order": FAMILIES.index(family) if family else len(FAMILIES),
        "command": (
            f"mygym-lite study difficulty {task} --demonstrations {settings.demonstrations} "
            f"--episodes {settings.episodes} --suite {settings.suite} --suite-episodes {settings.suite_episodes} "
            f"--severities {severities}"
        ),
        "version": provenance.read_version("mygym_lite"),
        "simulation": compute_simulation_fingerprint(),
        "machine": provenance.describe_machine(),
    }
