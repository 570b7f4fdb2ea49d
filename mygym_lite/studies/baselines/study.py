"""Measure the shipped baselines: what is there already and still true is kept."""

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
from mygym_lite.harness.evaluate import EvaluationRequest, prepare_evaluation, run_evaluation
from mygym_lite.harness.relevant_axes import find_irrelevant_axes
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.policies.metadata import read_metadata
from mygym_lite.policies.observed_fields import ObservedFields
from mygym_lite.policies.saved import find_policy_folder
from mygym_lite.randomization.suite import Suite, load_suite
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.studies.baselines.declared import Baseline, read_baselines, select_baselines
from mygym_lite.studies.baselines.measure import summarize_nominal, summarize_robustness
from mygym_lite.studies.baselines.results import SCHEMA, BaselineResult, read_result, write_result
from mygym_lite.studies.randomization.evaluation import write_suite_subset


@dataclass(frozen=True)
class BaselineMeasurement:
    """How thoroughly a baseline is measured."""

    name: str
    baseline: Baseline
    runs: Path
    episodes: int
    seed: int
    suite: str | Path
    suite_episodes: int
    workers: int | None
    progress: Progress

    @cached_property
    def nominal_request(self) -> EvaluationRequest:
        """Its nominal episodes."""
        return self._ask(self.baseline.policy, "nominal", self.episodes)

    @cached_property
    def full_suite(self) -> Suite:
        """All axes."""
        return load_suite(self.suite)

    @property
    def task(self) -> Task:
        """The task, with the baseline's settings."""
        return self.nominal_request.plan.tasks[0]

    def build_inputs(self) -> dict[str, Any]:
        """What a result must have been asked for to be still true."""
        plan = self.nominal_request.plan
        return {
            "policy_digest": plan.policies[0].describe()["digest"],
            "task_digest": compute_fingerprint(to_plain_data(asdict(self.task))),
            "suite_digest": compute_fingerprint(to_plain_data([asdict(axis) for axis in self.full_suite.axes])),
            "perception_digest": plan.perception.describe()["digest"] if plan.perception else None,
            "episodes": self.episodes, "suite_episodes": self.suite_episodes, "seed": self.seed,
        }  # fmt: skip

    def measure(self) -> BaselineResult:
        """Play what is missing, and sum it up."""
        plan = self.nominal_request.plan
        view = ObservedFields.for_policy(plan.policies[0], self.task, self.baseline.perception is not None)
        without = find_irrelevant_axes(self.full_suite, self.task, view)
        folder = self.runs / "suites" / self.name
        suite = write_suite_subset(self.full_suite, self.suite, set(without), self.full_suite.severities, folder)
        hard = self._ask(self.baseline.policy, suite, self.suite_episodes)
        return {
            "nominal": summarize_nominal(self._played(self.nominal_request, self.episodes), self.task),
            "robustness": summarize_robustness(self._played(hard, self.suite_episodes), self.full_suite, without),
        }

    def measure_other_seed(self, policy: str) -> dict[str, Any]:
        """Nominal success of the same baseline, trained with another seed."""
        question = self._ask(policy, "nominal", self.episodes)
        found = summarize_nominal(self._played(question, self.episodes), self.task)
        made: Any = read_metadata(find_policy_folder(policy)).provenance
        seed = made.get("training", made).get("seed")
        return {
            "policy": Path(policy).name, "policy_digest": question.plan.policies[0].describe()["digest"], "seed": seed,
            **{name: found[name] for name in ("episodes", "successes", "success")},
        }  # fmt: skip

    def _ask(self, policy: str, suite: str | Path, episodes: int) -> EvaluationRequest:
        one = self.baseline
        return prepare_evaluation(
            policy, [one.task], suite, episodes, seed=self.seed, settings=one.settings, perception=one.perception
        )

    def _played(self, question: EvaluationRequest, episodes: int) -> list[EpisodeRecord]:
        """The episodes of a run, whose folder is another one when policy or simulation are."""
        plan = question.plan
        what = f"{plan.policies[0].describe()['digest'][:8]}-{compute_simulation_fingerprint()[:8]}"
        folder = self.runs / f"{self.name}-{plan.suite.name}-{what}"
        words = f"episodes of {self.name}, {plan.suite.name},"
        result = run_evaluation(
            question,
            folder,
            workers=self.workers,
            progress=lambda _noun, done, total, detail: self.progress(words, done, total, detail),
        )
        return [record for record in result.records if record.seed < self.seed + episodes]


