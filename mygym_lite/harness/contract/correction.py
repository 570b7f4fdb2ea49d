"""Corrections of possible mistakes in the contract between a policy and a task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mygym_lite.harness.contract.agreement import CorrectActions
from mygym_lite.harness.contract.linear_change import LinearChange
from mygym_lite.harness.contract.predictions import ChangeObservation
from mygym_lite.policies.remote.mapping import RemoteMapping

Part = Literal["arm", "hand", "both"]


@dataclass(frozen=True)
class Correction:
    """Change that undoes one mistake: of actions, of observations, or of the mapping."""

    aspect: str
    mistake: str
    """The mistake that it undoes."""
    remedy: str = ""
    """Lines of a mapping, or settings of the task, beside those of ``linear``."""
    part: Part = "both"
    """Part of the action that it can improve."""
    actions: CorrectActions | None = None
    observation: ChangeObservation | None = None
    linear: LinearChange | None = None
    """Change of the mapping's ``[action]`` that mends it."""
    mapping: Callable[[RemoteMapping], RemoteMapping] | None = None

    @property
    def needs_inference(self) -> bool:
        """True if the policy has to be asked again."""
        return self.actions is None
