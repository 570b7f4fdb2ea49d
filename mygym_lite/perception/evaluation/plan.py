"""What is looked at, by whom, before anybody looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mygym_lite.config.sampling import sample
from mygym_lite.config.task import Task
from mygym_lite.datasets.labels import list_labelled_objects
from mygym_lite.envs.cameras import list_cameras
from mygym_lite.errors import ConfigError, UsageError, suggest
from mygym_lite.perception.card import EstimatorMetadata, find_estimator
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.evaluation.conditions import ConditionSelection, select_conditions
from mygym_lite.randomization.suite import Suite, load_suite
from mygym_lite.terms import load_task

DEFAULT_SCENES = 16


@dataclass(frozen=True)
class PerceptionPlan:
    """Every scene is seen by all weights under all conditions, so that all are paired."""

    weights: tuple[tuple[str, Path], ...]
    """Labels and folders."""
    task: Task
    suite: Suite
    selection: ConditionSelection
    cameras: tuple[str, ...]
    size: tuple[int, int]
    """Width and height of a picture, px."""
    scenes: int
    seed: int
    settings: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """What the weights are called."""
        return tuple(label for label, _ in self.weights)

    def load_estimators(self) -> list[PoseEstimator]:
        """All of them."""
        return [PoseEstimator.load(folder) for _, folder in self.weights]

    def get_scene_seed(self, scene: int) -> int:
        """Of the episode that a scene is of."""
        return self.seed + scene


def plan_perception_evaluation(
    weights: str | Path | Sequence[str | Path], task: str | Path | Task = "grasp", suite: str | Path = "sim2real",
    scenes: int = DEFAULT_SCENES, seed: int = 0, cameras: Sequence[str] = (), axes: Sequence[str] = (),
    settings: Sequence[str] = (),
) -> PerceptionPlan:  # fmt: skip
    """A plan of which every part is known to exist, and to fit the others."""
    named = _named([weights] if isinstance(weights, str | Path) else weights)
    if scenes < 1:
        raise UsageError(f"{scenes} scenes are none; give 1 or more")
    loaded = load_task(task, settings)
    cards = {label: PoseEstimator.load(folder).metadata for label, folder in named}
    through = _cameras(loaded, cards, cameras)
    models = [thing.model for thing in list_labelled_objects(sample(loaded, (), seed)).values()]
    for label, card in cards.items():
        card.require_compatible(loaded.name, models, through, label)
    loaded_suite = load_suite(suite)
    chosen = select_conditions(loaded_suite, loaded, through, axes)
    return PerceptionPlan(
        named, loaded, loaded_suite, chosen, through, _size(cards), scenes, seed, tuple(settings)
    )  # fmt: skip


def _named(weights: Sequence[str | Path]) -> tuple[tuple[str, Path], ...]:
    """A label for each folder, shipped or not: its name, or what stands before ``=``."""
    named = []
    for one in weights:
        label, equals, folder = str(one).partition("=")
        path = find_estimator(folder if equals else one)
        named.append((label if equals else path.resolve().name, path))
    if not named:
        raise UsageError("no weights to evaluate; name at least one folder with trained perception")
    labels = [label for label, _ in named]
    for label in labels:
        if labels.count(label) > 1:
            raise UsageError(f"two weights are called '{label}'; give one of them another label: LABEL=FOLDER")
    return tuple(named)


def _cameras(task: Task, cards: dict[str, EstimatorMetadata], wanted: Sequence[str]) -> tuple[str, ...]:
    """Those that are asked for, or all of the task's that all weights know."""
    known = list_cameras(task)
    for name in wanted:
        if name not in known:
            raise ConfigError(f"--cameras: no '{name}' in {task.name}{suggest(name, known)}")
    through = tuple(n for n in known if (n in wanted if wanted else all(n in card.cameras for card in cards.values())))
    if not through:
        label, card = next(iter(cards.items()))
        raise ConfigError(
            f"perception {label}: learned to look through {', '.join(card.cameras)}; {task.name} has "
            f"{', '.join(known) or 'no camera'}, none of which all weights know"
        )
    return through


def _size(cards: dict[str, EstimatorMetadata]) -> tuple[int, int]:
    (label, card), *others = cards.items()
    for other, another in others:
        if another.size != card.size:
            one, two = ("x".join(map(str, each.size)) for each in (card, another))
            raise UsageError(
                f"perception {label} sees pictures of {one} px, {other} of {two} px; evaluate them one by one"
            )
    return card.size
