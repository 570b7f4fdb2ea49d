"""Which axes of a suite reach a policy: light cannot trouble one that is shown no pictures."""

from __future__ import annotations

from dataclasses import dataclass

from mygym_lite.envs.pictures import KINDS
from mygym_lite.learning.source import PolicySource
from mygym_lite.spec.path import keys_of
from mygym_lite.spec.spelling import present
from mygym_lite.spec.suite import NOMINAL, Suite
from mygym_lite.spec.task import Task

_LOOKS = ("light", "background")
_SURFACES = ("texture", "color", "floor", "floor_color")  # of the workspace and of objects
_FAULTS = {
    "image_noise": "rgb", "blur": "rgb", "motion_blur": "rgb", "motion_blur_spread": "rgb",
    "depth_noise": "depth", "depth_holes": "depth",
}  # fmt: skip
BLIND = "does not reach a policy that is shown no pictures"
_OTHERWISE = "does not reach the pictures that the policy is shown"


@dataclass(frozen=True)
class View:
    """The pictures that a policy acts by: their kinds and cameras, or none at all."""

    kinds: frozenset[str] = frozenset()
    cameras: frozenset[str] = frozenset()

    @classmethod
    def of(cls, policy: PolicySource, task: Task, perceives: bool = False) -> View:
        """What a policy is shown.

        Args:
            policy: Which.
            task: Where.
            perceives: Whether trained perception looks for it, through all cameras.
        """
        shown = policy.env_arguments()
        kinds = {kind for kind in shown.get("observe", ()) if kind in KINDS} | ({"rgb"} if perceives else set())
        cameras = task.cameras if perceives else shown.get("cameras", ())
        return cls(frozenset(kinds), frozenset(cameras))


def unreached(suite: Suite, task: Task, view: View) -> dict[str, str]:
    """The axes that change nothing for a policy, each with the reason.

    An episode is a pure function, so along such an axis it is the nominal one, step by step.
    """
    found: dict[str, str] = {}
    for condition in suite.conditions(task):
        if condition.axis == NOMINAL or condition.count is not None:
            continue
        if condition.variations is None:
            found[condition.axis] = f"{task.name} has nothing that it changes"
        elif not any(reaches(path, view) for v in condition.variations for path in present(task, v.path)):
            found[condition.axis] = _OTHERWISE if view.kinds else BLIND
    return found


def reaches(path: str, view: View) -> bool:
    """Whether a field of a task can matter to a policy."""
    first, *_, last = keys_of(path)
    if first == "schedules":
        return reaches(keys_of(path)[1], view)
    if first == "cameras":
        return keys_of(path)[1] in view.cameras
    if first == "sensing" and last in _FAULTS:
        return _FAULTS[last] in view.kinds
    looks = first in _LOOKS or (first in ("workspace", "objects") and last in _SURFACES)
    return "rgb" in view.kinds or not looks
