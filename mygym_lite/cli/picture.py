"""Draw the start of an episode as a camera of the task sees it."""

from __future__ import annotations

import argparse
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from mygym_lite.cli.options import add_task, make_env
from mygym_lite.errors import SpecError, nearest


def configure(parser: argparse.ArgumentParser) -> None:
    """What is drawn, and where to."""
    add_task(parser)
    parser.add_argument("--camera", metavar="NAME", help="the task's first camera by default")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.png", help="where to write the picture")


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Write the file and print its name."""
    from mygym_lite.harness.video import save_picture
    from mygym_lite.terms import load_task

    if arguments.camera is not None:
        task = load_task(arguments.task)
        if arguments.camera not in task.cameras:
            raise SpecError(
                f"--camera: no '{arguments.camera}' in {task.name}{nearest(arguments.camera, task.cameras)}"
            )
        arguments.task = replace(task, cameras={arguments.camera: task.cameras[arguments.camera]})
    with closing(make_env(arguments, "rgb_array")) as env:
        env.reset(seed=arguments.seed)
        save_picture(arguments.out, env.render())
    print(arguments.out, file=out)
    return 0
