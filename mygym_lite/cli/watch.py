"""Run a policy on a task and print the results; optionally show a window or record a video or contact sheet."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mygym_lite.cli import options
from mygym_lite.cli.output import format_line
from mygym_lite.cli.progress import EpisodeProgress
from mygym_lite.errors import UsageError

if TYPE_CHECKING:
    from mygym_lite.envs.task_env import TaskEnv
    from mygym_lite.policies.policy_spec import PolicySpec
    from mygym_lite.rollout.record import EpisodeRecord
    from mygym_lite.rollout.rollout import StepCallback

_HEAD = ("seed", "success", "time s", "hand peak N", "failure")
_WIDTHS = (10, 7, 7, 11, 20)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the task, the policy, the number of episodes and the kind of display."""
    options.add_task(parser)
    options.add_settings(parser)
    options.add_seed(parser)
    options.add_policy(parser)
    options.add_count(parser, "--episodes", "number of episodes (default 5)", 5)
    display = parser.add_mutually_exclusive_group()
    display.add_argument("--gui", action="store_true", help="open a window and run in real time")
    display.add_argument("--video", type=Path, metavar="FILE", help="write a video (.webm) or a contact sheet (.png)")
    options.add_cameras(parser)
    options.add_size(parser)
    options.add_perception(parser)
    options.add_overlay(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Print one line per episode, then the success rate."""
    from mygym_lite.envs.display import has_display

    if arguments.gui and not has_display():
        raise UsageError("--gui requires a display, and none was found; use --video FILE.webm")
    if arguments.video is not None:
        return _record_video(arguments, out)
    for option, given in {"cameras": arguments.cameras, "size": arguments.size, "overlay": arguments.overlay}.items():
        if given:
            raise UsageError(f"--{option} requires --video FILE.webm")
    policy = _find_policy(arguments)
    with closing(_make_env(arguments, policy, "human" if arguments.gui else None)) as env:
        return _run_episodes(env, policy, arguments, out)


def _find_policy(arguments: argparse.Namespace) -> PolicySpec:
    from mygym_lite.policies.policy_lookup import find_policy

    return find_policy(
        arguments.policy,
        allow_pickle=arguments.allow_pickle,
        remote_mapping=arguments.remote_mapping,
        normalize=arguments.normalize,
        python=arguments.python,
    )


def _make_env(arguments: argparse.Namespace, policy: PolicySpec, render_mode: str | None = None) -> TaskEnv:
    """Create the environment with the observations that the policy requests, and its estimator."""
    env = options.make_env(arguments, render_mode, env_class=policy.get_env_class(), **policy.get_env_arguments())
    perception = arguments.perception or policy.read_perception()
    if perception is not None:
        from mygym_lite.perception.state_estimator import attach_estimator

        attach_estimator(env, perception)
    return env


def _record_video(arguments: argparse.Namespace, out: TextIO) -> int:
    from mygym_lite.viz.film import EpisodeFilmer, compute_video_fps
    from mygym_lite.viz.video import open_video

    policy = _find_policy(arguments)
    with (
        closing(_make_env(arguments, policy)) as env,
        open_video(arguments.video, compute_video_fps(env.task)) as video,
    ):
        title = f"{env.task.name} · {arguments.policy}"
        filmer = EpisodeFilmer(env, video, arguments.cameras, arguments.size, overlay=arguments.overlay, title=title)
        code = _run_episodes(env, policy, arguments, out, filmer.on_step)
    print(f"written: {arguments.video}", file=sys.stderr)
    return code


def _run_episodes(
    env: TaskEnv, policy: PolicySpec, arguments: argparse.Namespace, out: TextIO, callback: StepCallback | None = None
) -> int:
    from mygym_lite.rollout.rollout import run_seeds

    seeds = range(arguments.seed, arguments.seed + arguments.episodes)
    progress = EpisodeProgress(env, len(seeds), sys.stderr)

    def on_step(info: dict[str, Any]) -> None:
        if callback is not None:
            callback(info)
        progress.on_step(info)

    return _write_results(progress.track(run_seeds(env, policy, seeds, on_step)), out)


def _write_results(records: Iterable[EpisodeRecord], out: TextIO) -> int:
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
