"""A small transformer that says several actions ahead, and acts by what it has said of a moment at several times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mygym_lite.policies.inputs import Array, InputLayout, require_tensors
from mygym_lite.policies.metadata import METADATA_FILE, PolicyMetadata, Tensors, write_policy
from mygym_lite.schema import Location, build
from mygym_lite.torch_threads import limit_torch_threads
from mygym_lite.weights import WEIGHTS

_HEADS = 4
_LAYERS = 2  # of the encoder, and of the decoder


@dataclass(frozen=True)
class ActionChunkingPolicyConfig:
    """How it looks ahead, and how it acts by that.

    Args:
        width: Of what it thinks in, a multiple of 4.
        horizon: Actions ahead, the present one included.
        decay: How much less each newer answer counts than the one before it, as ``exp(-decay)``; below 0, more.
        execute: Actions that are carried out, as they were said, before it looks again; 0: it looks at every moment,
            and takes the mean of all that it has said of this one.
    """

    width: int
    horizon: int
    decay: float = 0.01
    execute: int = 0


class ActionChunkingTransformer(nn.Module):
    """Looks at one token for each array that is observed, and answers one query for each action ahead.

    Args:
        group_sizes: Numbers of each array.
        outputs: Numbers of an action.
        width: Of a token.
        horizon: Actions ahead.
    """

    def __init__(self, group_sizes: Sequence[int], outputs: int, width: int, horizon: int) -> None:
        super().__init__()
        self._parts = list(group_sizes)
        self.embed = nn.ModuleList(nn.Linear(part, width) for part in group_sizes)
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
        """Normalised actions (n, horizon, outputs) for normalised rows (n, inputs)."""
        parts = zip(self.embed, torch.split(rows, self._parts, -1), strict=True)
        tokens = torch.stack([embed(part) for embed, part in parts], dim=1)
        for layer in self.encoder:
            tokens = layer(tokens)
        ahead = self.queries.expand(len(rows), -1, -1)
        for layer in self.decoder:
            ahead = layer(ahead, tokens)
        said: Tensor = self.out(self.norm(ahead))
        return said


class ActionChunkingPolicy:
    """Acts by the mean of what it said of this moment now and before, or by what it said last.

    Args:
        metadata: What it was made for.
        tensors: ``observation.mean``, ``observation.std``, ``action.mean`` and ``action.std``, and the weights of a
            ``ActionChunkingTransformer`` below ``network``.
        name: What messages call it.
    """

    def __init__(self, metadata: PolicyMetadata, tensors: Tensors, name: str = "action_chunking") -> None:
        self.metadata, self.tensors = metadata, dict(tensors)
        where = Location(f"{name}/{METADATA_FILE}")
        self._network = build(ActionChunkingPolicyConfig, metadata.network, where.at("network"))
        _require_sense(self._network, where.at("network"))
        self._inputs = InputLayout(metadata, where)
        parts = [part.stop - part.start for part in self._inputs.slices.values()]
        net = ActionChunkingTransformer(parts, metadata.action, self._network.width, self._network.horizon)
        normal = {"observation": (self._inputs.size,), "action": (metadata.action,)}
        wanted = {f"{of}.{what}": shape for of, shape in normal.items() for what in ("mean", "std")}
        wanted |= {f"network.{key}": tuple(one.shape) for key, one in net.state_dict().items()}
        require_tensors(tensors, wanted, f"{name}/{WEIGHTS}")
        net.load_state_dict({key: torch.tensor(tensors[f"network.{key}"]) for key in net.state_dict()})
        self._net = net.eval()
        self._row = np.empty(self._inputs.size, np.float32)
        self.reset(0)

    def reset(self, seed: int) -> None:
        """It forgets what it said."""
        self._said: list[Array] = []
        self._since = 0

    def act(self, observation: Mapping[str, NDArray[Any]]) -> Array:
        """The action, float32."""
        self._since += 1
        if not self._said or self._since >= self._network.execute:
            self._look(observation)
        if self._network.execute:
            now: Array = self._said[-1][self._since]
            return now
        return ensemble_actions([said[age] for age, said in zip(_ages(self._said), self._said, strict=True)],
                         self._network.decay)  # fmt: skip

    def _look(self, observation: Mapping[str, NDArray[Any]]) -> None:
        """Say what comes, and keep of what was said before what is of moments to come."""
        self._inputs.write(observation, self._row)
        kept = 0 if self._network.execute else self._network.horizon - 1
        self._said = [*self._said[max(0, len(self._said) - kept) :], self.predict_chunk(self._row)]
        self._since = 0

    def predict_chunk(self, row: Array) -> Array:
        """The actions that it thinks right from a moment on (horizon, outputs)."""
        tensors = self.tensors
        x = (row - tensors["observation.mean"]) / tensors["observation.std"]
        with limit_torch_threads(1), torch.inference_mode():
            said = self._net(torch.from_numpy(x)[None])[0].numpy()
        actions: Array = np.clip(said * tensors["action.std"] + tensors["action.mean"], -1.0, 1.0)
        return actions

    def save(self, folder: str | Path) -> Path:
        """Write the policy's folder."""
        return write_policy(Path(folder), self.metadata, self.tensors)


def ensemble_actions(predictions: Sequence[Array], decay: float) -> Array:
    """The mean of several answers about one moment, the oldest first, the i-th with the weight ``exp(-decay i)``."""
    weights = np.exp(-decay * np.arange(len(predictions)))
    mean: Array = (weights / weights.sum() @ np.stack(predictions)).astype(np.float32)
    return mean


def _ages(said: Sequence[Array]) -> range:
    """How many moments ago each was said."""
    return range(len(said) - 1, -1, -1)


def _require_sense(network: ActionChunkingPolicyConfig, where: Location) -> None:
    if network.width < 1 or network.width % _HEADS:
        raise where.at("width").error(f"is {network.width}; use a multiple of {_HEADS}")
    if not 0 <= network.execute <= network.horizon:
        raise where.at("execute").error(f"is {network.execute}, of a horizon of {network.horizon} actions")
