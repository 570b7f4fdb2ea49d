"""Networks of others, by the suffix of their file."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from mygym_lite.policies.metadata import Shapes
from mygym_lite.policies.networks.tensors import Arrays, TensorInfo

ONNX, TORCH = ".onnx", ".pt2"
SUFFIXES = (ONNX, TORCH)
_STATE_SUFFIXES = (("_in", "_out"), ("in", "out"))


class Network(Protocol):
    """Function of arrays with names."""

    inputs: dict[str, TensorInfo]
    """Inputs by name."""
    outputs: list[str]
    """Names of the outputs."""

    def run(self, feeds: Arrays) -> Arrays:
        """Compute the outputs by name, with their batch."""


def open_network(file: Path) -> Network:
    """Open a network; the caller must trust a ``.pt2``, which can run any program when it is read.

    Raises:
        ConfigError: The file cannot be read, or a package that reads it is missing.
    """
    if file.suffix == TORCH:
        from mygym_lite.policies.networks.torch_network import TorchNetwork

        return TorchNetwork(file)
    from mygym_lite.policies.networks.onnx_network import OnnxNetwork

    return OnnxNetwork(file)


def read_network_shapes(file: Path) -> Shapes:
    """Read the shapes of the inputs that are not recurrent state, without their batch; free sizes are 1."""
    network = open_network(file)
    states = find_states(list(network.inputs), network.outputs)
    inputs = {name: info for name, info in network.inputs.items() if name not in states}
    return {name: tuple(size or 1 for size in info.shape[1:]) for name, info in inputs.items()}


def find_states(inputs: list[str], outputs: list[str]) -> dict[str, str]:
    """Find inputs and outputs that are recurrent state by their names: ``h_in`` and ``h_out``."""
    pairs = (
        (name, name.removesuffix(suffix) + other)
        for name in inputs
        for suffix, other in _STATE_SUFFIXES
        if name.endswith(suffix)
    )
    return {name: output for name, output in pairs if output in outputs}


def list_network_files(file: Path) -> list[Path]:
    """List the file and that of its external weights, if there is one."""
    weights = file.with_name(f"{file.name}.data")
    return [file, *([weights] if weights.is_file() else [])]
