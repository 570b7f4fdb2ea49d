"""Which fields of a task can matter to who acts on it: light cannot trouble one that is shown no pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mygym_lite.config.field_path import split_path
from mygym_lite.config.task import Task
from mygym_lite.config.visual_fields import IMAGE_FAULTS, get_camera, get_sensing_fault, is_appearance
from mygym_lite.envs.cameras import IMAGE_KINDS, list_cameras
from mygym_lite.policies.policy_spec import PolicySpec


@dataclass(frozen=True)
class ObservedFields:
    """The pictures that somebody acts by: their kinds and cameras, or none at all."""

    kinds: frozenset[str] = frozenset()
    cameras: frozenset[str] = frozenset()
    uses_observation: bool = True
    """Whether it acts by what it is shown, and not, as scripted policies do, by the true state or by nothing."""

    @classmethod
    def for_policy(cls, policy: PolicySpec, task: Task, uses_estimator: bool = False) -> ObservedFields:
        """What a policy is shown.

        Args:
            policy: Which.
            task: Where.
            uses_estimator: Whether trained perception looks for it, through all cameras.
        """
        shown = policy.get_env_arguments()
        if uses_estimator:
            return cls.from_cameras(task.cameras, "rgb", *shown.get("observe", ()))
        observed = shown.get("observe", ())
        cameras = shown.get("cameras") or (list_cameras(task)[:1] if set(IMAGE_KINDS).intersection(observed) else ())
        view = cls.from_cameras(cameras, *observed)
        return replace(view, uses_observation=policy.kind not in ("expert", "random"))

    @classmethod
    def from_cameras(cls, cameras: Iterable[str], *observed: str) -> ObservedFields:
        """What is shown by these cameras, among other things that are observed."""
        return cls(frozenset(observed).intersection(IMAGE_KINDS), frozenset(cameras))

    def is_affected_by(self, path: str) -> bool:
        """Whether a field of a task can matter."""
        first, *rest = split_path(path)
        if first == "schedules":
            return self.is_affected_by(rest[0])
        if camera := get_camera(path):
            return camera in self.cameras
        if fault := get_sensing_fault(path):
            return self.uses_observation and (fault not in IMAGE_FAULTS or IMAGE_FAULTS[fault] in self.kinds)
        return "rgb" in self.kinds or not is_appearance(path)
