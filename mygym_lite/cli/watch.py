"""Watch a policy at a task: a table of results, and if wanted a window, a film or a sheet of moments."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mygym_lite.cli.episode_progress import EpisodeProgress
from mygym_lite.cli.options import (
    add_cameras,
    add_perception,
    add_policy,
    add_seed,
    add_task,
    make_env,
    make_integer_parser,
)
from mygym_lite.cli.output import format_line
from mygym_lite.errors import UsageError

if TYPE_CHECKING:
    from mygym_lite.envs.task_env import TaskEnv
    from mygym_lite.policies.policy_spec import PolicySpec
    from mygym_lite.rollout.record import EpisodeRecord
    from mygym_lite.rollout.rollout import StepCallback

_HEAD = ("seed", "success", "seconds", "peak hand N", "failure")
_WIDTHS = (10, 7, 7, 11, 20)


def configure(parser: argparse.ArgumentParser) -> None:
    """Who is watched, how often, and how it is shown."""
    add_task(parser)
    add_seed(parser)
    add_policy(parser)
    parser.add_argument(
        "--episodes", type=make_integer_parser(1), default=5, metavar="N", help="how many, 5 by default"
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--gui", action="store_true", help="in a window, at real speed")
    shown.add_argument("--video", type=Path, metavar="FILE", help="as a film (.webm) or a sheet of moments (.png)")
    add_cameras(parser)
    add_perception(parser)
    parser.add_argument("--overlay", action="store_true", help="show forces, reward terms and success on the film")


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print one line an episode, then the success rate."""
    from mygym_lite.envs.display import has_display

    if arguments.gui and not has_display():
        raise UsageError("--gui: there is no display here; use --video FILE.webm")
    if arguments.video is not None:
        return _film(arguments, out)
    for option, given in {"cameras": arguments.cameras, "size": arguments.size, "overlay": arguments.overlay}.items():
        if given:
            raise UsageError(f"--{option}: is of a film; add --video FILE.webm")
    policy = _policy(arguments)
    with closing(_env(arguments, policy, "human" if arguments.gui else None)) as env:
        return _play(env, policy, arguments, out)


def _policy(arguments: argparse.Namespace) -> PolicySpec:
    from mygym_lite.policies.policy_lookup import find_policy

    return find_policy(arguments.policy, allow_pickle=arguments.allow_pickle, remote_mapping=arguments.remote_mapping)


def _env(arguments: argparse.Namespace, policy: PolicySpec, render_mode: str | None = None) -> TaskEnv:
    """The environment, which shows what the policy wants to see, and what is seen of it if that is wanted."""
    env = make_env(arguments, render_mode, env_class=policy.get_env_class(), **policy.get_env_arguments())
    if arguments.perception is not None:
        from mygym_lite.perception.state_estimator import attach_estimator

        attach_estimator(env, arguments.perception)
    return env


def _film(arguments: argparse.Namespace, out: TextIO) -> int:
    from mygym_lite.viz.film import EpisodeFilmer, compute_video_fps
    from mygym_lite.viz.video import open_video

    policy = _policy(arguments)
    with closing(_env(arguments, policy)) as env, open_video(arguments.video, compute_video_fps(env.task)) as film:
        title = f"{env.task.name} · {arguments.policy}"
        camera = EpisodeFilmer(env, film, arguments.cameras, arguments.size, arguments.overlay, title)
        code = _play(env, policy, arguments, out, camera.on_step)
    print(f"written: {arguments.video}", file=sys.stderr)
    return code


def _play(
    env: TaskEnv, policy: PolicySpec, arguments: argparse.Namespace, out: TextIO, shown_to: StepCallback | None = None
) -> int:
    from mygym_lite.rollout.rollout import run_seeds

    seeds = range(arguments.seed, arguments.seed + arguments.episodes)
    progress = EpisodeProgress(env, len(seeds), sys.stderr)

    def on_step(info: dict[str, Any]) -> None:
        if shown_to is not None:
            shown_to(info)
        progress.on_step(info)

    return _report(progress.track(run_seeds(env, policy, seeds, on_step)), out)


def _report(records: Iterable[EpisodeRecord], out: TextIO) -> int:
    from mygym_lite.stats import wilson_interval

    print(format_line(_HEAD, _WIDTHS), file=out, flush=True)
    successes = episodes = 0
    messages: dict[str, None] = {}
    for record in records:
        force = record.forces.get("hand_object")
        row = (record.seed, record.success, record.time_to_success, force and force.peak, record.failure)
        print(format_line(row, _WIDTHS), file=out, flush=True)
        episodes += 1
        successes += record.success
        messages |= {} if record.message is None else {record.message: None}
    for message in messages:
        print(message, file=out)
    low, high = wilson_interval(successes, episodes)
    print(
        f"{record.policy} on {record.task}: {successes} of {episodes} solved, {successes / episodes:.1%} "
        f"(95% interval {low:.1%} to {high:.1%})",
        file=out,
    )
    return 0
