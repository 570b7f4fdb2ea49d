"""A dataset before it is made: what it shows, how much of it, in which formats, and where it is put."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mygym_lite.config.task import Task
from mygym_lite.datasets.formats.writers import WRITERS
from mygym_lite.datasets.recipe import DatasetRecipe
from mygym_lite.envs.cameras import list_cameras
from mygym_lite.errors import ConfigError, UsageError, suggest
from mygym_lite.randomization.preset import load_preset
from mygym_lite.render.camera import check_size
from mygym_lite.terms import load_task

NONE = "none"


@dataclass(frozen=True)
class DatasetPlan:
    """What a dataset consists of; a shard holds the frames of one scene."""

    recipe: DatasetRecipe
    images: int
    formats: tuple[str, ...]
    randomization: str
    settings: tuple[str, ...]
    folder: Path

    @property
    def shard_count(self) -> int:
        """How many there are."""
        return self.recipe.count_scenes(self.images)

    @property
    def command(self) -> str:
        """What makes the same dataset again, wherever it is put."""
        width, height = self.recipe.size
        cameras = self.recipe.cameras
        own = cameras == list_cameras(self.recipe.task)
        return " ".join([
            f"mygym-lite dataset {self.recipe.task.name} --images {self.images} --format {' '.join(self.formats)}",
            f"--size {width}x{height} --randomization {self.randomization} --seed {self.recipe.seed}",
            *([] if own else [f"--cameras {' '.join(cameras)}"]),
            *(f"--set {setting}" for setting in self.settings),
        ])  # fmt: skip


def plan_dataset(
    task: str | Path | Task, out: str | Path, images: int, formats: Sequence[str] = ("coco",),
    size: tuple[int, int] = (256, 256), seed: int = 0, randomization: str | Path = "full",
    cameras: Sequence[str] | None = None, settings: Sequence[str] = (),
) -> DatasetPlan:  # fmt: skip
    """A plan of which every part is known to exist."""
    if images < 1:
        raise UsageError(f"{images} images are none; give 1 or more")
    loaded = load_task(task, settings)
    variations = () if str(randomization) == NONE else load_preset(randomization, loaded)
    recipe = DatasetRecipe(loaded, variations, _cameras(loaded, cameras), check_size(size), seed)
    return DatasetPlan(
        recipe, images, _formats(formats), str(randomization), tuple(settings), Path(out).absolute()
    )  # fmt: skip


def _formats(formats: Sequence[str]) -> tuple[str, ...]:
    several = [formats] if isinstance(formats, str) else list(formats)
    for name in several:
        if name not in WRITERS:
            raise ConfigError(f"format: no '{name}'{suggest(name, WRITERS)}")
    if not several:
        raise ConfigError(f"format: none is named{suggest('', WRITERS)}")
    return tuple(name for name in WRITERS if name in several)


def _cameras(task: Task, cameras: Sequence[str] | None) -> tuple[str, ...]:
    known = list_cameras(task)
    if not known:
        raise UsageError(f"{task.name} declares no camera; add [cameras.front] to its file")
    for name in cameras or ():
        if name not in known:
            raise ConfigError(f"cameras: no '{name}' in {task.name}{suggest(name, known)}")
    return tuple(name for name in known if not cameras or name in cameras)
