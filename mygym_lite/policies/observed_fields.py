"""Task fields that can affect a policy: light, for example, cannot affect one without images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mygym_lite.config.field_path import split_path
from mygym_lite.config.task import Task
from mygym_lite.config.validation_language import INSTRUCTION
from mygym_lite.config.visual_fields import IMAGE_FAULTS, get_camera, get_sensing_fault, is_appearance, is_wording
from mygym_lite.envs.cameras import IMAGE_KINDS, list_cameras
from mygym_lite.policies.policy_spec import SCRIPTED_POLICIES, PolicySpec


@dataclass(frozen=True)
class ObservedFields:
    """Image kinds and cameras that a policy observes, if any."""

    kinds: frozenset[str] = frozenset()
    cameras: frozenset[str] = frozenset()
    uses_observation: bool = True
    """True if the policy acts on observations; scripted policies act on the ground-truth state or on nothing."""
    reads_instruction: bool = False

    @classmethod
    def for_policy(cls, policy: PolicySpec, task: Task, uses_estimator: bool = False) -> ObservedFields:
        """Determine the observed fields of a policy.

        Args:
            policy: The policy.
            task: Task that it acts on.
            uses_estimator: Count all cameras, from which trained perception estimates the state.
        """
        arguments = policy.get_env_arguments()
        observed = arguments.get("observe", ())
        if uses_estimator:
            fields = cls.from_cameras(task.cameras, "rgb", *observed)
            return replace(fields, reads_instruction=fields.reads_instruction or policy.reads_instruction)
        cameras = arguments.get("cameras") or (
            list_cameras(task)[:1] if set(IMAGE_KINDS).intersection(observed) else ()
        )
        fields = cls.from_cameras(cameras, *observed)
        return replace(
            fields,
            uses_observation=policy.kind not in SCRIPTED_POLICIES,
            reads_instruction=fields.reads_instruction or policy.reads_instruction,
        )

    @classmethod
    def from_cameras(cls, cameras: Iterable[str], *observed: str) -> ObservedFields:
        """Make the observed fields of these cameras; only image kinds and the instruction among ``observed`` count."""
        kinds = frozenset(observed).intersection(IMAGE_KINDS)
        return cls(kinds, frozenset(cameras), reads_instruction=INSTRUCTION in observed)

    def is_affected_by(self, path: str) -> bool:
        """Return true if a field of the task can affect the policy."""
        first, *rest = split_path(path)
        if first == "schedules":
            return self.is_affected_by(rest[0])
        if is_wording(path):
            return self.reads_instruction
        if camera := get_camera(path):
            return camera in self.cameras
        if fault := get_sensing_fault(path):
            return self.uses_observation and (fault not in IMAGE_FAULTS or IMAGE_FAULTS[fault] in self.kinds)
        return "rgb" in self.kinds or not is_appearance(path)
