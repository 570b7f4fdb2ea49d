"""Scenes of dropped objects: every task has them, with whatever its regions and cameras refer to."""

from contextlib import closing

import pytest

from mygym_lite.config.task import list_tasks
from mygym_lite.datasets.generate.plan import plan_dataset
from mygym_lite.datasets.scenes.settled import SettledScenes, find_required_objects
from mygym_lite.errors import ConfigError


@pytest.mark.parametrize("task", list_tasks())
def test_scenes_hold_what_regions_and_cameras_refer_to(task: str) -> None:
    recipe = plan_dataset(task, "unused", 1, moments=1).recipe
    with closing(SettledScenes(recipe)) as scenes:
        for seed in range(4):
            (scene,) = scenes.iterate_moments(seed)
            assert find_required_objects(recipe.task) <= set(scene.objects)


def test_objects_come_from_the_given_banks_and_models() -> None:
    recipe = plan_dataset("reach", "unused", 1, moments=1, objects=["mug", "far"]).recipe
    assert {"mug", "hammer"} <= set(recipe.classes.names)
    with closing(SettledScenes(recipe)) as scenes:
        models = {
            config.model
            for seed in range(6)
            for scene in scenes.iterate_moments(seed)
            for name, config in scene.objects.items()
            if name.startswith("extra_")
        }
    assert models
    assert models <= set(recipe.added_models)
    assert "--objects mug far" in plan_dataset("reach", "unused", 1, objects=["mug", "far"]).command


@pytest.mark.parametrize(("objects", "message"), [(["mugg"], "did you mean 'mug'"), ([], "objects"), ("mug", "list")])
def test_unknown_objects_are_refused(objects: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plan_dataset("reach", "unused", 1, objects=objects)
