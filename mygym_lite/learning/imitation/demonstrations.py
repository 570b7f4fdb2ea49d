"""Demonstrations for imitation: episodes of the expert, or recordings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mygym_lite.config.instructions.vocabulary import load_vocabulary
from mygym_lite.config.validation_language import INSTRUCTION
from mygym_lite.demonstrations.demonstration import Demonstration
from mygym_lite.demonstrations.demonstrations import Demonstrations
from mygym_lite.demonstrations.instructed import InstructedEpisodes
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.imitation.data import Examples, ObservationSplit, concatenate
from mygym_lite.learning.imitation.labelled_rollouts import make_noisy_selector, run_labelled_episode
from mygym_lite.policies.metadata import get_observation_shapes
from mygym_lite.policies.policy import Policy

FIRST_DEMONSTRATION_SEED = 10_000_000
"""Seed of the first demonstration, far from those of evaluations."""
SEED_STRIDE = 1_000_000
"""Distance between the episode seeds of trainings with consecutive seeds."""
MAX_FAILURES = 50
"""Consecutive failures of the expert after which the collection stops."""
_DIAGNOSED = 5  # failed episodes that are repeated without noise to suggest a remedy

EpisodeCallback = Callable[[int, int], None]
"""Function of the number of episodes, and of their total."""


def collect_demonstrations(
    env: TaskEnv, expert: Policy, episodes: int, noise: float, seed: int, on_episode: EpisodeCallback
) -> Examples:
    """Collect successful episodes of the expert; failures are left out.

    Args:
        env: Environment.
        expert: Policy that labels the states.
        episodes: Number of successful episodes.
        noise: Standard deviation of the noise on executed actions, from which the expert recovers.
        seed: Seed of the training, which selects the episodes.
        on_episode: Callback after each successful episode.
    """
    collected: list[Examples] = []
    number, failures = FIRST_DEMONSTRATION_SEED + SEED_STRIDE * seed, 0
    on_episode(0, episodes)
    while len(collected) < episodes:
        episode = run_labelled_episode(env, number, expert, make_noisy_selector(env, number, noise))
        number, failures = number + 1, 0 if episode.success else failures + 1
        if failures == MAX_FAILURES:
            last = range(number - _DIAGNOSED, number)
            raise UsageError(
                f"imitation: the expert failed in the last {MAX_FAILURES} episodes of {env.task.name}; "
                f"{_suggest_remedy(env, expert, noise, last)}"
            )
        if episode.success:
            collected.append(episode.examples)
            on_episode(len(collected), episodes)
    return concatenate(collected)


def _suggest_remedy(env: TaskEnv, expert: Policy, noise: float, seeds: Sequence[int]) -> str:
    """Suggest a remedy, after repeating some failed episodes without noise."""
    if noise and any(
        run_labelled_episode(env, seed, expert, make_noisy_selector(env, seed, 0.0)).success for seed in seeds
    ):
        return f"without noise the expert succeeds, so use less noise than {noise:g}"
    if env.variations:
        return "use a milder randomization"
    return (
        "the expert cannot solve the task as declared, even without noise; make it easier, or record a policy that can "
        "and give the folder as data"
    )


def read_demonstrations(files: Sequence[str | Path], env: TaskEnv) -> Examples:
    """Read the successful episodes of recorded demonstrations.

    Args:
        files: Folders or files of demonstrations, as ``record`` writes them.
        env: Environment of the same task.
    """
    episodes = [_convert(episode, env) for file in files for episode in load_compatible(file, env) if episode.success]
    if not episodes:
        raise UsageError(f"{', '.join(map(str, files))}: no demonstration succeeded; record others to learn from")
    return concatenate(episodes)


def _convert(episode: Demonstration, env: TaskEnv) -> Examples:
    split = ObservationSplit.for_env(env)
    return Examples.from_arrays(
        {name: episode.get_observations(name) for name in get_observation_shapes(env)},
        episode.actions,
        [len(episode)],
        split.vectors,
        executed_actions=episode.executed,
        images=split.images,
        auxiliary=split.auxiliary,
        vocabulary=split.vocabulary,
    )


def _add_instructions(demonstrations: Demonstrations, env: TaskEnv) -> Demonstrations:
    """Add the tokens of the recorded instructions, if the environment observes them and the policy did not."""
    first, task = demonstrations[0], env.task
    is_missing = INSTRUCTION in get_observation_shapes(env) and INSTRUCTION not in first.observations
    if not is_missing or task.language is None or first.record.get("instruction") is None:
        return demonstrations
    episodes = InstructedEpisodes(demonstrations.episodes, load_vocabulary(task.language.vocabulary))
    return Demonstrations(episodes, demonstrations.manifest)


def load_compatible(file: str | Path, env: TaskEnv) -> Demonstrations:
    """Load demonstrations; refuse those of another task, robot, control mode, observation or action."""
    demonstrations = _add_instructions(Demonstrations.load(file), env)
    manifest, robot, first = demonstrations.manifest, env.task.robot, demonstrations[0]
    task = manifest.get("task")
    recorded = (task["name"] if isinstance(task, dict) else task, manifest.get("robot"), manifest.get("control"))
    own = (env.task.name, robot.model, robot.control)
    for field, here, there in zip(("task", "robot", "control"), own, recorded, strict=True):
        if there is not None and there != here:
            raise UsageError(f"{file}: was recorded with {field} '{there}', not '{here}'; learn that, or record again")
    shapes = {name: array.shape[1:] for name, array in first.observations.items()}
    different = [name for name, shape in get_observation_shapes(env).items() if shapes.get(name) != shape]
    if different or first.actions.shape[1:] != env.action_space.shape:
        name = different[0] if different else "action"
        raise UsageError(f"{file}: {name} is not of the shape that {env.task.name} has; record again")
    return demonstrations
