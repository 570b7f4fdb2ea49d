"""Policies and conditions on which two worlds disagree most, each with an episode of the same seed in both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mygym_lite.harness.run_folder import RunFolder
from mygym_lite.rollout.record import EpisodeRecord
from mygym_lite.stats import Estimate
from mygym_lite.studies.fidelity.run_world import RunResults
from mygym_lite.studies.fidelity.world_pair import Condition, WorldPair

LIMIT = 12


@dataclass(frozen=True)
class Disagreement:
    """One policy under one condition.

    Args:
        policy: Label of the policy.
        condition: Task, axis and severity.
        success_a: Success in the first world, with its Wilson interval.
        success_b: Success in the second.
        difference: Success in the first minus that in the second; on the same seeds if both are simulated.
        example: Episodes of the same seed in both, of which one succeeds; None if there are none.
    """

    policy: str
    condition: Condition
    success_a: Estimate
    success_b: Estimate
    difference: Estimate
    example: tuple[EpisodeRecord, EpisodeRecord] | None = None

    @property
    def significant(self) -> bool:
        """True if the 95% interval of the difference excludes 0; of many conditions one in twenty does by chance."""
        _, low, high = self.difference
        return low is not None and high is not None and (low > 0.0 or high < 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain tables."""
        estimates = {name: getattr(self, name)._asdict() for name in ("success_a", "success_b", "difference")}
        names = ("a", "b")
        example = self.example and {
            "seed": self.example[0].seed,
            **{f"episode_{name}": record.episode for name, record in zip(names, self.example, strict=True)},
        }
        return {"policy": self.policy, **self.condition._asdict(), **estimates, "example": example}


def find_disagreements(pair: WorldPair, a: RunResults, b: RunResults | None = None) -> list[Disagreement]:
    """Find the worst severity of each policy and axis, those with the largest difference first.

    Args:
        pair: Both worlds.
        a: Records of the first.
        b: Records of the second, if it is simulated.
    """
    differences = np.abs(pair.a.rates - pair.b.rates)
    worst: dict[tuple[str, str, str], tuple[float, int, int]] = {}
    for number, policy in enumerate(pair.policies):
        for column, condition in enumerate(pair.conditions):
            size, key = round(float(differences[number, column]), 10), (policy, condition.task, condition.axis)
            if size > 0.0 and (key not in worst or size > worst[key][0]):
                worst[key] = (size, number, column)
    ranked = sorted(worst.values(), key=lambda entry: (-entry[0], entry[1:]))
    return [_describe(pair, number, column, a, b) for _, number, column in ranked[:LIMIT]]


def _describe(pair: WorldPair, number: int, column: int, a: RunResults, b: RunResults | None) -> Disagreement:
    policy, condition = pair.policies[number], pair.conditions[column]
    difference = pair.estimate_difference(number, column)
    example = None
    if b is not None:
        examples = _iterate_examples(policy, condition, a, b, a_succeeds=(difference.value or 0.0) > 0.0)
        example = next(examples, None)
    return Disagreement(
        policy, condition, pair.a.estimate(number, column), pair.b.estimate(number, column), difference, example
    )


def _iterate_examples(
    policy: str, condition: Condition, a: RunResults, b: RunResults, a_succeeds: bool
) -> Iterator[tuple[EpisodeRecord, EpisodeRecord]]:
    """Yield the episodes of one seed that succeed in one world only; those without a single step come last."""
    others = b.get_records(policy, condition)
    pairs = [(record, others[seed]) for seed, record in a.get_records(policy, condition).items() if seed in others]
    fitting = [pair for pair in pairs if pair[0].success is a_succeeds and pair[1].success is not a_succeeds]
    yield from sorted(fitting, key=lambda pair: min(record.steps for record in pair) == 0)


def select_episodes(
    disagreements: list[Disagreement], runs: tuple[RunFolder, RunFolder], count: int
) -> list[tuple[RunFolder, EpisodeRecord]]:
    """Select the episodes of the first ``count`` disagreements that have an example, to film them."""
    examples = [disagreement.example for disagreement in disagreements if disagreement.example is not None]
    return [(run, record) for example in examples[:count] for run, record in zip(runs, example, strict=True)]
