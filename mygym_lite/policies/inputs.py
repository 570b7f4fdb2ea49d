"""What a network from numbers is given, and the weights that it must have."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.errors import ConfigError
from mygym_lite.policies.metadata import METADATA_FILE, PolicyMetadata, Tensors
from mygym_lite.schema import Location

Array = NDArray[np.float32]
TensorShapes = Mapping[str, tuple[int, ...]]


class InputLayout:
    """The arrays that a policy sees as one row of numbers, in the order of its description."""

    def __init__(self, metadata: PolicyMetadata, where: Location) -> None:
        shapes = metadata.observation
        ends = list(accumulate(_size(shape, where.at("observation", key)) for key, shape in shapes.items()))
        self.slices = {key: slice(*ends_of) for key, ends_of in zip(shapes, pairwise([0, *ends]), strict=True)}
        self.size = ends[-1]

    def write(self, observation: Mapping[str, NDArray[Any]], row: Array) -> None:
        """Fill a row."""
        for key, part in self.slices.items():
            row[part] = observation[key]


def require_tensors(tensors: Tensors, expected: TensorShapes, file: str) -> None:
    """Refuse weights that are not those of this network."""
    found = {name: tensor.shape for name, tensor in tensors.items()}
    for name in sorted({*expected, *found}):
        if expected.get(name) != found.get(name):
            raise ConfigError(f"{file}: {name}: has shape {found.get(name, 'none')}, "
                            f"{METADATA_FILE} asks for {expected.get(name, 'none')}")  # fmt: skip
        if tensors[name].dtype != np.float32:
            raise ConfigError(f"{file}: {name}: is {tensors[name].dtype}; save the policy as float32")


def _size(shape: tuple[int, ...], where: Location) -> int:
    if len(shape) != 1:
        raise where.error(f"has shape {shape}, and an mlp sees rows of numbers; use another kind of policy for images")
    return shape[0]
