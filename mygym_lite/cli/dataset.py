"""Make pictures with labels in the formats COCO, BOP and YOLO, or check those that are there."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.options import add_json, add_seed, add_settings, make_integer_parser, parse_size
from mygym_lite.cli.output import write_json
from mygym_lite.cli.progress import ProgressBars
from mygym_lite.errors import UsageError

if TYPE_CHECKING:
    from mygym_lite.datasets.generate.generate import Dataset

_CHECK = "check"
_DONE, _WRONG, _INTERRUPTED = 0, 1, 130


def configure(parser: argparse.ArgumentParser) -> None:
    """What is shown, how often and how, and in which formats."""
    parser.add_argument("task", metavar="TASK|check", help="whose scenes; or check, to check the dataset in DIR")
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="after check: a dataset")
    parser.add_argument("--images", type=make_integer_parser(0), metavar="N", help="how many")
    parser.add_argument(
        "--format", nargs="+", default=["coco"], metavar="F", dest="formats", help="coco (default), bop, yolo"
    )
    parser.add_argument(
        "--size", type=parse_size, default=(256, 256), metavar="WxH", help="of an image, 256x256 by default"
    )
    parser.add_argument(
        "--randomization", default="full", metavar="R",
        help="full (default), visual, dynamics, sensing, none, or the path of a preset",
    )  # fmt: skip
    parser.add_argument(
        "--cameras", nargs="+", default=[], metavar="NAME", dest="cameras", help="all of the task's by default"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=make_integer_parser(1), metavar="N", help="processes, one for each core by default"
    )
    where.add_argument("--ray", metavar="auto|ADDRESS", help="a Ray cluster instead, whose nodes share the folder")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the dataset, datasets/TASK by default")
    add_settings(parser)
    add_seed(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Make what is missing, or check what is there."""
    if arguments.task == _CHECK:
        return _check(arguments, out)
    if arguments.folder is not None:
        raise UsageError(f"dataset {arguments.task} {arguments.folder}: name the folder with --out")
    if arguments.images is None:
        raise UsageError(f"dataset {arguments.task}: how many images? give --images N")
    folder = arguments.out or Path("datasets") / Path(arguments.task).stem
    progress = ProgressBars(sys.stderr)
    try:
        made = _make(arguments, folder, progress)
    except KeyboardInterrupt:
        progress.clear()
        print(f"interrupted; {folder} keeps what is made, and the same command goes on", file=sys.stderr)
        return _INTERRUPTED
    if arguments.json:
        write_json(out, {"folder": str(made.folder), "manifest": made.manifest})
    else:
        out.write(_summary(made, folder))
    return _DONE


def _make(arguments: argparse.Namespace, folder: Path, progress: ProgressBars) -> Dataset:
    from mygym_lite.datasets.generate.generate import make_dataset

    return make_dataset(
        arguments.task, folder, arguments.images, arguments.formats, size=arguments.size, seed=arguments.seed,
        randomization=arguments.randomization, cameras=arguments.cameras or None, settings=arguments.settings,
        workers=arguments.workers, ray=arguments.ray, progress=progress,
    )  # fmt: skip


def _check(arguments: argparse.Namespace, out: TextIO) -> int:
    """Whether everything in a dataset is as its formats want it."""
    from mygym_lite.datasets.checks.check import check_dataset

    if arguments.folder is None:
        raise UsageError("dataset check: which one? give its folder")
    report = check_dataset(arguments.folder)
    if arguments.json:
        write_json(out, report.as_json())
    else:
        print(report.as_text(), file=out)
    return _DONE if report.ok else _WRONG


def _summary(made: Dataset, folder: Path) -> str:
    """What there is now."""
    splits = ", ".join(f"{split} {one['images']}" for split, one in made.manifest["splits"].items())
    objects = sum(count for counts in made.manifest["objects"].values() for count in counts.values())
    flags = ", ".join(f"{count} {name}" for name, count in made.manifest["flag_counts"].items())
    return (
        f"images:  {made.manifest['images']} ({splits}), {', '.join(made.manifest['formats'])}\n"
        f"objects: {objects} of {len(made.manifest['classes'])} classes; of them {flags}\n"
        f"look at: {folder / 'preview.png'}\n"
    )
