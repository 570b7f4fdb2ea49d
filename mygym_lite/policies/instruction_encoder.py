"""Encoder of instructions, in NumPy: word embeddings, a convolution over neighbouring words, and their maximum.

It is the sentence encoder of Kim (arXiv 1408.5882): a feature responds to words in their order, such as "red cube",
wherever they are in the instruction.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.instructions.vocabulary import UNKNOWN
from mygym_lite.policies.inputs import Array, TensorShapes
from mygym_lite.policies.metadata import Tensors

EMBEDDING, WEIGHT, BIAS = "embedding.weight", "convolution.weight", "convolution.bias"
"""Names of the tensors, as in the state of the trained network."""


class InstructionEncoder:
    """Map from the tokens of an instruction to its features.

    Args:
        tensors: ``embedding.weight`` (words, size), ``convolution.weight`` (features, size, window) and
            ``convolution.bias`` (features).
    """

    def __init__(self, tensors: Tensors) -> None:
        self._embedding, weight, self._bias = tensors[EMBEDDING], tensors[WEIGHT], tensors[BIAS]
        self._window = weight.shape[2]
        self._weight = weight.reshape(len(weight), -1).T

    def encode(self, tokens: NDArray[Any]) -> Array:
        """Compute the features; words beyond the vocabulary count as unknown."""
        known = np.where(tokens < len(self._embedding), tokens, UNKNOWN)
        before = self._window // 2
        words = np.pad(self._embedding[known], ((before, self._window - 1 - before), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(words, self._window, axis=0)
        responses = windows.reshape(len(tokens), -1) @ self._weight + self._bias
        features: Array = np.maximum(responses.max(axis=0), 0.0)
        return features


def build_encoder_shapes(vocabulary: int, embedding: int, window: int, features: int) -> TensorShapes:
    """Build the tensor shapes of an encoder."""
    return {EMBEDDING: (vocabulary, embedding), WEIGHT: (features, embedding, window), BIAS: (features,)}
