"""A network as a policy: observations become its inputs, and recurrent state is carried from step to step."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from mygym_lite.errors import ConfigError, suggest
from mygym_lite.policies.networks.network import find_states, open_network
from mygym_lite.policies.networks.tensors import Arrays


class NetworkPolicy:
    """Network that takes a mapped observation and returns its outputs by name; it carries its recurrent state.

    Args:
        file: The network.
        state: Output that becomes an input at the next step, by input; pairs as ``h_in`` and ``h_out`` are found.
    """

    def __init__(self, file: Path, state: Mapping[str, str] | None = None) -> None:
        self._file, self._network = file, open_network(file)
        self._inputs, self._outputs = self._network.inputs, self._network.outputs
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
        outputs = self._network.run(feeds)
        self._state = {name: outputs.pop(output) for name, output in self._links.items()}
        return {name: array[0] if array.ndim > 1 else array for name, array in outputs.items()}


def _require_names(file: Path, noun: str, names: Iterable[str], known: list[str]) -> None:
    for name in names:
        if name not in known:
            raise ConfigError(f"policy {file}: state: no {noun} '{name}'{suggest(name, known)}")
