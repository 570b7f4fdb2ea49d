"""Fitting a network to examples, until it gets no better on episodes that it does not learn from."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch

from mygym_lite.errors import UsageError
from mygym_lite.learning.imitation.architecture import DEFAULT_NETWORK, NetworkConfig
from mygym_lite.learning.imitation.data import Examples
from mygym_lite.learning.imitation.networks import ImitationNetwork
from mygym_lite.learning.imitation.tensors import TensorDataset
from mygym_lite.torch_threads import limit_torch_threads

INTERRUPTED = "interrupted"
"""How the reason begins for which learning ended where somebody wanted it to."""
VALIDATION_EVERY = 10
"""One episode of so many is for validation."""
_MEMORY = 0.995  # of the average of the weights over past steps, which is what is kept
_DECAY, _WARM, _CLIP = 1e-4, 0.05, 5.0  # of weights; share of the steps in which the rate rises; norm of a gradient


@dataclass(frozen=True)
class TrainingConfig:
    """How long and how fast to learn.

    Args:
        epochs: Times that every example is looked at, at most.
        batch_size: Examples at a time.
        learning_rate: The highest learning rate.
        early_stopping: Epochs without a better result on the held-out episodes after which it ends.
        hidden: How wide each hidden layer is.
        seed: Of the first weights, the order of the examples, and which episodes are shown.
        backbone_rate_scale: Of pictures: the rate of the backbone, as a share of that of all else; 0 leaves it as it was.
        threads: With which it computes; another number may give other weights, as sums are taken in another order.
    """

    epochs: int = 200
    batch_size: int = 64
    learning_rate: float = 2e-3
    early_stopping: int = 40
    hidden: tuple[int, ...] = (256, 256)
    seed: int = 0
    threads: int = 1
    backbone_rate_scale: float = 0.2

    @classmethod
    def for_network(cls, network_kind: str, has_images: bool = False) -> TrainingConfig:
        """What suits a kind of head, from pictures or from numbers alone."""
        usual = {"recurrent": _RECURRENT, "action_chunking": _CHUNKS}.get(network_kind, cls())
        if not has_images:
            return usual
        return replace(usual, epochs=10, batch_size=2 if network_kind == "recurrent" else 64, learning_rate=1e-3)


_RECURRENT = TrainingConfig(batch_size=8, early_stopping=60, hidden=(160, 128))  # a batch is of episodes
_CHUNKS = TrainingConfig(learning_rate=1e-3, hidden=(64,))


class Epoch(NamedTuple):
    """A point of the learning curve."""

    number: int
    train_loss: float
    val_loss: float


EpochCallback = Callable[[int, int, list[Epoch]], None]
"""Is told the epoch, 0 before the first, how many there are at most, and the curve up to now."""


@dataclass(frozen=True)
class FitResult:
    """The best of the networks that there were while it learned."""

    network: ImitationNetwork
    curve: tuple[Epoch, ...]
    stop_reason: str = ""
    """Why learning ended before its time, if it did not end well."""


def fit(
    examples: Examples,
    training: TrainingConfig,
    on_epoch: EpochCallback,
    initial_network: ImitationNetwork | None = None,
    network: NetworkConfig = DEFAULT_NETWORK,
) -> FitResult:
    """Learn from examples.

    Args:
        examples: Of whole episodes, some of which are held out.
        training: How.
        on_epoch: Is told how it goes on.
        initial_network: Go on from this network, and keep how it normalises.
        network: Which network learns, where there is none yet.

    Raises:
        UsageError: There are too few, or there is no network yet and no finite loss in the first epoch.
        KeyboardInterrupt: In the first epoch, likewise; later an interrupt is the end of learning.
    """
    if len(examples.lengths) < 2:
        raise UsageError(f"imitation: {len(examples.lengths)} episodes to learn from are too few; give 2 or more")
    with limit_torch_threads(training.threads), torch.random.fork_rng(devices=()):
        torch.manual_seed(training.seed)
        return _Fit(examples, training, initial_network, network).run(on_epoch)


class _Fit:
    """One network that learns."""

    def __init__(
        self, examples: Examples, schedule: TrainingConfig, start: ImitationNetwork | None, head: NetworkConfig
    ) -> None:
        self._schedule, self._is_first = schedule, start is None
        train, val = examples.split(min(VALIDATION_EVERY, len(examples.lengths)))
        self._net = (deepcopy(start) if start else head.make_network(train, schedule.hidden)).train()
        self._average = deepcopy(self._net).eval()
        self._train, self._val = (
            TensorDataset(part, self._net.input_normalizer, self._net.action_normalizer) for part in (train, val)
        )
        self._rows = self._net.select_rows(self._train)
        self._batch = min(schedule.batch_size, len(self._rows))
        steps = schedule.epochs * (len(self._rows) // self._batch)
        groups = self._groups(schedule)
        self._optimizer = torch.optim.AdamW(groups, weight_decay=_DECAY)
        self._rates = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, [group["lr"] for group in groups], total_steps=steps, pct_start=_WARM
        )
        self._rng = np.random.default_rng(schedule.seed)
        self._step = 0

    def _groups(self, schedule: TrainingConfig) -> list[dict[str, Any]]:
        """Weights with the highest rate of each: what had learned before learns slower."""
        before = self._net.encoder.get_pretrained_parameters()
        known = {id(weight) for weight in before}
        for weight in before:
            weight.requires_grad_(schedule.backbone_rate_scale > 0.0)
        groups = [
            {"params": [one for one in self._net.parameters() if id(one) not in known], "lr": schedule.learning_rate}
        ]
        slow = schedule.backbone_rate_scale * schedule.learning_rate
        return [*groups, {"params": before, "lr": slow}] if before and slow else groups

    def run(self, watch: EpochCallback) -> FitResult:
        """Learn until it gets no better."""
        curve: list[Epoch] = []
        kept, trouble = deepcopy(self._average), ""
        try:
            watch(0, self._schedule.epochs, curve)
            for number in range(1, self._schedule.epochs + 1):
                epoch = Epoch(number, self._epoch(), self._validated())
                if not np.isfinite(epoch[1:]).all():
                    trouble = f"loss {epoch.train_loss:g} in epoch {number}; learn with a smaller rate"
                    break
                curve.append(epoch)
                best = min(curve, key=lambda one: one.val_loss)
                if best is epoch:
                    kept = deepcopy(self._average)
                watch(number, self._schedule.epochs, curve)
                if number - best.number >= self._schedule.early_stopping:
                    break
        except KeyboardInterrupt:
            if not curve and self._is_first:
                raise
            trouble = f"{INTERRUPTED} after {len(curve)} epochs"
        if not curve and self._is_first:
            raise UsageError(f"imitation: {trouble}")
        return FitResult(kept, tuple(curve), trouble)

    def _epoch(self) -> float:
        order = torch.from_numpy(self._rng.permutation(self._rows))
        losses = []
        for start in range(0, len(order) - self._batch + 1, self._batch):
            loss = self._net.compute_loss(self._train, order[start : start + self._batch])
            self._learn(loss)
            losses.append(loss.detach())
        return float(torch.stack(losses).mean())

    def _learn(self, loss: torch.Tensor) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._net.parameters(), _CLIP)
        self._optimizer.step()
        self._rates.step()
        self._step += 1
        share = 1.0 - min(_MEMORY, self._step / (self._step + 10.0))
        with torch.no_grad():
            for mean, now in zip(self._average.parameters(), self._net.parameters(), strict=True):
                mean.lerp_(now, share)

    def _validated(self) -> float:
        rows = torch.from_numpy(self._average.select_rows(self._val))
        parts = torch.split(rows, self._batch if self._val.has_images else len(rows))
        with torch.inference_mode():
            return sum(len(part) * float(self._average.compute_loss(self._val, part)) for part in parts) / len(rows)
