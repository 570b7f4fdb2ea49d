"""Evaluation of every trained policy: a run for each, on the same seeds, along the axes that affect it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mygym_lite.code_fingerprint import compute_simulation_fingerprint
from mygym_lite.errors import UsageError
from mygym_lite.files import write_text
from mygym_lite.harness.condition_results import ConditionKey
from mygym_lite.harness.evaluate import EvaluationRequest, prepare_evaluation, run_evaluation
from mygym_lite.harness.relevant_axes import find_irrelevant_axes
from mygym_lite.jobs.progress import Progress
from mygym_lite.policies.observed_fields import ObservedFields
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.randomization.suite import Suite
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats.interval import Scores
from mygym_lite.studies.randomization.plan import RandomizationPlan, TrainingKey

RUNS = "runs"


@dataclass(frozen=True)
class StudyOutcomes:
    """Results of all runs."""

    successes: dict[tuple[str, ConditionKey], Scores]
    """Success, 1 or 0, by preset and condition: an array of (trainings, episode seeds)."""
    groups: dict[str, str]
    """Group of each tested axis, in the suite's order."""
    irrelevant_axes: dict[str, str]
    """Axes that are not tested, with the reason."""
    policy_fingerprints: dict[str, str]
    """Fingerprint of each policy."""


def evaluate_policies(plan: RandomizationPlan, workers: int | None, progress: Progress) -> StudyOutcomes:
    """Run the missing episodes, and collect the results."""
    policy = find_policy(str(plan.get_policy_folder(plan.trainings[0])))
    observed = ObservedFields.for_policy(policy, plan.loaded_task, plan.perception is not None)
    irrelevant = find_irrelevant_axes(plan.full_suite, plan.loaded_task, observed)
    if len(irrelevant) == len(plan.full_suite.axes):
        raise UsageError(f"suite {plan.full_suite.name}: none of its axes reaches these policies; name another")
    suite = write_suite_subset(plan.full_suite, plan.suite, set(irrelevant), plan.severities, plan.folder / RUNS)
    requests = [_prepare(plan, training, suite) for training in plan.trainings]
    runs = plan.folder / RUNS / compute_simulation_fingerprint()[:8]
    columns: dict[tuple[str, ConditionKey], list[list[float]]] = {}
    for (label, seed), request in zip(plan.trainings, requests, strict=True):
        name = f"{label}-{seed}"
        records = run_episodes(request, runs / name, f"episodes of {name}", workers, progress)
        for key, successes in _group_successes(plan, records).items():
            columns.setdefault((label, key), []).append(successes)
    policies = [request.plan.policies[0] for request in requests]
    return StudyOutcomes(
        successes={key: np.array(rows, np.float64) for key, rows in columns.items()},
        groups={axis.name: axis.group for axis in plan.full_suite.axes if axis.name not in irrelevant},
        irrelevant_axes=irrelevant,
        policy_fingerprints={policy.label: policy.describe()["digest"] for policy in policies},
    )


def _prepare(plan: RandomizationPlan, training: TrainingKey, suite: Path) -> EvaluationRequest:
    folder = plan.get_policy_folder(training)
    return prepare_evaluation(
        f"{folder.name}={folder}",
        [plan.task],
        suite,
        plan.episodes,
        seed=plan.seed,
        settings=plan.settings,
        perception=plan.perception,
    )


def run_episodes(
    request: EvaluationRequest, folder: Path, counted: str, workers: int | None, progress: Progress
) -> list[EpisodeRecord]:
    """Run the missing episodes of one of several evaluations, reported as ``counted``; return all records."""

    def report_progress(_noun: str, done: int, total: int, detail: str) -> None:
        progress(counted, done, total, detail)

    return run_evaluation(request, folder, workers=workers, progress=report_progress).records


def _group_successes(plan: RandomizationPlan, records: Sequence[EpisodeRecord]) -> dict[ConditionKey, list[float]]:
    """Group the success of a policy by condition, in the order of the seeds."""
    successes: dict[ConditionKey, list[float]] = {}
    for record in sorted(records, key=lambda record: record.seed):
        if plan.seed <= record.seed < plan.seed + plan.episodes:
            successes.setdefault((record.axis, record.severity), []).append(float(record.success))
    return successes


def write_suite_subset(
    suite: Suite, source: str | Path, excluded_axes: set[str], severities: tuple[int, ...], folder: Path
) -> Path:
    """Write the file of a suite without some axes, at some of its levels, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    parent = Path(source).resolve().as_posix() if Path(source).suffix else str(source)
    axes = ", ".join(f'"{axis.name}"' for axis in suite.axes if axis.name not in excluded_axes)
    file = folder / f"{suite.name}.toml"
    head = f'schema = 1\nname   = "{suite.name}"\nabout  = "{suite.about}"\nversion = {suite.version}\n'
    selection = f'[[select]]\nsuite = "{parent}"\naxes  = [{axes}]\n'
    write_text(file, f"{head}severities = {list(severities)}\n\n{selection}")
    return file
