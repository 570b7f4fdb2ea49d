"""Ranges that widen while somebody imitates: where the learner succeeds, or as time goes by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mygym_lite.config.variation import Variation, parse_variations
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.imitation.architecture import NetworkConfig
from mygym_lite.learning.imitation.dagger import LearningResult, ProgressCallbacks, Round, collect_correction
from mygym_lite.learning.imitation.data import Array, Examples, concatenate
from mygym_lite.learning.imitation.demonstrations import FIRST_DEMONSTRATION_SEED, SEED_STRIDE
from mygym_lite.learning.imitation.export import export_policy
from mygym_lite.learning.imitation.labelled_rollouts import LabelledEpisode, make_noisy_selector, run_labelled_episode
from mygym_lite.learning.imitation.trainer import INTERRUPTED, FitResult, TrainingConfig, fit
from mygym_lite.policies.policy import Policy
from mygym_lite.randomization.adr import Adr, AdrConfig, Widening, make_adr
from mygym_lite.rollout.action_noise import ActionSelector
from mygym_lite.schema import Location

_BEGINS_WITH = 1 / 3  # of the demonstrations, before it is tried for the first time
_JUDGED = 2  # episodes at a boundary before it moves: both solved, or none
_REACHES = 1.5  # how far ranges could grow if everything were solved, in units of the preset
_HALF = 0.5  # of the stages, in which a curriculum reaches the whole of its ranges


@dataclass(frozen=True)
class CurriculumSchedule:
    """What widens, how, and what is shown meanwhile.

    Args:
        variations: Where ranges may end.
        widening: ``adr`` moves what is tried and succeeds or fails, ``curriculum`` all alike.
        episodes: That are shown and succeed.
        noise: Deviation of what is done from what is right.
        stages: Into which the learning is divided.
        rollouts_per_round: Episodes of the learner in each of them.
        uses_corrections: Whether it also learns from how the teacher ends what it began, as DAgger does.
    """

    variations: Sequence[Variation]
    widening: Widening
    episodes: int
    noise: float
    stages: int
    rollouts_per_round: int
    uses_corrections: bool

    def make_adr_ranges(self, env: TaskEnv) -> Adr:
        """Ranges without any width yet."""
        adr = make_adr(env.task, self.variations)
        adr.config = self._pace(adr) if self.widening == "adr" else AdrConfig(boundary_share=0.0)
        return adr

    def _pace(self, adr: Adr) -> AdrConfig:
        """Steps so large that a learner that always succeeds arrives where the preset ends."""
        judged = self.stages * self.rollouts_per_round / (_JUDGED * len(adr.boundaries))
        return AdrConfig(boundary_share=1.0, episodes=_JUDGED, step=min(1.0, _REACHES / max(judged, 1.0)))

    @property
    def needs_rollouts(self) -> bool:
        """Whether anything comes of episodes of the learner before it has learned from everything."""
        return self.widening == "adr" or self.uses_corrections

    @property
    def demonstrations_per_stage(self) -> list[int]:
        """How many demonstrations there are in each stage; together they are as many as there would be without."""
        first = max(2, round(_BEGINS_WITH * self.episodes)) if self.stages > 1 else self.episodes
        each, more = divmod(max(0, self.episodes - first), max(1, self.stages - 1))
        return [first, *(each + (number < more) for number in range(self.stages - 1))]

    def get_strength(self, stage: int) -> float:
        """How wide a curriculum's ranges are in a stage; in the first there are none, unless it is the only one."""
        return min(1.0, stage / max(1.0, _HALF * self.stages)) if self.stages > 1 else 1.0


_TRIED = 50_000_000  # seed of the first episode that a learner plays
_AGAIN = 0.3  # of the epochs, in each stage before the last
_PATIENCE = 20  # demonstrations in a row that fail


def train_with_curriculum(
    env: TaskEnv,
    expert: Policy,
    curriculum: CurriculumSchedule,
    training: TrainingConfig,
    network: NetworkConfig,
    progress: ProgressCallbacks,
) -> tuple[LearningResult, Adr]:
    """Imitate by stages, with ranges that begin at the declared task.

    A stage is some demonstrations from the ranges as they are and, where something comes of it, learning and episodes
    of the learner. In the end it learns anew from everything, as long as it would without stages. An interrupt ends
    it, and what there was is kept.

    Args:
        env: Where, without variations of its own.
        expert: Shows it.
        curriculum: What widens, and how much is shown.
        training: How it is learned.
        network: Which network learns.
        progress: Are told how it goes on.
    """
    pupil = _Pupil(env, expert, curriculum, training, network, progress)
    return pupil.taught(), pupil.adr


