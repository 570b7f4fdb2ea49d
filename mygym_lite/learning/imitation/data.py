"""Training examples of imitation: observations and expert actions, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

from mygym_lite.config.task import Task
from mygym_lite.config.validation_language import INSTRUCTION
from mygym_lite.envs.task_env import TaskEnv
from mygym_lite.errors import UsageError
from mygym_lite.policies.metadata import get_observation_shapes
from mygym_lite.schema import Location
from mygym_lite.terms import Frame, Thing
from mygym_lite.terms.registry import find_function

Array = NDArray[np.float32]
Images = NDArray[np.uint8]
_COLUMNS = ("observations", "actions", "executed_actions", "auxiliary_targets", "loss_mask")  # a row for each action
_MIN_STD = 1e-4  # inputs with a smaller deviation are constant: they are shifted, not scaled up


@dataclass(frozen=True)
class Examples:
    """Rows of several episodes."""

    observations: Array
    """(n, inputs): state vectors, concatenated in the order of the environment's space."""
    actions: Array
    """(n, outputs): actions of the expert."""
    lengths: tuple[int, ...]
    """Rows of each episode, in order."""
    executed_actions: Array
    """(n, outputs): actions that were executed."""
    group_sizes: tuple[int, ...]
    """Size of each state vector."""
    auxiliary_targets: Array
    """(n, k): withheld ground-truth poses, the targets of the auxiliary loss; k is 0 without images."""
    loss_mask: NDArray[np.bool_]
    """(n,): rows that count in the loss; others are context only."""
    images: tuple[Images, ...] = ()
    """Images of each episode (rows, cameras, height, width, 3), if any."""
    instructions: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 0), np.int64))
    """Tokens of the instruction of each episode (episodes, words), if any."""
    vocabulary: int = 0
    """Number of tokens; 0 without instructions."""
    task_indices: tuple[int, ...] = ()
    """Index of the task of each episode; empty if all are of one task."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.observations)

    @classmethod
    def from_arrays(
        cls,
        observations: Mapping[str, Any],
        actions: Any,
        lengths: Sequence[int],
        order: Sequence[str],
        *,
        executed_actions: Any = None,
        images: Sequence[str] = (),
        auxiliary: Sequence[str] = (),
        vocabulary: int = 0,
    ) -> Examples:
        """Build examples from plain arrays.

        Args:
            observations: Observed arrays by name, one row per action.
            actions: Actions of the expert, one per row, in [-1, 1].
            lengths: Rows of each episode.
            order: Names of the state vectors, in the order of concatenation.
            executed_actions: Executed actions; those of the expert if None.
            images: Names of the images, all of one size.
            auxiliary: Names of the withheld vectors.
            vocabulary: Number of tokens of the observed ``instruction``; 0 if it is not observed.
        """
        read = (INSTRUCTION,) if vocabulary else ()
        missing = [name for name in (*order, *images, *auxiliary, *read) if name not in observations]
        if missing:
            raise UsageError(f"demonstrations: hold no '{missing[0]}', which the task shows; record them on this task")
        rows = _concatenate_vectors(observations, order, len(actions))
        labels = np.clip(np.asarray(actions, np.float32), -1.0, 1.0)
        if not len(rows) == len(labels) == sum(lengths):
            raise UsageError(
                f"demonstrations: {len(rows)} observations, {len(labels)} actions and {sum(lengths)} steps of episodes "
                "do not belong together; give one row of each for every step"
            )
        executed = labels if executed_actions is None else np.asarray(executed_actions, np.float32).clip(-1.0, 1.0)
        stacked = [np.asarray(observations[name]) for name in images]
        starts = np.cumsum([0, *lengths[:-1]])
        instructions = {name: np.asarray(observations[name], np.int64)[starts] for name in read}
        return cls(
            observations=rows,
            actions=labels,
            lengths=tuple(lengths),
            executed_actions=executed,
            group_sizes=tuple(observations[name].shape[1] for name in order),
            auxiliary_targets=_concatenate_vectors(observations, auxiliary, len(rows)),
            loss_mask=np.ones(len(rows), bool),
            images=tuple(np.split(np.stack(stacked, axis=1), np.cumsum(lengths)[:-1])) if stacked else (),
            vocabulary=vocabulary,
            **({"instructions": instructions[INSTRUCTION]} if vocabulary else {}),
        )

    def mask_before(self, row: int) -> Examples:
        """Exclude the rows before this one from the loss."""
        return replace(self, loss_mask=np.arange(len(self)) >= row)

    def split(self, every: int) -> tuple[Examples, Examples]:
        """Split into training and validation episodes; every n-th episode of a task is for validation."""
        tasks = np.array(self.task_indices or [0] * len(self.lengths))
        is_validation = np.empty(len(tasks), bool)
        for task in np.unique(tasks):
            episodes = np.flatnonzero(tasks == task)
            is_validation[episodes] = np.arange(len(episodes)) % every == every - 1
        return self._select(~is_validation), self._select(is_validation)

    def _select(self, episodes: NDArray[np.bool_]) -> Examples:
        rows, indices = np.repeat(episodes, self.lengths), np.flatnonzero(episodes)
        images = tuple(self.images[i] for i in indices) if self.images else ()
        columns: dict[str, Any] = {name: getattr(self, name)[rows] for name in _COLUMNS}
        instructions = self.instructions[episodes] if self.vocabulary else self.instructions
        lengths = tuple(self.lengths[i] for i in indices)
        tasks = tuple(self.task_indices[i] for i in indices) if self.task_indices else ()
        return replace(self, lengths=lengths, images=images, instructions=instructions, task_indices=tasks, **columns)


def concatenate(parts: Sequence[Examples]) -> Examples:
    """Concatenate the episodes of several sets; images are not copied."""
    columns: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS}
    lengths = tuple(length for part in parts for length in part.lengths)
    images = tuple(i for part in parts for i in part.images)
    instructions = np.concatenate([part.instructions for part in parts])
    tasks = tuple(index for part in parts for index in part.task_indices)
    return replace(parts[0], lengths=lengths, images=images, instructions=instructions, task_indices=tasks, **columns)


def concatenate_tasks(parts: Sequence[Examples]) -> Examples:
    """Concatenate the episodes of several tasks, one set for each."""
    return concatenate([replace(part, task_indices=(i,) * len(part.lengths)) for i, part in enumerate(parts)])


def _concatenate_vectors(observations: Mapping[str, Any], names: Sequence[str], rows: int) -> Array:
    if not names:
        return np.empty((rows, 0), np.float32)
    return np.concatenate([np.asarray(observations[name], np.float32) for name in names], axis=1)


@dataclass(frozen=True)
class Normalizer:
    """Affine map to zero mean and unit standard deviation."""

    mean: Array
    std: Array

    @classmethod
    def fit(cls, rows: Array) -> Normalizer:
        """Fit mean and standard deviation; constant columns are only shifted."""
        mean, std = rows.mean(axis=0, dtype=np.float64), rows.std(axis=0, dtype=np.float64)
        return cls(mean.astype(np.float32), np.where(std > _MIN_STD, std, 1.0).astype(np.float32))

    def apply(self, rows: Array) -> Array:
        """Normalize rows."""
        normalized: Array = (rows - self.mean) / self.std
        return normalized

    def undo(self, rows: Array) -> Array:
        """Denormalize rows."""
        original: Array = rows * self.std + self.mean
        return original


@dataclass(frozen=True)
class ObservationSplit:
    """Names of the observed arrays, by their use.

    A policy over images must locate objects in them: its vectors are limited to proprioception, and the vectors with
    ground-truth poses are withheld as targets of the auxiliary loss.
    """

    vectors: tuple[str, ...]
    images: tuple[str, ...] = ()
    auxiliary: tuple[str, ...] = ()
    vocabulary: int = 0
    """Number of tokens of the instruction, if it is observed; else 0."""

    @classmethod
    def for_env(cls, env: TaskEnv) -> ObservationSplit:
        """Split the observations of an environment."""
        shapes = get_observation_shapes(env)
        images = tuple(name for name, shape in shapes.items() if len(shape) > 1)
        poses = tuple(name for name in shapes if name in env.task.observe and _contains_poses(env.task, name))
        vectors = tuple(name for name in shapes if name not in (*images, INSTRUCTION))
        vocabulary = int(env.observation_space[INSTRUCTION].nvec[0]) if INSTRUCTION in shapes else 0  # type: ignore[index]
        if not images:
            return cls(vectors, vocabulary=vocabulary)
        return cls(tuple(name for name in vectors if name not in poses), images, poses, vocabulary)

    @property
    def policy_inputs(self) -> tuple[str, ...]:
        """Arrays that the trained policy observes, in the order of its input."""
        return (*self.vectors, *([INSTRUCTION] if self.vocabulary else []), *self.images)


def _contains_poses(task: Task, group: str) -> bool:
    """Return true if a group depends on the pose of an object or the goal; touch belongs to the robot."""
    scene = {*task.objects, "goal"}
    location = Location(f"{task.name}.toml")
    return any(
        call.get(name) in scene
        for call in task.observe[group].values()
        for name, hint in get_type_hints(find_function("observe", str(call["term"]), location)).items()
        if hint in (Frame, Thing)
    )
