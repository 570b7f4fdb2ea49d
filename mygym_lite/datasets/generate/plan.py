"""The plan of a dataset: its recipe, size, formats and folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mygym_lite.config.objects import expand_banks, load_object
from mygym_lite.config.task import Task
from mygym_lite.datasets.formats.writers import FLOW, WRITERS
from mygym_lite.datasets.recipe import DEFAULT_OBJECTS, DatasetRecipe, choose_moments
from mygym_lite.envs.cameras import list_cameras
from mygym_lite.errors import ConfigError, UsageError, require_positive, suggest
from mygym_lite.randomization.preset import load_preset
from mygym_lite.render.camera import check_size
from mygym_lite.terms import load_task

NONE = "none"


@dataclass(frozen=True)
class DatasetPlan:
    """Recipe, size, formats and folder of a dataset; a shard holds the frames of one scene."""

    recipe: DatasetRecipe
    images: int
    formats: tuple[str, ...]
    randomization: str
    settings: tuple[str, ...]
    folder: Path

    @property
    def shard_count(self) -> int:
        """Number of shards."""
        return self.recipe.count_scenes(self.images)

    @property
    def command(self) -> str:
        """Command line that generates the same dataset, wherever it is put."""
        recipe, (width, height) = self.recipe, self.recipe.size
        words = [
            f"mygym-lite dataset {recipe.task.name} --images {self.images} --format {' '.join(self.formats)}",
            f"--size {width}x{height} --randomization {self.randomization} --seed {recipe.seed}",
        ]
        if recipe.cameras != list_cameras(recipe.task):
            words.append(f"--cameras {' '.join(recipe.cameras)}")
        if recipe.video:
            words.append("--video")
        if recipe.moments != choose_moments(self.images, len(recipe.cameras), recipe.video):
            words.append(f"--moments {recipe.moments}")
        if recipe.objects != DEFAULT_OBJECTS:
            words.append(f"--objects {' '.join(recipe.objects)}")
        return " ".join([*words, *(f"--set {setting}" for setting in self.settings)])


def plan_dataset(
    task: str | Path | Task,
    out: str | Path,
    images: int,
    formats: Sequence[str] = ("coco",),
    *,
    size: tuple[int, int] = (256, 256),
    seed: int = 0,
    randomization: str | Path = "full",
    cameras: Sequence[str] | None = None,
    settings: Sequence[str] = (),
    moments: int | None = None,
    objects: Sequence[str] = DEFAULT_OBJECTS,
    video: bool = False,
) -> DatasetPlan:
    """Make a plan of which every part exists; arguments as of ``make_dataset``."""
    require_positive("images", images)
    loaded = load_task(task, settings)
    variations = () if str(randomization) == NONE else load_preset(randomization, loaded)
    selected = _select_cameras(loaded, cameras)
    if moments is None:
        moments = choose_moments(images, len(selected), video)
    require_positive("moments", moments)
    recipe = DatasetRecipe(
        loaded,
        variations,
        selected,
        check_size(size),
        seed,
        moments=moments,
        objects=_check_objects(objects),
        video=video,
    )
    return DatasetPlan(
        recipe,
        images,
        _select_formats(formats, video),
        randomization=str(randomization),
        settings=tuple(settings),
        folder=Path(out).absolute(),
    )


def _check_objects(objects: Sequence[str]) -> tuple[str, ...]:
    """Check that all models and banks exist, and that there is one."""
    if isinstance(objects, str) or not objects:
        raise ConfigError(f"objects: {objects!r} is not a list of models or banks; use ['train']")
    for name in expand_banks(objects):
        load_object(name)
    return tuple(objects)


def _select_formats(formats: Sequence[str], video: bool) -> tuple[str, ...]:
    several = [formats] if isinstance(formats, str) else list(formats)
    for name in several:
        if name not in WRITERS:
            raise ConfigError(f"format: no '{name}'{suggest(name, WRITERS)}")
    if not several:
        raise ConfigError(f"format: none is named{suggest('', WRITERS)}")
    if FLOW in several and not video:
        raise UsageError("format: flow is the motion to the next frame of a video; add --video")
    return tuple(name for name in WRITERS if name in several)


def _select_cameras(task: Task, cameras: Sequence[str] | None) -> tuple[str, ...]:
    known = list_cameras(task)
    if not known:
        raise UsageError(f"{task.name} declares no camera; add [cameras.front] to its file")
    for name in cameras or ():
        if name not in known:
            raise ConfigError(f"cameras: no '{name}' in {task.name}{suggest(name, known)}")
    return tuple(name for name in known if not cameras or name in cameras)
