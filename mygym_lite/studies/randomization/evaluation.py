"""The test of every trained policy: a run for each, on the same seeds, along the axes that reach it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mygym_lite.errors import UsageError
from mygym_lite.files import write_text
from mygym_lite.fingerprint import simulation_digest
from mygym_lite.harness.condition_results import Key
from mygym_lite.harness.evaluate import Question, ask
from mygym_lite.harness.relevant_axes import unreached
from mygym_lite.harness.run_folder import Run
from mygym_lite.policies.observed_fields import View
from mygym_lite.policies.policy_lookup import source
from mygym_lite.randomization.suite import Suite
from mygym_lite.stats.interval import Scores
from mygym_lite.studies.randomization.multi_run import Watch, play
from mygym_lite.studies.randomization.plan import Training, TransferPlan

RUNS = "runs"


@dataclass(frozen=True)
class Outcomes:
    """What came of all tests."""

    solved: dict[tuple[str, Key], Scores]
    """By preset and condition: 1 or 0, trainings by episode seeds."""
    groups: dict[str, str]
    """Of each axis that was tested, in the suite's order."""
    left_out: dict[str, str]
    """Axes that were not, with the reason."""
    policies: dict[str, str]
    """Digest of each policy."""


def tested(plan: TransferPlan, workers: int | None, watch: Watch) -> Outcomes:
    """Play the episodes that are missing, and read them all."""
    first = source(str(plan.policy(plan.trainings[0])))
    left_out = unreached(plan.whole_suite, plan.loaded, View.of(first, plan.loaded, plan.perceive is not None))
    if len(left_out) == len(plan.whole_suite.axes):
        raise UsageError(f"suite {plan.whole_suite.name}: none of its axes reaches these policies; name another")
    suite = narrowed(plan.whole_suite, plan.suite, set(left_out), plan.levels, plan.folder / RUNS)
    questions = [_question(plan, training, suite) for training in plan.trainings]
    folders = [plan.folder / RUNS / simulation_digest()[:8] / plan.policy(one).name for one in plan.trainings]
    play(questions, folders, workers, watch)
    columns: dict[tuple[str, Key], list[list[float]]] = {}
    for (label, _), folder in zip(plan.trainings, folders, strict=True):
        for key, solved in _solved(plan, folder).items():
            columns.setdefault((label, key), []).append(solved)
    groups = {axis.name: axis.group for axis in plan.whole_suite.axes if axis.name not in left_out}
    digests = {one.plan.policies[0].label: one.plan.policies[0].card()["digest"] for one in questions}
    return Outcomes({key: np.array(rows, np.float64) for key, rows in columns.items()}, groups, left_out, digests)


def _question(plan: TransferPlan, training: Training, suite: Path) -> Question:
    folder = plan.policy(training)
    return ask(
        f"{folder.name}={folder}", [plan.task], suite, plan.episodes, plan.seed, plan.settings, perceive=plan.perceive
    )


def _solved(plan: TransferPlan, folder: Path) -> dict[Key, list[float]]:
    """Success of a policy under every condition, in the order of the seeds."""
    found: dict[Key, list[float]] = {}
    for record in sorted(Run.open(folder).records(), key=lambda record: record.seed):
        if plan.seed <= record.seed < plan.seed + plan.episodes:
            found.setdefault((record.axis, record.level), []).append(float(record.success))
    return found


def narrowed(suite: Suite, named: str | Path, without: set[str], levels: tuple[int, ...], folder: Path) -> Path:
    """The file of the same suite without some axes, at some of its levels."""
    folder.mkdir(parents=True, exist_ok=True)
    parent = Path(named).resolve().as_posix() if Path(named).suffix else str(named)
    axes = ", ".join(f'"{axis.name}"' for axis in suite.axes if axis.name not in without)
    file = folder / f"{suite.name}.toml"
    write_text(
        file,
        f'schema = 1\nname   = "{suite.name}"\nabout  = "{suite.about}"\nlevels = {list(levels)}\n\n'
        f'[select]\nsuite = "{parent}"\naxes  = [{axes}]\n',
    )
    return file
