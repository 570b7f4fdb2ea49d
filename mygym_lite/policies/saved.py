"""Loader of saved policies of every kind, and the folder of the shipped ones."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mygym_lite import paths
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import ConfigError, suggest
from mygym_lite.policies.discrete import DiscretePolicy
from mygym_lite.policies.flow_matching import FlowMatchingPolicy
from mygym_lite.policies.gru import RecurrentPolicy
from mygym_lite.policies.metadata import METADATA_FILE, Shapes, read_metadata
from mygym_lite.policies.mlp import MlpPolicy
from mygym_lite.policies.saved_policy import SavedPolicy

POLICY_KINDS = (
    "mlp",
    "recurrent",
    "action_chunking",
    "flow_matching",
    "visuomotor",
    "discrete",
    "pixels",
    "language_conditioned",
)


def list_policies() -> tuple[str, ...]:
    """List the shipped policies."""
    return tuple(sorted(file.parent.name for file in get_policies_folder().glob(f"*/{METADATA_FILE}")))


def find_policy_folder(name_or_path: str | os.PathLike[str]) -> Path:
    """Return the folder of a shipped policy, independent of the working directory, or of a path."""
    text = os.fspath(name_or_path)
    is_name = not isinstance(name_or_path, Path) and Path(text).name == text
    return get_policies_folder() / text if is_name and text in list_policies() else Path(text)


def get_policies_folder() -> Path:
    """Return the folder that holds the folders of all shipped policies."""
    return paths.get_assets_folder() / "policies"


def get_policy_class(kind: str) -> type[SavedPolicy[Any]]:
    """Return the class of a kind of policy; torch is imported only for the kinds that need it."""
    if kind == "action_chunking":
        from mygym_lite.policies.action_chunking import ActionChunkingPolicy

        return ActionChunkingPolicy
    if kind == "pixels":
        from mygym_lite.policies.pixel_policy import PixelPolicy

        return PixelPolicy
    if kind == "visuomotor":
        from mygym_lite.policies.visuomotor import VisuomotorPolicy

        return VisuomotorPolicy
    if kind == "language_conditioned":
        from mygym_lite.policies.language_conditioned import LanguageConditionedPolicy

        return LanguageConditionedPolicy
    numpy_policies: dict[str, type[SavedPolicy[Any]]] = {
        "mlp": MlpPolicy,
        "recurrent": RecurrentPolicy,
        "flow_matching": FlowMatchingPolicy,
        "discrete": DiscretePolicy,
    }
    return numpy_policies[kind]


def load_policy(folder: str | Path, env: TaskEnv | None = None) -> SavedPolicy[Any]:
    """Load a saved policy.

    Args:
        folder: Folder of the policy, or the name of a shipped one.
        env: Environment in which it will act; refused if the policy was made for another task, robot, control mode,
            observation or action.
    """
    path = find_policy_folder(folder)
    metadata = read_metadata(path)
    if metadata.kind not in POLICY_KINDS:
        raise ConfigError(
            f"{path / METADATA_FILE}: kind: '{metadata.kind}' is not a kind{suggest(metadata.kind, POLICY_KINDS)}"
        )
    if env is not None:
        metadata.require_compatible(env, str(folder))
    return get_policy_class(metadata.kind).load(path, str(folder))


def read_saved_shapes(folder: Path) -> Shapes:
    """Read the shapes of the arrays that a saved policy observes."""
    return read_metadata(folder).observation
