"""The conditions of a suite that affect perception: those that an image or a measured joint shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mygym_lite.config.field_path import find_paths
from mygym_lite.config.task import Task
from mygym_lite.config.visual_fields import IMAGE_FAULTS, get_camera, get_sensing_fault, is_appearance
from mygym_lite.errors import ConfigError, UsageError, suggest
from mygym_lite.randomization.condition import NOMINAL, Condition
from mygym_lite.randomization.suite import Suite

GROUPS = ("visual", "camera", "sensing")
_JOINT_FAULTS = ("joint_noise", "joint_bias")
_INVISIBLE = "changes nothing that a picture or a measured joint shows"
_OTHER_SCENE = "changes the scene or how it moves, not how it looks"


@dataclass(frozen=True)
class ConditionSelection:
    """The tested part of a suite."""

    conditions: tuple[Condition, ...]
    """Tested conditions, the nominal one first."""
    excluded: Mapping[str, str]
    """Axes that are not tested, with the reason."""

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes that are tested."""
        return tuple(dict.fromkeys(condition.axis for condition in self.conditions if condition.axis != NOMINAL))


def select_conditions(suite: Suite, task: Task, cameras: Sequence[str], axes: Sequence[str] = ()) -> ConditionSelection:
    """Select the conditions of a suite that affect images of some cameras.

    Args:
        suite: Suite of single axes.
        task: Task of the scenes.
        cameras: Cameras in use.
        axes: Some of the suite's axes; all of them if left out.
    """
    if suite.combine is not None:
        raise UsageError(f"suite {suite.name}: changes several axes at once; name one that tests them alone: sim2real")
    known = [axis.name for axis in suite.axes]
    for name in axes:
        if name not in known:
            raise ConfigError(f"--axes: no '{name}' in suite {suite.name}{suggest(name, known)}")
    nominal, *others = suite.build_conditions(task)
    reasons = {c.axis: _find_reason(c, task, cameras) for c in others if not axes or c.axis in axes}
    selected = [c for c in others if reasons.get(c.axis, _INVISIBLE) == ""]
    return ConditionSelection((nominal, *selected), {name: reason for name, reason in reasons.items() if reason})


def _find_reason(condition: Condition, task: Task, cameras: Sequence[str]) -> str:
    """Return the reason why an axis is not tested; empty if it is."""
    if condition.variations is None:
        return f"{task.name} has nothing that it changes"
    paths = [path for variation in condition.variations for path in find_paths(task, variation.path)]
    if not any(map(_is_seen, paths)):
        return _INVISIBLE if condition.group in GROUPS else _OTHER_SCENE
    of_cameras = [camera for path in paths if (camera := get_camera(path))]
    if of_cameras and not set(of_cameras) & set(cameras):
        return f"changes no camera that is used ({', '.join(cameras)})"
    return ""


def _is_seen(path: str) -> bool:
    if fault := get_sensing_fault(path):
        return IMAGE_FAULTS.get(fault) == "rgb" or fault in _JOINT_FAULTS
    return get_camera(path) is not None or is_appearance(path)
