"""Where demonstrations come from: somebody who shows how, or files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mygym_lite.demonstrations.demonstration import Demonstration
from mygym_lite.demonstrations.demonstrations import Demonstrations
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.imitation.data import Examples, ObservationSplit, concatenate
from mygym_lite.learning.imitation.labelled_rollouts import make_noisy_selector, run_labelled_episode
from mygym_lite.policies.metadata import get_observation_shapes
from mygym_lite.policies.policy import Policy

FIRST_DEMONSTRATION_SEED = 10_000_000
"""Seed of the first episode that is shown; no evaluation comes near."""
SEED_STRIDE = 1_000_000
"""Between the seeds of what is learned with one seed and with the next one."""
_PATIENCE = 20  # episodes in a row that fail
_CHECKED = 5  # of them, played again to say why

EpisodeCallback = Callable[[int, int], None]
"""Is told how many episodes there are, and how many there will be."""


def collect_demonstrations(
    env: TaskEnv, expert: Policy, episodes: int, noise: float, seed: int, on_episode: EpisodeCallback
) -> Examples:
    """Successful episodes; those that fail are left out, since they show what not to do.

    Args:
        env: Where.
        expert: Who shows it.
        episodes: How many.
        noise: Deviation of what is done from what is right, from which the teacher recovers.
        seed: Which episodes.
        on_episode: Is told how it goes on.
    """
    found: list[Examples] = []
    number, failed = FIRST_DEMONSTRATION_SEED + SEED_STRIDE * seed, 0
    on_episode(0, episodes)
    while len(found) < episodes:
        episode = run_labelled_episode(env, number, expert, make_noisy_selector(env, number, noise))
        number, failed = number + 1, 0 if episode.success else failed + 1
        if failed == _PATIENCE:
            last = range(number - _CHECKED, number)
            raise UsageError(
                f"imitation: of the last {_PATIENCE} episodes of {env.task.name} that were shown, none succeeded; "
                f"{_remedy(env, expert, noise, last)}"
            )
        if episode.success:
            found.append(episode.examples)
            on_episode(len(found), episodes)
    return concatenate(found)


def _remedy(env: TaskEnv, teacher: Policy, noise: float, seeds: Sequence[int]) -> str:
    """Suggest a remedy, found by playing some of the failed episodes again without noise."""
    if noise and any(
        run_labelled_episode(env, seed, teacher, make_noisy_selector(env, seed, 0.0)).success for seed in seeds
    ):
        return f"without noise the expert succeeds, so show it with less noise than {noise:g}"
    if env.variations:
        return "show it in a milder randomization"
    return (
        "the expert does not solve it as it is declared, even without noise; make the task easier, or record a policy "
        "that solves it and give the folder as data"
    )


def read_demonstrations(files: Sequence[str | Path], env: TaskEnv) -> Examples:
    """The successful episodes of recorded demonstrations.

    Args:
        files: Folders or files of demonstrations, as ``record`` makes them.
        env: Of the task that they are of.
    """
    found = [example for file in files for example in _read(file, env)]
    if not found:
        raise UsageError(f"{', '.join(map(str, files))}: no demonstration succeeded; record others to learn from")
    return concatenate(found)


def _read(file: str | Path, env: TaskEnv) -> list[Examples]:
    demonstrations = Demonstrations.load(file)
    _require_fit(file, demonstrations, env)
    return [_learned_from(one, env) for one in demonstrations if one.success]


def _learned_from(one: Demonstration, env: TaskEnv) -> Examples:
    senses = ObservationSplit.for_env(env)
    return Examples.from_arrays(
        {name: one.get_observations(name) for name in get_observation_shapes(env)},
        one.actions,
        [len(one)],
        senses.vectors,
        executed_actions=one.executed,
        images=senses.images,
        auxiliary=senses.auxiliary,
    )


def _require_fit(file: str | Path, demonstrations: Demonstrations, env: TaskEnv) -> None:
    """Refuse demonstrations of something else."""
    card, robot = demonstrations.manifest, env.task.robot
    found = (card.get("task"), card.get("robot"), card.get("control"))
    name = found[0]["name"] if isinstance(found[0], dict) else found[0]
    wanted = (env.task.name, robot.model, robot.control)
    for what, here, there in zip(("task", "robot", "control"), wanted, (name, *found[1:]), strict=True):
        if there is not None and there != here:
            raise UsageError(f"{file}: was recorded with {what} '{there}', not '{here}'; learn that, or record again")
    first = demonstrations[0]
    shapes = {key: array.shape[1:] for key, array in first.observations.items()}
    unlike = [key for key, shape in get_observation_shapes(env).items() if shapes.get(key) != shape]
    if unlike or first.actions.shape[1:] != env.action_space.shape:
        raise UsageError(
            f"{file}: {unlike[0] if unlike else 'action'} is not of the shape that {env.task.name} has; record again"
        )
