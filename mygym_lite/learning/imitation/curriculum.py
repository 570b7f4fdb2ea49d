"""Imitation under ranges that widen in stages: a curriculum, or automatic domain randomization (ADR)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mygym_lite.config.variation import Variation, parse_variations
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.imitation.architecture import NetworkConfig
from mygym_lite.learning.imitation.config import DemonstrationConfig
from mygym_lite.learning.imitation.dagger import (
    LearningResult,
    ProgressCallbacks,
    Round,
    collect_correction,
    make_policy_selector,
)
from mygym_lite.learning.imitation.data import Examples, concatenate
from mygym_lite.learning.imitation.demonstrations import FIRST_DEMONSTRATION_SEED, MAX_FAILURES, SEED_STRIDE
from mygym_lite.learning.imitation.export import export_policy
from mygym_lite.learning.imitation.labelled_rollouts import LabelledEpisode, make_noisy_selector, run_labelled_episode
from mygym_lite.learning.imitation.trainer import INTERRUPTED, FitResult, TrainingConfig, fit
from mygym_lite.policies.policy import Policy
from mygym_lite.randomization.adr import Adr, AdrConfig, Widening, make_adr
from mygym_lite.rollout.action_noise import ActionSelector
from mygym_lite.schema import Location

FIRST_CURRICULUM_SEED = 50_000_000
"""Seed of the first rollout of a policy in a curriculum."""
_FIRST_STAGE = 1 / 3  # share of the demonstrations before the first rollouts
_EPISODES_PER_MOVE = 2  # at a boundary before it moves: all solved, or none
_MAX_GROWTH = 1.5  # growth of the ranges if everything is solved, in units of the preset
_WIDENING_SHARE = 0.5  # of the stages, after which a curriculum has reached the full ranges
_STAGE_EPOCHS = 0.3  # epochs of each stage but the last, as a share of those configured


@dataclass(frozen=True)
class CurriculumSchedule:
    """Schedule of ranges, demonstrations and rollouts.

    Args:
        variations: Variations with the full ranges.
        widening: ``adr`` moves each boundary by the results there; ``curriculum`` widens all ranges together.
        demonstrations: Number of demonstrations, stages and rollouts, and noise on the expert's actions.
        uses_corrections: Add the expert's completions of the policy's episodes, as in DAgger.
    """

    variations: Sequence[Variation]
    widening: Widening
    demonstrations: DemonstrationConfig
    uses_corrections: bool

    @property
    def stages(self) -> int:
        """Number of stages."""
        return max(1, self.demonstrations.rounds)

    def make_adr_ranges(self, env: TaskEnv) -> Adr:
        """Make ranges of zero width."""
        adr = make_adr(env.task, self.variations)
        adr.config = self._make_adr_config(adr) if self.widening == "adr" else AdrConfig(boundary_share=0.0)
        return adr

    def _make_adr_config(self, adr: Adr) -> AdrConfig:
        """Choose a step with which a policy that always succeeds reaches the full ranges."""
        moves = self.stages * self.demonstrations.rollouts_per_round / (_EPISODES_PER_MOVE * len(adr.boundaries))
        step = min(1.0, _MAX_GROWTH / max(moves, 1.0))
        return AdrConfig(boundary_share=1.0, episodes=_EPISODES_PER_MOVE, step=step)

    @property
    def needs_rollouts(self) -> bool:
        """True if the rollouts of a stage have an effect on the next one."""
        return self.widening == "adr" or self.uses_corrections

    @property
    def demonstrations_per_stage(self) -> list[int]:
        """Demonstrations of each stage, which add up to the total."""
        total = self.demonstrations.episodes
        first = max(2, round(_FIRST_STAGE * total)) if self.stages > 1 else total
        each, more = divmod(max(0, total - first), max(1, self.stages - 1))
        return [first, *(each + (number < more) for number in range(self.stages - 1))]

    def get_strength(self, index: int) -> float:
        """Return the width of a curriculum's ranges in a stage: 0 in the first, unless it is the only one."""
        return min(1.0, index / max(1.0, _WIDENING_SHARE * self.stages)) if self.stages > 1 else 1.0


def train_with_curriculum(
    env: TaskEnv,
    expert: Policy,
    *,
    schedule: CurriculumSchedule,
    training: TrainingConfig,
    network: NetworkConfig,
    progress: ProgressCallbacks,
) -> tuple[LearningResult, Adr]:
    """Train by imitation in stages, with ranges that start at the declared task.

    A stage consists of demonstrations within the present ranges and, if they have an effect, a short training and
    rollouts of the policy. Finally, a new network is trained on all examples. A keyboard interrupt returns the last
    policy.

    Args:
        env: Environment without variations of its own.
        expert: Policy that labels the states.
        schedule: Schedule of ranges, demonstrations and rollouts.
        training: Hyperparameters.
        network: Architecture of the network.
        progress: Progress callbacks.
    """
    run = _CurriculumRun(env, expert, schedule, training=training, network=network, progress=progress)
    return run.train(), run.adr


