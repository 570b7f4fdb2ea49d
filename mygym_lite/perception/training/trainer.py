"""Training loop, with an exponential moving average (EMA) of the weights and early stopping."""

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
    """

    epochs: int = 30
    batch_size: int = 64
    learning_rate: float = 3e-3
    early_stopping: int = 8
    seed: int = 0
    threads: int = 2


class Epoch(NamedTuple):
    """Losses of one epoch."""

    number: int
    train_loss: float
    val_loss: float
    loss_parts: tuple[float, ...]
    """Parts of the validation loss, in the order of ``Losses``."""


TrainingProgress = Callable[[int, int, list[Epoch]], None]
"""Called with the step, the maximum number of steps, and the loss curve up to now."""


class Trainer:
    """Trains one network.

    Args:
        train: Training images.
        val: Validation images, which select the best epoch.
        config: Duration and optimizer.
    """

    def __init__(self, train: LabelledImages, val: LabelledImages, config: TrainingConfig) -> None:
        if len(train) < config.batch_size or not len(val):
            raise UsageError(
                f"perception: {len(train)} images for training and {len(val)} for validation are too few; "
                f"make a dataset with at least {config.batch_size} and 1, each of whole scenes"
            )
        self._train, self._val, self._config = train, val, config
        self._folds = np.array([0, *map(count_folds, train.class_names)])
        height, width = train.rgb.shape[1:3]
        with torch.random.fork_rng():
            torch.manual_seed(config.seed)
            self._network = PoseNetwork(len(train.class_names), (width, height)).to_channels_last()
        self._ema_network = deepcopy(self._network).eval()
        self.total_steps = config.epochs * (len(train) // config.batch_size)
        self._optimizer = torch.optim.AdamW(
            self._network.parameters(), config.learning_rate, weight_decay=_WEIGHT_DECAY
        )
        self._scheduler = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, config.learning_rate, total_steps=self.total_steps, pct_start=_WARMUP
        )
        self._step = 0

    def run(self, progress: TrainingProgress) -> tuple[PoseNetwork, list[Epoch]]:
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
        for rows in sample_batches(len(self._train), self._config.batch_size, rng):
            loss = self._compute_losses(self._network, self._train, rows).total
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
        with torch.inference_mode():
            losses = [
                self._compute_losses(self._ema_network, self._val, rows)
                for rows in np.array_split(np.arange(len(self._val)), -(-len(self._val) // self._config.batch_size))
            ]
        parts = tuple(float(np.mean([float(x) for x in part])) for part in zip(*losses, strict=True))
        return float(np.mean([float(batch.total) for batch in losses])), parts

    def _compute_losses(self, network: PoseNetwork, images: LabelledImages, rows: NDArray[np.int64]) -> Losses:
        ray_channels = compute_ray_channels(images, rows)
        outputs = run_network(network, images, rows, ray_channels)
        return compute_losses(outputs, build_targets(images, rows, ray_channels, self._folds))


def compute_ray_channels(images: LabelledImages, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Compute the ray channels of some images."""
    return images.camera_batch.take(rows).compute_ray_channels(*images.cell_owners.shape[1:])


def run_network(
    network: PoseNetwork, images: LabelledImages, rows: NDArray[np.int64], ray_channels: NDArray[np.float32]
) -> NetworkOutput:
    """Run a network on some images."""
    rgb = torch.from_numpy(images.rgb[rows]).permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
    rays, features = torch.from_numpy(ray_channels), images.camera_batch.take(rows).compute_camera_features()
    inputs = [tensor.contiguous(memory_format=torch.channels_last) for tensor in (rgb, rays)]
    outputs: NetworkOutput = network(*inputs, torch.from_numpy(features))
    return outputs
