"""Trainable instruction encoder, in torch; policies run it in NumPy."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from mygym_lite.config.instructions.vocabulary import PADDING
from mygym_lite.policies.inputs import Array

_EMBEDDING, _WINDOW = 16, 3
INSTRUCTION_FEATURES = 32
"""Number of features of an instruction."""


class InstructionNetwork(nn.Module):
    """Word embeddings, a convolution over neighbouring words, and the maximum over the words.

    Args:
        vocabulary: Number of tokens.
        known: Tokens of the training examples. Other words begin, and stay, as the zero vector of the padding: an
            unknown word has no effect, instead of a random one. All words if None.
    """

    def __init__(self, vocabulary: int, known: Tensor | None = None) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, _EMBEDDING, padding_idx=PADDING)
        self.convolution = nn.Conv1d(_EMBEDDING, INSTRUCTION_FEATURES, _WINDOW, padding=_WINDOW // 2)
        if known is not None:
            with torch.no_grad():
                self.embedding.weight *= torch.isin(torch.arange(vocabulary), known)[:, None]

    def forward(self, tokens: Tensor) -> Tensor:
        """Compute the features (n, INSTRUCTION_FEATURES) of instructions (n, words)."""
        responses: Tensor = self.convolution(self.embedding(tokens).transpose(1, 2))
        return torch.relu(responses.max(-1).values)

    def export_tensors(self) -> dict[str, Array]:
        """Export copies of the weights, as policies name them."""
        return {name: np.array(tensor.detach().numpy()) for name, tensor in self.state_dict().items()}
