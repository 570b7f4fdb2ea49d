"""Learn to do what the scripted expert does, or what was recorded: `train imitate TASK`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mygym_lite.cli.options import (
    add_json,
    add_perception,
    add_settings,
    make_choice,
    make_integer_parser,
    parse_non_negative,
    parse_size,
)
from mygym_lite.cli.output import write_json
from mygym_lite.cli.progress import ProgressBars

if TYPE_CHECKING:
    from mygym_lite.learning.imitation.train import ImitationResult

_ALGORITHMS, _HEADS = ("bc", "dagger", "act"), ("mlp", "recurrent", "action_chunking")
_INTERRUPTED = 130
_LESSONS, _SCHEDULE = ("episodes", "noise", "rounds", "rollouts_per_round"), ("epochs", "seed", "threads")


def configure(parser: argparse.ArgumentParser) -> None:
    """What is learned, from whom, and for how long."""
    parser.add_argument("task", metavar="TASK", help="a shipped task, or the path of a task file")
    parser.add_argument(
        "--algo", type=make_choice(_ALGORITHMS), default="bc", metavar="A",
        help="bc learns from demonstrations (default); dagger then acts, is corrected, and learns again; act learns "
        "from demonstrations to say several actions ahead",
    )  # fmt: skip
    parser.add_argument(
        "--network", type=make_choice(_HEADS), metavar="H",
        help="mlp (default), recurrent, which remembers, or chunks, which is what act uses",
    )  # fmt: skip
    parser.add_argument(
        "--history", type=make_integer_parser(1), metavar="N", help="observations and own actions that an mlp sees"
    )
    parser.add_argument(
        "--cameras", nargs="+", default=[], metavar="CAMERA",
        help="see through these cameras, and of numbers only what the robot knows of itself",
    )  # fmt: skip
    parser.add_argument("--size", type=parse_size, metavar="WxH", help="of pictures in px, 128x128 by default")
    add_perception(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the policy")
    parser.add_argument(
        "--demonstrations", nargs="+", type=Path, default=[], metavar="DIR", help="recorded demonstrations"
    )
    parser.add_argument(
        "--episodes",
        type=make_integer_parser(2),
        metavar="N",
        help="to be shown without --demonstrations, 100 by default",
    )
    parser.add_argument(
        "--noise", type=parse_non_negative, metavar="X",
        help="deviation of what is done from what is right; 0.1 by default, or what tasks/imitate/TASK.toml says",
    )  # fmt: skip
    parser.add_argument("--randomization", metavar="R", help="visual, dynamics, sensing, full, or the path of a file")
    parser.add_argument("--adr", metavar="R", help="the same, but ranges grow as the learner succeeds")
    parser.add_argument(
        "--curriculum", action="store_true", help="ranges of the randomization widen over the first half"
    )
    parser.add_argument(
        "--rounds", type=make_integer_parser(0), metavar="N", help="of dagger, at most; stages in which ranges widen"
    )
    parser.add_argument(
        "--rollouts-per-round",
        type=make_integer_parser(1),
        metavar="N",
        help="episodes that it plays in a round of dagger",
    )
    parser.add_argument("--epochs", type=make_integer_parser(1), metavar="N", help="at most")
    parser.add_argument(
        "--threads", type=make_integer_parser(1), metavar="N", help="1 by default; another number, other weights"
    )
    parser.add_argument(
        "--seed", type=make_integer_parser(0), metavar="N", help="of episodes, first weights and order, 0 by default"
    )
    add_settings(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Learn, and say what came of it."""
    from mygym_lite.learning.imitation.architecture import NetworkConfig
    from mygym_lite.learning.imitation.config import DemonstrationConfig
    from mygym_lite.learning.imitation.environment import ObservationConfig
    from mygym_lite.learning.imitation.train import imitate
    from mygym_lite.learning.imitation.trainer import TrainingConfig

    bars = ProgressBars(sys.stderr)
    head = NetworkConfig(
        arguments.network or ("action_chunking" if arguments.algo == "act" else "mlp"),
        **_given(arguments, ("history",)),
    )
    sight = ObservationConfig(tuple(arguments.cameras), perception=arguments.perception, **_given(arguments, ("size",)))
    schedule = replace(TrainingConfig.for_network(head.kind, bool(sight.cameras)), **_given(arguments, _SCHEDULE))
    lessons = DemonstrationConfig.for_task(arguments.task, **_given(arguments, _LESSONS))
    try:
        learned = imitate(
            arguments.task, arguments.algo, arguments.out, data=arguments.demonstrations, randomization=arguments.randomization,
            adr=arguments.adr, curriculum=arguments.curriculum, settings=arguments.settings,
            demonstrations=lessons, training=schedule, network=head, observation=sight, progress=bars,
        )  # fmt: skip
    except KeyboardInterrupt:
        bars.clear()
        print("interrupted before anything was learned; the same command begins again", file=sys.stderr)
        return _INTERRUPTED
    bars.clear()
    if arguments.json:
        write_json(out, {"folder": str(learned.folder), **learned.policy.metadata.provenance})
    else:
        out.write(_summary(learned, arguments.task))
    return 0


def _given(arguments: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    """What was said; the rest is left to the library."""
    return {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}


def _summary(learned: ImitationResult, task: str) -> str:
    made, best = learned.policy.metadata.provenance, min(learned.curve, key=lambda epoch: epoch.val_loss)
    rounds = "".join(
        f"round {number}:  {one.successes} of {one.episodes} episodes solved after {one.examples} examples\n"
        for number, one in enumerate(learned.rounds)
    )
    return (
        f"{rounds}kept:     epoch {best.number} of {len(learned.curve)}, loss {best.val_loss:.4f} on held-out episodes\n"
        f"learned:  {made['examples']} examples of {made['episodes']} episodes, {made['minutes']} minutes\n"
        f"policy:   {learned.folder}; see `mygym-lite evaluate {task} --policy {learned.folder}`\n"
    )
