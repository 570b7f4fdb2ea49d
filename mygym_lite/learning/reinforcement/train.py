"""From a task and its rewards to a saved policy that says how it came to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import torch

from mygym_lite.config.task import Task
from mygym_lite.learning.reinforcement.config import Asked
from mygym_lite.learning.reinforcement.evaluation_callback import Watch
from mygym_lite.learning.reinforcement.trainer import Reinforced, Run
from mygym_lite.learning.reinforcement.validation import Trials
from mygym_lite.torch_threads import computing
from mygym_lite.weights import training_folder


@contextmanager
def own_chance() -> Iterator[None]:
    """Leave the shared generators as they were found."""
    numbers = np.random.get_state()
    try:
        with torch.random.fork_rng(devices=()):
            yield
    finally:
        np.random.set_state(numbers)


def unwatched(_what: str, _done: int, _total: int, _more: str) -> None:
    """Nobody looks."""


def reinforce(
    task: str | Path | Task, algo: str, out: str | Path, *, steps: int | None = None, envs: int = 1, her: bool = False,
    demos: int | Sequence[str | Path] = 0, start: str | Path | None = None, pixels: Sequence[str] = (),
    randomization: str | Path | None = None, adr: str | Path | None = None, curriculum: bool = False,
    settings: Sequence[str] = (), seed: int = 0, trials: Trials | None = None, resume: bool = False,
    tensorboard: bool = False, threads: int = 1, watch: Watch = unwatched,
) -> Reinforced:  # fmt: skip
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
        demos: Recorded demonstrations that are remembered beside own steps; or how many are to be played now.
        start: An imitation policy that the actor begins from.
        pixels: Cameras to see the scene through, instead of being told.
        randomization: A preset of variations.
        adr: A preset up to which ranges grow where the policy succeeds.
        curriculum: Whether ranges, of the preset or else of the start, widen over the first half of the steps.
        settings: Fixed changes to the task, each as ``path=value``.
        seed: Of weights, of chance and of the episodes.
        trials: When it is tried, and with which success it ends.
        resume: Whether to go on from the folder's checkpoint.
        tensorboard: Whether to write a log for TensorBoard into the folder.
        threads: With which it computes.
        watch: Is told how it goes on.

    Raises:
        UsageError: What was asked for makes no sense together; or a loss is no number any more, where the last good
            policy is kept.
    """
    asked = Asked(
        task, algo, Path(out), steps, envs, her, demos, start, tuple(pixels), randomization, adr, curriculum,
        tuple(settings), seed, resume, tensorboard,
    )  # fmt: skip
    asked.require_sense()
    with training_folder(asked.folder), computing(threads), own_chance(), closing(asked.place.trial()) as env:
        return Run(asked, trials or Trials(), watch, env).learn()
