"""From a task and somebody who knows how to a saved policy that says how it came to be."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.imitation.architecture import NetworkConfig
from mygym_lite.learning.imitation.config import DemonstrationConfig, ImitationConfig
from mygym_lite.learning.imitation.curriculum import CurriculumSchedule, train_with_curriculum
from mygym_lite.learning.imitation.dagger import LearningResult, Round, run_dagger
from mygym_lite.learning.imitation.demonstrations import collect_demonstrations, read_demonstrations
from mygym_lite.learning.imitation.environment import (
    GROUND_TRUTH,
    ObservationConfig,
    RandomizationConfig,
    make_training_env,
)
from mygym_lite.learning.imitation.export import SavablePolicy, export_policy
from mygym_lite.learning.imitation.labelled_rollouts import PrivilegedExpert
from mygym_lite.learning.imitation.progress import Progress, ProgressAdapter, no_progress
from mygym_lite.learning.imitation.trainer import INTERRUPTED, Epoch, TrainingConfig, fit
from mygym_lite.weights import lock_training_folder


@dataclass(frozen=True)
class ImitationResult:
    """What comes out of imitation."""

    policy: SavablePolicy
    folder: Path
    curve: tuple[Epoch, ...]
    """Of the network that was kept."""
    rounds: tuple[Round, ...] = field(default=())
    """Of DAgger."""


def imitate(
    task: str | Path | Task,
    algo: str,
    out: str | Path,
    *,
    data: Sequence[str | Path] = (),
    randomization: str | Path | None = None,
    adr: str | Path | None = None,
    curriculum: bool = False,
    settings: Sequence[str] = (),
    demonstrations: DemonstrationConfig | None = None,
    training: TrainingConfig | None = None,
    network: NetworkConfig | None = None,
    observation: ObservationConfig = GROUND_TRUTH,
    progress: Progress = no_progress,
) -> ImitationResult:
    """Learn to do what somebody does who knows how.

    The same arguments give the same weights on the same machine. An interrupt ends the learning, and the best until
    then is kept.

    Args:
        task: Which.
        algo: ``bc`` learns from demonstrations; ``dagger`` then acts, is told what had been right, and learns again;
            ``act`` learns from demonstrations to say several actions ahead.
        out: Folder of the policy, which must not hold one yet.
        data: Recorded demonstrations to learn from, instead of episodes that are shown now.
        randomization: A preset of variations for the episodes.
        adr: A preset instead, to whose ends ranges grow where the learner succeeds; by stages, as many as DAgger may
            have rounds.
        curriculum: Ranges of the randomization widen over the first half of such stages.
        settings: Fixed changes to the task, each as ``path=value``.
        demonstrations: What is shown.
        training: How it is learned; by what suits the head if left out.
        network: Which network learns; an mlp from the present observation if left out, of ``act`` the one of chunks.
        observation: Through what it sees; it is told the truth if left out.
        progress: Is told how it goes on.

    Raises:
        UsageError: Nothing can be learned from; or the loss is no number any more, where the last good weights are
            kept.
    """
    folder, began = Path(out), time.monotonic()
    asked = ImitationConfig.with_defaults(
        task,
        algo,
        demonstrations,
        training,
        network,
        observation,
        data=tuple(data),
        settings=tuple(settings),
        randomization=RandomizationConfig(randomization, adr, curriculum),
    )
    asked.validate(folder)
    with (
        lock_training_folder(folder),
        closing(make_training_env(task, asked.randomization.fixed_preset, settings, observation)) as env,
    ):
        improved, ranges = _taught(env, asked, ProgressAdapter(progress))
        minutes = round((time.monotonic() - began) / 60, 1)
        made = {**asked.to_dict(), **ranges, "minutes": minutes, **_came(improved)}
        policy = export_policy(env, improved.fit_result.network, made)
        policy.save(folder)
    trouble = improved.fit_result.stop_reason
    if trouble and not trouble.startswith(INTERRUPTED):
        raise UsageError(f"imitation: {trouble}; the best weights before that are in {folder}")
    return ImitationResult(policy, folder, improved.fit_result.curve, improved.rounds)


def _taught(env: TaskEnv, asked: ImitationConfig, told: ProgressAdapter) -> tuple[LearningResult, dict[str, Any]]:
    """The best learner, whichever way, and the ranges that its worlds had come to if they widened."""
    teacher, lessons, schedule, head = PrivilegedExpert(env), asked.demonstrations, asked.training, asked.network
    widening = asked.randomization.widening
    if widening is not None:
        course = CurriculumSchedule(
            asked.randomization.select_variations(env, asked.observation), widening, lessons.episodes, lessons.noise,
            max(1, lessons.rounds), lessons.rollouts_per_round, asked.algo == "dagger",
        )  # fmt: skip
        improved, adr = train_with_curriculum(env, teacher, course, schedule, head, told.callbacks)
        return improved, {"ranges": adr.state_dict()}
    if asked.data:
        examples = read_demonstrations(asked.data, env)
    else:
        examples = collect_demonstrations(
            env, teacher, lessons.episodes, lessons.noise, schedule.seed, told.report_demonstrations
        )
    if asked.algo != "dagger":
        return LearningResult(fit(examples, schedule, told.report_epochs, None, head), (), examples), {}
    rounds = (lessons.rounds, lessons.rollouts_per_round, lessons.target_success)
    return run_dagger(env, teacher, examples, schedule, *rounds, told.callbacks, head, lessons.noise), {}


def _came(improved: LearningResult) -> dict[str, Any]:
    """What came of it, as JSON has it."""
    curve = improved.fit_result.curve
    best = min(curve, key=lambda epoch: epoch.val_loss)
    return {
        "episodes": len(improved.examples.lengths), "examples": len(improved.examples),
        "best": {"epoch": best.number, "loss": round(best.val_loss, 6)},
        "curve": [[epoch.number, round(epoch.train_loss, 6), round(epoch.val_loss, 6)] for epoch in curve],
        "rounds": [one._asdict() for one in improved.rounds], "stop_reason": improved.fit_result.stop_reason or None,
    }  # fmt: skip
