"""Record episodes of a policy as demonstrations, in Minari or LeRobot format."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mygym_lite.cli import options
from mygym_lite.cli.output import write_json
from mygym_lite.cli.progress import ProgressBars
from mygym_lite.cli.value_lists import add_values

if TYPE_CHECKING:
    from mygym_lite.demonstrations.demonstrations import Demonstrations


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the task, the policy, the number of episodes and the formats."""
    options.add_task(parser)
    options.add_policy(parser)
    options.add_count(parser, "--episodes", "number of episodes (default 100)", 100)
    options.add_out(parser, "folder of the demonstrations (default demonstrations/TASK)")
    formats = "formats: minari (default), lerobot"
    add_values(parser, "--format", formats, "F", default=["minari"], dest="formats")
    presets = "domain randomization: none (default), visual, dynamics, sensing, full, identified, or path of a preset"
    parser.add_argument("--randomization", default="none", metavar="R", help=presets)
    noise = (
        "standard deviation of noise on the executed actions, held for 0.2 s; the policy's own actions are recorded "
        "(default 0)"
    )
    parser.add_argument("--noise", type=float, default=0.0, metavar="X", help=noise)
    options.add_cameras(parser, "record images of these cameras")
    options.add_size(parser)
    successes = "record until N episodes succeeded, and discard failures"
    parser.add_argument("--only-successes", action="store_true", help=successes)
    options.add_workers_or_ray(parser, "; all nodes must share the output folder")
    options.add_action_timeout(parser)
    options.add_perception(parser)
    options.add_settings(parser)
    options.add_seed(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Record the missing episodes, and print a summary of the demonstrations."""
    from mygym_lite.demonstrations.record import record

    folder = arguments.out or Path("demonstrations") / Path(arguments.task).stem
    progress = ProgressBars(sys.stderr)
    with options.report_interrupt(
        progress, f"interrupted; {folder} keeps its episodes; run the same command to resume"
    ):
        demonstrations = options.call_with_options(record, arguments, out=folder, progress=progress)
    summary = _summarize(demonstrations, folder)
    if arguments.json:
        write_json(out, summary)
    else:
        out.write(_format_summary(summary))
    return 0


def _summarize(demonstrations: Demonstrations, folder: Path) -> dict[str, Any]:
    from mygym_lite.demonstrations.export import compute_folder_size
    from mygym_lite.demonstrations.manifest import RECORDING_FOLDER

    return {
        "folder": str(folder),
        **demonstrations.summarize().as_json(),
        "episodes_played": RECORDING_FOLDER.read_manifest(folder)["episodes_played"],
        "bytes": compute_folder_size(folder),
    }


def _format_summary(summary: dict[str, Any]) -> str:
    force = "no contact between hand and objects"
    if summary["peak_force"] is not None:
        force = f"mean {summary['mean_peak_force']:.1f} N, max {summary['peak_force']:.1f} N (hand on objects)"
    episodes, attempts = summary["episodes"], summary["episodes_played"]
    discarded = "" if attempts == episodes else f" of {attempts} attempted"
    return (
        f"episodes:   {episodes}{discarded}, {100 * summary['success_rate']:.1f}% successful\n"
        f"steps:      mean {summary['mean_steps']:.1f} per episode, {summary['min_steps']} to {summary['max_steps']}\n"
        f"peak force: {force}\n"
        f"on disk:    {summary['bytes'] / 1e6:.1f} MB in {summary['folder']}\n"
    )
