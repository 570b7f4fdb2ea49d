"""Networks in ONNX's format, run by onnxruntime; loading one runs no code of its author."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.errors import ConfigError, UsageError, describe, suggest
from mygym_lite.policies.metadata import Shapes

SUFFIX = ".onnx"
_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
}
_STATE_SUFFIXES = (("_in", "_out"), ("in", "out"))
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


class OnnxPolicy:
    """Network that takes a mapped observation and returns its outputs by name; it carries its recurrent state.

    Args:
        file: The network.
        state: Output that becomes an input at the next step, by input; pairs as ``h_in`` and ``h_out`` are found.
    """

    def __init__(self, file: Path, state: Mapping[str, str] | None = None) -> None:
        self._file, self._session = file, _open_session(file)
        self._inputs = _list_inputs(self._session, file)
        self._outputs = [output.name for output in self._session.get_outputs()]
        self._links = dict(state or find_states(list(self._inputs), self._outputs))
        _require_names(file, "input", self._links, list(self._inputs))
        _require_names(file, "output", self._links.values(), self._outputs)
        self.reset(0)

    def require_inputs(self, names: Collection[str]) -> None:
        """Refuse a network with an input that no observation has.

        Args:
            names: Names of the mapped observations.
        """
        for name in self._inputs:
            if name not in names and name not in self._links:
                raise ConfigError(
                    f"policy {self._file}: input '{name}' is none of the observations {', '.join(names)}; map it in a "
                    "--remote-mapping file"
                )

    def choose_output(self, key: str) -> str:
        """Return the output of that name, or else the only one that is not recurrent state."""
        others = [name for name in self._outputs if name not in self._links.values()]
        if key not in others and len(others) != 1:
            raise ConfigError(
                f"policy {self._file}: has the outputs {', '.join(others)}; name that of the actions as action.key in "
                "a --remote-mapping file"
            )
        return key if key in others else others[0]

    def reset(self, _seed: int) -> None:
        """Set the recurrent state to zero."""
        self._state: Arrays = {name: self._inputs[name].make_zeros() for name in self._links}

    def act(self, observation: Mapping[str, Any]) -> Arrays:
        """Compute all outputs except the recurrent state, without their batch.

        Raises:
            UsageError: An observation has another shape than its input.
        """
        known = {**observation, **self._state}
        feeds = {name: info.convert(known[name]) for name, info in self._inputs.items()}
        outputs: Arrays = dict(zip(self._outputs, self._session.run(None, feeds), strict=True))
        self._state = {name: outputs.pop(output) for name, output in self._links.items()}
        return {name: array[0] if array.ndim > 1 else array for name, array in outputs.items()}


def describe_onnx(file: Path) -> tuple[Shapes, Shapes]:
    """Read the shapes of all inputs and outputs, with their batch; free sizes are 0."""
    session = _open_session(file)
    inputs, outputs = (
        {entry.name: tuple(size if isinstance(size, int) else 0 for size in entry.shape) for entry in entries}
        for entries in (session.get_inputs(), session.get_outputs())
    )
    return inputs, outputs


def read_onnx_shapes(file: Path) -> Shapes:
    """Read the shapes of the inputs that are not recurrent state, without their batch; free sizes are 1."""
    session = _open_session(file)
    inputs = _list_inputs(session, file)
    states = find_states(list(inputs), [output.name for output in session.get_outputs()])
    return {name: tuple(size or 1 for size in info.shape[1:]) for name, info in inputs.items() if name not in states}


def find_states(inputs: list[str], outputs: list[str]) -> dict[str, str]:
    """Find inputs and outputs that are recurrent state by their names: ``h_in`` and ``h_out``."""
    pairs = (
        (name, name.removesuffix(suffix) + other)
        for name in inputs
        for suffix, other in _STATE_SUFFIXES
        if name.endswith(suffix)
    )
    return {name: output for name, output in pairs if output in outputs}


def list_onnx_files(file: Path) -> list[Path]:
    """List the file and that of its external weights, if there is one."""
    weights = file.with_name(f"{file.name}.data")
    return [file, *([weights] if weights.is_file() else [])]


def format_shape(shape: tuple[int | None, ...]) -> str:
    """Format a shape; a free size is n."""
    return f"({', '.join('n' if size is None else str(size) for size in shape)})"


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
        shape = tuple(size if isinstance(size, int) else None for size in entry.shape)
        inputs[entry.name] = TensorInfo(entry.name, shape, _TYPES[entry.type])
    return inputs


def _require_names(file: Path, noun: str, names: Any, known: list[str]) -> None:
    for name in names:
        if name not in known:
            raise ConfigError(f"policy {file}: state: no {noun} '{name}'{suggest(name, known)}")
