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
from mygym_lite.learning.imitation.labelled_rollouts import (
    ActionSelector,
    LabelledEpisode,
    make_noisy_selector,
    run_labelled_episode,
)
from mygym_lite.learning.imitation.trainer import INTERRUPTED, FitResult, TrainingConfig, fit
from mygym_lite.policies.policy import Policy
from mygym_lite.randomization.adr import Adr, AdrConfig, Widening, make_adr
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
        episodes: Number of successful demonstrations.
        noise: Standard deviation of the noise on the expert's actions.
        stages: Number of stages.
        rollouts_per_round: Rollouts of the policy per stage.
        uses_corrections: If true, the expert's completions of the policy's episodes are added, as in DAgger.
    """

    variations: Sequence[Variation]
    widening: Widening
    episodes: int
    noise: float
    stages: int
    rollouts_per_round: int
    uses_corrections: bool

    def make_adr_ranges(self, env: TaskEnv) -> Adr:
        """Make ranges of zero width."""
        adr = make_adr(env.task, self.variations)
        adr.config = self._make_adr_config(adr) if self.widening == "adr" else AdrConfig(boundary_share=0.0)
        return adr

    def _make_adr_config(self, adr: Adr) -> AdrConfig:
        """Choose a step with which a policy that always succeeds reaches the full ranges."""
        moves = self.stages * self.rollouts_per_round / (_EPISODES_PER_MOVE * len(adr.boundaries))
        step = min(1.0, _MAX_GROWTH / max(moves, 1.0))
        return AdrConfig(boundary_share=1.0, episodes=_EPISODES_PER_MOVE, step=step)

    @property
    def needs_rollouts(self) -> bool:
        """True if the rollouts of a stage have an effect on the next one."""
        return self.widening == "adr" or self.uses_corrections

    @property
    def demonstrations_per_stage(self) -> list[int]:
        """Demonstrations of each stage, which add up to ``episodes``."""
        first = max(2, round(_FIRST_STAGE * self.episodes)) if self.stages > 1 else self.episodes
        each, more = divmod(max(0, self.episodes - first), max(1, self.stages - 1))
        return [first, *(each + (number < more) for number in range(self.stages - 1))]

    def get_strength(self, stage: int) -> float:
        """Return the width of a curriculum's ranges: 0 in the first stage, unless it is the only one."""
        return min(1.0, stage / max(1.0, _WIDENING_SHARE * self.stages)) if self.stages > 1 else 1.0


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
    run = _CurriculumRun(env, expert, schedule=schedule, training=training, network=network, progress=progress)
    return run.train(), run.adr


class _CurriculumRun:
    """State of a training in stages: ranges, examples and rounds."""

    def __init__(
        self,
        env: TaskEnv,
        expert: Policy,
        *,
        schedule: CurriculumSchedule,
        training: TrainingConfig,
        network: NetworkConfig,
        progress: ProgressCallbacks,
    ) -> None:
        self._env, self._expert, self._schedule = env, expert, schedule
        self._training, self._network, self._progress = training, network, progress
        self._examples: list[Examples] = []
        self._rounds: list[Round] = []
        self._next_demonstration = FIRST_DEMONSTRATION_SEED + SEED_STRIDE * training.seed
        self._next_rollout = FIRST_CURRICULUM_SEED + SEED_STRIDE * training.seed
        self.adr = schedule.make_adr_ranges(env)

    def train(self) -> LearningResult:
        """Run all stages, then train a new network on all examples."""
        current: FitResult | None = None
        try:
            for stage, count in enumerate(self._schedule.demonstrations_per_stage):
                if self._schedule.widening == "curriculum":
                    self.adr.set_strength(self._schedule.get_strength(stage))
                self._examples += self._collect_demonstrations(count)
                if self._schedule.needs_rollouts:
                    current = self._train_stage(current)
                    if current.stop_reason:
                        return self._make_result(current)
            examples = concatenate(self._examples)
            return self._make_result(fit(examples, self._training, self._progress.on_epoch, None, self._network))
        except KeyboardInterrupt:
            if current is None:
                raise
            stop_reason = f"{INTERRUPTED} after {len(self._rounds)} stages"
            return self._make_result(replace(current, stop_reason=stop_reason))

    def _make_result(self, fit_result: FitResult) -> LearningResult:
        return LearningResult(fit_result, tuple(self._rounds), concatenate(self._examples))

    def _train_stage(self, previous: FitResult | None) -> FitResult:
        """Train for a share of the epochs, and run the rollouts."""
        training = replace(self._training, epochs=max(1, round(_STAGE_EPOCHS * self._training.epochs)))
        examples, initial = concatenate(self._examples), previous.network if previous else None
        current = fit(examples, training, self._progress.on_epoch, initial, self._network)
        if not current.stop_reason:
            successes = self._run_rollouts(current)
            rollouts = self._schedule.rollouts_per_round
            self._rounds.append(Round(int(examples.loss_mask.sum()), rollouts, successes))
            self._progress.on_round(self._rounds)
        return current

    def _collect_demonstrations(self, count: int) -> list[Examples]:
        """Collect successful episodes of the expert within the present ranges."""
        collected: list[Examples] = []
        failures = 0
        while len(collected) < count:
            self._progress.on_episode(len(collected), count)
            seed = self._next_demonstration
            episode, _ = self._run_episode(seed, make_noisy_selector(self._env, seed, self._schedule.noise))
            self._next_demonstration, failures = seed + 1, 0 if episode.success else failures + 1
            collected += [episode.examples] if episode.success else []
            if failures == MAX_FAILURES:
                raise UsageError(
                    f"imitation: {MAX_FAILURES} demonstrations of {self._env.task.name} in a row failed within the "
                    "ranges that have grown; name a milder preset"
                )
        return collected

    def _run_rollouts(self, current: FitResult) -> int:
        """Run episodes of the policy, which may move the boundaries they are played at, and count its successes."""
        policy, successes, rollouts = export_policy(self._env, current.network), 0, self._schedule.rollouts_per_round
        max_start = int(np.median(concatenate(self._examples).lengths))
        for number, seed in enumerate(range(self._next_rollout, self._next_rollout + rollouts)):
            self._progress.on_episode(number, rollouts)
            policy.reset(seed)
            episode, boundary = self._run_episode(seed, make_policy_selector(policy))
            self.adr.observe(boundary, episode.success)
            successes += episode.success
            if self._schedule.uses_corrections:
                self._examples += collect_correction(
                    self._env, self._expert, policy, seed=seed, noise=self._schedule.noise, max_start=max_start
                )
        self._next_rollout += rollouts
        return successes

    def _run_episode(self, seed: int, select_action: ActionSelector) -> tuple[LabelledEpisode, Any]:
        """Run an episode within the present ranges; return it with the boundary it was played at."""
        table, boundary = self.adr.sample(seed)
        self._env.variations = parse_variations(table, Location("adr"))
        return run_labelled_episode(self._env, seed, self._expert, select_action), boundary
