"""Policies that Stable-Baselines3 or sb3-contrib saved as a ``.zip``. To read one is to run it: see ``--allow-pickle``."""

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

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, describe
from mygym_lite.policies.metadata import Shapes, require_compatible_spaces
from mygym_lite.schema import parse_json

_ALGORITHMS = (  # each with what only its archives hold, from the particular to the general
    ("sb3_contrib", "RecurrentPPO", "_last_lstm_states"),
    ("sb3_contrib", "TRPO", "cg_max_steps"),
    ("sb3_contrib", "TQC", "top_quantiles_to_drop_per_net"),
    ("stable_baselines3", "PPO", "clip_range"),
    ("stable_baselines3", "A2C", "gae_lambda"),
    ("stable_baselines3", "TD3", "target_policy_noise"),  # DDPG too, which is a case of it
    ("stable_baselines3", "SAC", "target_entropy"),
)
# what only learning needs, and would reserve gigabytes for
_NOT_TO_ACT: dict[str, Any] = {"replay_buffer_class": None, "replay_buffer_kwargs": {}, "buffer_size": 1}
_SPACES = ("observation_space", "action_space")


class SB3Policy:
    """Gives the action that the model finds best, and carries a recurrent model's state through an episode."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._names = list(model.observation_space.spaces)
        self.reset(0)

    def reset(self, seed: int) -> None:
        """Forget the last episode."""
        self._state: Any = None
        self._start = np.ones(1, dtype=bool)

    def act(self, observation: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
        """The action, within its space."""
        seen = {name: observation[name] for name in self._names}
        action, self._state = self._model.predict(seen, self._state, self._start, deterministic=True)
        self._start = np.zeros(1, dtype=bool)
        return action  # type: ignore[no-any-return]


def load_sb3(file: Path, env: TaskEnv) -> SB3Policy:
    """Load a model for an environment; whoever calls this trusts the file."""
    seen, done = _spaces(file)
    require_compatible_spaces(env, _shapes(seen, file), done.shape if isinstance(done, spaces.Box) else (), str(file))
    package, name = _algorithm(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = getattr(importlib.import_module(package), name).load(file, device="cpu", custom_objects=_NOT_TO_ACT)
    except Exception as error:  # whatever an archive of another version, or somebody's own classes, come to
        raise ConfigError(f"policy {file}: {name} cannot read it ({describe(error)})") from error
    return SB3Policy(model)


def read_sb3_shapes(file: Path) -> Shapes:
    """What the model wants to see."""
    return _shapes(_spaces(file)[0], file)


def _algorithm(file: Path) -> tuple[str, str]:
    """Package and name of the algorithm, by what the archive says of itself."""
    data = _data(file)
    for package, name, mark in _ALGORITHMS:
        if mark in data:
            return package, name
    known = ", ".join(name for _, name, _ in _ALGORITHMS)
    raise ConfigError(f"policy {file}: not from an algorithm with continuous actions that is known here: {known}")


def _data(file: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(file) as archive:
            data: dict[str, Any] = parse_json(archive.read("data"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ConfigError(f"policy {file}: not an archive of Stable-Baselines3 ({error})") from error
    return data


def _spaces(file: Path) -> tuple[Any, Any]:
    """What the model sees and does, without torch."""
    data = _data(file)
    try:
        found = [
            pickle.loads(base64.b64decode(data[key][":serialized:"])) for key in ("observation_space", "action_space")
        ]
    except Exception as error:  # unpickling raises what it likes
        raise ConfigError(f"policy {file}: its spaces cannot be read ({describe(error)})") from error
    return found[0], found[1]


def _shapes(space: Any, file: Path) -> dict[str, tuple[int, ...]]:
    if not isinstance(space, spaces.Dict):
        raise ConfigError(
            f"policy {file}: sees one array, {space}; environments here show several, by name: train with a "
            "MultiInput policy"
        )
    return {name: box.shape for name, box in space.spaces.items()}  # type: ignore[misc]
