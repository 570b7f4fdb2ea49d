"""Cost of training, as the metadata of a saved policy records it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mygym_lite.errors import MyGymError
from mygym_lite.policies.metadata import METADATA_FILE, read_metadata
from mygym_lite.policies.policy_spec import PolicySpec
from mygym_lite.policies.saved import find_policy_folder


@dataclass(frozen=True)
class TrainingCost:
    """Cost of one training; None for what is not recorded, which is not zero."""

    minutes: float | None = None
    """Wall time, with demonstrations."""
    demonstrations: int | None = None
    """Number of demonstrations."""
    steps: int | None = None
    """Steps of the environment in reinforcement learning."""

    @property
    def is_recorded(self) -> bool:
        """True if anything is recorded."""
        return self != TrainingCost()

    def to_dict(self) -> dict[str, Any]:
        """Convert to a plain table."""
        return asdict(self)


def read_training_cost(label: str, declaration: Mapping[str, Any]) -> TrainingCost:
    """Read the cost of a policy.

    Args:
        label: Label of the policy.
        declaration: Entry of the policy in the manifest of a run.

    Returns:
        The cost; empty for a policy that is not saved, was moved, or is not the one of the run.
    """
    policy = PolicySpec(label, str(declaration["source"]))
    folder = find_policy_folder(policy.name)
    try:
        # by its name, not by the kind that a manifest states: describing a function would import it
        if policy.kind != "saved" or not (folder / METADATA_FILE).is_file():
            return TrainingCost()
        is_same = policy.describe()["digest"] == declaration["digest"]
        return _parse(read_metadata(folder).provenance) if is_same else TrainingCost()
    except (MyGymError, OSError):
        return TrainingCost()


def _parse(provenance: Mapping[str, Any]) -> TrainingCost:
    minutes = provenance.get("minutes")
    return TrainingCost(
        float(minutes) if isinstance(minutes, int | float) and not isinstance(minutes, bool) else None,
        _get_count(provenance, "episodes"),
        _get_count(provenance, "steps"),
    )


def _get_count(provenance: Mapping[str, Any], key: str) -> int | None:
    value = provenance.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
