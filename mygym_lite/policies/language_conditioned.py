"""Language-conditioned policy: it reads the instruction of the episode, besides what other policies observe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from mygym_lite.config.validation_language import INSTRUCTION
from mygym_lite.errors import suggest
from mygym_lite.policies.inputs import Array, TensorShapes
from mygym_lite.policies.instruction_encoder import InstructionEncoder, build_encoder_shapes
from mygym_lite.policies.metadata import PolicyMetadata, Tensors
from mygym_lite.policies.saved import POLICY_KINDS, get_policy_class
from mygym_lite.policies.saved_policy import SavedPolicy
from mygym_lite.schema import Location

KIND = "language_conditioned"
ENCODER, HEAD = "instruction.", "head."
"""Prefixes of the tensors of the encoder, and of those of the head."""
_HEADS = tuple(kind for kind in POLICY_KINDS if kind != KIND)


@dataclass(frozen=True)
class LanguageConditionedPolicyConfig:
    """Sizes of the encoder, and configuration of the head.

    Args:
        head: Kind of policy over the features of the instruction and the other observations.
        head_config: Network configuration of the head.
        vocabulary: Number of tokens.
        embedding: Size of the vector of a word.
        window: Neighbouring words that a feature responds to.
        features: Number of features of the instruction.
    """

    head: str
    head_config: dict[str, object]
    vocabulary: int
    embedding: int
    window: int
    features: int


class LanguageConditionedPolicy(SavedPolicy[LanguageConditionedPolicyConfig]):
    """Instruction encoder whose features are an input of another policy, the head, instead of the tokens.

    Its tensors are those of an ``InstructionEncoder`` below ``instruction``, and those of the head below ``head``.
    """

    config_class = LanguageConditionedPolicyConfig

    def __init__(self, metadata: PolicyMetadata, tensors: Tensors, name: str = "") -> None:
        super().__init__(metadata, _select(tensors, ENCODER, keep_prefix=True), name)
        observation = {**metadata.observation, INSTRUCTION: (self.config.features,)}
        head = replace(metadata, kind=self.config.head, network=self.config.head_config, observation=observation)
        self._head = get_policy_class(self.config.head)(head, _select(tensors, HEAD), name or metadata.kind)
        self.tensors |= {f"{HEAD}{key}": tensor for key, tensor in self._head.tensors.items()}

    @property
    def head(self) -> SavedPolicy[Any]:
        """Policy over the features of the instruction and the other observations."""
        return self._head

    @classmethod
    def from_head(cls, head: SavedPolicy[Any], encoder: Tensors, words: int) -> LanguageConditionedPolicy:
        """Combine an encoder with a policy that observes its features as ``instruction``.

        Args:
            head: Policy over the features.
            encoder: Tensors of the encoder.
            words: Number of tokens of an instruction.
        """
        vocabulary, embedding = encoder["embedding.weight"].shape
        features, _, window = encoder["convolution.weight"].shape
        metadata, tensors = head.metadata, {f"{HEAD}{key}": tensor for key, tensor in head.tensors.items()}
        config = LanguageConditionedPolicyConfig(
            head=metadata.kind,
            head_config=dict(metadata.network),
            vocabulary=vocabulary,
            embedding=embedding,
            window=window,
            features=features,
        )
        observation = {**metadata.observation, INSTRUCTION: (words,)}
        described = replace(metadata, kind=KIND, network=vars(config), observation=observation)
        return cls(described, {**{f"{ENCODER}{key}": tensor for key, tensor in encoder.items()}, **tensors})

    def build_network(self, location: Location) -> TensorShapes:
        """Check the kind of the head and the observed instruction, and lay out the encoder."""
        config = self.config
        if config.head not in _HEADS:
            raise location.at("network", "head").error(f"'{config.head}' is not a kind{suggest(config.head, _HEADS)}")
        if INSTRUCTION not in self.metadata.observation:
            raise location.at("observation").error(f"has no '{INSTRUCTION}', which this kind of policy reads")
        shapes = build_encoder_shapes(config.vocabulary, config.embedding, config.window, config.features)
        return {f"{ENCODER}{key}": shape for key, shape in shapes.items()}

    def load_tensors(self) -> None:
        """Load the encoder."""
        self._encoder = InstructionEncoder(_select(self.tensors, ENCODER))

    def reset(self, seed: int) -> None:
        """Begin an episode."""
        self._head.reset(seed)

    def act(self, observation: Mapping[str, NDArray[Any]]) -> Array:
        """Return the action, float32."""
        return self._head.act({**observation, INSTRUCTION: self._encoder.encode(observation[INSTRUCTION])})


def _select(tensors: Tensors, prefix: str, keep_prefix: bool = False) -> Tensors:
    """Select the tensors below a prefix."""
    return {
        key if keep_prefix else key.removeprefix(prefix): tensor
        for key, tensor in tensors.items()
        if key.startswith(prefix)
    }
