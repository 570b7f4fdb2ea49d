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
from mygym_lite.perception.network import NetworkOutput, PoseNetwork
from mygym_lite.perception.training.data import LabelledImages, sample_batches
from mygym_lite.perception.training.losses import Losses, build_targets, compute_losses
from mygym_lite.perception.yaw import count_folds

_MEMORY = 0.998  # of the average of the weights over past steps, which is what is kept
_DECAY, _WARM = 0.02, 0.05  # of weights; share of the steps in which the rate rises
_CLIP = 5.0  # norm of a gradient


@dataclass(frozen=True)
class TrainingConfig:
    """How long and how fast to learn.

    Args:
        epochs: Times that every picture is looked at, at most.
        batch_size: Pictures at a time.
        learning_rate: The highest learning rate.
        early_stopping: Epochs without a better result on the validation scenes after which it ends.
        seed: Of the first weights and of the order of the pictures.
        threads: With which it computes; another number gives other weights, since sums are taken in another order.
    """

    epochs: int = 30
    batch_size: int = 64
    learning_rate: float = 3e-3
    early_stopping: int = 8
    seed: int = 0
    threads: int = 2


class Epoch(NamedTuple):
    """A point of the learning curve."""

    number: int
    train_loss: float
    val_loss: float
    loss_parts: tuple[float, ...]
    """Of ``Losses``, on the validation scenes."""


TrainingProgress = Callable[[int, int, list[Epoch]], None]
"""Is told the step, how many there are at most, and the curve up to now."""


class Trainer:
    """One network that learns.

    Args:
        train: What it learns from.
        val: What decides which of its states is kept.
        config: How it learns.
    """

    def __init__(self, train: LabelledImages, val: LabelledImages, config: TrainingConfig) -> None:
        if len(train) < config.batch_size or not len(val):
            raise UsageError(
                f"perception: {len(train)} pictures to learn from and {len(val)} for validation are too few; "
                f"make a dataset with at least {config.batch_size} and 1, each of whole scenes"
            )
        self._train, self._val, self._schedule = train, val, config
        self._folds = np.array([0, *map(count_folds, train.class_names)])
        height, width = train.rgb.shape[1:3]
        with torch.random.fork_rng():
            torch.manual_seed(config.seed)
            self._network = PoseNetwork(len(train.class_names), (width, height)).to_channels_last()
        self._average = deepcopy(self._network).eval()
        self.total_steps = config.epochs * (len(train) // config.batch_size)
        self._optimizer = torch.optim.AdamW(self._network.parameters(), config.learning_rate, weight_decay=_DECAY)
        self._rates = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, config.learning_rate, total_steps=self.total_steps, pct_start=_WARM
        )
        self._step = 0

    def run(self, progress: TrainingProgress) -> tuple[PoseNetwork, list[Epoch]]:
        """Learn until it gets no better; return the best network and the curve.

        Raises:
            KeyboardInterrupt: In the first epoch; later an interrupt is the end of learning.
        """
        rng = np.random.default_rng(self._schedule.seed)
        curve: list[Epoch] = []
        best, kept = np.inf, deepcopy(self._average)
        for number in range(1, self._schedule.epochs + 1):
            try:
                curve.append(Epoch(number, self._epoch(rng, progress, curve), *self._validated()))
            except KeyboardInterrupt:
                if not curve:
                    raise
                break
            progress(self._step, self.total_steps, curve)
            if curve[-1].val_loss < best:
                best, kept = curve[-1].val_loss, deepcopy(self._average)
            elif number - min(curve, key=lambda epoch: epoch.val_loss).number >= self._schedule.early_stopping:
                break
        return kept, curve

    def _epoch(self, rng: np.random.Generator, watch: TrainingProgress, curve: list[Epoch]) -> float:
        self._network.train()
        total = []
        for rows in sample_batches(len(self._train), self._schedule.batch_size, rng):
            loss = self._compared(self._network, self._train, rows).total
            if not torch.isfinite(loss):
                number = loss.detach().item()
                raise UsageError(
                    f"perception: loss {number} in step {self._step + 1}; train with a smaller --learning-rate"
                )
            self._learn(loss)
            total.append(float(loss.detach()))
            watch(self._step, self.total_steps, curve)
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
                for rows in np.array_split(np.arange(len(self._val)), -(-len(self._val) // self._schedule.batch_size))
            ]
        parts = tuple(float(np.mean([float(x) for x in part])) for part in zip(*each, strict=True))
        return float(np.mean([float(one.total) for one in each])), parts

    def _compared(self, network: PoseNetwork, examples: LabelledImages, rows: NDArray[np.int64]) -> Losses:
        guides = compute_ray_channels(examples, rows)
        return compute_losses(
            run_network(network, examples, rows, guides), build_targets(examples, rows, guides, self._folds)
        )


def compute_ray_channels(images: LabelledImages, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """What tells the cells of some pictures where they look."""
    rows_of_cells, columns = images.cell_owners.shape[1:]
    return images.camera_batch.take(rows).compute_ray_channels(rows_of_cells, columns)


def run_network(
    network: PoseNetwork, images: LabelledImages, rows: NDArray[np.int64], ray_channels: NDArray[np.float32]
) -> NetworkOutput:
    """What a network says of some pictures."""
    rgb = torch.from_numpy(images.rgb[rows]).permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
    pictures, told = (x.contiguous(memory_format=torch.channels_last) for x in (rgb, torch.from_numpy(ray_channels)))
    said: NetworkOutput = network(
        pictures, told, torch.from_numpy(images.camera_batch.take(rows).compute_camera_features())
    )
    return said
