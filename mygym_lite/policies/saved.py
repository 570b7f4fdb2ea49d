"""Saved policies, of whatever kind: loaded from their folders, and refused where they do not belong."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from mygym_lite import paths
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import SpecError, nearest
from mygym_lite.policies.discrete import ChoicePolicy
from mygym_lite.policies.gru import RecurrentPolicy
from mygym_lite.policies.metadata import DESCRIPTION, Description, Shapes, Tensors, read_description, read_weights
from mygym_lite.policies.mlp import MlpPolicy
from mygym_lite.policies.policy import Policy


def policy_names() -> tuple[str, ...]:
    """The trained policies that are shipped."""
    return tuple(sorted(file.parent.name for file in policies().glob(f"*/{DESCRIPTION}")))


def policy_folder(name_or_path: str | os.PathLike[str]) -> Path:
    """The folder meant by a shipped name, which does not depend on the working folder, or by a path."""
    text = os.fspath(name_or_path)
    shipped = not isinstance(name_or_path, Path) and Path(text).name == text
    return policies() / text if shipped and text in policy_names() else Path(text)


def policies() -> Path:
    """Where they are, each in a folder of its name."""
    return paths.assets() / "policies"


def _chunks(description: Description, tensors: Tensors, name: str) -> Policy:
    from mygym_lite.policies.action_chunking import ChunkedPolicy  # torch waits until it is used

    return ChunkedPolicy(description, tensors, name)


def _pixels(description: Description, tensors: Tensors, name: str) -> Policy:
    from mygym_lite.policies.pixel_policy import PixelPolicy  # likewise

    return PixelPolicy(description, tensors, name)


def _sighted(description: Description, tensors: Tensors, name: str) -> Policy:
    from mygym_lite.policies.visuomotor import SightedPolicy

    return SightedPolicy(description, tensors, name, kinds=_BLIND)


_BLIND: Mapping[str, Callable[[Description, Tensors, str], Policy]] = {
    "mlp": MlpPolicy, "recurrent": RecurrentPolicy, "chunks": _chunks,
}  # fmt: skip
KINDS: Mapping[str, Callable[[Description, Tensors, str], Policy]] = {
    **_BLIND, "sighted": _sighted, "choice": ChoicePolicy, "pixels": _pixels,
}  # fmt: skip
"""What makes a policy of each kind from its description, its weights and the name that messages give it."""


def load_policy(folder: str | Path, env: TaskEnv | None = None) -> Policy:
    """Load a saved policy.

    Args:
        folder: Where it was saved, or the name of one that is shipped.
        env: Where it is to act; refused if the policy was made for another task, robot, control mode, observation or
            action.
    """
    home = policy_folder(folder)
    description = read_description(home)
    if description.kind not in KINDS:
        raise SpecError(
            f"{home / DESCRIPTION}: kind: '{description.kind}' is not a kind{nearest(description.kind, KINDS)}"
        )
    if env is not None:
        description.require_fit(env, str(folder))
    return KINDS[description.kind](description, read_weights(home), str(folder))


def observed(folder: Path) -> Shapes:
    """What a saved policy wants to see."""
    return read_description(folder).observation
