"""Policy that a training starts from: its architecture, and the check that its spaces are those of the task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.learning.imitation.architecture import NETWORK_KINDS, NetworkConfig
from mygym_lite.learning.imitation.export import get_input_shapes
from mygym_lite.policies.metadata import METADATA_FILE, read_metadata
from mygym_lite.policies.saved import find_policy_folder, get_policy_class
from mygym_lite.schema import Location, build

_SHARED_FIELDS = ("history", "scales", "horizon", "decay", "execute", "integration_steps")
_CHOICES = ("kind", "history")


def read_start(start: str | Path, given: NetworkConfig | None = None) -> NetworkConfig:
    """Read the architecture of the policy that a training starts from.

    Args:
        start: Folder of the policy, or the name of a shipped one.
        given: Architecture that the user gave, whose kind and history have to be those of the policy.

    Raises:
        UsageError: Imitation cannot train this kind of policy, or another architecture was given.
    """
    kind, config = _read_head(start)
    if kind not in NETWORK_KINDS:
        raise UsageError(
            f"start: {start} is a policy '{kind}'; imitation starts from one of {', '.join(NETWORK_KINDS)}"
        )
    functions = getattr(config, "activation", "relu"), getattr(config, "output", "clip")
    if functions != ("relu", "clip"):
        raise UsageError(
            f"start: {start} computes {' and '.join(functions)}, and imitation trains relu and clip; start "
            "from a policy of imitation"
        )
    shared = {name: getattr(config, name) for name in _SHARED_FIELDS if hasattr(config, name)}
    network = NetworkConfig(kind, start=str(start), **shared)
    for name in _CHOICES if given else ():
        if getattr(given, name) != getattr(network, name):
            raise UsageError(
                f"start: {start} has {name} {getattr(network, name)}, not {getattr(given, name)}; leave --network and "
                "--history out"
            )
    return network


def read_hidden(start: str | Path) -> tuple[int, ...]:
    """Read the width of each hidden layer of the policy, as ``TrainingConfig`` has them."""
    kind, config = _read_head(start)
    if kind == "recurrent":
        return config.memory, config.hidden
    return (config.width,) if kind == "action_chunking" else tuple(config.hidden)


def require_same_spaces(env: TaskEnv, start: str | Path) -> None:
    """Refuse an environment with other spaces than the policy that a training starts from."""
    read_metadata(find_policy_folder(start)).require_same_spaces(env, get_input_shapes(env), str(start))


def _read_head(start: str | Path) -> tuple[str, Any]:
    """Read the kind of the innermost head of a policy, and its network configuration."""
    folder = find_policy_folder(start)
    metadata = read_metadata(folder)
    kind: Any = metadata.kind
    table: Any = metadata.network
    location = Location(f"{start}/{METADATA_FILE}").at("network")
    while "head" in table:
        kind, table, location = table["head"], table["head_config"], location.at("head_config")
    return kind, build(get_policy_class(kind).config_class, table, location)
