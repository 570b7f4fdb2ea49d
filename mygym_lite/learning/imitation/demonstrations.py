"""Where demonstrations come from: somebody who shows how, or files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mygym_lite.demonstrations.demonstration import Demonstration
from mygym_lite.demonstrations.demonstrations import Demonstrations
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.imitation.data import Examples, Senses, joined
from mygym_lite.learning.imitation.labelled_rollouts import noisily, show
from mygym_lite.policies.metadata import shapes_of
from mygym_lite.policies.policy import Policy

FIRST = 10_000_000
"""Seed of the first episode that is shown; no evaluation comes near."""
APART = 1_000_000
"""Between the seeds of what is learned with one seed and with the next one."""
_PATIENCE = 20  # episodes in a row that fail
_CHECKED = 5  # of them, played again to say why

Watch = Callable[[int, int], None]
"""Is told how many episodes there are, and how many there will be."""


def shown(env: TaskEnv, teacher: Policy, episodes: int, noise: float, seed: int, watch: Watch) -> Examples:
    """Successful episodes; those that fail are left out, since they show what not to do.

    Args:
        env: Where.
        teacher: Who shows it.
        episodes: How many.
        noise: Deviation of what is done from what is right, from which the teacher recovers.
        seed: Which episodes.
        watch: Is told how it goes on.
    """
    found: list[Examples] = []
    number, failed = FIRST + APART * seed, 0
    watch(0, episodes)
    while len(found) < episodes:
        episode = show(env, number, teacher, noisily(env, number, noise))
        number, failed = number + 1, 0 if episode.success else failed + 1
        if failed == _PATIENCE:
            last = range(number - _CHECKED, number)
            raise UsageError(
                f"imitation: of the last {_PATIENCE} episodes of {env.task.name} that were shown, none succeeded; "
                f"{_remedy(env, teacher, noise, last)}"
            )
        if episode.success:
            found.append(episode.examples)
            watch(len(found), episodes)
    return joined(found)


def _remedy(env: TaskEnv, teacher: Policy, noise: float, seeds: Sequence[int]) -> str:
    """Suggest a remedy, found by playing some of the failed episodes again without noise."""
    if noise and any(show(env, seed, teacher, noisily(env, seed, 0.0)).success for seed in seeds):
        return f"without noise the expert succeeds, so show it with less noise than {noise:g}"
    if env.variations:
        return "show it in a milder randomization"
    return (
        "the expert does not solve it as it is declared, even without noise; make the task easier, or record a policy "
        "that solves it and give the folder as data"
    )


def read(files: Sequence[str | Path], env: TaskEnv) -> Examples:
    """The successful episodes of recorded demonstrations.

    Args:
        files: Folders or files of demonstrations, as ``record`` makes them.
        env: Of the task that they are of.
    """
    found = [example for file in files for example in _read(file, env)]
    if not found:
        raise UsageError(f"{', '.join(map(str, files))}: no demonstration succeeded; record others to learn from")
    return joined(found)


def _read(file: str | Path, env: TaskEnv) -> list[Examples]:
    demonstrations = Demonstrations.load(file)
    _require_fit(file, demonstrations, env)
    return [_learned_from(one, env) for one in demonstrations if one.success]


def _learned_from(one: Demonstration, env: TaskEnv) -> Examples:
    senses = Senses.of(env)
    return Examples.of(
        {name: one.seen(name) for name in shapes_of(env)}, one.actions, [len(one)], senses.numbers,
        done=one.executed, pictures=senses.pictures, told=senses.told,
    )  # fmt: skip


def _require_fit(file: str | Path, demonstrations: Demonstrations, env: TaskEnv) -> None:
    """Refuse demonstrations of something else."""
    card, robot = demonstrations.card, env.task.robot
    found = (card.get("task"), card.get("robot"), card.get("control"))
    name = found[0]["name"] if isinstance(found[0], dict) else found[0]
    wanted = (env.task.name, robot.model, robot.control)
    for what, here, there in zip(("task", "robot", "control"), wanted, (name, *found[1:]), strict=True):
        if there is not None and there != here:
            raise UsageError(f"{file}: was recorded with {what} '{there}', not '{here}'; learn that, or record again")
    first = demonstrations[0]
    shapes = {key: array.shape[1:] for key, array in first.observations.items()}
    unlike = [key for key, shape in shapes_of(env).items() if shapes.get(key) != shape]
    if unlike or first.actions.shape[1:] != env.action_space.shape:
        raise UsageError(
            f"{file}: {unlike[0] if unlike else 'action'} is not of the shape that {env.task.name} has; record again"
        )
