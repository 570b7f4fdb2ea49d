"""Chance: Stable-Baselines3 draws from the generators that a whole process shares."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def own_chance() -> Iterator[None]:
    """Leave the shared generators as they were found."""
    numbers = np.random.get_state()
    try:
        with torch.random.fork_rng(devices=()):
            yield
    finally:
        np.random.set_state(numbers)
