"""Fitting a network to examples, until it gets no better on episodes that it does not learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from mygym_lite.errors import UsageError
from mygym_lite.learning.imitate.examples import Examples, Normal

INTERRUPTED = "interrupted"
"""How the reason begins for which learning ended where somebody wanted it to."""
HELD_OUT = 10
"""One episode of so many is for validation."""
_MEMORY = 0.995  # of the average of the weights over past steps, which is what is kept
_DECAY, _WARM, _CLIP = 1e-4, 0.05, 5.0  # of weights; share of the steps in which the rate rises; norm of a gradient


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn.

    Args:
        epochs: Times that every example is looked at, at most.
        batch: Examples at a time.
        rate: The highest learning rate.
        patience: Epochs without a better result on the held-out episodes after which it ends.
        hidden: How wide each hidden layer is.
        seed: Of the first weights, the order of the examples, and which episodes are shown.
        threads: With which it computes; another number may give other weights, as sums are taken in another order.
    """

    epochs: int = 200
    batch: int = 64
    rate: float = 2e-3
    patience: int = 40
    hidden: tuple[int, ...] = (256, 256)
    seed: int = 0
    threads: int = 1


class Epoch(NamedTuple):
    """A point of the learning curve."""

    number: int
    train: float
    val: float


Watch = Callable[[int, int, list[Epoch]], None]
"""Is told the epoch, how many there are at most, and the curve up to now."""


class Net(nn.Module):
    """A multilayer perceptron between normalised numbers; it knows how they were normalised."""

    def __init__(self, widths: tuple[int, ...], inputs: Normal, outputs: Normal) -> None:
        super().__init__()
        linear = [nn.Linear(a, b) for a, b in pairwise(widths)]
        self.layers = nn.Sequential(*(part for layer in linear[:-1] for part in (layer, nn.ReLU())), linear[-1])
        self.inputs, self.outputs = inputs, outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The normalised action for a normalised observation."""
        action: torch.Tensor = self.layers(x)
        return action

    def linear(self) -> list[nn.Linear]:
        """The layers that have weights."""
        return [layer for layer in self.layers if isinstance(layer, nn.Linear)]


@dataclass(frozen=True)
class Fitted:
    """The best of the networks that there were while it learned."""

    net: Net
    curve: tuple[Epoch, ...]
    trouble: str = ""
    """Why learning ended before its time, if it did not end well."""


def fit(examples: Examples, schedule: Schedule, watch: Watch, start: Net | None = None) -> Fitted:
    """Learn from examples.

    Args:
        examples: Of whole episodes, some of which are held out.
        schedule: How.
        watch: Is told how it goes on.
        start: Go on from this network, and keep how it normalises.

    Raises:
        UsageError: There are too few, or there is no network yet and no finite loss in the first epoch.
        KeyboardInterrupt: In the first epoch, likewise; later an interrupt is the end of learning.
    """
    if len(examples.lengths) < 2:
        raise UsageError(f"imitation: {len(examples.lengths)} episodes to learn from are too few; give 2 or more")
    with computing(schedule.threads), torch.random.fork_rng(devices=()):
        torch.manual_seed(schedule.seed)
        return _Fit(examples, schedule, start).run(watch)


@contextmanager
def computing(threads: int) -> Iterator[None]:
    """Compute with so many threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Fit:
    """One network that learns."""

    def __init__(self, examples: Examples, schedule: Schedule, start: Net | None) -> None:
        self._schedule, self._is_first = schedule, start is None
        train, val = examples.split(min(HELD_OUT, len(examples.lengths)))
        self._net = deepcopy(start) if start else _first(train, schedule.hidden)
        self._average = deepcopy(self._net)
        self._train, self._val = self._tensors(train), self._tensors(val)
        self._batch = min(schedule.batch, len(train))
        steps = schedule.epochs * (len(train) // self._batch)
        self._optimizer = torch.optim.AdamW(self._net.parameters(), schedule.rate, weight_decay=_DECAY)
        self._rates = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer, schedule.rate, total_steps=steps, pct_start=_WARM
        )
        self._rng = np.random.default_rng(schedule.seed)
        self._step = 0

    def _tensors(self, examples: Examples) -> tuple[torch.Tensor, torch.Tensor]:
        net = self._net
        return (
            torch.from_numpy(net.inputs.apply(examples.seen)), torch.from_numpy(net.outputs.apply(examples.actions)),
        )  # fmt: skip

    def run(self, watch: Watch) -> Fitted:
        """Learn until it gets no better."""
        curve: list[Epoch] = []
        kept, trouble = deepcopy(self._average), ""
        try:
            for number in range(1, self._schedule.epochs + 1):
                epoch = Epoch(number, self._epoch(), self._validated())
                if not np.isfinite(epoch[1:]).all():
                    trouble = f"loss {epoch.train:g} in epoch {number}; learn with a smaller rate"
                    break
                curve.append(epoch)
                best = min(curve, key=lambda one: one.val)
                if best is epoch:
                    kept = deepcopy(self._average)
                watch(number, self._schedule.epochs, curve)
                if number - best.number >= self._schedule.patience:
                    break
        except KeyboardInterrupt:
            if not curve and self._is_first:
                raise
            trouble = f"{INTERRUPTED} after {len(curve)} epochs"
        if not curve and self._is_first:
            raise UsageError(f"imitation: {trouble}")
        return Fitted(kept, tuple(curve), trouble)

    def _epoch(self) -> float:
        order = torch.from_numpy(self._rng.permutation(len(self._train[0])))
        seen, right = (rows[order] for rows in self._train)
        losses = []
        for start in range(0, len(order) - self._batch + 1, self._batch):
            part = slice(start, start + self._batch)
            loss = nn.functional.smooth_l1_loss(self._net(seen[part]), right[part], beta=0.5)
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
        with torch.inference_mode():
            return float(nn.functional.smooth_l1_loss(self._average(self._val[0]), self._val[1], beta=0.5))


def _first(train: Examples, hidden: tuple[int, ...]) -> Net:
    """A network that has learned nothing but how numbers are spread."""
    widths = (train.seen.shape[1], *hidden, train.actions.shape[1])
    return Net(widths, Normal.of(train.seen), Normal.of(train.actions))
