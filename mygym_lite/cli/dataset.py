"""Generate a labelled image dataset in COCO, BOP or YOLO format, or validate one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli import options
from mygym_lite.cli.output import write_json
from mygym_lite.cli.progress import ProgressBars
from mygym_lite.cli.value_lists import add_values
from mygym_lite.errors import UsageError

if TYPE_CHECKING:
    from mygym_lite.datasets.generate.generate import Dataset

_CHECK = "check"
_VALID, _INVALID = 0, 1


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the task, the number and kind of images, and the formats."""
    about = "task whose scenes are rendered; or check, to validate the dataset in DIR"
    parser.add_argument("task", metavar="TASK|check", help=about)
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="after check: folder of a dataset")
    options.add_count(parser, "--images", "number of images", minimum=0)
    formats = "formats: coco (default), bop, yolo, gltf, flow (of --video)"
    add_values(parser, "--format", formats, "F", default=["coco"], dest="formats")
    parser.add_argument(
        "--size", type=options.parse_size, default=(256, 256), metavar="WxH", help="image size in px (default 256x256)"
    )
    presets = "domain randomization: full (default), visual, dynamics, sensing, identified, none, or path of a preset"
    parser.add_argument("--randomization", default="full", metavar="R", help=presets)
    options.add_cameras(parser, "cameras to render (default: all of the task's)")
    moments = "moments of each scene (default 1 to 8, so that a small dataset has 100 scenes if it can)"
    options.add_count(parser, "--moments", moments, minimum=1)
    video = "render videos: the moments of a scene are successive steps with one appearance (default 16)"
    parser.add_argument("--video", action="store_true", help=video)
    objects = "object models, or banks of them, that are dropped among those of the task (default train)"
    add_values(parser, "--objects", objects, "MODEL|BANK", default=["train"])
    options.add_workers_or_ray(parser, "; all nodes must share the output folder")
    options.add_out(parser, "folder of the dataset (default datasets/TASK)")
    options.add_settings(parser)
    options.add_seed(parser, "seed of the dataset (default 0)")
    options.add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Generate the missing images, or validate a dataset."""
    if arguments.task == _CHECK:
        return _check(arguments, out)
    if arguments.folder is not None:
        raise UsageError(
            f"dataset {arguments.task}: unexpected argument {arguments.folder}; name the folder with --out"
        )
    if arguments.images is None:
        raise UsageError(f"dataset {arguments.task}: the number of images is missing; add --images N")
    from mygym_lite.datasets.generate.generate import make_dataset

    folder = arguments.out or Path("datasets") / Path(arguments.task).stem
    progress = ProgressBars(sys.stderr)
    with options.report_interrupt(progress, f"interrupted; {folder} keeps its images; run the same command to resume"):
        dataset = options.call_with_options(make_dataset, arguments, out=folder, progress=progress)
    if arguments.json:
        write_json(out, {"folder": str(dataset.folder), "manifest": dataset.manifest})
    else:
        out.write(_format_summary(dataset, folder))
    return _VALID


def _check(arguments: argparse.Namespace, out: TextIO) -> int:
    """Validate the dataset against the specifications of its formats."""
    from mygym_lite.datasets.checks.check import check_dataset

    if arguments.folder is None:
        raise UsageError("dataset check: the folder is missing; add it, for example dataset check datasets/grasp")
    report = check_dataset(arguments.folder)
    if arguments.json:
        write_json(out, report.as_json())
    else:
        print(report.as_text(), file=out)
    return _VALID if report.ok else _INVALID


def _format_summary(dataset: Dataset, folder: Path) -> str:
    manifest = dataset.manifest
    splits = ", ".join(f"{name} {split['images']}" for name, split in manifest["splits"].items())
    objects = sum(count for counts in manifest["objects"].values() for count in counts.values())
    flags = ", ".join(f"{count} {name}" for name, count in manifest["flag_counts"].items())
    notes = "".join(f"note:    {note}\n" for note in manifest["notes"])
    return (
        f"images:  {manifest['images']} ({splits}), {', '.join(manifest['formats'])}\n"
        f"objects: {objects} in {len(manifest['classes'])} classes, of which {flags}\n"
        f"preview: {folder / 'preview.png'}\n"
        f"{notes}"
    )
