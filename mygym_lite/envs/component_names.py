"""Names of the components of observations and actions: joints by the URDF, positions by their axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mygym_lite.config.robot import ArmModel, load_robot
from mygym_lite.config.task_robot import RobotConfig
from mygym_lite.envs.task_env import TaskEnv

_XYZ = ("x", "y", "z")
_COMPONENTS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("position", "velocity", "angular_velocity", "offset", "offset_in_hand", "turn", "extents"), _XYZ),
    "orientation": [f"{axis}_axis_{component}" for axis in ("x", "z") for component in _XYZ],
    "yaw": ("cos", "sin"),
    "family": ("box", "cylinder", "sphere", "capsule", "compound"),
}
_POSE = ("x", "y", "z", "rx", "ry", "rz")


def list_component_names(env: TaskEnv) -> dict[str, list[str]]:
    """List the names of every component of an environment's observation groups, and of its ``action``.

    A component is named by its entry in the task file and, if this has several, by joint, axis or index:
    ``joints.right_elbow``, ``palm.x``.
    """
    components = _map_term_components(env.task.robot)
    terms = env.observation_reader.terms
    names = {
        group: [
            name
            for entry, term in terms[group].items()
            for name in _list_names(entry, parts[entry].stop - parts[entry].start, components.get(term.name, ()))
        ]
        for group, parts in env.observation_reader.layout.items()
    }
    size = int(env.action_space.shape[0])  # type: ignore[index]
    actions = list(_iterate_action_names(env.task.robot))
    return {**names, "action": actions if len(actions) == size else [str(index) for index in range(size)]}


def _map_term_components(config: RobotConfig) -> dict[str, Sequence[str]]:
    """Map each term with named components to their names."""
    arms = [arm for _, arm in _list_arms(config)]
    joints = [joint for arm in arms for joint in arm.joints]
    return {
        **_COMPONENTS,
        **dict.fromkeys(("joint_positions", "joint_velocities", "joint_errors"), joints),
        "finger_positions": [joint for arm in arms if arm.hand for joint in arm.hand.joints],
        "closure": [name for side, arm in _list_arms(config) for name in _list_hand_names(config, arm, side)],
    }


def _list_names(entry: str, size: int, components: Sequence[str]) -> list[str]:
    if size == 1:
        return [entry]
    suffixes = components if len(components) == size else [str(index) for index in range(size)]
    return [f"{entry}.{suffix}" for suffix in suffixes]


def _list_arms(config: RobotConfig) -> list[tuple[str, ArmModel]]:
    """List every arm with the prefix of its names: its side, except for the first."""
    arms = load_robot(config.model).arms.items()
    return [(f"{side}_" if number else "", arm) for number, (side, arm) in enumerate(arms)]


def _iterate_action_names(config: RobotConfig) -> Iterator[str]:
    """Iterate over the names of an action's components: each arm, then its hand."""
    ends = {"ee_delta": _POSE, "ee_translation": _XYZ}
    for side, arm in _list_arms(config):
        yield from (f"{side}{name}" for name in ends[config.control]) if config.control in ends else arm.joints
        yield from _list_hand_names(config, arm, side)


def _list_hand_names(config: RobotConfig, arm: ArmModel, side: str) -> list[str]:
    if arm.hand is None:
        return []
    return [f"{side}{name}" for name in (arm.hand.digits if config.fingers == "each" else ("closure",))]
