"""Record a policy's episodes as demonstrations to learn from, in Minari's or LeRobot's layout."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mygym_lite.cli.options import (
    add_json,
    add_perception,
    add_policy,
    add_seed,
    add_settings,
    make_integer_parser,
    parse_positive,
    parse_size,
)
from mygym_lite.cli.output import write_json
from mygym_lite.cli.progress import ProgressBars

if TYPE_CHECKING:
    from mygym_lite.demonstrations.demonstrations import Demonstrations

_INTERRUPTED = 130


def configure(parser: argparse.ArgumentParser) -> None:
    """Who shows what, how often, and what is kept of it."""
    parser.add_argument("task", metavar="TASK", help="a shipped task, or the path of a task file")
    add_policy(parser)
    parser.add_argument(
        "--episodes", type=make_integer_parser(1), default=100, metavar="N", help="how many, 100 by default"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder to keep them in, demonstrations/TASK by default"
    )
    parser.add_argument(
        "--format", nargs="+", default=["minari"], metavar="F", dest="formats", help="minari (default), lerobot"
    )
    parser.add_argument(
        "--randomization", default="none", metavar="R",
        help="none (default), visual, dynamics, sensing, full, or the path of a preset",
    )  # fmt: skip
    parser.add_argument(
        "--noise",
        type=float,
        default=0.0,
        metavar="X",
        help="disturb the actions that are carried out by this deviation, 0.2 s at a time; the policy's own are kept",
    )
    parser.add_argument("--cameras", nargs="+", default=[], metavar="CAMERA", help="keep what these cameras see")
    parser.add_argument("--size", type=parse_size, metavar="WxH", help="of an image in px, the camera's own by default")
    parser.add_argument(
        "--only-successes", action="store_true", help="go on until N episodes succeeded, and keep no others"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--workers", type=make_integer_parser(1), metavar="N", help="processes, one for each core by default"
    )
    where.add_argument("--ray", metavar="auto|ADDRESS", help="a Ray cluster instead, whose nodes share the folder")
    parser.add_argument(
        "--action-timeout", type=parse_positive, default=30.0, metavar="S",
        help="time the policy may take for an action, s, above 0 and at most 86400; 30 by default",
    )  # fmt: skip
    add_perception(parser)
    add_settings(parser)
    add_seed(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Record what is missing, and say what there is then."""
    folder = arguments.out or Path("demonstrations") / Path(arguments.task).stem
    progress = ProgressBars(sys.stderr)
    try:
        demonstrations = _record(arguments, folder, progress)
    except KeyboardInterrupt:
        progress.clear()
        print(f"interrupted; {folder} keeps what is recorded, and the same command goes on", file=sys.stderr)
        return _INTERRUPTED
    told = _told(demonstrations, folder)
    if arguments.json:
        write_json(out, told)
    else:
        out.write(_table(told))
    return 0


def _record(arguments: argparse.Namespace, folder: Path, progress: ProgressBars) -> Demonstrations:
    from mygym_lite.demonstrations.record import record

    return record(
        arguments.task,
        arguments.policy,
        arguments.episodes,
        folder,
        arguments.formats,
        seed=arguments.seed,
        randomization=arguments.randomization,
        noise=arguments.noise,
        cameras=arguments.cameras,
        size=arguments.size,
        only_successes=arguments.only_successes,
        settings=arguments.settings,
        perception=arguments.perception,
        allow_pickle=arguments.allow_pickle,
        remote_mapping=arguments.remote_mapping,
        action_timeout=arguments.action_timeout,
        workers=arguments.workers,
        ray=arguments.ray,
        progress=progress,
    )


def _told(demonstrations: Demonstrations, folder: Path) -> dict[str, Any]:
    from mygym_lite.demonstrations.export import compute_folder_size
    from mygym_lite.demonstrations.manifest import RECORDING_FOLDER

    tried = RECORDING_FOLDER.read_manifest(folder)["episodes_played"]
    return {
        "folder": str(folder),
        **demonstrations.summarize().as_json(),
        "episodes_played": tried,
        "bytes": compute_folder_size(folder),
    }


def _table(told: dict[str, Any]) -> str:
    """A few lines to read."""
    newtons = "the hand touched nothing"
    if told["peak_force"] is not None:
        newtons = f"{told['mean_peak_force']:.1f} N on average, {told['peak_force']:.1f} N at most (hand on objects)"
    tried = "" if told["episodes_played"] == told["episodes"] else f" of {told['episodes_played']} that were tried"
    return (
        f"episodes:   {told['episodes']}{tried}, {100 * told['success_rate']:.1f}% succeed\n"
        f"steps:      {told['mean_steps']:.1f} an episode, {told['min_steps']} to {told['max_steps']}\n"
        f"peak force: {newtons}\n"
        f"on disk:    {told['bytes'] / 1e6:.1f} MB in {told['folder']}\n"
    )
