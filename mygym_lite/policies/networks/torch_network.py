"""Networks of ``torch.export``, which can run any program when they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from mygym_lite.errors import ConfigError, describe
from mygym_lite.policies.networks.tensors import Arrays, TensorInfo


class TorchNetwork:
    """Program that ``torch.export.save`` wrote; its inputs have the names of the arguments of ``forward``."""

    def __init__(self, file: Path) -> None:
        try:
            program: Any = torch.export.load(file)
        except Exception as error:  # reading may raise anything
            raise ConfigError(f"policy {file}: cannot be read ({describe(error)}); export it again") from error
        values = {node.name: node.meta["val"] for node in program.graph.nodes if node.op == "placeholder"}
        self.inputs = {name: _describe_input(name, values[name]) for name in program.graph_signature.user_inputs}
        spec = program.call_spec.out_spec
        names = spec.context if spec.type is dict else program.graph_signature.user_outputs
        self.outputs = [str(name) for name in names]
        self._module = program.module()

    def run(self, feeds: Arrays) -> Arrays:
        """Compute the outputs by name."""
        tensors = [torch.from_numpy(feeds[name]) for name in self.inputs]
        with torch.inference_mode():
            result = self._module(*tensors)
        values = result.values() if isinstance(result, dict) else result if isinstance(result, tuple) else (result,)
        return {name: value.numpy() for name, value in zip(self.outputs, values, strict=True)}


def _describe_input(name: str, value: Any) -> TensorInfo:
    """Describe an input; sizes that were exported as dynamic are free."""
    shape = tuple(size if isinstance(size, int) else None for size in value.shape)
    return TensorInfo(name, shape, torch.empty(0, dtype=value.dtype).numpy().dtype)
