"""Render the first frame of an episode: color, depth and mask of the task's cameras, side by side."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.options import Choice, add_cameras, add_seed, add_settings, add_size, add_task, make_env
from mygym_lite.cli.value_lists import add_values
from mygym_lite.errors import UsageError

if TYPE_CHECKING:
    from mygym_lite.envs.task_env import TaskEnv
    from mygym_lite.viz.colorize import ColorizedImage

_TILE_SIZE = (200, 150)  # px, of one image of a contact sheet
_KINDS = ("rgb", "depth", "mask", "links", "normals")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the task, the cameras, the kinds of images and the output file."""
    add_task(parser)
    add_settings(parser)
    add_seed(parser, "seed of the episode (default 0)")
    add_cameras(parser)
    add_size(parser)
    kinds = f"kinds of images: {', '.join(_KINDS[:3])} (default), {', '.join(_KINDS[3:])}"
    add_values(parser, "--kind", kinds, "KIND", default=_KINDS[:3], type=Choice(_KINDS), dest="kinds")
    quality = "fast, or fine, which supersamples (default: fine where the renderer supports it)"
    parser.add_argument("--quality", type=Choice(("fast", "fine")), metavar="Q", help=quality)
    renderer = "raster (default), or tiny, PyBullet's TinyRenderer"
    parser.add_argument("--renderer", type=Choice(("raster", "tiny")), default="raster", metavar="R", help=renderer)
    suite = "draw a contact sheet of the axes of a suite at severities 0, 1, 3 and 5 instead"
    parser.add_argument("--suite", metavar="S", help=suite)
    groups = "with --suite: groups of axes (default visual camera sensing)"
    add_values(parser, "--group", groups, "G", default=None, dest="groups")
    parser.add_argument("--no-labels", action="store_true", help="omit titles, names and legends")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.png", help="file to write")


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Write the file and print its path."""
    from mygym_lite.viz.contact_sheet import ContactSheet, stack_images
    from mygym_lite.viz.image_files import open_png

    if arguments.groups and arguments.suite is None:
        raise UsageError("--group requires a suite; add --suite sim2real")
    if arguments.suite is not None:
        return _draw_suite(arguments, out)
    with closing(make_env(arguments, renderer=arguments.renderer)) as env, open_png(arguments.out) as save:
        env.reset(seed=arguments.seed)
        first = env.view(next(iter(arguments.cameras), None), arguments.size)
        names = arguments.cameras or [first.name]
        rows = [(name, _render_images(env, arguments, name, (first.width, first.height))) for name in names]
        lay_out = stack_images if arguments.no_labels else ContactSheet(first.width, first.height).lay_out
        save(lay_out(arguments.kinds, rows))
    print(arguments.out, file=out)
    return 0


def _draw_suite(arguments: argparse.Namespace, out: TextIO) -> int:
    """Draw one frame under each axis of a suite."""
    from mygym_lite.randomization.suite_file import load_suite
    from mygym_lite.viz.image_files import open_png
    from mygym_lite.viz.suite_sheet import VISIBLE_GROUPS, draw_suite_sheet

    camera = next(iter(arguments.cameras), None)
    env = make_env(
        arguments,
        renderer=arguments.renderer,
        quality=arguments.quality or "fine",
        observe=["rgb"],
        cameras=None if camera is None else [camera],
        size=arguments.size or _TILE_SIZE,
    )
    with closing(env), open_png(arguments.out) as save:
        name, groups = env.image_reader.cameras[0], arguments.groups or VISIBLE_GROUPS
        save(draw_suite_sheet(env, load_suite(arguments.suite), groups, name, arguments.seed))
    print(arguments.out, file=out)
    return 0


def _render_images(
    env: TaskEnv, arguments: argparse.Namespace, camera: str, size: tuple[int, int]
) -> list[ColorizedImage]:
    from mygym_lite.viz.colorize import colorize

    images = env.render_images(camera, arguments.kinds, size, arguments.quality)
    return [
        colorize(kind, images[kind], env.link_names if kind == "links" else env.mask_names) for kind in arguments.kinds
    ]
