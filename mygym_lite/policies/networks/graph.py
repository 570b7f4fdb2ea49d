"""Builder of ONNX graphs: operations are methods' arguments, and intermediate results are names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.errors import ConfigError
from mygym_lite.files import write_bytes

OPSET, IR_VERSION = 17, 9  # read by onnxruntime 1.18 and later


class OnnxGraph:
    """Graph of float32 tensors with a batch of one as first dimension."""

    def __init__(self) -> None:
        try:
            import onnx
        except ImportError as error:
            raise ConfigError("export: needs onnx; pip install 'mygym_lite[onnx]'") from error
        self._onnx = onnx
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def add_input(self, name: str, size: int) -> str:
        """Add an input (1, size)."""
        self._inputs.append(self._describe(name, size))
        return name

    def add_output(self, name: str, value: str, size: int) -> None:
        """Make a result (1, size) an output."""
        self._nodes.append(self._onnx.helper.make_node("Identity", [value], [name]))
        self._outputs.append(self._describe(name, size))

    def _describe(self, name: str, size: int) -> Any:
        return self._onnx.helper.make_tensor_value_info(name, self._onnx.TensorProto.FLOAT, [1, size])

    def add_constant(self, value: Any, dtype: Any = np.float32) -> str:
        """Add a constant."""
        name = f"constant_{len(self._constants)}"
        self._constants.append(self._onnx.numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def add(self, operation: str, *inputs: str, **attributes: Any) -> str:
        """Add an operation with one result."""
        name = f"{operation.lower()}_{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(operation, list(inputs), [name], **attributes))
        return name

    def add_layer(self, x: str, weight: NDArray[Any], bias: NDArray[Any]) -> str:
        """Add a linear layer; ``weight`` is (outputs, inputs)."""
        return self.add("Gemm", x, self.add_constant(weight), self.add_constant(bias), transB=1)

    def add_slice(self, x: str, first: int, last: int) -> str:
        """Add columns first to last."""
        bounds = (self.add_constant([bound], np.int64) for bound in (first, last, 1))
        return self.add("Slice", x, *bounds)

    def add_clip(self, x: str, bound: float = 1.0) -> str:
        """Clip to [-bound, bound]."""
        return self.add("Clip", x, self.add_constant(-bound), self.add_constant(bound))

    def write(self, file: Path, name: str, properties: Mapping[str, str]) -> None:
        """Check the graph, and write it with properties that describe its origin."""
        helper = self._onnx.helper
        graph = helper.make_graph(self._nodes, name, self._inputs, self._outputs, self._constants)
        model = helper.make_model(
            graph, producer_name="mygym_lite", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        helper.set_model_props(model, dict(properties))
        self._onnx.checker.check_model(model, full_check=True)
        write_bytes(file, model.SerializeToString(deterministic=True))
