"""Linear changes of actions, and their composition with the mapping that a policy has already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mygym_lite.harness.contract.expert_episodes import Array
from mygym_lite.policies.remote.mapping import ActionMapping


@dataclass(frozen=True)
class LinearChange:
    """Reordering of the components of an action, then scale and shift."""

    order: Array
    scale: Array
    shift: Array

    @classmethod
    def make(
        cls, size: int, columns: slice = slice(None), scale: float | Array = 1.0, shift: float | Array = 0.0
    ) -> LinearChange:
        """Make a change of some components of an action of a size; the others stay."""
        scales, shifts = np.ones(size), np.zeros(size)
        scales[columns], shifts[columns] = scale, shift
        return cls(np.arange(size), scales, shifts)

    def apply(self, actions: Array) -> Array:
        """Change actions, one per row."""
        changed: Array = actions[:, self.order] * self.scale + self.shift
        return changed

    def compose(self, mapping: ActionMapping) -> ActionMapping:
        """Compose a mapping with this change, which follows it."""
        size = len(self.order)
        order = np.arange(size) if mapping.order is None else np.array(mapping.order)
        scale = np.broadcast_to(mapping.scale or 1.0, size)[self.order] * self.scale
        shift = np.broadcast_to(mapping.shift or 0.0, size)[self.order] * self.scale + self.shift
        return replace(mapping, order=tuple(order[self.order].tolist()), scale=tuple(scale), shift=tuple(shift))


def format_action_mapping(mapping: ActionMapping) -> str:
    """Format the order, scale and shift of a mapping as a mapping file has them, without those that change nothing."""
    identity = list(range(len(mapping.order or ())))
    lines = [
        f"order = {list(mapping.order)}" if mapping.order and list(mapping.order) != identity else "",
        f"scale = {format_numbers(mapping.scale)}" if np.any(np.array(mapping.scale) != 1.0) else "",
        f"shift = {format_numbers(mapping.shift)}" if np.any(np.array(mapping.shift) != 0.0) else "",
    ]
    return f"[action] {', '.join(line for line in lines if line)}"


def format_numbers(numbers: Sequence[float] | Array) -> str:
    """Format numbers as a TOML array."""
    return f"[{', '.join(f'{number:.6g}' for number in numbers)}]"
