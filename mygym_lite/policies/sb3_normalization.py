"""Statistics of ``VecNormalize`` for the observations of a Stable-Baselines3 model."""

from __future__ import annotations

import logging
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np

from mygym_lite.errors import ConfigError, describe
from mygym_lite.policies.inputs import Array
from mygym_lite.policies.metadata import Shapes

_NAMES = ("vecnormalize.pkl", "vec_normalize.pkl")
_CHECKPOINT = re.compile(r"(.+)_(\d+)_steps")
_announced: set[Path] = set()


def find_normalization(model: Path) -> Path | None:
    """Find the statistics beside a model: of its name, of its checkpoint, or the only ones of its folder."""
    match = _CHECKPOINT.fullmatch(model.stem)
    names = [f"{model.stem}_vecnormalize.pkl", *_NAMES]
    if match is not None:
        names.insert(0, f"{match[1]}_vecnormalize_{match[2]}_steps.pkl")
    return next((file for name in names if (file := model.with_name(name)).is_file()), None)


def announce_normalization(model: Path, file: Path) -> None:
    """Report once that statistics were found, since the policy acts otherwise without them."""
    if file not in _announced:
        _announced.add(file)
        logging.getLogger(__name__).warning("policy %s: observations are normalized by %s beside it", model, file.name)


def load_normalization(file: Path, shapes: Shapes, model: Path) -> Any:
    """Load statistics, whose file can run any program when it is read; the caller must trust it.

    Args:
        file: File of a ``VecNormalize``.
        shapes: Shapes of the arrays that the model observes.
        model: The model, for messages.

    Raises:
        ConfigError: The file holds no statistics, or those of another observation space.
    """
    from stable_baselines3.common.vec_env import VecNormalize

    try:
        statistics = pickle.loads(file.read_bytes())
    except Exception as error:  # unpickling may raise anything
        raise ConfigError(f"policy {model}: {file} cannot be read ({describe(error)})") from error
    if not isinstance(statistics, VecNormalize):
        raise ConfigError(f"policy {model}: {file} holds a {type(statistics).__name__}, not a VecNormalize")
    statistics.training = False
    if statistics.norm_obs:
        _require_same_space(statistics, shapes, file, model)
    return statistics


def get_moments(statistics: Any) -> dict[str, tuple[Array, Array, float]]:
    """Return mean, standard deviation and bound of each observation that is normalized."""
    if statistics is None or not statistics.norm_obs:
        return {}
    return {
        name: (
            np.asarray(statistics.obs_rms[name].mean, np.float32),
            np.asarray(np.sqrt(statistics.obs_rms[name].var + statistics.epsilon), np.float32),
            float(statistics.clip_obs),
        )
        for name in statistics.norm_obs_keys
    }


def _require_same_space(statistics: Any, shapes: Shapes, file: Path, model: Path) -> None:
    found = statistics.obs_rms if isinstance(statistics.obs_rms, dict) else {"observation": statistics.obs_rms}
    for name, moments in found.items():
        if shapes.get(name) != moments.mean.shape:
            raise ConfigError(
                f"policy {model}: {file} has statistics of '{name}' of shape {moments.mean.shape}, and the model "
                f"observes {', '.join(f'{key} {shape}' for key, shape in shapes.items())}; give those of its training "
                "as --normalize"
            )
