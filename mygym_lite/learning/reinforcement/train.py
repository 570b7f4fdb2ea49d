"""From a task and its rewards to a saved policy that says how it came to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import torch

from mygym_lite.config.task import Task
from mygym_lite.learning.reinforcement.config import ReinforcementConfig
from mygym_lite.learning.reinforcement.evaluation_callback import Progress
from mygym_lite.learning.reinforcement.trainer import ReinforcementResult, ReinforcementRun
from mygym_lite.learning.reinforcement.validation import ValidationConfig
from mygym_lite.torch_threads import limit_torch_threads
from mygym_lite.weights import lock_training_folder


@contextmanager
def preserve_global_rng() -> Iterator[None]:
    """Leave the shared generators as they were found."""
    numbers = np.random.get_state()
    try:
        with torch.random.fork_rng(devices=()):
            yield
    finally:
        np.random.set_state(numbers)


def no_progress(_what: str, _done: int, _total: int, _more: str) -> None:
    """Nobody looks."""


def reinforce(
    task: str | Path | Task, algo: str, out: str | Path, *, steps: int | None = None, envs: int = 1, her: bool = False,
    demonstrations: int | Sequence[str | Path] = 0, init_from: str | Path | None = None, cameras: Sequence[str] = (),
    randomization: str | Path | None = None, adr: str | Path | None = None, curriculum: bool = False,
    settings: Sequence[str] = (), seed: int = 0, validation: ValidationConfig | None = None, resume: bool = False,
    tensorboard: bool = False, threads: int = 1, progress: Progress = no_progress,
) -> ReinforcementResult:  # fmt: skip
    """Learn by trying what is rewarded.

    Hyperparameters are those of ``tasks/reinforce/TASK.toml``. An interrupt ends the learning, and the best until then
    is kept.

    Args:
        task: Which.
        algo: ``ppo``, ``sac``, ``td3``, ``ddpg``, ``tqc``, ``trpo``, ``a2c`` or ``dqn``.
        out: Folder of the policy, and of the checkpoints.
        steps: In all environments together; what the task's hyperparameters say if left out.
        envs: Environments to learn in.
        her: Whether to learn also towards goals that were reached instead of those that were wanted.
        demonstrations: Recorded demonstrations that are remembered beside own steps; or how many are to be played now.
        init_from: An imitation policy that the actor begins from.
        cameras: Cameras to see the scene through, instead of being told.
        randomization: A preset of variations.
        adr: A preset up to which ranges grow where the policy succeeds.
        curriculum: Whether ranges, of the preset or else of the start, widen over the first half of the steps.
        settings: Fixed changes to the task, each as ``path=value``.
        seed: Of weights, of chance and of the episodes.
        validation: When it is tried, and with which success it ends.
        resume: Whether to go on from the folder's checkpoint.
        tensorboard: Whether to write a log for TensorBoard into the folder.
        threads: With which it computes.
        progress: Is told how it goes on.

    Raises:
        UsageError: What was asked for makes no sense together; or a loss is no number any more, where the last good
            policy is kept.
    """
    asked = ReinforcementConfig(
        task,
        algo,
        Path(out),
        steps,
        envs,
        her,
        demonstrations,
        init_from,
        tuple(cameras),
        randomization,
        adr,
        curriculum,
        tuple(settings),
        seed,
        resume,
        tensorboard,
    )
    asked.validate()
    with (
        lock_training_folder(asked.folder),
        limit_torch_threads(threads),
        preserve_global_rng(),
        closing(asked.env_factory.make_validation_env()) as env,
    ):
        return ReinforcementRun(asked, validation or ValidationConfig(), progress, env).train()
