"""Inputs of networks: their shapes and types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.errors import UsageError

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class TensorInfo:
    """Input of a network."""

    name: str
    shape: tuple[int | None, ...]
    """Shape with the batch first; None for a size that is free."""
    dtype: Any

    def convert(self, value: Any) -> NDArray[Any]:
        """Convert an array to the input's type and shape, with a batch of one.

        Raises:
            UsageError: The shape is another one.
        """
        array = np.asarray(value)
        batch = array[None] if array.ndim == len(self.shape) - 1 else array
        fits = batch.ndim == len(self.shape) and all(
            b in (None, a) for a, b in zip(batch.shape, self.shape, strict=True)
        )
        if not fits:
            raise UsageError(
                f"policy: input '{self.name}' has the shape {format_shape(self.shape)}, and gets "
                f"{format_shape(array.shape)}; map it in a --remote-mapping file"
            )
        return np.ascontiguousarray(batch, self.dtype)

    def make_zeros(self) -> NDArray[Any]:
        """Make the first value of a recurrent state; free sizes are 1."""
        return np.zeros([size or 1 for size in self.shape], self.dtype)


def format_shape(shape: tuple[int | None, ...]) -> str:
    """Format a shape; a free size is n."""
    return f"({', '.join('n' if size is None else str(size) for size in shape)})"
