"""The plan of a perception evaluation: its estimators, scenes and conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mygym_lite.config.sampling import sample
from mygym_lite.config.task import Task
from mygym_lite.datasets.labels import list_labelled_objects
from mygym_lite.envs.cameras import list_cameras
from mygym_lite.errors import ConfigError, UsageError, require_positive, suggest
from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.evaluation.conditions import ConditionSelection, select_conditions
from mygym_lite.perception.metadata import EstimatorMetadata, find_estimator
from mygym_lite.randomization.suite import Suite
from mygym_lite.randomization.suite_file import load_suite
from mygym_lite.terms import load_task

DEFAULT_SCENES = 16


@dataclass(frozen=True)
class PerceptionPlan:
    """Settings of a perception evaluation; all estimators and conditions share the scenes, so they are paired."""

    weights: tuple[tuple[str, Path], ...]
    """Label and folder of each estimator."""
    task: Task
    suite: Suite
    selection: ConditionSelection
    cameras: tuple[str, ...]
    size: tuple[int, int]
    """Width and height of an image, px."""
    scenes: int
    seed: int
    settings: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the estimators."""
        return tuple(label for label, _ in self.weights)

    def load_estimators(self) -> list[PoseEstimator]:
        """Load all estimators."""
        return [PoseEstimator.load(folder) for _, folder in self.weights]

    def get_scene_seed(self, scene: int) -> int:
        """Return the seed of a scene's episode."""
        return self.seed + scene


def plan_perception_evaluation(
    weights: str | Path | Sequence[str | Path],
    task: str | Path | Task = "grasp",
    suite: str | Path = "sim2real",
    scenes: int = DEFAULT_SCENES,
    *,
    seed: int = 0,
    cameras: Sequence[str] = (),
    axes: Sequence[str] = (),
    settings: Sequence[str] = (),
) -> PerceptionPlan:
    """Make a plan of which every part exists and fits the others; arguments as of ``evaluate_perception``."""
    folders = label_folders([weights] if isinstance(weights, str | Path) else weights)
    require_positive("scenes", scenes)
    loaded = load_task(task, settings)
    metadata = {label: PoseEstimator.load(folder).metadata for label, folder in folders}
    selected = _select_cameras(loaded, metadata, cameras)
    models = [entry.model for entry in list_labelled_objects(sample(loaded, (), seed)).values()]
    for label, estimator in metadata.items():
        estimator.require_compatible(loaded.name, models, selected, label)
    loaded_suite = load_suite(suite)
    return PerceptionPlan(
        folders,
        loaded,
        loaded_suite,
        selection=select_conditions(loaded_suite, loaded, selected, axes),
        cameras=selected,
        size=_require_same_size(metadata),
        scenes=scenes,
        seed=seed,
        settings=tuple(settings),
    )


def label_folders(weights: Sequence[str | Path]) -> tuple[tuple[str, Path], ...]:
    """Label each folder, shipped or not, by its name or by the text before ``=``."""
    labelled = []
    for entry in weights:
        label, equals, folder = str(entry).partition("=")
        path = find_estimator(folder if equals else entry)
        labelled.append((label if equals else path.resolve().name, path))
    if not labelled:
        raise UsageError("no weights to evaluate; name at least one folder with trained perception")
    labels = [label for label, _ in labelled]
    for label in labels:
        if labels.count(label) > 1:
            raise UsageError(f"two weights are called '{label}'; give one of them another label: LABEL=FOLDER")
    return tuple(labelled)


def _select_cameras(task: Task, metadata: dict[str, EstimatorMetadata], requested: Sequence[str]) -> tuple[str, ...]:
    """Return the requested cameras, or all of the task's that every estimator was trained with."""
    known = list_cameras(task)
    for name in requested:
        if name not in known:
            raise ConfigError(f"--cameras: no '{name}' in {task.name}{suggest(name, known)}")
    shared = [name for name in known if all(name in estimator.cameras for estimator in metadata.values())]
    selected = tuple(name for name in known if name in (requested or shared))
    if not selected:
        label, estimator = next(iter(metadata.items()))
        raise ConfigError(
            f"perception {label}: was trained with cameras {', '.join(estimator.cameras)}; {task.name} has "
            f"{', '.join(known) or 'no camera'}, none of which all weights know"
        )
    return selected


def _require_same_size(metadata: dict[str, EstimatorMetadata]) -> tuple[int, int]:
    (label, first), *others = metadata.items()
    for other_label, other in others:
        if other.size != first.size:
            size, other_size = ("x".join(map(str, entry.size)) for entry in (first, other))
            raise UsageError(
                f"perception {label} takes images of {size} px, {other_label} of {other_size} px; "
                "evaluate them one by one"
            )
    return first.size
