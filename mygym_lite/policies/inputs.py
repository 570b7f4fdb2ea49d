"""Input layout of networks over vectors, and the check of their tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    """Concatenation of the observed vectors into one row, in the order of the metadata."""

    def __init__(self, metadata: PolicyMetadata, location: Location) -> None:
        shapes = metadata.observation
        ends = list(accumulate(_get_size(shape, location.at("observation", key)) for key, shape in shapes.items()))
        self.slices = {key: slice(*ends_of) for key, ends_of in zip(shapes, pairwise([0, *ends]), strict=True)}
        self.size = ends[-1]

    def write(self, observation: Mapping[str, NDArray[Any]], row: Array) -> None:
        """Fill a row."""
        for key, part in self.slices.items():
            row[part] = observation[key]


def require_tensors(tensors: Tensors, expected: TensorShapes, file: str) -> None:
    """Refuse tensors whose names, shapes or types are not those of the network."""
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    for name in sorted({*expected, *shapes}):
        shape, expected_shape = shapes.get(name, "none"), expected.get(name, "none")
        if shape != expected_shape:
            raise ConfigError(f"{file}: {name}: has shape {shape}, {METADATA_FILE} asks for {expected_shape}")
        if tensors[name].dtype != np.float32:
            raise ConfigError(f"{file}: {name}: is {tensors[name].dtype}; save the policy as float32")


def build_layer_shapes(widths: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Build the tensor shapes of a multilayer perceptron: ``layers.I.weight`` (outputs, inputs), ``layers.I.bias``."""
    shapes: dict[str, tuple[int, ...]] = {}
    for i, (inputs, outputs) in enumerate(pairwise(widths)):
        shapes |= {f"layers.{i}.weight": (outputs, inputs), f"layers.{i}.bias": (outputs,)}
    return shapes


def get_layers(tensors: Tensors) -> list[tuple[Array, Array]]:
    """Return weight and bias of each layer of a multilayer perceptron."""
    count = sum(name.startswith("layers.") for name in tensors) // 2
    return [(tensors[f"layers.{i}.weight"], tensors[f"layers.{i}.bias"]) for i in range(count)]


def name_layers(layers: Sequence[tuple[Any, Any]]) -> dict[str, Array]:
    """Name weight and bias of each layer as they are saved, as float32."""
    tensors: dict[str, Any] = {}
    for i, (weight, bias) in enumerate(layers):
        tensors |= {f"layers.{i}.weight": weight, f"layers.{i}.bias": bias}
    return {name: np.asarray(tensor, np.float32) for name, tensor in tensors.items()}


def _get_size(shape: tuple[int, ...], location: Location) -> int:
    if len(shape) != 1:
        raise location.error(
            f"has shape {shape}, and an mlp sees rows of numbers; use another kind of policy for images"
        )
    return shape[0]
