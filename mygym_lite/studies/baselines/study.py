"""Measure the shipped baselines; results that are still up to date are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mygym_lite import provenance
from mygym_lite.code_fingerprint import compute_simulation_fingerprint
from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError
from mygym_lite.fingerprint import compute_fingerprint, to_plain_data
from mygym_lite.harness.evaluate import EvaluationRequest, prepare_evaluation
from mygym_lite.harness.relevant_axes import find_irrelevant_axes
from mygym_lite.jobs.manifest import describe_declaration
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.policies.metadata import read_metadata
from mygym_lite.policies.observed_fields import ObservedFields
from mygym_lite.policies.saved import find_policy_folder
from mygym_lite.randomization.suite import Suite
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.studies.baselines.declared import Baseline, read_baselines, select_baselines
from mygym_lite.studies.baselines.measure import summarize_condition, summarize_robustness
from mygym_lite.studies.randomization.evaluation import run_episodes, write_suite_subset
from mygym_lite.studies.result_files import SCHEMA, Result, read_result, write_result


@dataclass(frozen=True)
class BaselineMeasurement:
    """One baseline and the settings of its measurement."""

    name: str
    baseline: Baseline
    runs: Path
    episodes: int
    seed: int
    suite: str | Path
    suite_episodes: int
    workers: int | None
    progress: Progress
    severities: tuple[int, ...] | None = None
    """Severities of the suite; all of them if None, only nominal conditions if empty."""
    min_success: float = 0.0
    """Nominal success below which only nominal conditions are measured: there is hardly any success to lose."""

    @cached_property
    def nominal_request(self) -> EvaluationRequest:
        """Evaluation under nominal conditions."""
        return self._prepare_evaluation(self.baseline.policy, "nominal", self.episodes)

    @cached_property
    def full_suite(self) -> Suite:
        """Suite with all axes."""
        return load_suite(self.suite)

    @property
    def task(self) -> Task:
        """Task with the settings of the baseline."""
        return self.nominal_request.plan.tasks[0]

    def build_inputs(self) -> dict[str, Any]:
        """Return everything that determines a result; a result with other inputs is out of date."""
        plan = self.nominal_request.plan
        return {
            "policy_digest": plan.policies[0].describe()["digest"],
            "task_digest": describe_declaration(self.task)["digest"],
            "suite_digest": compute_fingerprint(to_plain_data([asdict(axis) for axis in self.full_suite.axes])),
            "perception_digest": plan.perception.describe()["digest"] if plan.perception else None,
            "episodes": self.episodes,
            "suite_episodes": self.suite_episodes,
            "seed": self.seed,
            **({} if self.severities is None else {"severities": list(self.severities)}),
        }

    def measure(self) -> Result:
        """Run missing episodes and summarize all."""
        nominal = summarize_condition(self._run_episodes(self.nominal_request, self.episodes), self.task)
        if self.severities == () or nominal["success"]["value"] < self.min_success:
            return {"nominal": nominal}
        return {"nominal": nominal, "robustness": self._measure_robustness()}

    def _measure_robustness(self) -> dict[str, Any]:
        policy = self.nominal_request.plan.policies[0]
        fields = ObservedFields.for_policy(policy, self.task, self.baseline.perception is not None)
        irrelevant_axes = find_irrelevant_axes(self.full_suite, self.task, fields)
        folder = self.runs / "suites" / self.name
        severities = self.severities or self.full_suite.severities
        suite = write_suite_subset(self.full_suite, self.suite, set(irrelevant_axes), severities, folder)
        perturbed = self._run_episodes(
            self._prepare_evaluation(self.baseline.policy, suite, self.suite_episodes), self.suite_episodes
        )
        return summarize_robustness(perturbed, self.full_suite, irrelevant_axes)

    def measure_other_seed(self, policy: str) -> dict[str, Any]:
        """Measure nominal success of the same baseline trained with another seed."""
        request = self._prepare_evaluation(policy, "nominal", self.episodes)
        result = summarize_condition(self._run_episodes(request, self.episodes), self.task)
        metadata: Any = read_metadata(find_policy_folder(policy)).provenance
        return {
            "policy": Path(policy).name,
            "policy_digest": request.plan.policies[0].describe()["digest"],
            "seed": metadata.get("training", metadata).get("seed"),
            **{name: result[name] for name in ("episodes", "successes", "success")},
        }

    def _prepare_evaluation(self, policy: str, suite: str | Path, episodes: int) -> EvaluationRequest:
        return prepare_evaluation(
            policy,
            [self.baseline.task],
            suite,
            episodes,
            seed=self.seed,
            settings=self.baseline.settings,
            perception=self.baseline.perception,
        )

    def _run_episodes(self, request: EvaluationRequest, episodes: int) -> list[EpisodeRecord]:
        """Run or resume an evaluation, in a folder specific to policy and simulation."""
        plan = request.plan
        version = f"{plan.policies[0].describe()['digest'][:8]}-{compute_simulation_fingerprint()[:8]}"
        folder = self.runs / f"{self.name}-{plan.suite.name}-{version}"
        counted = f"episodes of {self.name}, {plan.suite.name},"
        records = run_episodes(request, folder, counted, self.workers, self.progress)
        return [record for record in records if record.seed < self.seed + episodes]


def study_baselines(
    names: Sequence[str],
    out: Path,
    runs: Path,
    *,
    episodes: int = 200,
    seed: int = 0,
    suite: str | Path = "sim2real",
    suite_episodes: int = 10,
    seeds_of: Sequence[str] = (),
    workers: int | None = None,
    baselines_file: Path | None = None,
    progress: Progress = no_progress,
) -> list[Result]:
    """Measure baselines and write one result file each; results that are up to date are not measured again.

    Args:
        names: Names of declared baselines; empty for all.
        out: Folder of the results.
        runs: Folder of the recorded episodes, from which an interrupted call resumes.
        episodes: Number of nominal episodes.
        seed: Seed of the first episode.
        suite: Suite of perturbations for robustness.
        suite_episodes: Number of episodes per condition of the suite.
        seeds_of: Policies of the same baseline trained with other seeds.
        workers: Number of worker processes.
        baselines_file: File of declared baselines instead of the shipped one.
        progress: Callback for progress reports.
    """
    declared = read_baselines(baselines_file)
    selected = select_baselines(names, declared)
    if seeds_of and len(selected) != 1:
        raise UsageError(f"--seeds-of: is for one baseline, and these are {len(selected)}; name the one they belong to")
    runs.mkdir(parents=True, exist_ok=True)
    results = []
    for name, baseline in selected.items():
        measurement = BaselineMeasurement(
            name=name,
            baseline=baseline,
            runs=runs,
            episodes=episodes,
            seed=seed,
            suite=suite,
            suite_episodes=suite_episodes,
            workers=workers,
            progress=progress,
        )
        results.append(_update_result(measurement, out, list(declared).index(name), seeds_of))
    return results


def _update_result(measurement: BaselineMeasurement, out: Path, order: int, other_policies: Sequence[str]) -> Result:
    """Return the result of a baseline, measuring what is missing or out of date."""
    previous, inputs = read_result(out, measurement.name), measurement.build_inputs()
    current = None
    if previous and previous["inputs"] == inputs and previous["simulation"] == compute_simulation_fingerprint():
        current = previous
    numbers = {name: current[name] for name in ("nominal", "robustness")} if current else measurement.measure()
    other_seeds: dict[str, Any] = {}
    if previous and _has_same_nominal_inputs(previous["inputs"], inputs):
        other_seeds = {result["policy_digest"]: result for result in previous["seeds_of"]}
    for result in map(measurement.measure_other_seed, other_policies):
        other_seeds[result["policy_digest"]] = result
    updated = _describe_baseline(measurement, order) | {
        "inputs": inputs,
        **numbers,
        "seeds_of": list(other_seeds.values()),
    }
    if current:
        updated |= {name: current[name] for name in ("command", "version", "simulation", "machine")}
    write_result(out, measurement.name, updated)
    return updated


def _has_same_nominal_inputs(previous: Result, inputs: Result) -> bool:
    """Return True if the inputs of the nominal episodes are equal, regardless of the suite."""
    return all(previous[name] == value for name, value in inputs.items() if not name.startswith("suite_"))


def _describe_baseline(measurement: BaselineMeasurement, order: int) -> Result:
    """Return the declaration and provenance of a baseline, with the command that reproduces its result."""
    baseline = measurement.baseline
    training: Any = {}
    if measurement.nominal_request.plan.policies[0].kind == "saved":
        training = read_metadata(find_policy_folder(baseline.policy)).provenance
    minutes = training.get("minutes")
    return {
        "schema": SCHEMA,
        "baseline": measurement.name,
        "order": order,
        **to_plain_data(asdict(baseline)),
        "minutes": minutes if isinstance(minutes, int | float) else None,
        "training_seed": training.get("training", training).get("seed"),
        "command": (
            f"mygym-lite study baselines {measurement.name} --episodes {measurement.episodes} "
            f"--suite {measurement.suite} --suite-episodes {measurement.suite_episodes}"
        ),
        "version": provenance.read_version("mygym_lite"),
        "simulation": compute_simulation_fingerprint(),
        "machine": provenance.describe_machine(),
    }
