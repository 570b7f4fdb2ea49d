"""From a network that was fitted to a policy that can be saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.learning.imitation.data import Array, Senses
from mygym_lite.learning.imitation.networks import Looking, Net, named
from mygym_lite.policies.metadata import Description, Tensors, shapes_of
from mygym_lite.policies.policy import Policy
from mygym_lite.policies.saved import KINDS


class Student(Policy, Protocol):
    """A policy that says what it was made for, and can be saved."""

    description: Description

    def save(self, folder: str | Path) -> Path:
        """Write the policy's folder."""


def student(env: TaskEnv, net: Net, made: Mapping[str, Any] | None = None) -> Student:
    """The policy of a network.

    Args:
        env: In which it was shown what to do.
        net: Between normalised numbers.
        made: How it came to be.
    """
    plain = Description.of(env, net.kind, net.card(), made or {})
    if isinstance(net.front, Looking):
        return _made(_sighted(env, net, plain), _halves(net, net.front))
    return _made(plain, net.tensors())


def _made(description: Description, tensors: Tensors) -> Student:
    policy: Any = KINDS[description.kind](description, tensors, description.kind)
    return policy  # type: ignore[no-any-return]


def _sighted(env: TaskEnv, net: Net, plain: Description) -> Description:
    """Of a policy that sees pictures, and of numbers only what the robot knows of itself."""
    shapes = shapes_of(env)
    network = {"head": net.kind, "told": net.front.parts[-1], "settings": net.card()}
    seen = {name: shapes[name] for name in Senses.of(env).seen}
    return replace(plain, kind="sighted", network=network, observation=seen)


def _halves(net: Net, front: Looking) -> dict[str, Array]:
    """The weights that look, and those that act."""
    return {
        **named(front.trunk, "trunk"), "numbers.mean": net.inputs.mean, "numbers.std": net.inputs.std,
        **{f"head.{name}": tensor for name, tensor in net.tensors().items()},
    }  # fmt: skip
