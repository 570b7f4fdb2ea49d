"""The test of every trained policy: a run for each, on the same seeds, along the axes that reach it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mygym_lite.errors import UsageError
from mygym_lite.files import write_text
from mygym_lite.fingerprint import compute_simulation_fingerprint
from mygym_lite.harness.condition_results import ConditionKey
from mygym_lite.harness.evaluate import EvaluationRequest, prepare_evaluation
from mygym_lite.harness.relevant_axes import find_irrelevant_axes
from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.policies.observed_fields import ObservedFields
from mygym_lite.policies.policy_lookup import find_policy
from mygym_lite.randomization.suite import Suite
from mygym_lite.stats.interval import Scores
from mygym_lite.studies.randomization.multi_run import Progress, run_evaluations
from mygym_lite.studies.randomization.plan import RandomizationPlan, TrainingKey

RUNS = "runs"


@dataclass(frozen=True)
class StudyOutcomes:
    """What came of all tests."""

    successes: dict[tuple[str, ConditionKey], Scores]
    """By preset and condition: 1 or 0, trainings by episode seeds."""
    groups: dict[str, str]
    """Of each axis that was tested, in the suite's order."""
    irrelevant_axes: dict[str, str]
    """Axes that were not, with the reason."""
    policy_fingerprints: dict[str, str]
    """Digest of each policy."""


def evaluate_policies(plan: RandomizationPlan, workers: int | None, progress: Progress) -> StudyOutcomes:
    """Play the episodes that are missing, and read them all."""
    first = find_policy(str(plan.get_policy_folder(plan.trainings[0])))
    left_out = find_irrelevant_axes(
        plan.full_suite,
        plan.loaded_task,
        ObservedFields.for_policy(first, plan.loaded_task, plan.perception is not None),
    )
    if len(left_out) == len(plan.full_suite.axes):
        raise UsageError(f"suite {plan.full_suite.name}: none of its axes reaches these policies; name another")
    suite = write_suite_subset(plan.full_suite, plan.suite, set(left_out), plan.severities, plan.folder / RUNS)
    questions = [_question(plan, training, suite) for training in plan.trainings]
    folders = [
        plan.folder / RUNS / compute_simulation_fingerprint()[:8] / plan.get_policy_folder(one).name
        for one in plan.trainings
    ]
    run_evaluations(questions, folders, workers, progress)
    columns: dict[tuple[str, ConditionKey], list[list[float]]] = {}
    for (label, _), folder in zip(plan.trainings, folders, strict=True):
        for key, solved in _solved(plan, folder).items():
            columns.setdefault((label, key), []).append(solved)
    groups = {axis.name: axis.group for axis in plan.full_suite.axes if axis.name not in left_out}
    digests = {one.plan.policies[0].label: one.plan.policies[0].describe()["digest"] for one in questions}
    return StudyOutcomes({key: np.array(rows, np.float64) for key, rows in columns.items()}, groups, left_out, digests)


def _question(plan: RandomizationPlan, training: TrainingKey, suite: Path) -> EvaluationRequest:
    folder = plan.get_policy_folder(training)
    return prepare_evaluation(
        f"{folder.name}={folder}",
        [plan.task],
        suite,
        plan.episodes,
        plan.seed,
        plan.settings,
        perception=plan.perception,
    )


def _solved(plan: RandomizationPlan, folder: Path) -> dict[ConditionKey, list[float]]:
    """Success of a policy under every condition, in the order of the seeds."""
    found: dict[ConditionKey, list[float]] = {}
    for record in sorted(RunFolder.open(folder).read_records(), key=lambda record: record.seed):
        if plan.seed <= record.seed < plan.seed + plan.episodes:
            found.setdefault((record.axis, record.severity), []).append(float(record.success))
    return found


def write_suite_subset(
    suite: Suite, source: str | Path, excluded_axes: set[str], severities: tuple[int, ...], folder: Path
) -> Path:
    """The file of the same suite without some axes, at some of its levels."""
    folder.mkdir(parents=True, exist_ok=True)
    parent = Path(source).resolve().as_posix() if Path(source).suffix else str(source)
    axes = ", ".join(f'"{axis.name}"' for axis in suite.axes if axis.name not in excluded_axes)
    file = folder / f"{suite.name}.toml"
    write_text(
        file,
        f'schema = 1\nname   = "{suite.name}"\nabout  = "{suite.about}"\nseverities = {list(severities)}\n\n'
        f'[select]\nsuite = "{parent}"\naxes  = [{axes}]\n',
    )
    return file
