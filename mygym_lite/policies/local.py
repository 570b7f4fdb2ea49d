"""A policy of this process: a function, an object or a class of somebody's own, made ready to act."""

from __future__ import annotations

import sys
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, describe
from mygym_lite.policies.metadata import require_observations
from mygym_lite.policies.policy import FunctionPolicy, Policy
from mygym_lite.policies.remote.mapped import MappedPolicy
from mygym_lite.policies.remote.mapping import RemoteMapping


def make_local_policy(found: Any, name: str, env: TaskEnv, mapping: RemoteMapping | None = None) -> Policy:
    """Make a policy of what was named or given.

    Args:
        found: A function, an object with ``reset`` and ``act``, or a class of such.
        name: What messages call it.
        env: Where it is to act.
        mapping: How it is spoken to, if not as environments here speak.
    """
    policy = _policy(found, name)
    if mapping is None:
        return policy
    require_observations(env, mapping.list_array_names(), f"policy {name}: the mapping")
    return MappedPolicy(policy, mapping)


def _policy(found: Any, name: str) -> Policy:
    if isinstance(found, type) and issubclass(found, Policy):
        return _instance(found, name)
    if isinstance(found, Policy):
        return found
    if _is_torch_module(found):
        raise ConfigError(
            f"policy {name}: a torch module takes tensors, not an observation; wrap it: def act(seen): return "
            "net(torch.from_numpy(seen['proprio'])[None])[0].detach().numpy(), and for images act.observe = "
            "['proprio', 'rgb'], act.cameras = ['head'], act.size = (84, 84)"
        )
    if not callable(found):
        raise ConfigError(f"policy {name}: is not a function; name one that takes an observation and returns an action")
    return FunctionPolicy(found, name)


def _instance(kind: type[Policy], name: str) -> Policy:
    try:
        return kind()
    except (Exception, SystemExit) as error:  # whatever somebody's constructor raises
        raise ConfigError(
            f"policy {name}: cannot be made without arguments ({describe(error)}); "
            "name an object of this class, or a function"
        ) from error


def _is_torch_module(found: Any) -> bool:
    """Whether it is a torch module or a class of such; where torch was never imported, nothing is."""
    torch = sys.modules.get("torch")
    return torch is not None and (
        isinstance(found, torch.nn.Module) or (isinstance(found, type) and issubclass(found, torch.nn.Module))
    )
