"""The manifest of a dataset: enough to generate it again, to tell that it is the same, and to cite it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict

from mygym_lite import paths
from mygym_lite.code_fingerprint import EPISODE, EXPERT, compute_code_fingerprint
from mygym_lite.datasets.coverage import list_missing_classes
from mygym_lite.datasets.frame import KEYPOINTS, SPLITS
from mygym_lite.datasets.generate.plan import DatasetPlan
from mygym_lite.datasets.generate.shard import SHARDS_FOLDER, Record
from mygym_lite.fingerprint import to_plain_data
from mygym_lite.jobs.folder import JobFolder
from mygym_lite.jobs.manifest import Manifest, build_common_manifest, describe_declaration

SCHEMA = 1
LICENCE = "CC BY 4.0; every object, robot and texture in the pictures is mygym_lite's own"
DATASET_FOLDER = JobFolder(
    "dataset.json",
    "mygym_lite dataset",
    "dataset",
    identity_keys=(
        "schema images task settings randomization cameras size seed formats moments video objects_added thresholds "
        "classes versions simulation labels"
    ),
    kept_keys=("git",),
    parts=SHARDS_FOLDER,
)
_LABELLING = ("mygym_lite.datasets.formats.writers", "mygym_lite.datasets.scenes.frames", EXPERT)
"""The modules that decide the frames and their annotations."""
_FLAGS = ("small", "hidden", "truncated")


def build_manifest(plan: DatasetPlan) -> Manifest:
    """Build the manifest of an incomplete dataset."""
    recipe, task = plan.recipe, plan.recipe.task
    variations = {v.path: v.to_dict() for v in recipe.variations}
    return build_common_manifest(DATASET_FOLDER.program, SCHEMA) | {
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
        "moments": recipe.moments,
        "video": recipe.video,
        "objects_added": recipe.added_models,
        "classes": list(recipe.classes.names),
        "keypoints": list(KEYPOINTS),
        "thresholds": asdict(recipe.thresholds),
        "settings": list(plan.settings),
        "randomization": {"name": plan.randomization, "variations": to_plain_data(variations)},
        "task": {"name": task.name, **describe_declaration(task), "text": _read_task_file(task.name)},
        "labels": compute_code_fingerprint(*_LABELLING, beyond=EPISODE),
    }


def complete_manifest(manifest: Manifest, frames: Iterable[Record]) -> Manifest:
    """Return the manifest of a complete dataset, with its counts."""
    images: Counter[str] = Counter()
    scenes: dict[str, set[int]] = {split: set() for split in SPLITS}
    objects: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    flags: Counter[str] = Counter()
    for frame in frames:
        split = frame["split"]
        images[split] += 1
        scenes[split].add(frame["scene"])
        objects[split].update(model for model, *_ in frame["objects"])
        for _, *values in frame["objects"]:
            for name, value in zip(_FLAGS, values, strict=True):
                flags[name] += value
    counts = {split: {name: objects[split][name] for name in manifest["classes"]} for split in SPLITS}
    return manifest | {
        "finished": True,
        "splits": {split: {"images": images[split], "scenes": sorted(scenes[split])} for split in SPLITS},
        "objects": counts,
        "flag_counts": {name: flags[name] for name in _FLAGS},
        "notes": list(list_missing_classes(counts)),
    }


def _read_task_file(task: str) -> str:
    """Read the file of a shipped task; empty for any other."""
    file = paths.get_tasks_folder() / f"{task}.toml"
    return file.read_text(encoding="utf-8") if file.is_file() else ""
