"""Training of a network on examples: AdamW with a one-cycle rate, EMA weights and early stopping."""

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
from mygym_lite.learning.imitation.task_balance import hold_out, shuffle_rows
from mygym_lite.learning.imitation.tensors import TensorDataset
from mygym_lite.summation import sum_in_order
from mygym_lite.torch_threads import limit_torch_threads

INTERRUPTED = "interrupted"
"""Prefix of the stop reason after a keyboard interrupt."""
VALIDATION_EVERY = 10
"""Every n-th episode is for validation."""
_EMA_DECAY = 0.995  # of the exponential moving average (EMA) of the weights, which is what is validated and kept
_WEIGHT_DECAY, _WARMUP, _MAX_GRAD_NORM = 1e-4, 0.05, 5.0  # warm-up as a share of the steps


@dataclass(frozen=True)
class TrainingConfig:
    """Hyperparameters of gradient descent.

    Args:
        epochs: Maximum number of epochs.
        batch_size: Examples per batch; episodes per batch for a recurrent network.
        learning_rate: Peak learning rate.
        early_stopping: Epochs without improvement of the validation loss after which training stops.
        hidden: Width of each hidden layer.
        seed: Seed of the first weights, the order of the examples, and the demonstrations.
        threads: Threads of torch; the weights depend on their number, since sums are taken in another order.
        backbone_rate_scale: Learning rate of the pretrained backbone relative to the others; 0 freezes it.
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
    def for_network(cls, network_kind: str, has_images: bool = False, num_tasks: int = 1) -> TrainingConfig:
        """Return the defaults for a kind of network, with or without images, and a wider one for several tasks."""
        config = _DEFAULTS.get(network_kind, cls())
        if num_tasks > 1:
            config = replace(config, **_SEVERAL_TASKS.get(network_kind, {"epochs": 60}))
        if not has_images:
            return config
        return replace(config, epochs=10, batch_size=2 if network_kind == "recurrent" else 64, learning_rate=1e-3)


_RECURRENT = TrainingConfig(batch_size=8, early_stopping=60, hidden=(160, 128))
_ACTION_CHUNKING = TrainingConfig(learning_rate=1e-3, hidden=(64,))
_FLOW_MATCHING = TrainingConfig(epochs=60, learning_rate=3e-3, early_stopping=60, hidden=(256, 256, 256))
_SEVERAL_TASKS: dict[str, dict[str, Any]] = {  # an epoch has the rows of all tasks
    "mlp": {"epochs": 30, "batch_size": 128, "hidden": (512, 512)},
    "flow_matching": {"epochs": 20, "batch_size": 128, "hidden": (512, 512, 512)},
}
_DEFAULTS = {"recurrent": _RECURRENT, "action_chunking": _ACTION_CHUNKING, "flow_matching": _FLOW_MATCHING}


class Epoch(NamedTuple):
    """Point of the learning curve."""

    number: int
    train_loss: float
    val_loss: float


EpochCallback = Callable[[int, int, list[Epoch]], None]
"""Function of the epoch (0 before the first), their maximum number, and the learning curve so far."""


@dataclass(frozen=True)
class FitResult:
    """Network with the lowest validation loss."""

    network: ImitationNetwork
    curve: tuple[Epoch, ...]
    stop_reason: str = ""
    """Reason of an abnormal stop; empty otherwise."""


def fit(
    examples: Examples,
    training: TrainingConfig,
    on_epoch: EpochCallback,
    initial_network: ImitationNetwork | None = None,
    network: NetworkConfig = DEFAULT_NETWORK,
) -> FitResult:
    """Fit a network to examples.

    Args:
        examples: Whole episodes, some of which are held out for validation, unless there is only one.
        training: Hyperparameters.
        on_epoch: Callback after each epoch.
        initial_network: Network to fine-tune, with its normalizers; a new one if None.
        network: Architecture of a new network.

    Raises:
        UsageError: There are no episodes, or a new network has no finite loss in the first epoch.
        KeyboardInterrupt: A new network was interrupted in the first epoch; a later interrupt stops the training.
    """
    if not examples.lengths:
        raise UsageError("imitation: no episodes to learn from; give 1 or more")
    with limit_torch_threads(training.threads), torch.random.fork_rng(devices=()):
        torch.manual_seed(training.seed)
        return _Trainer(examples, training, initial_network, network).run(on_epoch)


class _Trainer:
    """Training run of one network."""

    def __init__(
        self,
        examples: Examples,
        config: TrainingConfig,
        initial_network: ImitationNetwork | None,
        architecture: NetworkConfig,
    ) -> None:
        self._config, self._is_new = config, initial_network is None
        train, val = hold_out(examples, VALIDATION_EVERY)
        self._network = (
            deepcopy(initial_network) if initial_network else architecture.make_network(train, config.hidden)
        )
        self._network.train()
        self._ema = deepcopy(self._network).eval()
        self._train, self._val = (
            TensorDataset(part, self._network.input_normalizer, self._network.action_normalizer)
            for part in (train, val)
        )
        self._rows = self._network.select_rows(self._train)
        self._batch_size = min(config.batch_size, len(self._rows))
        steps = config.epochs * (len(self._rows) // self._batch_size)
        groups = self._group_parameters()
        self._optimizer = torch.optim.AdamW(groups, weight_decay=_WEIGHT_DECAY)
        self._scheduler = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, [group["lr"] for group in groups], total_steps=steps, pct_start=_choose_warmup(steps)
        )
        self._rng = np.random.default_rng(config.seed)
        self._step = 0

    def _group_parameters(self) -> list[dict[str, Any]]:
        """Group the parameters by their peak learning rate: pretrained ones are fine-tuned more slowly."""
        rate, scale = self._config.learning_rate, self._config.backbone_rate_scale
        pretrained = self._network.encoder.get_pretrained_parameters()
        for parameter in pretrained:
            parameter.requires_grad_(scale > 0.0)
        ids = {id(parameter) for parameter in pretrained}
        groups = [{"params": [p for p in self._network.parameters() if id(p) not in ids], "lr": rate}]
        return [*groups, {"params": pretrained, "lr": scale * rate}] if pretrained and scale * rate else groups

    def run(self, on_epoch: EpochCallback) -> FitResult:
        """Train until early stopping, and return the EMA weights with the lowest validation loss."""
        curve: list[Epoch] = []
        best_network, stop_reason = deepcopy(self._ema), ""
        try:
            on_epoch(0, self._config.epochs, curve)
            for number in range(1, self._config.epochs + 1):
                epoch = Epoch(number, self._train_epoch(), self._validate())
                if not np.isfinite(epoch[1:]).all():
                    stop_reason = f"loss {epoch.train_loss:g} in epoch {number}; learn with a smaller rate"
                    break
                curve.append(epoch)
                best = min(curve, key=lambda epoch: epoch.val_loss)
                if best is epoch:
                    best_network = deepcopy(self._ema)
                on_epoch(number, self._config.epochs, curve)
                if number - best.number >= self._config.early_stopping:
                    break
        except KeyboardInterrupt:
            if not curve and self._is_new:
                raise
            stop_reason = f"{INTERRUPTED} after {len(curve)} epochs"
        if not curve and self._is_new:
            raise UsageError(f"imitation: {stop_reason}")
        return FitResult(best_network, tuple(curve), stop_reason)

    def _train_epoch(self) -> float:
        order = torch.from_numpy(shuffle_rows(self._train.split_by_task(self._rows), self._rng))
        losses = []
        for start in range(0, len(order) - self._batch_size + 1, self._batch_size):
            loss = self._network.compute_loss(self._train, order[start : start + self._batch_size])
            self._update(loss)
            losses.append(loss.detach())
        return float(torch.stack(losses).mean())

    def _update(self, loss: torch.Tensor) -> None:
        """Take a gradient step, and update the EMA weights."""
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), _MAX_GRAD_NORM)
        self._optimizer.step()
        self._scheduler.step()
        self._step += 1
        weight = 1.0 - min(_EMA_DECAY, self._step / (self._step + 10.0))
        with torch.no_grad():
            for average, parameter in zip(self._ema.parameters(), self._network.parameters(), strict=True):
                average.lerp_(parameter, weight)

    def _validate(self) -> float:
        """Compute the loss of the EMA weights, the mean over the tasks."""
        parts = self._val.split_by_task(self._ema.select_rows(self._val))
        return sum_in_order([self._compute_val_loss(torch.from_numpy(rows)) for rows in parts]) / len(parts)

    def _compute_val_loss(self, rows: torch.Tensor) -> float:
        batches = torch.split(rows, self._batch_size if self._val.has_images else len(rows))
        with torch.inference_mode():
            losses = [len(batch) * float(self._ema.compute_loss(self._val, batch)) for batch in batches]
        return sum_in_order(losses) / len(rows)


def _choose_warmup(steps: int) -> float:
    """Choose the share of the steps for warm-up: torch divides by its number of steps minus one."""
    return 2.0 / steps if _WARMUP * steps == 1.0 else _WARMUP
