"""Models saved by Stable-Baselines3 or sb3-contrib as a ``.zip``, which can run any program: see ``--allow-pickle``."""

from __future__ import annotations

import base64
import importlib
import pickle
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from mygym_lite.documents import parse_json
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, describe
from mygym_lite.policies.metadata import Shapes, require_compatible_spaces
from mygym_lite.policies.sb3_normalization import load_normalization

_ALGORITHMS = (  # each with a key found only in its archives, subclasses first
    ("sb3_contrib", "RecurrentPPO", "_last_lstm_states"),
    ("sb3_contrib", "TRPO", "cg_max_steps"),
    ("sb3_contrib", "TQC", "top_quantiles_to_drop_per_net"),
    ("stable_baselines3", "PPO", "clip_range"),
    ("stable_baselines3", "A2C", "gae_lambda"),
    ("stable_baselines3", "TD3", "target_policy_noise"),  # and its special case DDPG
    ("stable_baselines3", "SAC", "target_entropy"),
)
# parts that only training needs; a replay buffer would reserve gigabytes
_WITHOUT_TRAINING: dict[str, Any] = {"replay_buffer_class": None, "replay_buffer_kwargs": {}, "buffer_size": 1}


class SB3Policy:
    """Deterministic actions of a model, with the state of recurrent models carried through an episode.

    Args:
        model: Model of Stable-Baselines3.
        statistics: ``VecNormalize`` of its training, if any.
    """

    def __init__(self, model: Any, statistics: Any = None) -> None:
        self.model, self.statistics = model, statistics
        self._names = list(model.observation_space.spaces)
        self.reset(0)

    def reset(self, _seed: int) -> None:
        """Clear the recurrent state."""
        self._state: Any = None
        self._episode_start = np.ones(1, dtype=bool)

    def act(self, observation: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Return the action, clipped to the action space."""
        inputs = {name: observation[name] for name in self._names}
        if self.statistics is not None:
            inputs = self.statistics.normalize_obs(inputs)
        action, self._state = self.model.predict(inputs, self._state, self._episode_start, deterministic=True)
        self._episode_start = np.zeros(1, dtype=bool)
        return action  # type: ignore[no-any-return]


def load_sb3(file: Path, env: TaskEnv, normalization: Path | None = None) -> SB3Policy:
    """Load a model for an environment, and the statistics that normalize its input; the caller must trust both."""
    observation_space, action_space = _read_spaces(file)
    action_shape = action_space.shape if isinstance(action_space, spaces.Box) else ()
    shapes = _get_shapes(observation_space, file)
    require_compatible_spaces(env, shapes, action_shape, str(file))
    package, name = _detect_algorithm(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            algorithm = getattr(importlib.import_module(package), name)
            model = algorithm.load(file, device="cpu", custom_objects=_WITHOUT_TRAINING)
    except Exception as error:  # archives of other versions and custom classes may raise anything
        raise ConfigError(f"policy {file}: {name} cannot read it ({describe(error)})") from error
    return SB3Policy(model, None if normalization is None else load_normalization(normalization, shapes, file))


def read_sb3_shapes(file: Path) -> Shapes:
    """Read the shapes of the arrays that the model observes."""
    return _get_shapes(_read_spaces(file)[0], file)


def _detect_algorithm(file: Path) -> tuple[str, str]:
    """Detect package and name of the algorithm by the keys of the archive."""
    data = _read_data(file)
    for package, name, key in _ALGORITHMS:
        if key in data:
            return package, name
    known = ", ".join(name for _, name, _ in _ALGORITHMS)
    raise ConfigError(f"policy {file}: not from an algorithm with continuous actions that is known here: {known}")


def _read_data(file: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(file) as archive:
            data: dict[str, Any] = parse_json(archive.read("data"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ConfigError(f"policy {file}: not an archive of Stable-Baselines3 ({error})") from error
    return data


def _read_spaces(file: Path) -> tuple[Any, Any]:
    """Read observation and action space, without torch."""
    data = _read_data(file)
    try:
        observation_space, action_space = (
            pickle.loads(base64.b64decode(data[key][":serialized:"])) for key in ("observation_space", "action_space")
        )
    except Exception as error:  # unpickling may raise anything
        raise ConfigError(f"policy {file}: its spaces cannot be read ({describe(error)})") from error
    return observation_space, action_space


def _get_shapes(space: Any, file: Path) -> dict[str, tuple[int, ...]]:
    if not isinstance(space, spaces.Dict):
        raise ConfigError(
            f"policy {file}: sees one array, {space}; environments here show several, by name: train with a "
            "MultiInput policy"
        )
    return {name: box.shape for name, box in space.spaces.items()}  # type: ignore[misc]
