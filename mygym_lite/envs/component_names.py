"""Names of single numbers of observations and actions: joints as the URDF calls them, places by their axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mygym_lite.config.robot import ArmModel, load_robot
from mygym_lite.config.task import RobotConfig
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.terms import bind_terms

_XYZ = ("x", "y", "z")
_COMPONENTS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(
        ("position", "velocity", "angular_velocity", "offset", "offset_in_hand", "turn", "extents"), _XYZ
    ),
    "orientation": [f"{axis}_axis_{component}" for axis in ("x", "z") for component in _XYZ],
    "yaw": ("cos", "sin"),
    "family": ("box", "cylinder", "sphere", "capsule", "compound"),
}  # fmt: skip
_TURNED = ("x", "y", "z", "rx", "ry", "rz")


def list_component_names(env: TaskEnv) -> dict[str, list[str]]:
    """Name every number of an environment's observation groups, and of its ``action``.

    In a group a number is called by its entry in the task file and, where this has several, by joint, axis or place:
    ``joints.right_elbow``, ``palm.x``.
    """
    known = _known(env.task.robot)
    terms = bind_terms(env.task).observe
    names = {
        group: [
            name
            for entry, term, _ in terms[group]
            for name in _named(entry, parts[entry].stop - parts[entry].start, known.get(term.name, ()))
        ]
        for group, parts in env.observation_reader.layout.items()
    }
    size = int(env.action_space.shape[0])  # type: ignore[index]
    actions = list(_actions(env.task.robot))
    return {**names, "action": actions if len(actions) == size else [str(place) for place in range(size)]}


def _known(use: RobotConfig) -> dict[str, Sequence[str]]:
    """Names of the components of each term whose components have names."""
    arms = [arm for _, arm in _arms(use)]
    joints = [joint for arm in arms for joint in arm.joints]
    return {
        **_COMPONENTS, **dict.fromkeys(("joint_positions", "joint_velocities", "joint_errors"), joints),
        "finger_positions": [joint for arm in arms if arm.hand for joint in arm.hand.joints],
        "closure": [name for side, arm in _arms(use) for name in _of_hand(use, arm, side)],
    }  # fmt: skip


def _named(entry: str, size: int, components: Sequence[str]) -> list[str]:
    if size == 1:
        return [entry]
    places = components if len(components) == size else [str(place) for place in range(size)]
    return [f"{entry}.{place}" for place in places]


def _arms(use: RobotConfig) -> list[tuple[str, ArmModel]]:
    """Every arm with what its names begin with: its side, where it is not the first."""
    arms = load_robot(use.model).arms.items()
    return [(f"{side}_" if number else "", arm) for number, (side, arm) in enumerate(arms)]


def _actions(use: RobotConfig) -> Iterator[str]:
    """Names of an action's numbers: of each arm, then of its hand."""
    ends = {"ee_delta": _TURNED, "ee_translation": _XYZ}
    for side, arm in _arms(use):
        yield from (f"{side}{name}" for name in ends[use.control]) if use.control in ends else arm.joints
        yield from _of_hand(use, arm, side)


def _of_hand(use: RobotConfig, arm: ArmModel, side: str) -> list[str]:
    if arm.hand is None:
        return []
    return [f"{side}{name}" for name in (arm.hand.digits if use.fingers == "each" else ("closure",))]
