"""Training: from datasets to a network that is as good as it gets on scenes that it does not learn from."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from mygym_lite.errors import UsageError
from mygym_lite.perception.network import Network, Said
from mygym_lite.perception.training.data import Examples, batches
from mygym_lite.perception.training.losses import Losses, goals_of, losses
from mygym_lite.perception.yaw import folds_of

_MEMORY = 0.998  # of the average of the weights over past steps, which is what is kept
_DECAY, _WARM = 0.02, 0.05  # of weights; share of the steps in which the rate rises
_CLIP = 5.0  # norm of a gradient


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn.

    Args:
        epochs: Times that every picture is looked at, at most.
        batch: Pictures at a time.
        rate: The highest learning rate.
        patience: Epochs without a better result on the validation scenes after which it ends.
        seed: Of the first weights and of the order of the pictures.
        threads: With which it computes; another number gives other weights, since sums are taken in another order.
    """

    epochs: int = 30
    batch: int = 64
    rate: float = 3e-3
    patience: int = 8
    seed: int = 0
    threads: int = 2


class Epoch(NamedTuple):
    """A point of the learning curve."""

    number: int
    train: float
    val: float
    parts: tuple[float, ...]
    """Of ``Losses``, on the validation scenes."""


Watch = Callable[[int, int, list[Epoch]], None]
"""Is told the step, how many there are at most, and the curve up to now."""


class Training:
    """One network that learns.

    Args:
        train: What it learns from.
        val: What decides which of its states is kept.
        schedule: How it learns.
    """

    def __init__(self, train: Examples, val: Examples, schedule: Schedule) -> None:
        if len(train) < schedule.batch or not len(val):
            raise UsageError(
                f"perception: {len(train)} pictures to learn from and {len(val)} for validation are too few; "
                f"make a dataset with at least {schedule.batch} and 1, each of whole scenes"
            )
        self._train, self._val, self._schedule = train, val, schedule
        self._folds = np.array([0, *map(folds_of, train.names)])
        height, width = train.rgb.shape[1:3]
        with torch.random.fork_rng():
            torch.manual_seed(schedule.seed)
            self._network = Network(len(train.names), (width, height)).fast()
        self._average = deepcopy(self._network).eval()
        self.steps = schedule.epochs * (len(train) // schedule.batch)
        self._optimizer = torch.optim.AdamW(self._network.parameters(), schedule.rate, weight_decay=_DECAY)
        self._rates = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, schedule.rate, total_steps=self.steps, pct_start=_WARM
        )
        self._step = 0

    def run(self, watch: Watch) -> tuple[Network, list[Epoch]]:
        """Learn until it gets no better; return the best network and the curve.

        Raises:
            KeyboardInterrupt: In the first epoch; later an interrupt is the end of learning.
        """
        rng = np.random.default_rng(self._schedule.seed)
        curve: list[Epoch] = []
        best, kept = np.inf, deepcopy(self._average)
        for number in range(1, self._schedule.epochs + 1):
            try:
                curve.append(Epoch(number, self._epoch(rng, watch, curve), *self._validated()))
            except KeyboardInterrupt:
                if not curve:
                    raise
                break
            watch(self._step, self.steps, curve)
            if curve[-1].val < best:
                best, kept = curve[-1].val, deepcopy(self._average)
            elif number - min(curve, key=lambda epoch: epoch.val).number >= self._schedule.patience:
                break
        return kept, curve

    def _epoch(self, rng: np.random.Generator, watch: Watch, curve: list[Epoch]) -> float:
        self._network.train()
        total = []
        for rows in batches(len(self._train), self._schedule.batch, rng):
            loss = self._compared(self._network, self._train, rows).whole
            if not torch.isfinite(loss):
                number = loss.detach().item()
                raise UsageError(f"perception: loss {number} in step {self._step + 1}; train with a smaller --rate")
            self._learn(loss)
            total.append(float(loss.detach()))
            watch(self._step, self.steps, curve)
        return float(np.mean(total))

    def _learn(self, loss: torch.Tensor) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), _CLIP)
        self._optimizer.step()
        self._rates.step()
        self._step += 1
        with torch.no_grad():
            kept = min(_MEMORY, self._step / (self._step + 10.0))
            for mean, now in zip(self._average.state_dict().values(), self._network.state_dict().values(), strict=True):
                if mean.is_floating_point():
                    mean.lerp_(now, 1.0 - kept)

    def _validated(self) -> tuple[float, tuple[float, ...]]:
        with torch.inference_mode():
            each = [
                self._compared(self._average, self._val, rows)
                for rows in np.array_split(np.arange(len(self._val)), -(-len(self._val) // self._schedule.batch))
            ]
        parts = tuple(float(np.mean([float(x) for x in part])) for part in zip(*each, strict=True))
        return float(np.mean([float(one.whole) for one in each])), parts

    def _compared(self, network: Network, examples: Examples, rows: NDArray[np.int64]) -> Losses:
        guides = guides_of(examples, rows)
        return losses(looked(network, examples, rows, guides), goals_of(examples, rows, guides, self._folds))


def guides_of(examples: Examples, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """What tells the cells of some pictures where they look."""
    rows_of_cells, columns = examples.owners.shape[1:]
    return examples.optics.take(rows).guides(rows_of_cells, columns)


def looked(network: Network, examples: Examples, rows: NDArray[np.int64], guides: NDArray[np.float32]) -> Said:
    """What a network says of some pictures."""
    rgb = torch.from_numpy(examples.rgb[rows]).permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
    pictures, told = (x.contiguous(memory_format=torch.channels_last) for x in (rgb, torch.from_numpy(guides)))
    said: Said = network(pictures, told, torch.from_numpy(examples.optics.take(rows).situations()))
    return said
