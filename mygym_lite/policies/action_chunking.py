"""Action chunking with transformers (ACT, arXiv 2304.13705), without its variational autoencoder.

A small transformer predicts a chunk of actions from the present observation. By default it predicts at every step,
and the overlapping predictions for the present step are averaged (temporal ensembling).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mygym_lite.policies.chunk_execution import ChunkExecution
from mygym_lite.policies.inputs import Array, InputLayout, TensorShapes
from mygym_lite.policies.saved_policy import SavedPolicy
from mygym_lite.schema import Location
from mygym_lite.torch_threads import limit_torch_threads

_HEADS = 4  # of attention
_LAYERS = 2  # of the encoder, and of the decoder


@dataclass(frozen=True)
class ActionChunkingPolicyConfig:
    """Size of the transformer, and execution of its chunks.

    Args:
        width: Size of a token, a multiple of 4.
        horizon: Actions per chunk, the present one included.
        decay: Decay of the ensembling weights, as in ``ChunkExecution``.
        execute: Actions executed per chunk; 0 for temporal ensembling at every step.
    """

    width: int
    horizon: int
    decay: float = 0.01
    execute: int = 0


class ActionChunkingTransformer(nn.Module):
    """Transformer with one token per observed array and one learned query per action of the chunk.

    Args:
        group_sizes: Size of each observed array.
        outputs: Size of an action.
        width: Size of a token.
        horizon: Actions per chunk.
    """

    def __init__(self, group_sizes: Sequence[int], outputs: int, width: int, horizon: int) -> None:
        super().__init__()
        self._group_sizes = list(group_sizes)
        self.embed = nn.ModuleList(nn.Linear(size, width) for size in group_sizes)
        self.queries = nn.Parameter(torch.randn(horizon, width) * width**-0.5)
        self.encoder = nn.ModuleList(
            nn.TransformerEncoderLayer(width, _HEADS, 2 * width, dropout=0.0, batch_first=True, norm_first=True)
            for _ in range(_LAYERS)
        )
        self.decoder = nn.ModuleList(
            nn.TransformerDecoderLayer(width, _HEADS, 2 * width, dropout=0.0, batch_first=True, norm_first=True)
            for _ in range(_LAYERS)
        )
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, outputs)

    def forward(self, rows: Tensor) -> Tensor:
        """Predict normalised actions (n, horizon, outputs) from normalised rows (n, inputs)."""
        groups = zip(self.embed, torch.split(rows, self._group_sizes, -1), strict=True)
        tokens = torch.stack([embed(group) for embed, group in groups], dim=1)
        for layer in self.encoder:
            tokens = layer(tokens)
        chunk = self.queries.expand(len(rows), -1, -1)
        for layer in self.decoder:
            chunk = layer(chunk, tokens)
        actions: Tensor = self.out(self.norm(chunk))
        return actions


class ActionChunkingPolicy(SavedPolicy[ActionChunkingPolicyConfig]):
    """Policy that executes chunks of actions, or ensembles overlapping ones.

    Its tensors are ``observation.mean``, ``observation.std``, ``action.mean`` and ``action.std``, and below ``network``
    the weights of an ``ActionChunkingTransformer``.
    """

    config_class = ActionChunkingPolicyConfig

    def build_network(self, location: Location) -> TensorShapes:
        """Build the transformer."""
        config = self.config
        if config.width < 1 or config.width % _HEADS:
            raise location.at("network", "width").error(f"is {config.width}; use a multiple of {_HEADS}")
        self._execution = ChunkExecution(config.horizon, config.decay, config.execute)
        self._execution.validate(location.at("network"))
        self._inputs = InputLayout(self.metadata, location)
        self._row = np.empty(self._inputs.size, np.float32)
        sizes = [part.stop - part.start for part in self._inputs.slices.values()]
        self._net = ActionChunkingTransformer(sizes, self.metadata.action, config.width, config.horizon)
        normalized = {"observation": (self._inputs.size,), "action": (self.metadata.action,)}
        shapes = {f"{name}.{moment}": shape for name, shape in normalized.items() for moment in ("mean", "std")}
        return shapes | {f"network.{key}": tuple(weight.shape) for key, weight in self._net.state_dict().items()}

    def load_tensors(self) -> None:
        """Load the transformer, and clear the predictions."""
        state = {key: torch.tensor(self.tensors[f"network.{key}"]) for key in self._net.state_dict()}
        self._net.load_state_dict(state)
        self._net.eval()
        self.reset(0)

    def reset(self, _seed: int) -> None:
        """Clear the predictions."""
        self._execution.clear()

    def act(self, observation: Mapping[str, NDArray[Any]]) -> Array:
        """Return the action, float32."""
        self._inputs.write(observation, self._row)
        return self._execution.select_action(lambda: self.predict_chunk(self._row))

    def predict_chunk(self, row: Array) -> Array:
        """Predict the actions from the present step on (horizon, outputs)."""
        tensors = self.tensors
        x = (row - tensors["observation.mean"]) / tensors["observation.std"]
        with limit_torch_threads(1), torch.inference_mode():
            output = self._net(torch.from_numpy(x)[None])[0].numpy()
        actions: Array = np.clip(output * tensors["action.std"] + tensors["action.mean"], -1.0, 1.0)
        return actions
