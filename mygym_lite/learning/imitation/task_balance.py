"""Balance of several tasks in one training: each counts as much as any other, however long its episodes are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mygym_lite.learning.imitation.data import Examples


def hold_out(examples: Examples, interval: int) -> tuple[Examples, Examples]:
    """Split into training and validation episodes; those of a single episode per task serve as both.

    Args:
        examples: Whole episodes.
        interval: Largest n such that every n-th episode of a task is held out; less where a task has fewer.
    """
    counts = Counter(examples.task_indices).values() or [len(examples.lengths)]
    return (examples, examples) if max(counts) == 1 else examples.split(max(2, min(interval, *counts)))


def shuffle_rows(tasks: Sequence[NDArray[np.int64]], rng: np.random.Generator) -> NDArray[np.int64]:
    """Shuffle the rows of an epoch, with as many of each task, up to one.

    A task with more rows than the mean is represented by some of them, others in each epoch; one with fewer repeats
    them.

    Args:
        tasks: Rows of each task.
        rng: Random numbers.
    """
    if len(tasks) == 1:
        return rng.permutation(tasks[0])
    total = sum(map(len, tasks))
    count = -(-total // len(tasks))
    return rng.permutation(np.concatenate([_draw(rows, count, rng) for rows in tasks]))[:total]


def _draw(rows: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw rows, none of them more than once more often than another."""
    repeats = -(-count // len(rows))
    return np.concatenate([rng.permutation(rows) for _ in range(repeats)])[:count]
