"""Which fields of a task can matter to who acts on it: light cannot trouble one that is shown no pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mygym_lite.config.field_path import keys_of
from mygym_lite.config.task import Task
from mygym_lite.envs.cameras import KINDS, cameras_of
from mygym_lite.policies.policy_spec import PolicySource

_LOOKS = ("light", "background")
_SURFACES = ("texture", "color", "floor", "floor_color")  # of the workspace and of objects
_FAULTS = {
    "image_noise": "rgb", "blur": "rgb", "motion_blur": "rgb", "motion_blur_spread": "rgb",
    "depth_noise": "depth", "depth_holes": "depth",
}  # fmt: skip


@dataclass(frozen=True)
class View:
    """The pictures that somebody acts by: their kinds and cameras, or none at all."""

    kinds: frozenset[str] = frozenset()
    cameras: frozenset[str] = frozenset()
    observes: bool = True
    """Whether it acts by what it is shown, and not, as scripted policies do, by the true state or by nothing."""

    @classmethod
    def of(cls, policy: PolicySource, task: Task, perceives: bool = False) -> View:
        """What a policy is shown.

        Args:
            policy: Which.
            task: Where.
            perceives: Whether trained perception looks for it, through all cameras.
        """
        shown = policy.env_arguments()
        if perceives:
            return cls.through(task.cameras, "rgb", *shown.get("observe", ()))
        observed = shown.get("observe", ())
        cameras = shown.get("cameras") or (cameras_of(task)[:1] if set(KINDS).intersection(observed) else ())
        view = cls.through(cameras, *observed)
        return replace(view, observes=policy.kind not in ("expert", "random"))

    @classmethod
    def through(cls, cameras: Iterable[str], *observed: str) -> View:
        """What is shown by these cameras, among other things that are observed."""
        return cls(frozenset(observed).intersection(KINDS), frozenset(cameras))

    def reached_by(self, path: str) -> bool:
        """Whether a field of a task can matter."""
        first, *_, last = keys_of(path)
        if first == "schedules":
            return self.reached_by(keys_of(path)[1])
        if first == "cameras":
            return keys_of(path)[1] in self.cameras
        if first == "sensing" and not self.observes:
            return False
        if first == "sensing" and last in _FAULTS:
            return _FAULTS[last] in self.kinds
        looks = first in _LOOKS or (first in ("workspace", "objects") and last in _SURFACES)
        return "rgb" in self.kinds or not looks
