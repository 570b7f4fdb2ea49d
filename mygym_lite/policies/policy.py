"""The policy protocol, and the simplest policies: random actions, zero actions and a plain function."""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from mygym_lite.errors import ConfigError, MyGymError, UsageError, describe, suggest
from mygym_lite.rng import make_stream


@runtime_checkable
class Policy(Protocol):
    """Mapping from observations to actions that is reset with a seed before each episode."""

    def reset(self, seed: int) -> None:
        """Begin the episode with this seed."""

    def act(self, observation: Any) -> Any:
        """Return the action, in [-1, 1]."""


PolicyLike: TypeAlias = str | Path | Policy | type[Policy] | Callable[..., Any]
"""Everything that is accepted as a policy: a name, a path, a policy object, its class, or a plain function."""


class RandomPolicy:
    """Uniform actions, reproducible by the seed of the episode."""

    def __init__(self, action_space: spaces.Box) -> None:
        self._space = action_space
        self.reset(0)

    def reset(self, seed: int) -> None:
        """Start the random stream of this episode."""
        self._rng = make_stream(seed, "policy/random")

    def act(self, _observation: Any = None) -> NDArray[np.float32]:
        """Draw an action."""
        return self._rng.uniform(self._space.low, self._space.high).astype(np.float32)


class ZeroPolicy:
    """Zero actions, with which the arm stays where it is if actions are changes or speeds."""

    def __init__(self, action_space: spaces.Box) -> None:
        self._action = np.zeros(action_space.shape, np.float32)

    def reset(self, seed: int) -> None:
        """Do nothing: the policy has no state."""

    def act(self, _observation: Any = None) -> NDArray[np.float32]:
        """Return zeros."""
        return self._action.copy()


class FunctionPolicy:
    """A plain function from observation to action."""

    def __init__(self, function: Callable[[Any], Any], name: str = "") -> None:
        self._function = function
        self._name = name or getattr(function, "__qualname__", type(function).__name__)

    def reset(self, seed: int) -> None:
        """Do nothing: a function has no state."""

    def act(self, observation: Any) -> Any:
        """Call the function.

        Raises:
            UsageError: The function raised; the message names its file and line.
        """
        try:
            return self._function(observation)
        except MyGymError:
            raise
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            raise UsageError(
                f"policy {self._name}: {describe(error)} ({frame.filename}, line {frame.lineno})"
            ) from error


def import_policy(name: str) -> Any:
    """Import the object named by ``package.module:name``."""
    module, _, attribute = name.partition(":")
    try:
        value: Any = importlib.import_module(module)
    except (Exception, SystemExit) as error:  # a user's module may raise anything while it is imported
        raise ConfigError(
            f"policy {name}: '{module}' cannot be imported ({describe(error)}); "
            f"write {module.partition('.')[0]}.py into this folder, or install its package"
        ) from error
    for part in attribute.split("."):
        if not hasattr(value, part):
            raise ConfigError(f"policy {name}: '{module}' has no '{attribute}'{suggest(part, dir(value))}")
        value = getattr(value, part)
    return value
