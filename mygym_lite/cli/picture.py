"""Draw the start of an episode as cameras of the task see it: colour, depth and mask side by side."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.options import add_cameras, add_seed, add_task, make_choice, make_env
from mygym_lite.errors import UsageError

if TYPE_CHECKING:
    from mygym_lite.envs.task_env import TaskEnv
    from mygym_lite.viz.colorize import ColorizedImage

_SMALL = (200, 150)  # px, of one of many images
_KINDS = ("rgb", "depth", "mask", "links", "normals")


def configure(parser: argparse.ArgumentParser) -> None:
    """What is drawn, and where to."""
    add_task(parser)
    add_seed(parser)
    add_cameras(parser)
    parser.add_argument(
        "--kind", nargs="+", type=make_choice(_KINDS), default=_KINDS[:3], metavar="KIND", dest="kinds",
        help=f"{', '.join(_KINDS[:3])} by default; also {' and '.join(_KINDS[3:])}",
    )  # fmt: skip
    parser.add_argument(
        "--quality", type=make_choice(["fast", "fine"]), metavar="Q", help="fine (where there is) or fast"
    )
    parser.add_argument(
        "--renderer",
        type=make_choice(["raster", "tiny"]),
        default="raster",
        metavar="R",
        help="raster (default) or tiny",
    )
    parser.add_argument("--suite", metavar="S", help="instead: under the axes of a suite at levels 0, 1, 3 and 5")
    parser.add_argument(
        "--group", nargs="+", dest="groups", metavar="G", help="with --suite: visual, camera and sensing by default"
    )
    parser.add_argument("--no-labels", action="store_true", help="without titles, names and keys")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.png", help="where to write the picture")


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Write the file and print its name."""
    from mygym_lite.viz.contact_sheet import ContactSheet, stack_images
    from mygym_lite.viz.image_files import open_png

    if arguments.groups and arguments.suite is None:
        raise UsageError("--group: chooses among the axes of a suite; add --suite sim2real")
    if arguments.suite is not None:
        return _gap(arguments, out)
    with closing(make_env(arguments, renderer=arguments.renderer)) as env, open_png(arguments.out) as save:
        env.reset(seed=arguments.seed)
        first = env.view(next(iter(arguments.cameras), None), arguments.size)
        names = arguments.cameras or [first.name]
        rows = [(name, _depictions(env, arguments, name, (first.width, first.height))) for name in names]
        lay_out = stack_images if arguments.no_labels else ContactSheet(first.width, first.height).lay_out
        save(lay_out(arguments.kinds, rows))
    print(arguments.out, file=out)
    return 0


def _gap(arguments: argparse.Namespace, out: TextIO) -> int:
    """One moment under the axes of a suite."""
    from mygym_lite.randomization.suite import load_suite
    from mygym_lite.viz.image_files import open_png
    from mygym_lite.viz.suite_sheet import VISIBLE_GROUPS, draw_suite_sheet

    camera = next(iter(arguments.cameras), None)
    made = make_env(
        arguments, renderer=arguments.renderer, quality=arguments.quality or "fine", observe=["rgb"],
        cameras=None if camera is None else [camera], size=arguments.size or _SMALL,
    )  # fmt: skip
    with closing(made) as env, open_png(arguments.out) as save:
        name = env.image_reader.cameras[0]
        save(
            draw_suite_sheet(env, load_suite(arguments.suite), arguments.groups or VISIBLE_GROUPS, name, arguments.seed)
        )
    print(arguments.out, file=out)
    return 0


def _depictions(
    env: TaskEnv, arguments: argparse.Namespace, camera: str, size: tuple[int, int]
) -> list[ColorizedImage]:
    from mygym_lite.viz.colorize import colorize

    images = env.render_images(camera, arguments.kinds, size, arguments.quality)
    return [
        colorize(kind, images[kind], env.link_names if kind == "links" else env.mask_names) for kind in arguments.kinds
    ]