def study_baselines(
    names: Sequence[str], out: Path, runs: Path, *, episodes: int = 200, seed: int = 0,
    suite: str | Path = "sim2real", suite_episodes: int = 10, seeds_of: Sequence[str] = (), workers: int | None = None,
    baselines_file: Path | None = None, progress: Progress = no_progress,
) -> list[BaselineResult]:  # fmt: skip
    """Measure baselines, and keep a file for each; a result that is there and still true is not measured again.

    Args:
        names: Some of those that are declared, or all.
        out: Folder of the results.
        runs: Folder of the episodes, from which the same call goes on.
        episodes: Nominal ones.
        seed: Of the first one.
        suite: Along whose axes robustness is measured.
        suite_episodes: Of each of its conditions.
        seeds_of: Policies like the one that is named, trained with other seeds.
        workers: Processes.
        baselines_file: Another file of baselines.
        progress: Is told how it goes on.
    """
    known = read_baselines(baselines_file)
    wanted = select_baselines(names, known)
    if seeds_of and len(wanted) != 1:
        raise UsageError(f"--seeds-of: is for one baseline, and these are {len(wanted)}; name the one they belong to")
    runs.mkdir(parents=True, exist_ok=True)
    return [
        _result(
            BaselineMeasurement(name, baseline, runs, episodes, seed, suite, suite_episodes, workers, progress), out,
            list(known).index(name), seeds_of,
        )
        for name, baseline in wanted.items()
    ]  # fmt: skip


def _result(inquiry: BaselineMeasurement, out: Path, place: int, also: Sequence[str]) -> BaselineResult:
    """What is known of a baseline, measured where it has to be."""
    before, key = read_result(out, inquiry.name), inquiry.build_inputs()
    same = before is not None and before["inputs"] == key and before["simulation"] == compute_simulation_fingerprint()
    kept = before if same else None
    numbers = {name: kept[name] for name in ("nominal", "robustness")} if kept else inquiry.measure()
    others = (
        {told["policy_digest"]: told for told in before["seeds_of"]} if before and _alike(before["inputs"], key) else {}
    )
    others |= {told["policy_digest"]: told for told in map(inquiry.measure_other_seed, also)}
    result = _card(inquiry, place, also) | {"inputs": key, **numbers, "seeds_of": list(others.values())}
    if kept:
        result |= {name: kept[name] for name in ("command", "version", "simulation", "machine")}
    write_result(out, result)
    return result


def _alike(before: BaselineResult, now: BaselineResult) -> bool:
    """Whether nominal episodes were asked for alike, however thorough the suite."""
    return all(before[name] == value for name, value in now.items() if not name.startswith("suite_"))


def _card(inquiry: BaselineMeasurement, place: int, also: Sequence[str]) -> BaselineResult:
    """What it is, and what makes the numbers again."""
    one = inquiry.baseline
    made: Any = {} if inquiry.nominal_request.plan.policies[0].kind != "saved" else (
        read_metadata(find_policy_folder(one.policy)).provenance)  # fmt: skip
    minutes = made.get("minutes")
    return {
        "schema": SCHEMA, "baseline": inquiry.name, "order": place, **to_plain_data(asdict(one)),
        "minutes": minutes if isinstance(minutes, int | float) else None,
        "training_seed": made.get("training", made).get("seed"),
        "command": (
            f"mygym-lite study baselines {inquiry.name} --episodes {inquiry.episodes} --suite {inquiry.suite} "
            f"--suite-episodes {inquiry.suite_episodes}"
        ),
        "version": provenance.read_version("mygym_lite"), "simulation": compute_simulation_fingerprint(),
        "machine": provenance.describe_machine(),
    }  # fmt: skip
