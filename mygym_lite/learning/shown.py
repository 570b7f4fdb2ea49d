"""What a policy wants to be shown and may do, against what an environment shows and takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from mygym_lite.envs.perceive import CONFIDENCE
from mygym_lite.envs.pictures import KINDS
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import MyGymError, SpecError, nearest
from mygym_lite.spec.task import Task

Shapes = Mapping[str, tuple[int, ...]]


def shapes_of(env: TaskEnv) -> dict[str, tuple[int, ...]]:
    """What an environment shows: the shape of each array."""
    return {name: box.shape for name, box in env.observation_space.spaces.items()}  # type: ignore[attr-defined]


def make_env(kind: type[TaskEnv], task: Task, arguments: Mapping[str, Any], policy: str) -> TaskEnv:
    """An environment that shows a policy what it asks for; what cannot be shown is refused in the policy's name."""
    try:
        return kind(task, **arguments)
    except MyGymError as error:
        raise SpecError(f"policy {policy}: {error}") if arguments else error from None


def require_shown(env: TaskEnv, names: Collection[str], whose: str) -> None:
    """Refuse an environment that does not show all of these arrays."""
    shown = shapes_of(env)
    for name in sorted({*names} - {*shown}):
        raise SpecError(f"{whose} wants '{name}', which {env.task.name} does not show{nearest(name, shown)}")


def require_fit(env: TaskEnv, observation: Shapes, action: tuple[int, ...], policy: str) -> None:
    """Refuse an environment that shows or takes something else than a policy was made for, and name both."""
    shown = shapes_of(env)
    unlike = {name: shape for name, shape in observation.items() if not _alike(shown.get(name), shape)}
    if unlike:
        raise SpecError(
            f"policy {policy}: wants to see {_listed(unlike)}; {env.task.name} with {env.task.robot.model} shows it "
            f"{_listed(shown)}"
        )
    if action != env.action_space.shape:
        raise SpecError(
            f"policy {policy}: gives actions of shape {action}; {env.task.name} with {env.task.robot.model} in "
            f"{env.task.robot.control} takes {env.action_space.shape}"
        )


def arguments_for(observation: Shapes) -> dict[str, Any]:
    """What an environment must be made with to show arrays of these names and shapes, beyond its task's own."""
    images = {name: shape for name, shape in observation.items() if _kind(name) and len(shape) > 1}
    groups = [name for name in observation if name not in images and name != CONFIDENCE]
    if not images:
        return {}
    kinds = [kind for kind in KINDS if any(_kind(name) == kind for name in images)]
    sizes = {_size(shape) for shape in images.values()}
    cameras = list(dict.fromkeys(name.rpartition("_")[0] for name in images))
    return {"observe": [*groups, *kinds], "cameras": cameras, "size": sizes.pop() if len(sizes) == 1 else None}


def _kind(name: str) -> str | None:
    kind = name.rpartition("_")[2]
    return kind if kind in KINDS else None


def _size(shape: tuple[int, ...]) -> tuple[int, int]:
    """Width and height of an image, whichever way its axes are ordered."""
    height, width = shape[1:] if len(shape) == 3 and shape[0] == 3 else shape[:2]
    return width, height


def _alike(shown: tuple[int, ...] | None, wanted: tuple[int, ...]) -> bool:
    """The same, or an image whose colours come first for the policy, which turns it round by itself."""
    return shown is not None and (shown == wanted or (len(shown) == 3 and (shown[2], *shown[:2]) == wanted))


def _listed(shapes: Shapes) -> str:
    return ", ".join(f"'{name}' of shape {shape}" for name, shape in shapes.items()) or "nothing"
