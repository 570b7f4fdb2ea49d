"""Networks in ONNX's format, run by onnxruntime; loading one runs no code of its author."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mygym_lite.errors import ConfigError, describe
from mygym_lite.policies.networks.tensors import Arrays, TensorInfo

_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
}


class OnnxNetwork:
    """Network in ONNX's format."""

    def __init__(self, file: Path) -> None:
        self._session = _open_session(file)
        self.inputs = _list_inputs(self._session, file)
        self.outputs: list[str] = [output.name for output in self._session.get_outputs()]

    def run(self, feeds: Arrays) -> Arrays:
        """Compute the outputs by name."""
        return dict(zip(self.outputs, self._session.run(None, feeds), strict=True))

    def describe_outputs(self) -> dict[str, tuple[int | None, ...]]:
        """Return the shapes of the outputs, with their batch."""
        return {output.name: _read_shape(output) for output in self._session.get_outputs()}


def _open_session(file: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise ConfigError(f"policy {file}: needs onnxruntime; pip install 'mygym_lite[onnx]'") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # sums in one order, whatever the machine
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has an exception class for each status
        raise ConfigError(f"policy {file}: cannot be read ({describe(error)}); export it again as ONNX") from error


def _list_inputs(session: Any, file: Path) -> dict[str, TensorInfo]:
    inputs = {}
    for entry in session.get_inputs():
        if entry.type not in _TYPES:
            raise ConfigError(f"policy {file}: input '{entry.name}' is a {entry.type}; use {', '.join(_TYPES)}")
        inputs[entry.name] = TensorInfo(entry.name, _read_shape(entry), _TYPES[entry.type])
    return inputs


def _read_shape(entry: Any) -> tuple[int | None, ...]:
    return tuple(size if isinstance(size, int) else None for size in entry.shape)
