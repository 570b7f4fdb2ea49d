"""Learn by trying what is rewarded: `train reinforce TASK --algo sac`."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mygym_lite.cli.options import add_json, add_settings, make_choice, make_integer_parser, parse_fraction
from mygym_lite.cli.output import write_json
from mygym_lite.cli.progress import ProgressBars
from mygym_lite.errors import UsageError

if TYPE_CHECKING:
    from mygym_lite.learning.reinforcement.trainer import ReinforcementResult

_INTERRUPTED = 130
_ALGORITHMS = ("ppo", "sac", "td3", "ddpg", "tqc", "trpo", "a2c", "dqn")
_SAME = (
    "steps", "envs", "her", "init_from", "cameras", "randomization", "adr", "curriculum", "settings", "seed", "resume",
    "tensorboard", "threads",
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """What is learned, how, and for how long."""
    parser.add_argument("task", metavar="TASK", help="a shipped task, or the path of a task file")
    parser.add_argument(
        "--algo", type=make_choice(_ALGORITHMS), required=True, metavar="A", help=", ".join(_ALGORITHMS)
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of policy and checkpoints")
    parser.add_argument(
        "--steps", type=make_integer_parser(1), metavar="N",
        help="rounded up to whole rollouts by ppo, trpo and a2c; what tasks/reinforce/TASK.toml says by default",
    )  # fmt: skip
    parser.add_argument("--envs", type=make_integer_parser(1), default=1, metavar="N", help="environments to learn in")
    parser.add_argument("--her", action="store_true", help="learn also towards goals that were reached instead")
    parser.add_argument(
        "--demonstrations", nargs="+", default=[], metavar="DIR", help="recorded demonstrations; or how many to play"
    )
    parser.add_argument("--init-from", metavar="P", help="an imitation policy to begin from, shipped or a folder")
    parser.add_argument("--cameras", nargs="+", default=[], metavar="CAMERA", help="see instead of being told")
    parser.add_argument("--randomization", metavar="R", help="visual, dynamics, sensing, full, or the path of a file")
    parser.add_argument("--adr", metavar="R", help="the same, but ranges grow as the policy succeeds")
    parser.add_argument(
        "--curriculum", action="store_true",
        help="ranges, of the randomization or else of the start, widen over the first half",
    )  # fmt: skip
    parser.add_argument(
        "--validate-every", type=make_integer_parser(1), metavar="N", help="steps, a twentieth of all by default"
    )
    parser.add_argument(
        "--validation-episodes",
        type=make_integer_parser(1),
        metavar="N",
        help="50 by default, or as --until-success needs",
    )
    parser.add_argument(
        "--until-success",
        type=parse_fraction,
        metavar="S",
        help="end when success, 0 to 1, is above it by its 95%% interval",
    )
    parser.add_argument(
        "--resume", action="store_true",
        help="go on from the last checkpoint in the folder; other weights come out than without a break",
    )  # fmt: skip
    parser.add_argument("--tensorboard", action="store_true", help="write a log into the folder")
    parser.add_argument(
        "--threads", type=make_integer_parser(1), default=1, metavar="N", help="that compute, 1 by default"
    )
    parser.add_argument(
        "--seed", type=make_integer_parser(0), default=0, metavar="N", help="of episodes, weights and chance"
    )
    add_settings(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Learn, and say what came of it."""
    from mygym_lite.learning.reinforcement.train import reinforce
    from mygym_lite.learning.reinforcement.validation import ValidationConfig

    asked = {
        "every": arguments.validate_every, "episodes": arguments.validation_episodes, "until": arguments.until_success,
    }  # fmt: skip
    same: dict[str, Any] = {name: getattr(arguments, name) for name in _SAME}
    bars = ProgressBars(sys.stderr)
    try:
        learned = reinforce(
            arguments.task,
            arguments.algo,
            arguments.out,
            demonstrations=_demos(arguments.demonstrations),
            progress=bars,
            **same,
            validation=ValidationConfig(**{name: value for name, value in asked.items() if value is not None}),
        )
    except KeyboardInterrupt:
        bars.clear()
        print(_interrupted(arguments.out), file=sys.stderr)
        return _INTERRUPTED
    bars.clear()
    if arguments.json:
        write_json(out, {"folder": str(learned.folder), **learned.policy.metadata.provenance})
    else:
        out.write(_summary(learned, arguments))
    return 0


def _interrupted(folder: Path) -> str:
    """Say what an interrupt before the first trial has left, and how it goes on."""
    from mygym_lite.learning.reinforcement.checkpoints import find_latest_checkpoint

    try:
        checkpoint = find_latest_checkpoint(folder)
    except UsageError:
        return f"interrupted; {folder} keeps nothing yet, and the same command begins again"
    return f"interrupted; {folder} keeps a checkpoint of step {checkpoint.name}; go on with: {_command_to_go_on()}"


def _command_to_go_on() -> str:
    words = [word for word in sys.argv[1:] if word != "--resume"]
    return shlex.join(["mygym-lite", *words, "--resume"])


def _demos(given: list[str]) -> int | list[Path]:
    """How many are to be played, or where recorded ones are."""
    if len(given) == 1 and given[0].isdecimal() and not Path(given[0]).exists():
        return int(given[0])
    return [Path(name) for name in given]


def _summary(learned: ReinforcementResult, arguments: argparse.Namespace) -> str:
    from mygym_lite.learning.reinforcement.trainer import INTERRUPTED

    made, best, task = learned.policy.metadata.provenance, learned.best, arguments.task
    ended = f"ended:    {made['stop_reason']}\n" if made["stop_reason"] else ""
    if str(made["stop_reason"]).startswith(INTERRUPTED):
        ended += f"go on:    {_command_to_go_on()}\n"
    asked = arguments.steps
    rounded = f" ({asked} asked for, rounded up to whole rollouts)" if asked and made["steps"] > asked else ""
    return (
        f"kept:     of step {best.steps}, {best.successes} of {best.episodes} solved "
        f"({100 * best.low:.1f} to {100 * best.high:.1f}%), {best.seconds:g} s\n{ended}"
        f"learned:  {made['steps']} steps{rounded}, {made['minutes']} minutes\n"
        f"policy:   {learned.folder}; see `mygym-lite evaluate {task} --policy {learned.folder}`\n"
    )
