"""Reinforcement training, from a task and its rewards to a saved policy with its provenance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import torch

from mygym_lite.config.task import Task
from mygym_lite.jobs.progress import Progress, no_progress
from mygym_lite.learning.randomization_config import RandomizationConfig
from mygym_lite.learning.reinforcement.config import ReinforcementConfig
from mygym_lite.learning.reinforcement.trainer import ReinforcementResult, ReinforcementRun
from mygym_lite.learning.reinforcement.validation import ValidationConfig
from mygym_lite.torch_threads import limit_torch_threads
from mygym_lite.weights import lock_training_folder


@contextmanager
def preserve_global_rng() -> Iterator[None]:
    """Restore the global random generators of NumPy and torch at the end of a ``with`` block."""
    state = np.random.get_state()
    try:
        with torch.random.fork_rng(devices=()):
            yield
    finally:
        np.random.set_state(state)


def reinforce(
    task: str | Path | Task,
    algo: str,
    out: str | Path,
    *,
    steps: int | None = None,
    envs: int = 1,
    her: bool = False,
    demonstrations: int | Sequence[str | Path] = 0,
    start: str | Path | None = None,
    cameras: Sequence[str] = (),
    observe: Sequence[str] = (),
    perception: str | Path | None = None,
    randomization: str | Path | None = None,
    adr: str | Path | None = None,
    curriculum: bool = False,
    settings: Sequence[str] = (),
    seed: int = 0,
    validation: ValidationConfig | None = None,
    resume: bool = False,
    tensorboard: bool = False,
    threads: int = 1,
    progress: Progress = no_progress,
) -> ReinforcementResult:
    """Train a policy by reinforcement learning.

    The hyperparameters are those of ``tasks/reinforce/TASK.toml``. A keyboard interrupt stops the training and keeps
    the best policy so far.

    Args:
        task: Task by name, TOML file or object.
        algo: ``ppo``, ``sac``, ``td3``, ``ddpg``, ``tqc``, ``trpo``, ``a2c`` or ``dqn``.
        out: Folder of the policy and of the checkpoints.
        steps: Total steps over all environments; the task's hyperparameter if None.
        envs: Number of training environments.
        her: Use hindsight experience replay.
        demonstrations: Recorded demonstrations for the replay buffer, or the number of new ones.
        start: Policy of imitation, of any task or robot, that initialises the actor; its observations, actions and
            control mode have to be those of the task.
        cameras: Cameras to observe instead of the ground-truth state.
        observe: Observation groups, and ``instruction`` for its tokens; all groups of the task if empty.
        perception: Trained perception whose estimates the policy observes; rewards and success remain true.
        randomization: Randomization preset.
        adr: Preset whose ranges grow where the policy succeeds (automatic domain randomization).
        curriculum: Widen the ranges of the preset, or else of the start, over the first half of the steps.
        settings: Changes to the task, each as ``path=value``.
        seed: Seed of weights, exploration and episodes.
        validation: Interval, episodes and target of the validation.
        resume: Resume from the checkpoint in the folder.
        tensorboard: Write a TensorBoard log into the folder.
        threads: Threads of torch.
        progress: Progress callback.

    Raises:
        UsageError: The arguments exclude each other, or a loss became NaN, in which case the last good policy is saved.
    """
    config = ReinforcementConfig(
        task=task,
        algo=algo,
        folder=Path(out),
        steps=steps,
        envs=envs,
        her=her,
        demonstrations=demonstrations,
        start=start,
        cameras=tuple(cameras),
        observe=tuple(observe),
        perception=perception,
        randomization=RandomizationConfig(randomization, adr, curriculum),
        settings=tuple(settings),
        seed=seed,
        resume=resume,
        tensorboard=tensorboard,
    )
    config.validate()
    with (
        lock_training_folder(config.folder),
        limit_torch_threads(threads),
        preserve_global_rng(),
        closing(config.env_factory.make_validation_env()) as env,
    ):
        return ReinforcementRun(config, validation or ValidationConfig(), progress, env).train()
