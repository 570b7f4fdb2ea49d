"""Base class of the policies that are saved as a folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

from numpy.typing import NDArray

from mygym_lite.policies.inputs import Array, TensorShapes, require_tensors
from mygym_lite.policies.metadata import (
    METADATA_FILE,
    PolicyMetadata,
    Tensors,
    read_metadata,
    read_weights,
    write_policy,
)
from mygym_lite.schema import Location, build
from mygym_lite.weights import WEIGHTS

ConfigT = TypeVar("ConfigT")


class SavedPolicy(ABC, Generic[ConfigT]):
    """A policy with metadata, a network configuration and tensors, checked against each other.

    Subclasses declare ``config_class`` and implement ``build_network``, ``load_tensors`` and ``act``.

    Args:
        metadata: Contents of ``policy.json``.
        tensors: Weights by name.
        name: Name of the policy in messages; its kind if empty.
    """

    config_class: ClassVar[type]
    """Dataclass of ``metadata.network``."""

    def __init__(self, metadata: PolicyMetadata, tensors: Tensors, name: str = "") -> None:
        name = name or metadata.kind
        self.metadata, self.tensors, self._name = metadata, dict(tensors), name
        location = Location(f"{name}/{METADATA_FILE}")
        self.config: ConfigT = build(self.config_class, metadata.network, location.at("network"))
        require_tensors(self.tensors, self.build_network(location), f"{name}/{WEIGHTS}")
        self.load_tensors()

    @classmethod
    def load(cls, folder: Path, name: str = "") -> Self:
        """Read metadata and weights from a folder, check the shapes, and load the tensors."""
        return cls(read_metadata(folder), read_weights(folder), name or str(folder))

    def save(self, folder: str | Path) -> Path:
        """Write metadata and weights into a folder."""
        return write_policy(Path(folder), self.metadata, self.tensors)

    @abstractmethod
    def build_network(self, location: Location) -> TensorShapes:
        """Build the untrained network from ``config``, and return the shapes of its tensors.

        Args:
            location: Location of the metadata, for messages about a wrong configuration.
        """

    @abstractmethod
    def load_tensors(self) -> None:
        """Load ``tensors``, whose shapes have been checked, into the network."""

    def reset(self, seed: int) -> None:
        """Begin an episode: clear the state, if there is any."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what the policy is made from; views into its buffers would become copies."""
        return type(self), (self.metadata, self.tensors, self._name)

    @abstractmethod
    def act(self, observation: Mapping[str, NDArray[Any]]) -> Array:
        """Return the action, float32."""
