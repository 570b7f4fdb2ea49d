"""Training loop, with an exponential moving average (EMA) of the weights and early stopping."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mygym_lite.errors import UsageError
from mygym_lite.perception.network import Network
from mygym_lite.perception.training.data import sample_batches

_EMA_DECAY = 0.998  # of the averaged weights, which are validated and saved
_WEIGHT_DECAY, _WARMUP = 0.02, 0.05  # AdamW; fraction of the steps in which the learning rate rises
_MAX_GRADIENT_NORM = 5.0


@dataclass(frozen=True)
class TrainingConfig:
    """Duration and optimizer of training.

    Args:
        epochs: Maximum number of epochs.
        batch_size: Images per batch.
        learning_rate: Peak learning rate.
        early_stopping: Epochs without a lower validation loss after which training stops.
        seed: Seed of the initial weights and of the order of images.
        threads: Number of torch threads; results depend on it, since it changes the order of summation.
        refinement_epochs: Epochs of a second network, which refines class, position and orientation on crops at full
            resolution, while the first one sees the images at half of it; 0 for none.
    """

    epochs: int = 30
    batch_size: int = 64
    learning_rate: float = 3e-3
    early_stopping: int = 8
    seed: int = 0
    threads: int = 2
    refinement_epochs: int = 0


class Epoch(NamedTuple):
    """Losses of one epoch."""

    number: int
    train_loss: float
    val_loss: float
    loss_parts: tuple[float, ...]
    """Parts of the validation loss, in the order of the problem's losses."""


TrainingProgress = Callable[[int, int, list[Epoch]], None]
"""Called with the step, the maximum number of steps, and the loss curve up to now."""


class LossParts(Protocol):
    """Losses of a batch: a tuple of its parts, and their weighted sum."""

    @property
    def total(self) -> Tensor:
        """Weighted sum, which training minimizes."""

    def __iter__(self) -> Iterator[Tensor]:
        """Yield the parts."""


class Problem(Protocol[Network]):
    """Network to train, and its losses on training and validation data."""

    network: Network
    train_count: int
    """Number of training examples."""
    val_count: int

    def compute_train_losses(self, rows: NDArray[np.int64]) -> LossParts:
        """Compute the losses of the network on training examples."""

    def compute_val_losses(self, network: Network, rows: NDArray[np.int64]) -> LossParts:
        """Compute the losses of a network on validation examples."""


class Trainer(Generic[Network]):
    """Trains one network.

    Args:
        problem: Network and data.
        config: Duration and optimizer.
    """

    def __init__(self, problem: Problem[Network], config: TrainingConfig) -> None:
        if problem.train_count < config.batch_size or not problem.val_count:
            raise UsageError(
                f"perception: {problem.train_count} images for training and {problem.val_count} for validation are too "
                f"few; make a dataset with at least {config.batch_size} and 1, each of whole scenes"
            )
        self._problem, self._config = problem, config
        self._network = problem.network
        self._ema_network = deepcopy(self._network).eval()
        self.total_steps = config.epochs * (problem.train_count // config.batch_size)
        self._optimizer = torch.optim.AdamW(
            self._network.parameters(), config.learning_rate, weight_decay=_WEIGHT_DECAY
        )
        self._scheduler = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, config.learning_rate, total_steps=self.total_steps, pct_start=_WARMUP
        )
        self._step = 0

    def run(self, progress: TrainingProgress) -> tuple[Network, list[Epoch]]:
        """Train until early stopping; return the best network and the loss curve.

        Raises:
            KeyboardInterrupt: Interrupted in the first epoch; a later interrupt only ends training.
        """
        rng = np.random.default_rng(self._config.seed)
        curve: list[Epoch] = []
        best_loss, best_network = np.inf, deepcopy(self._ema_network)
        for number in range(1, self._config.epochs + 1):
            try:
                curve.append(Epoch(number, self._run_epoch(rng, progress, curve), *self._validate()))
            except KeyboardInterrupt:
                if not curve:
                    raise
                break
            progress(self._step, self.total_steps, curve)
            if curve[-1].val_loss < best_loss:
                best_loss, best_network = curve[-1].val_loss, deepcopy(self._ema_network)
            elif number - min(curve, key=lambda epoch: epoch.val_loss).number >= self._config.early_stopping:
                break
        return best_network, curve

    def _run_epoch(self, rng: np.random.Generator, progress: TrainingProgress, curve: list[Epoch]) -> float:
        self._network.train()
        losses = []
        for rows in sample_batches(self._problem.train_count, self._config.batch_size, rng):
            loss = self._problem.compute_train_losses(rows).total
            if not torch.isfinite(loss):
                value = loss.detach().item()
                raise UsageError(
                    f"perception: loss {value} in step {self._step + 1}; train with a smaller --learning-rate"
                )
            self._update_weights(loss)
            losses.append(float(loss.detach()))
            progress(self._step, self.total_steps, curve)
        return float(np.mean(losses))

    def _update_weights(self, loss: torch.Tensor) -> None:
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), _MAX_GRADIENT_NORM)
        self._optimizer.step()
        self._scheduler.step()
        self._step += 1
        with torch.no_grad():
            decay = min(_EMA_DECAY, self._step / (self._step + 10.0))
            for average, current in zip(
                *(network.state_dict().values() for network in (self._ema_network, self._network)), strict=True
            ):
                if average.is_floating_point():
                    average.lerp_(current, 1.0 - decay)

    def _validate(self) -> tuple[float, tuple[float, ...]]:
        count = self._problem.val_count
        with torch.inference_mode():
            losses = [
                self._problem.compute_val_losses(self._ema_network, rows)
                for rows in np.array_split(np.arange(count), -(-count // self._config.batch_size))
            ]
        parts = tuple(float(np.mean([float(x) for x in part])) for part in zip(*losses, strict=True))
        return float(np.mean([float(batch.total) for batch in losses])), parts
