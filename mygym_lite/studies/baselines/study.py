"""Measure the shipped baselines: what is there already and still true is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mygym_lite import provenance
from mygym_lite.config.task import Task
from mygym_lite.errors import UsageError
from mygym_lite.fingerprint import digest, plain, simulation_digest
from mygym_lite.harness.evaluate import Question, ask, conduct
from mygym_lite.harness.relevant_axes import unreached
from mygym_lite.policies.metadata import read_description
from mygym_lite.policies.observed_fields import View
from mygym_lite.policies.saved import policy_folder
from mygym_lite.randomization.suite import Suite, load_suite
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.studies.baselines.declared import Baseline, chosen, read_baselines
from mygym_lite.studies.baselines.measure import nominal, robustness
from mygym_lite.studies.baselines.results import SCHEMA, Result, read_result, write_result
from mygym_lite.studies.randomization.evaluation import narrowed

Watch = Callable[[str, int, int], None]
"""Is told whose episodes are played, how many there are and how many there will be."""


def unwatched(_what: str, _done: int, _total: int) -> None:
    """Nobody looks."""


@dataclass(frozen=True)
class Inquiry:
    """How thoroughly a baseline is measured."""

    name: str
    baseline: Baseline
    runs: Path
    episodes: int
    seed: int
    suite: str | Path
    suite_episodes: int
    workers: int | None
    watch: Watch

    @cached_property
    def plain(self) -> Question:
        """Its nominal episodes."""
        return self._ask(self.baseline.policy, "nominal", self.episodes)

    @cached_property
    def whole_suite(self) -> Suite:
        """All axes."""
        return load_suite(self.suite)

    @property
    def task(self) -> Task:
        """The task, with the baseline's settings."""
        return self.plain.plan.tasks[0]

    def key(self) -> dict[str, Any]:
        """What a result must have been asked for to be still true."""
        plan = self.plain.plan
        return {
            "policy_digest": plan.policies[0].card()["digest"],
            "task_digest": digest(plain(asdict(self.task))),
            "suite_digest": digest(plain([asdict(axis) for axis in self.whole_suite.axes])),
            "perception_digest": plan.eyes.card()["digest"] if plan.eyes else None,
            "episodes": self.episodes, "suite_episodes": self.suite_episodes, "seed": self.seed,
        }  # fmt: skip

    def measured(self) -> Result:
        """Play what is missing, and sum it up."""
        plan = self.plain.plan
        view = View.of(plan.policies[0], self.task, self.baseline.perceive is not None)
        without = unreached(self.whole_suite, self.task, view)
        folder = self.runs / "suites" / self.name
        suite = narrowed(self.whole_suite, self.suite, set(without), self.whole_suite.levels, folder)
        hard = self._ask(self.baseline.policy, suite, self.suite_episodes)
        return {
            "nominal": nominal(self._played(self.plain, self.episodes), self.task),
            "robustness": robustness(self._played(hard, self.suite_episodes), self.whole_suite, without),
        }

    def other(self, policy: str) -> dict[str, Any]:
        """Nominal success of the same baseline, trained with another seed."""
        question = self._ask(policy, "nominal", self.episodes)
        found = nominal(self._played(question, self.episodes), self.task)
        made: Any = read_description(policy_folder(policy)).made
        seed = made.get("schedule", made).get("seed")
        return {
            "policy": Path(policy).name, "policy_digest": question.plan.policies[0].card()["digest"], "seed": seed,
            **{name: found[name] for name in ("episodes", "solved", "success")},
        }  # fmt: skip

    def _ask(self, policy: str, suite: str | Path, episodes: int) -> Question:
        one = self.baseline
        return ask(policy, [one.task], suite, episodes, self.seed, one.settings, perceive=one.perceive)

    def _played(self, question: Question, episodes: int) -> list[EpisodeRecord]:
        """The episodes of a run, whose folder is another one when policy or simulation are."""
        plan = question.plan
        what = f"{plan.policies[0].card()['digest'][:8]}-{simulation_digest()[:8]}"
        folder = self.runs / f"{self.name}-{plan.suite.name}-{what}"
        words = f"episodes of {self.name}, {plan.suite.name},"
        result = conduct(question, folder, self.workers, watch=lambda _r, done, total: self.watch(words, done, total))
        return [record for record in result.records if record.seed < self.seed + episodes]


def study_baselines(
    names: Sequence[str], out: Path, runs: Path, *, episodes: int = 200, seed: int = 0,
    suite: str | Path = "sim2real", suite_episodes: int = 10, also: Sequence[str] = (), workers: int | None = None,
    declared: Path | None = None, watch: Watch = unwatched,
) -> list[Result]:  # fmt: skip
    """Measure baselines, and keep a file for each; a result that is there and still true is not measured again.

    Args:
        names: Some of those that are declared, or all.
        out: Folder of the results.
        runs: Folder of the episodes, from which the same call goes on.
        episodes: Nominal ones.
        seed: Of the first one.
        suite: Along whose axes robustness is measured.
        suite_episodes: Of each of its conditions.
        also: Policies like the one that is named, trained with other seeds.
        workers: Processes.
        declared: Another file of baselines.
        watch: Is told how it goes on.
    """
    known = read_baselines(declared)
    wanted = chosen(names, known)
    if also and len(wanted) != 1:
        raise UsageError(f"--also: is for one baseline, and these are {len(wanted)}; name the one they belong to")
    runs.mkdir(parents=True, exist_ok=True)
    return [
        _result(
            Inquiry(name, baseline, runs, episodes, seed, suite, suite_episodes, workers, watch), out,
            list(known).index(name), also,
        )
        for name, baseline in wanted.items()
    ]  # fmt: skip


def _result(inquiry: Inquiry, out: Path, place: int, also: Sequence[str]) -> Result:
    """What is known of a baseline, measured where it has to be."""
    before, key = read_result(out, inquiry.name), inquiry.key()
    same = before is not None and before["asked"] == key and before["simulation"] == simulation_digest()
    kept = before if same else None
    numbers = {name: kept[name] for name in ("nominal", "robustness")} if kept else inquiry.measured()
    others = {told["policy_digest"]: told for told in before["also"]} if before and _alike(before["asked"], key) else {}
    others |= {told["policy_digest"]: told for told in map(inquiry.other, also)}
    result = _card(inquiry, place, also) | {"asked": key, **numbers, "also": list(others.values())}
    if kept:
        result |= {name: kept[name] for name in ("command", "version", "simulation", "machine")}
    write_result(out, result)
    return result


def _alike(before: Result, now: Result) -> bool:
    """Whether nominal episodes were asked for alike, however thorough the suite."""
    return all(before[name] == value for name, value in now.items() if not name.startswith("suite_"))


def _card(inquiry: Inquiry, place: int, also: Sequence[str]) -> Result:
    """What it is, and what makes the numbers again."""
    one = inquiry.baseline
    made: Any = {} if inquiry.plain.plan.policies[0].kind != "saved" else (
        read_description(policy_folder(one.policy)).made)  # fmt: skip
    minutes = made.get("minutes")
    return {
        "schema": SCHEMA, "baseline": inquiry.name, "place": place, **plain(asdict(one)),
        "minutes": minutes if isinstance(minutes, int | float) else None,
        "seed_of_training": made.get("schedule", made).get("seed"),
        "command": (
            f"mygym-lite study baselines {inquiry.name} --episodes {inquiry.episodes} --suite {inquiry.suite} "
            f"--suite-episodes {inquiry.suite_episodes}"
        ),
        "version": provenance.version("mygym_lite"), "simulation": simulation_digest(),
        "machine": provenance.machine(),
    }  # fmt: skip
