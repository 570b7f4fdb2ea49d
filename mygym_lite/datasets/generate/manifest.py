"""What describes a dataset: enough to make it again, to see that it is the same, and to cite it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from mygym_lite import paths, provenance
from mygym_lite.datasets.frame import KEYPOINTS, SPLITS
from mygym_lite.datasets.generate.plan import DatasetPlan
from mygym_lite.datasets.generate.shard import SHARDS_FOLDER, Record
from mygym_lite.datasets.recipe import MOMENTS_PER_SCENE
from mygym_lite.fingerprint import (
    EPISODE,
    code_fingerprint,
    compute_fingerprint,
    compute_simulation_fingerprint,
    to_plain_data,
)
from mygym_lite.jobs.folder import JobFolder

DATASET_FOLDER = JobFolder("dataset.json", "mygym_lite dataset", "dataset", SHARDS_FOLDER, ("git",))


SCHEMA = 1
LICENCE = "CC BY 4.0; every object, robot and texture in the pictures is mygym_lite's own"
IDENTITY_KEYS = (
    "schema", "images", "task", "settings", "randomization", "cameras", "size", "seed", "formats", "moments",
    "thresholds", "classes", "versions", "simulation", "labels",
)  # fmt: skip
_LABELLING = ("mygym_lite.datasets.formats.writers", "mygym_lite.datasets.scenes.frames")
"""The modules that decide what frames are of, and what is written of them."""


def build_manifest(plan: DatasetPlan) -> dict[str, Any]:
    """Describe a dataset that is not made yet."""
    recipe, task = plan.recipe, plan.recipe.task
    fields = to_plain_data(asdict(task))
    variations = {v.path: v.to_dict() for v in recipe.variations}
    return {
        "schema": SCHEMA,
        "program": DATASET_FOLDER.program,
        "name": f"{task.name}-{plan.images}",
        "about": task.about,
        "licence": LICENCE,
        "finished": False,
        "command": plan.command,
        "images": plan.images,
        "size": list(recipe.size),
        "cameras": list(recipe.cameras),
        "seed": recipe.seed,
        "formats": list(plan.formats),
        "moments": MOMENTS_PER_SCENE,
        "classes": list(recipe.classes.names),
        "keypoints": list(KEYPOINTS),
        "thresholds": asdict(recipe.thresholds),
        "settings": list(plan.settings),
        "randomization": {"name": plan.randomization, "variations": to_plain_data(variations)},
        "task": {"name": task.name, "digest": compute_fingerprint(fields), "fields": fields, "text": _text(task.name)},
        "version": provenance.read_version("mygym_lite"),
        "versions": provenance.read_versions(),
        "git": provenance.read_git_revision(),
        "simulation": compute_simulation_fingerprint(),
        "labels": code_fingerprint(*_LABELLING, beyond=EPISODE),
    }


def complete_manifest(manifest: dict[str, Any], frames: Iterable[Record]) -> dict[str, Any]:
    """The card of a dataset that is made, with what there is to count."""
    images: Counter[str] = Counter()
    scenes: dict[str, set[int]] = {split: set() for split in SPLITS}
    objects: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    flags: Counter[str] = Counter()
    for frame in frames:
        split = frame["split"]
        images[split] += 1
        scenes[split].add(frame["scene"])
        objects[split].update(model for model, *_ in frame["objects"])
        flags.update({name: sum(one[place] for one in frame["objects"]) for place, name in enumerate(_FLAGS, start=1)})
    return manifest | {
        "finished": True,
        "splits": {split: {"images": images[split], "scenes": sorted(scenes[split])} for split in SPLITS},
        "objects": {split: {name: objects[split][name] for name in manifest["classes"]} for split in SPLITS},
        "flag_counts": {name: flags[name] for name in _FLAGS},
    }


_FLAGS = ("small", "hidden", "truncated")


def _text(task: str) -> str:
    """The task's file as it is, if it is a shipped one."""
    file = paths.get_tasks_folder() / f"{task}.toml"
    return file.read_text(encoding="utf-8") if file.is_file() else ""
