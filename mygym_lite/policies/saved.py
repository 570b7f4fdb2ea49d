"""Saved policies, of whatever kind: loaded from their folders, and refused where they do not belong."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from mygym_lite import paths
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, suggest
from mygym_lite.policies.discrete import DiscretePolicy
from mygym_lite.policies.gru import RecurrentPolicy
from mygym_lite.policies.metadata import METADATA_FILE, PolicyMetadata, Shapes, Tensors, read_metadata, read_weights
from mygym_lite.policies.mlp import MlpPolicy
from mygym_lite.policies.policy import Policy


def list_policies() -> tuple[str, ...]:
    """The trained policies that are shipped."""
    return tuple(sorted(file.parent.name for file in get_policies_folder().glob(f"*/{METADATA_FILE}")))


def find_policy_folder(name_or_path: str | os.PathLike[str]) -> Path:
    """The folder meant by a shipped name, which does not depend on the working folder, or by a path."""
    text = os.fspath(name_or_path)
    shipped = not isinstance(name_or_path, Path) and Path(text).name == text
    return get_policies_folder() / text if shipped and text in list_policies() else Path(text)


def get_policies_folder() -> Path:
    """Where they are, each in a folder of its name."""
    return paths.get_assets_folder() / "policies"


def _chunks(description: PolicyMetadata, tensors: Tensors, name: str) -> Policy:
    from mygym_lite.policies.action_chunking import ActionChunkingPolicy  # torch waits until it is used

    return ActionChunkingPolicy(description, tensors, name)


def _pixels(description: PolicyMetadata, tensors: Tensors, name: str) -> Policy:
    from mygym_lite.policies.pixel_policy import PixelPolicy  # likewise

    return PixelPolicy(description, tensors, name)


def _sighted(description: PolicyMetadata, tensors: Tensors, name: str) -> Policy:
    from mygym_lite.policies.visuomotor import VisuomotorPolicy

    return VisuomotorPolicy(description, tensors, name, kinds=_BLIND)


_BLIND: Mapping[str, Callable[[PolicyMetadata, Tensors, str], Policy]] = {
    "mlp": MlpPolicy, "recurrent": RecurrentPolicy, "action_chunking": _chunks,
}  # fmt: skip
POLICY_LOADERS: Mapping[str, Callable[[PolicyMetadata, Tensors, str], Policy]] = {
    **_BLIND, "visuomotor": _sighted, "discrete": DiscretePolicy, "pixels": _pixels,
}  # fmt: skip
"""What makes a policy of each kind from its description, its weights and the name that messages give it."""


def load_policy(folder: str | Path, env: TaskEnv | None = None) -> Policy:
    """Load a saved policy.

    Args:
        folder: Where it was saved, or the name of one that is shipped.
        env: Where it is to act; refused if the policy was made for another task, robot, control mode, observation or
            action.
    """
    home = find_policy_folder(folder)
    description = read_metadata(home)
    if description.kind not in POLICY_LOADERS:
        raise ConfigError(
            f"{home / METADATA_FILE}: kind: '{description.kind}' is not a kind{suggest(description.kind, POLICY_LOADERS)}"
        )
    if env is not None:
        description.require_compatible(env, str(folder))
    return POLICY_LOADERS[description.kind](description, read_weights(home), str(folder))


def read_saved_shapes(folder: Path) -> Shapes:
    """What a saved policy wants to see."""
    return read_metadata(folder).observation
