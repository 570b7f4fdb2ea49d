"""Saved policies, of whatever kind: loaded from their folders, and refused where they do not belong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import SpecError, nearest
from mygym_lite.learning.choice import ChoicePolicy
from mygym_lite.learning.description import DESCRIPTION, Description, Tensors, read_description, read_weights
from mygym_lite.learning.mlp import MlpPolicy
from mygym_lite.learning.policy import Policy
from mygym_lite.learning.recurrent import RecurrentPolicy
from mygym_lite.learning.shipped import policy_folder
from mygym_lite.learning.shown import Shapes


def _chunks(description: Description, tensors: Tensors, name: str) -> Policy:
    from mygym_lite.learning.chunked import ChunkedPolicy  # torch waits until it is used

    return ChunkedPolicy(description, tensors, name)


def _pixels(description: Description, tensors: Tensors, name: str) -> Policy:
    from mygym_lite.learning.pixels import PixelPolicy  # likewise

    return PixelPolicy(description, tensors, name)


def _sighted(description: Description, tensors: Tensors, name: str) -> Policy:
    from mygym_lite.learning.sighted import SightedPolicy

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