class _Pupil:
    """One learner, and the ranges of its world."""

    def __init__(
        self,
        env: TaskEnv,
        teacher: Policy,
        course: CurriculumSchedule,
        schedule: TrainingConfig,
        head: NetworkConfig,
        watch: ProgressCallbacks,
    ) -> None:
        self._env, self._teacher, self._course = env, teacher, course
        self._schedule, self._head, self._watch = schedule, head, watch
        self._gathered: list[Examples] = []
        self._rounds: list[Round] = []
        self._shown, self._tried = (
            FIRST_DEMONSTRATION_SEED + SEED_STRIDE * schedule.seed,
            _TRIED + SEED_STRIDE * schedule.seed,
        )
        self.adr = course.make_adr_ranges(env)

    def taught(self) -> LearningResult:
        """Stage after stage, then once more from all examples."""
        now: FitResult | None = None
        try:
            for stage, count in enumerate(self._course.demonstrations_per_stage):
                self._show(stage, count)
                if self._course.needs_rollouts:
                    now = self._try(now)
                    if now.stop_reason:
                        return self._improved(now)
            return self._improved(
                fit(concatenate(self._gathered), self._schedule, self._watch.on_epoch, None, self._head)
            )
        except KeyboardInterrupt:
            if now is None:
                raise
            return self._improved(replace(now, stop_reason=f"{INTERRUPTED} after {len(self._rounds)} stages"))

    def _improved(self, fitted: FitResult) -> LearningResult:
        return LearningResult(fitted, tuple(self._rounds), concatenate(self._gathered))

    def _show(self, stage: int, count: int) -> None:
        if self._course.widening == "curriculum":
            self.adr.set_strength(self._course.get_strength(stage))
        self._gathered += self._demonstrations(count)

    def _try(self, before: FitResult | None) -> FitResult:
        again = replace(self._schedule, epochs=max(1, round(_AGAIN * self._schedule.epochs)))
        examples = concatenate(self._gathered)
        now = fit(examples, again, self._watch.on_epoch, before.network if before else None, self._head)
        if not now.stop_reason:
            self._rounds.append(
                Round(int(examples.loss_mask.sum()), self._course.rollouts_per_round, self._trials(now))
            )
            self._watch.on_round(self._rounds)
        return now

    def _demonstrations(self, count: int) -> list[Examples]:
        """Successful episodes from the ranges as they are."""
        found: list[Examples] = []
        failed = 0
        while len(found) < count:
            self._watch.on_episode(len(found), count)
            shown, *_ = self._played(self._shown, make_noisy_selector(self._env, self._shown, self._course.noise))
            self._shown, failed = self._shown + 1, 0 if shown.success else failed + 1
            found += [shown.examples] if shown.success else []
            if failed == _PATIENCE:
                raise UsageError(f"imitation: {_PATIENCE} demonstrations of {self._env.task.name} in a row failed "
                                 "within the ranges that have grown; name a milder preset")  # fmt: skip
        return found

    def _trials(self, learner: FitResult) -> int:
        """Episodes of the learner, which may move the boundaries that they are played at; how many it solved."""
        policy, solved, visits = export_policy(self._env, learner.network), 0, self._course.rollouts_per_round
        longest = int(np.median(concatenate(self._gathered).lengths))

        def alone(_step: int, observation: Any, _label: Array) -> Array:
            action: Array = policy.act(observation)
            return action

        for number in range(self._tried, self._tried + visits):
            self._watch.on_episode(number - self._tried, visits)
            policy.reset(number)
            shown, boundary, variations = self._played(number, alone)
            self.adr.observe(boundary, shown.success)
            solved += shown.success
            if self._course.uses_corrections:
                self._gathered += collect_correction(
                    self._env, self._teacher, policy, number, self._course.noise, longest, variations
                )
        self._tried += visits
        return solved

    def _played(self, number: int, actor: ActionSelector) -> tuple[LabelledEpisode, Any, tuple[Variation, ...]]:
        table, boundary = self.adr.sample(number)
        variations = parse_variations(table, Location("adr"))
        return run_labelled_episode(self._env, number, self._teacher, actor, variations), boundary, variations
