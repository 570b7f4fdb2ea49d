"""What a network from numbers is given, and the weights that it must have."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.errors import SpecError
from mygym_lite.policies.metadata import DESCRIPTION, Description, Tensors
from mygym_lite.schema import Where

Array = NDArray[np.float32]
Widths = Mapping[str, tuple[int, ...]]


class Inputs:
    """The arrays that a policy sees as one row of numbers, in the order of its description."""

    def __init__(self, description: Description, where: Where) -> None:
        shapes = description.observation
        ends = list(accumulate(_size(shape, where.at("observation", key)) for key, shape in shapes.items()))
        self.parts = {key: slice(*ends_of) for key, ends_of in zip(shapes, pairwise([0, *ends]), strict=True)}
        self.size = ends[-1]

    def write(self, observation: Mapping[str, NDArray[Any]], row: Array) -> None:
        """Fill a row."""
        for key, part in self.parts.items():
            row[part] = observation[key]


def require_tensors(tensors: Tensors, wanted: Widths, file: str) -> None:
    """Refuse weights that are not those of this network."""
    found = {name: tensor.shape for name, tensor in tensors.items()}
    for name in sorted({*wanted, *found}):
        if wanted.get(name) != found.get(name):
            raise SpecError(f"{file}: {name}: has shape {found.get(name, 'none')}, "
                            f"{DESCRIPTION} asks for {wanted.get(name, 'none')}")  # fmt: skip
        if tensors[name].dtype != np.float32:
            raise SpecError(f"{file}: {name}: is {tensors[name].dtype}; save the policy as float32")


def _size(shape: tuple[int, ...], where: Where) -> int:
    if len(shape) != 1:
        raise where.error(f"has shape {shape}, and an mlp sees rows of numbers; use another kind of policy for images")
    return shape[0]
