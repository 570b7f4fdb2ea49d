"""Policies from the user's functions, objects, classes and networks in this process."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, describe
from mygym_lite.policies.metadata import get_observation_shapes, require_observations
from mygym_lite.policies.networks.policy import NetworkPolicy
from mygym_lite.policies.policy import FunctionPolicy, Policy, PolicyLike
from mygym_lite.policies.remote.mapped_policy import MappedPolicy
from mygym_lite.policies.remote.mapping import RemoteMapping


def make_local_policy(policy: PolicyLike, name: str, env: TaskEnv, mapping: RemoteMapping | None = None) -> Policy:
    """Make a policy from a function, an object or a class.

    Args:
        policy: Function, object with ``reset`` and ``act``, or class of such objects.
        name: Name in messages.
        env: Environment in which the policy will act.
        mapping: Mapping between the observations and actions of the task and those of the policy.
    """
    wrapped = _wrap(policy, name)
    if mapping is None:
        return wrapped
    require_observations(env, mapping.list_array_names(), f"policy {name}: the mapping")
    return MappedPolicy(wrapped, mapping, env)


def make_network_policy(file: Path, env: TaskEnv, mapping: RemoteMapping | None = None) -> Policy:
    """Make a policy from a network; without a mapping, its inputs have the names of observations.

    Args:
        file: The network.
        env: Environment in which the policy will act.
        mapping: Mapping between the observations and actions of the task and those of the network.
    """
    mapping = mapping or RemoteMapping()
    require_observations(env, mapping.list_array_names(), f"policy {file}: the mapping")
    network = NetworkPolicy(file, mapping.state)
    network.require_inputs(mapping.observation or get_observation_shapes(env))
    key = network.choose_output(mapping.action.key)
    return MappedPolicy(network, replace(mapping, action=replace(mapping.action, key=key)), env)


def _wrap(policy: Any, name: str) -> Policy:
    if isinstance(policy, type) and issubclass(policy, Policy):
        return _instantiate(policy, name)
    if isinstance(policy, Policy):
        return policy
    if _is_torch_module(policy):
        raise ConfigError(
            f"policy {name}: a torch module takes tensors, not an observation; wrap it: def act(seen): return "
            "net(torch.from_numpy(seen['proprio'])[None])[0].detach().numpy(), and for images act.observe = "
            "['proprio', 'rgb'], act.cameras = ['head'], act.size = (84, 84)"
        )
    if not callable(policy):
        raise ConfigError(f"policy {name}: is not a function; name one that takes an observation and returns an action")
    return FunctionPolicy(policy, name)


def _instantiate(policy_class: type[Policy], name: str) -> Policy:
    try:
        return policy_class()
    except (Exception, SystemExit) as error:  # a constructor may raise anything
        raise ConfigError(
            f"policy {name}: cannot be made without arguments ({describe(error)}); "
            "name an object of this class, or a function"
        ) from error


def _is_torch_module(policy: Any) -> bool:
    """Return true for a torch module or a class of such; nothing is one if torch was never imported."""
    torch = sys.modules.get("torch")
    return torch is not None and (
        isinstance(policy, torch.nn.Module) or (isinstance(policy, type) and issubclass(policy, torch.nn.Module))
    )