@dataclass
class _CurriculumRun:
    """State of a training in stages: ranges, examples and rounds."""

    env: TaskEnv
    expert: Policy
    schedule: CurriculumSchedule
    training: TrainingConfig
    network: NetworkConfig
    progress: ProgressCallbacks

    def __post_init__(self) -> None:
        self._examples: list[Examples] = []
        self._rounds: list[Round] = []
        self._next_demonstration = FIRST_DEMONSTRATION_SEED + SEED_STRIDE * self.training.seed
        self._next_rollout = FIRST_CURRICULUM_SEED + SEED_STRIDE * self.training.seed
        self.adr = self.schedule.make_adr_ranges(self.env)

    def train(self) -> LearningResult:
        """Run all stages, then train a new network on all examples."""
        current: FitResult | None = None
        try:
            for index, count in enumerate(self.schedule.demonstrations_per_stage):
                if self.schedule.widening == "curriculum":
                    self.adr.set_strength(self.schedule.get_strength(index))
                self._examples += self._collect_demonstrations(count)
                if self.schedule.needs_rollouts:
                    current = self._train_stage(current)
                    if current.stop_reason:
                        return self._make_result(current)
            examples = concatenate(self._examples)
            return self._make_result(fit(examples, self.training, self.progress.on_epoch, None, self.network))
        except KeyboardInterrupt:
            if current is None:
                raise
            stop_reason = f"{INTERRUPTED} after {len(self._rounds)} stages"
            return self._make_result(replace(current, stop_reason=stop_reason))

    def _make_result(self, fit_result: FitResult) -> LearningResult:
        return LearningResult(fit_result, tuple(self._rounds), concatenate(self._examples))

    def _train_stage(self, previous: FitResult | None) -> FitResult:
        """Train for a share of the epochs, and run the rollouts."""
        training = replace(self.training, epochs=max(1, round(_STAGE_EPOCHS * self.training.epochs)))
        examples, initial = concatenate(self._examples), previous.network if previous else None
        current = fit(examples, training, self.progress.on_epoch, initial, self.network)
        if not current.stop_reason:
            successes = self._run_rollouts(current)
            rollouts = self.schedule.demonstrations.rollouts_per_round
            self._rounds.append(Round(int(examples.loss_mask.sum()), rollouts, successes))
            self.progress.on_round(self._rounds)
        return current

    def _collect_demonstrations(self, count: int) -> list[Examples]:
        """Collect successful episodes of the expert within the present ranges."""
        collected: list[Examples] = []
        failures = 0
        while len(collected) < count:
            self.progress.on_episode(len(collected), count)
            seed = self._next_demonstration
            episode, *_ = self._run_episode(
                seed, make_noisy_selector(self.env, seed, self.schedule.demonstrations.noise)
            )
            self._next_demonstration, failures = seed + 1, 0 if episode.success else failures + 1
            collected += [episode.examples] if episode.success else []
            if failures == MAX_FAILURES:
                raise UsageError(
                    f"imitation: {MAX_FAILURES} demonstrations of {self.env.task.name} in a row failed within the "
                    "ranges that have grown; name a milder preset"
                )
        return collected

    def _run_rollouts(self, current: FitResult) -> int:
        """Run episodes of the policy, which may move the boundaries they are played at, and count its successes."""
        policy, successes, rollouts = (
            export_policy(self.env, current.network),
            0,
            self.schedule.demonstrations.rollouts_per_round,
        )
        noise, max_start = self.schedule.demonstrations.noise, int(np.median(concatenate(self._examples).lengths))
        for number, seed in enumerate(range(self._next_rollout, self._next_rollout + rollouts)):
            self.progress.on_episode(number, rollouts)
            policy.reset(seed)
            episode, boundary, variations = self._run_episode(seed, make_policy_selector(policy))
            self.adr.observe(boundary, episode.success)
            successes += episode.success
            if self.schedule.uses_corrections:
                self._examples += collect_correction(
                    self.env, self.expert, policy, seed=seed, noise=noise, max_start=max_start, variations=variations
                )
        self._next_rollout += rollouts
        return successes

    def _run_episode(
        self, seed: int, select_action: ActionSelector
    ) -> tuple[LabelledEpisode, Any, tuple[Variation, ...]]:
        """Run an episode within the present ranges; return it with the boundary it was played at and its variations."""
        table, boundary = self.adr.sample(seed)
        variations = parse_variations(table, Location("adr"))
        return run_labelled_episode(self.env, seed, self.expert, select_action, variations), boundary, variations
