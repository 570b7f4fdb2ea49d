"""Measure how much experience a policy needs in a changed world."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.studies.adaptation.plan import ADAPTATION_FOLDER, EXPERIENCE, POLICIES, RUNS, AdaptationPlan
from mygym_lite.studies.adaptation.training import read_observation, train_missing
from mygym_lite.studies.baselines.declared import Baseline
from mygym_lite.studies.baselines.study import BaselineMeasurement
from mygym_lite.studies.result_files import SCHEMA, Result, write_result

RESULT = "adaptation"
"""Name of the result file, without its ending."""


def study_adaptation(
    task: str,
    policy: str,
    worlds: Mapping[str, Sequence[str]],
    out: str | Path | None = None,
    *,
    experience: Sequence[int] = EXPERIENCE,
    episodes: int = 100,
    seed: int = 0,
    noise: float | None = None,
    workers: int | None = None,
    command: str = "",
    progress: Progress = no_progress,
) -> Result:
    """Fine-tune a policy on a few demonstrations in changed worlds, and measure it there.

    Beside each fine-tuned policy, one of the same architecture is trained anew on the same demonstrations. Called again
    with the same folder, an interrupted study continues; amounts of experience and episodes may be added.

    Args:
        task: Name of a shipped task, or path of a task file.
        policy: Saved policy of imitation, shipped or a folder, of any task or robot with the same spaces.
        worlds: Changes to the task by the name of the world, each as ``path=value``.
        out: Folder of the study; a new temporary folder if left out.
        experience: Numbers of demonstrations in each world; with 0, the policy acts as it is.
        episodes: Number of test episodes of each policy.
        seed: Seed of the first test episode.
        noise: Standard deviation of the noise on the expert's actions; the default of the task if None.
        workers: Number of processes; one for each core if left out.
        command: Command line, for the manifest.
        progress: Callback for progress.
    """
    plan = AdaptationPlan(
        task=str(task),
        policy=str(policy),
        worlds={name: tuple(changes) for name, changes in worlds.items()},
        folder=Path(tempfile.mkdtemp(prefix="mygym_lite_") if out is None else out),
        experience=tuple(sorted(set(experience))),
        episodes=episodes,
        seed=seed,
        noise=noise,
    )
    with ADAPTATION_FOLDER.open(plan.folder, plan.build_manifest(command)) as manifest:
        (plan.folder / POLICIES).mkdir(exist_ok=True)
        train_missing(plan, progress)
        result = {"schema": SCHEMA, **manifest} | {"worlds": _measure_worlds(plan, workers, progress)}
        write_result(plan.folder, RESULT, result)
    return result


def _measure_worlds(plan: AdaptationPlan, workers: int | None, progress: Progress) -> dict[str, Any]:
    """Measure all policies, by world, origin and demonstrations."""
    worlds: dict[str, Any] = {
        name: {"changes": list(changes), "start": {}, "anew": {}} for name, changes in plan.worlds.items()
    }
    perception = read_observation(plan.policy).perception
    for candidate in plan.candidates:
        measurement = BaselineMeasurement(
            name=candidate.name,
            baseline=Baseline(
                policy=str(plan.get_folder(candidate)),
                task=plan.task,
                method="",
                observes="",
                settings=plan.worlds[candidate.world],
                perception=perception,
            ),
            runs=plan.folder / RUNS,
            episodes=plan.episodes,
            seed=plan.seed,
            suite="nominal",
            suite_episodes=0,
            severities=(),
            workers=workers,
            progress=progress,
        )
        worlds[candidate.world][candidate.origin][str(candidate.episodes)] = measurement.measure()["nominal"]
    return worlds
