"""Imitation training, from a task to a saved policy with its provenance."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mygym_lite.config.task import Task
from mygym_lite.envs.entry_observations import PRESENCE
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.experts.expert import Expert
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.learning.imitation.architecture import NetworkConfig
from mygym_lite.learning.imitation.config import DemonstrationConfig, ImitationConfig
from mygym_lite.learning.imitation.curriculum import CurriculumSchedule, train_with_curriculum
from mygym_lite.learning.imitation.dagger import LearningResult, ProgressCallbacks, Round, run_dagger
from mygym_lite.learning.imitation.data import Examples, concatenate_tasks
from mygym_lite.learning.imitation.demonstrations import EpisodeCallback, collect_demonstrations, read_demonstrations
from mygym_lite.learning.imitation.environment import GROUND_TRUTH, ObservationConfig, select_variations
from mygym_lite.learning.imitation.export import export_policy
from mygym_lite.learning.imitation.shared_observation import make_training_envs, share_observation
from mygym_lite.learning.imitation.start_policy import require_same_spaces
from mygym_lite.learning.imitation.trainer import INTERRUPTED, Epoch, TrainingConfig, fit
from mygym_lite.learning.randomization_config import RandomizationConfig
from mygym_lite.policies.saved_policy import SavedPolicy
from mygym_lite.weights import lock_training_folder


@dataclass(frozen=True)
class ImitationResult:
    """Result of an imitation training."""

    policy: SavedPolicy[Any]
    folder: Path
    curve: tuple[Epoch, ...]
    """Learning curve of the saved network."""
    rounds: tuple[Round, ...] = ()
    """Rounds of DAgger, or stages of a curriculum."""


def imitate(
    task: str | Path | Task | Sequence[str | Path | Task],
    algo: str,
    out: str | Path,
    *,
    data: Sequence[str | Path] = (),
    randomization: str | Path | None = None,
    adr: str | Path | None = None,
    curriculum: bool = False,
    settings: Sequence[str] = (),
    demonstrations: DemonstrationConfig | Sequence[DemonstrationConfig] | None = None,
    training: TrainingConfig | None = None,
    network: NetworkConfig | None = None,
    observation: ObservationConfig = GROUND_TRUTH,
    start: str | Path | None = None,
    progress: Progress = no_progress,
) -> ImitationResult:
    """Train a policy by imitation of the scripted expert or of recorded demonstrations.

    The same arguments give the same weights on the same machine. A keyboard interrupt stops the training and keeps the
    best policy so far.

    Args:
        task: Task by name, TOML file or object; or several, which one policy learns that reads the instruction. Each
            counts as much as any other.
        algo: ``bc``: behaviour cloning; ``dagger``: dataset aggregation, where the expert completes episodes that the
            policy began; ``act``: behaviour cloning of action chunks; ``flow``: flow matching over action chunks.
        out: Folder of the policy, which must not contain one yet.
        data: Recorded demonstrations, instead of new ones.
        randomization: Randomization preset of the episodes.
        adr: Preset whose ranges grow where the policy succeeds (automatic domain randomization), in as many stages as
            DAgger may have rounds.
        curriculum: Widen the ranges of ``randomization`` over the first half of such stages.
        settings: Changes to the task, each as ``path=value``.
        demonstrations: Amount of demonstrations and rollouts, of all tasks or of each; the task's defaults if None.
        training: Hyperparameters; the network's defaults if None.
        network: Architecture; if None, that of ``start``, or else an mlp over the present observation, or the one
            that ``act`` and ``flow`` are defined by.
        observation: Observations of the policy; the ground-truth state by default.
        start: Policy of any task or robot whose weights initialise the network; its observations, actions and control
            mode have to be those of the task. From a multi-task policy, observations are those that it reads.
        progress: Progress callback.

    Raises:
        UsageError: The arguments exclude each other, the demonstrations fail, or the loss became NaN, in which case the
            last good weights are saved.
    """
    begin = time.monotonic()
    config = ImitationConfig.with_defaults(
        tasks=(task,) if isinstance(task, str | Path | Task) else tuple(task),
        algo=algo,
        folder=Path(out),
        data=tuple(data),
        randomization=RandomizationConfig(randomization, adr, curriculum),
        settings=tuple(settings),
        demonstrations=demonstrations,
        training=training,
        network=network,
        observation=observation,
        start=start,
    )
    config.validate()
    config = replace(config, observation=share_observation(config.tasks, settings, observation, start))
    preset = None if curriculum else randomization
    with (
        lock_training_folder(config.folder),
        make_training_envs(config.tasks, preset, settings, config.observation) as envs,
    ):
        for env in envs if start is not None else ():
            require_same_spaces(env, str(start))
        result, ranges = _train(envs, config, ProgressAdapter(progress))
        minutes = round((time.monotonic() - begin) / 60, 1)
        provenance = {**config.to_dict(), **ranges, "minutes": minutes, **_summarize(result)}
        tasks = [env.task.name for env in envs] if PRESENCE in config.observation.observe else ()
        policy = export_policy(envs[0], result.fit_result.network, provenance, tasks)
        policy.save(config.folder)
    stop_reason = result.fit_result.stop_reason
    if stop_reason and not stop_reason.startswith(INTERRUPTED):
        raise UsageError(f"imitation: {stop_reason}; the best weights before that are in {config.folder}")
    return ImitationResult(policy, config.folder, result.fit_result.curve, result.rounds)


def _train(
    envs: Sequence[TaskEnv], config: ImitationConfig, progress: ProgressAdapter
) -> tuple[LearningResult, dict[str, Any]]:
    """Train with the configured algorithm; also return the final ranges, if they widened."""
    env, amount, training, network = envs[0], config.demonstrations[0], config.training, config.network
    expert = Expert.from_env(env, ground_truth=True)
    if config.randomization.widening is not None:
        schedule = CurriculumSchedule(
            variations=select_variations(env, config.randomization, config.observation),
            widening=config.randomization.widening,
            demonstrations=amount,
            uses_corrections=config.algo == "dagger",
        )
        result, ranges = train_with_curriculum(
            env, expert, schedule=schedule, training=training, network=network, progress=progress.callbacks
        )
        return result, {"ranges": ranges.state_dict()}
    examples = read_demonstrations(config.data, env) if config.data else _collect(envs, config, progress)
    if config.algo != "dagger":
        return LearningResult(fit(examples, training, progress.report_epochs, None, network), (), examples), {}
    result = run_dagger(
        env, expert, examples, training, demonstrations=amount, progress=progress.callbacks, network=network
    )
    return result, {}


def _collect(envs: Sequence[TaskEnv], config: ImitationConfig, progress: ProgressAdapter) -> Examples:
    """Collect the demonstrations of each task."""
    total, parts = sum(amount.episodes for amount in config.demonstrations), list[Examples]()
    for env, amount in zip(envs, config.demonstrations, strict=True):
        before = sum(len(part.lengths) for part in parts)
        examples = collect_demonstrations(
            env,
            Expert.from_env(env, ground_truth=True),
            episodes=amount.episodes,
            noise=amount.noise,
            seed=config.training.seed,
            on_episode=progress.count_demonstrations(before, total),
        )
        parts.append(examples)
    return concatenate_tasks(parts) if len(parts) > 1 else parts[0]


def _summarize(result: LearningResult) -> dict[str, Any]:
    """Summarize a training for the provenance of the policy."""
    curve = result.fit_result.curve
    best = min(curve, key=lambda epoch: epoch.val_loss)
    return {
        "episodes": len(result.examples.lengths),
        "examples": len(result.examples),
        "best": {"epoch": best.number, "loss": round(best.val_loss, 6)},
        "curve": [[epoch.number, round(epoch.train_loss, 6), round(epoch.val_loss, 6)] for epoch in curve],
        "rounds": [past._asdict() for past in result.rounds],
        "stop_reason": result.fit_result.stop_reason or None,
    }


class ProgressAdapter:
    """Callbacks that report demonstrations, epochs, rollouts and rounds to one function."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._note = progress, ""

    def count_demonstrations(self, before: int, total: int) -> EpisodeCallback:
        """Make a callback that reports the demonstrations of one task, beside those before it and of all tasks."""

        def report(done: int, _: int) -> None:
            self._progress("demonstrations", before + done, total, "")

        return report

    def report_epochs(self, done: int, total: int, curve: list[Epoch]) -> None:
        """Report the number of epochs and the validation loss."""
        loss = f", loss {curve[-1].val_loss:.4f}" if curve else ""
        self._progress("epochs", done, total, loss + self._note)

    def report_episodes(self, done: int, total: int) -> None:
        """Report the number of rollouts in this round."""
        self._progress("episodes", done, total, self._note)

    def report_rounds(self, rounds: list[Round]) -> None:
        """Add the result of the last round to the following reports."""
        last = rounds[-1]
        self._note = f", round {len(rounds)}: {last.successes} of {last.episodes} solved"

    @property
    def callbacks(self) -> ProgressCallbacks:
        """Callbacks for a training with rollouts."""
        return ProgressCallbacks(self.report_episodes, self.report_epochs, self.report_rounds)
