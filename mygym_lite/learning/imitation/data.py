"""What imitation learns from: what was seen, row by row, and what was right to do then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.task import Task
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.policies.metadata import get_observation_shapes
from mygym_lite.schema import Location
from mygym_lite.terms import Frame, Thing
from mygym_lite.terms.registry import find_function

Array = NDArray[np.float32]
Images = NDArray[np.uint8]
_SMALL = 1e-4  # deviation of a number that says nothing: it is left as it is, not blown up


@dataclass(frozen=True)
class Examples:
    """Rows of several episodes."""

    observations: Array
    """(n, inputs): the observation groups side by side, in the order of the environment's space."""
    actions: Array
    """(n, outputs): what was right to do."""
    lengths: tuple[int, ...]
    """Rows of each episode, one after the other."""
    executed_actions: Array
    """(n, outputs): what was done."""
    group_sizes: tuple[int, ...]
    """Numbers of each observation group."""
    auxiliary_targets: Array
    """(n, k): where things were, which the learner does not see but learns to tell; k is 0 where it sees it."""
    loss_mask: NDArray[np.bool_]
    """(n,): whether it is learned from; other rows are what had been before."""
    images: tuple[Images, ...] = ()
    """Of each episode (rows, cameras, height, width, 3), if there are any."""

    def __len__(self) -> int:
        """How many rows."""
        return len(self.observations)

    @classmethod
    def from_arrays(
        cls, observations: Mapping[str, Any], actions: Any, lengths: Sequence[int], order: Sequence[str], *,
        executed_actions: Any = None, images: Sequence[str] = (), auxiliary: Sequence[str] = (),
    ) -> Examples:  # fmt: skip
        """From plain arrays.

        Args:
            observations: By group, a row for each action.
            actions: What was right, a row each, in [-1, 1].
            lengths: Rows of each episode.
            order: Of the groups that are put side by side.
            executed_actions: What was done; left out: what was right.
            images: Which observations are pictures, of one size.
            auxiliary: Groups that the learner does not see.
        """
        missing = [name for name in (*order, *images, *auxiliary) if name not in observations]
        if missing:
            raise UsageError(f"demonstrations: hold no '{missing[0]}', which the task shows; record them on this task")
        seen = _side_by_side(observations, order, len(actions))
        right = np.clip(np.asarray(actions, np.float32), -1.0, 1.0)
        if not len(seen) == len(right) == sum(lengths):
            raise UsageError(
                f"demonstrations: {len(seen)} observations, {len(right)} actions and {sum(lengths)} steps of episodes "
                "do not belong together; give one row of each for every step"
            )
        drawn = [np.asarray(observations[name]) for name in images]
        ends = np.cumsum(lengths)[:-1]
        return cls(
            seen,
            right,
            tuple(lengths),
            right if executed_actions is None else np.asarray(executed_actions, np.float32).clip(-1.0, 1.0),
            tuple(observations[name].shape[1] for name in order),
            _side_by_side(observations, auxiliary, len(seen)),
            np.ones(len(seen), bool),
            tuple(np.split(np.stack(drawn, axis=1), ends)) if drawn else (),
        )

    def mask_before(self, row: int) -> Examples:
        """The same, of which only what was from this row on is learned from."""
        return replace(self, loss_mask=np.arange(len(self)) >= row)

    def split(self, every: int) -> tuple[Examples, Examples]:
        """The episodes to learn from, and every so manieth one, which is held out."""
        out = np.arange(len(self.lengths)) % every == every - 1
        return self._chosen(~out), self._chosen(out)

    def _chosen(self, episodes: NDArray[np.bool_]) -> Examples:
        rows, numbers = np.repeat(episodes, self.lengths), np.flatnonzero(episodes)
        return Examples(
            self.observations[rows],
            self.actions[rows],
            tuple(self.lengths[i] for i in numbers),
            self.executed_actions[rows],
            self.group_sizes,
            self.auxiliary_targets[rows],
            self.loss_mask[rows],
            tuple(self.images[i] for i in numbers) if self.images else (),
        )


def concatenate(parts: Sequence[Examples]) -> Examples:
    """All episodes of several; pictures are not copied."""
    return Examples(
        np.concatenate([part.observations for part in parts]),
        np.concatenate([part.actions for part in parts]),
        tuple(length for part in parts for length in part.lengths),
        np.concatenate([part.executed_actions for part in parts]),
        parts[0].group_sizes,
        np.concatenate([part.auxiliary_targets for part in parts]),
        np.concatenate([part.loss_mask for part in parts]),
        tuple(picture for part in parts for picture in part.images),
    )


def _side_by_side(observations: Mapping[str, Any], names: Sequence[str], rows: int) -> Array:
    if not names:
        return np.empty((rows, 0), np.float32)
    return np.concatenate([np.asarray(observations[name], np.float32) for name in names], axis=1)


@dataclass(frozen=True)
class Normalizer:
    """Numbers around 0 with a deviation of 1, and back."""

    mean: Array
    std: Array

    @classmethod
    def fit(cls, rows: Array) -> Normalizer:
        """As these are spread; numbers that never change are only shifted."""
        mean, std = rows.mean(axis=0, dtype=np.float64), rows.std(axis=0, dtype=np.float64)
        return cls(mean.astype(np.float32), np.where(std > _SMALL, std, 1.0).astype(np.float32))

    def apply(self, rows: Array) -> Array:
        """Normalised."""
        normal: Array = (rows - self.mean) / self.std
        return normal

    def undo(self, rows: Array) -> Array:
        """As they were."""
        original: Array = rows * self.std + self.mean
        return original


@dataclass(frozen=True)
class ObservationSplit:
    """Arrays that an environment shows, by name.

    Who sees pictures is to find in them where things are. So of the numbers it gets only what a robot knows of itself,
    and where things are is what it learns to tell besides.
    """

    vectors: tuple[str, ...]
    images: tuple[str, ...] = ()
    auxiliary: tuple[str, ...] = ()

    @classmethod
    def for_env(cls, env: TaskEnv) -> ObservationSplit:
        """What this environment shows."""
        shapes = get_observation_shapes(env)
        pictures = tuple(name for name, shape in shapes.items() if len(shape) > 1)
        told = tuple(name for name in shapes if name in env.task.observe and _located(env.task, name))
        known = tuple(name for name in shapes if name not in pictures)
        if not pictures:
            return cls(known)
        return cls(tuple(name for name in known if name not in told), pictures, told)

    @property
    def policy_inputs(self) -> tuple[str, ...]:
        """What the policy sees when it has learned."""
        return (*self.vectors, *self.images)


def _located(task: Task, group: str) -> bool:
    """Whether a group says where something else than the robot is; what it feels of a thing is its own."""
    scene = {*task.objects, "goal"}
    return any(
        call.get(name) in scene
        for call in task.observe[group].values()
        for name, hint in get_type_hints(
            find_function("observe", str(call["term"]), Location(f"{task.name}.toml"))
        ).items()
        if hint in (Frame, Thing)
    )
