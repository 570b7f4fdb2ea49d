"""Search for the combination of axes with which a policy succeeds least, by successive halving."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mygym_lite.files import write_text
from mygym_lite.harness.evaluate import prepare_evaluation
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.randomization.axis import Axis
from mygym_lite.randomization.condition import NOMINAL
from mygym_lite.randomization.suite import Suite
from mygym_lite.randomization.suite_text import format_suite
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.studies.baselines.measure import summarize_condition
from mygym_lite.studies.randomization.evaluation import run_episodes
from mygym_lite.studies.result_files import SCHEMA, Result, write_result
from mygym_lite.studies.worst_case.plan import WORST_CASE_FOLDER, WorstCasePlan

RESULT = "worst_case"
"""Name of the result file and of the suite of the finalists, without their endings."""
_ROUNDS = "rounds"


def study_worst_case(
    task: str,
    policy: str,
    out: str | Path | None = None,
    *,
    suite: str = "sim2real",
    severity: int = 2,
    size: int = 2,
    candidates: int = 32,
    first_episodes: int = 4,
    episodes: int = 100,
    seed: int = 0,
    settings: Sequence[str] = (),
    loading: Mapping[str, Any] | None = None,
    workers: int | None = None,
    command: str = "",
    progress: Progress = no_progress,
) -> Result:
    """Search for the combination of axes with which a policy succeeds least, by successive halving.

    In each round, the half of the combinations with more success is dropped, and the number of episodes doubles. A
    combination that looks worst by chance would be reported too low, so the three that remain are measured on seeds
    that no round used. Called again with the same folder, an interrupted search continues.

    Args:
        task: Name of a shipped task, or path of a task file.
        policy: Policy, as on the command line.
        out: Folder of the study; a new temporary folder if left out. It receives ``worst_case.toml``, a suite of the
            combinations that remain.
        suite: Suite that declares the axes.
        severity: Severity of each axis.
        size: Number of axes at once.
        candidates: Number of combinations, sampled if there are more.
        first_episodes: Episodes of each combination in the first round.
        episodes: Episodes of the measurement at the end.
        seed: Seed of the first episode; rounds use consecutive ones.
        settings: Fixed changes to the task, each as ``path=value``.
        loading: Options with which the policy is loaded, those of ``evaluate``: ``allow_pickle``, ``remote_mapping``,
            ``normalize``, ``python``.
        workers: Number of processes; one for each core if left out.
        command: Command line, for the manifest.
        progress: Callback for progress.
    """
    plan = WorstCasePlan(
        task=str(task),
        policy=str(policy),
        folder=Path(tempfile.mkdtemp(prefix="mygym_lite_") if out is None else out),
        suite=suite,
        severity=severity,
        size=size,
        candidates=candidates,
        first_episodes=first_episodes,
        episodes=episodes,
        seed=seed,
        settings=tuple(settings),
        loading=dict(loading or {}),
    )
    with WORST_CASE_FOLDER.open(plan.folder, plan.build_manifest(command)) as manifest:
        result = {"schema": SCHEMA, **manifest, **_Search(plan, workers, progress).run()}
        write_result(plan.folder, RESULT, result)
    return result


@dataclass
class _Search:
    """The rounds of a search, with the success of each combination so far."""

    plan: WorstCasePlan
    workers: int | None
    progress: Progress
    successes: dict[str, list[bool]] = field(default_factory=dict)
    seed: int = 0

    def run(self) -> dict[str, Any]:
        """Run the rounds, and measure the combinations that remain."""
        self.seed = self.plan.seed
        remaining: list[Axis] = list(self.plan.combinations)
        for number, kept in enumerate(self.plan.rounds):
            episodes = self.plan.first_episodes * 2**number
            for record in self._evaluate(remaining, episodes, f"round_{number + 1}"):
                self.successes.setdefault(record.axis, []).append(record.success)
            remaining = sorted(remaining, key=lambda axis: self._compute_rate(axis.name))[:kept]
        records = self._evaluate(remaining, self.plan.episodes, RESULT)
        combinations = [self._summarize(axis, records) for axis in remaining]
        return {
            "nominal": self._summarize_condition(NOMINAL, records),
            "combinations": sorted(combinations, key=lambda row: row["measured"]["success"]["value"]),
        }

    def _evaluate(self, axes: Sequence[Axis], episodes: int, name: str) -> list[EpisodeRecord]:
        """Evaluate the policy along combinations, on seeds that no earlier round used."""
        plan, suite = self.plan, self._write_suite(axes, name)
        request = prepare_evaluation(
            plan.policy, [plan.task], suite, episodes, seed=self.seed, settings=plan.settings, **plan.loading
        )
        counted = f"episodes of {name.replace('_', ' ')}"
        self.seed += episodes
        return run_episodes(request, plan.folder / _ROUNDS / name, counted, self.workers, self.progress)

    def _write_suite(self, axes: Sequence[Axis], name: str) -> Path:
        """Write a suite of combinations."""
        folder = self.plan.folder if name == RESULT else self.plan.folder / _ROUNDS
        folder.mkdir(exist_ok=True)
        about = f"{len(axes)} combinations of axes of {self.plan.loaded_suite.name} at severity {self.plan.severity}."
        write_text(folder / f"{name}.toml", format_suite(Suite(name, about, tuple(axes), (self.plan.severity,))))
        return folder / f"{name}.toml"

    def _compute_rate(self, name: str) -> float:
        return sum(self.successes[name]) / len(self.successes[name])

    def _summarize(self, axis: Axis, records: Sequence[EpisodeRecord]) -> dict[str, Any]:
        searched = self.successes.get(axis.name, [])
        return {
            "axes": axis.name.split("+"),
            "search": {"successes": sum(searched), "episodes": len(searched)},
            "measured": self._summarize_condition(axis.name, records),
        }

    def _summarize_condition(self, axis: str, records: Sequence[EpisodeRecord]) -> dict[str, Any]:
        return summarize_condition([record for record in records if record.axis == axis], self.plan.loaded_task)
