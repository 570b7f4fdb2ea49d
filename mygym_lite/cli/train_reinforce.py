"""Train a policy by reinforcement learning: `train reinforce TASK --algo sac`."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli import options
from mygym_lite.cli.output import write_json
from mygym_lite.cli.progress import ProgressBars
from mygym_lite.cli.train_imitate import add_randomization, add_start
from mygym_lite.cli.value_lists import add_values
from mygym_lite.errors import UsageError

if TYPE_CHECKING:
    from mygym_lite.learning.reinforcement.trainer import ReinforcementResult

_ALGORITHMS = ("ppo", "sac", "td3", "ddpg", "tqc", "trpo", "a2c", "dqn")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the task, the algorithm, the schedule, the demonstrations and the validation."""
    options.add_task(parser)
    algorithms = ", ".join(_ALGORITHMS)
    parser.add_argument("--algo", type=options.Choice(_ALGORITHMS), required=True, metavar="A", help=algorithms)
    options.add_out(parser, "folder of the policy and its checkpoints", required=True)
    steps = "environment steps, in whole rollouts for ppo, trpo and a2c (default: from tasks/reinforce/TASK.toml)"
    options.add_count(parser, "--steps", steps)
    options.add_count(parser, "--envs", "parallel environments (default 1)", 1)
    parser.add_argument("--her", action="store_true", help="hindsight experience replay: relabel achieved goals")
    demonstrations = "recorded demonstrations, or a number of expert episodes to generate"
    add_values(parser, "--demonstrations", demonstrations, "DIR")
    add_start(parser)
    options.add_observe(parser)
    options.add_cameras(parser, "observe these cameras instead of the state")
    options.add_perception(parser)
    add_randomization(parser)
    curriculum = "widen the ranges of the randomization, else of the start, over the first half of the training"
    parser.add_argument("--curriculum", action="store_true", help=curriculum)
    options.add_count(parser, "--validate-every", "steps between validations (default: a twentieth of --steps)")
    options.add_count(
        parser, "--validation-episodes", "episodes per validation (default 50, or what --until-success needs)"
    )
    until = "stop when the lower bound of the 95%% interval of success exceeds S, between 0 and 1"
    parser.add_argument("--until-success", type=options.parse_fraction, metavar="S", help=until)
    resume = "continue from the last checkpoint in --out; the weights differ from those of an uninterrupted run"
    parser.add_argument("--resume", action="store_true", help=resume)
    parser.add_argument("--tensorboard", action="store_true", help="write TensorBoard logs into --out")
    options.add_count(parser, "--threads", "torch threads (default 1)", 1)
    options.add_seed(parser, "seed of episodes, initial weights and exploration (default 0)")
    options.add_settings(parser)
    options.add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Train the policy and print a summary."""
    from mygym_lite.learning.reinforcement.train import reinforce
    from mygym_lite.learning.reinforcement.validation import ValidationConfig

    validation = {
        "every": arguments.validate_every,
        "episodes": arguments.validation_episodes,
        "until": arguments.until_success,
    }
    bars = ProgressBars(sys.stderr)
    with options.report_interrupt(bars, lambda: _format_interrupt(arguments.out)):
        result = options.call_with_options(
            reinforce,
            arguments,
            demonstrations=_parse_demonstrations(arguments.demonstrations),
            progress=bars,
            validation=ValidationConfig(**{name: value for name, value in validation.items() if value is not None}),
        )
    if arguments.json:
        write_json(out, {"folder": str(result.folder), **result.policy.metadata.provenance})
    else:
        out.write(_format_summary(result, arguments))
    return 0


def _format_interrupt(folder: Path) -> str:
    """Format the state after an interrupt before the first validation, and the command that resumes."""
    from mygym_lite.learning.reinforcement.checkpoints import find_latest_checkpoint

    try:
        checkpoint = find_latest_checkpoint(folder)
    except UsageError:
        return f"interrupted; {folder} has no checkpoint yet; the same command starts from the beginning"
    return f"interrupted; {folder} has a checkpoint of step {checkpoint.name}; resume with: {_format_resume_command()}"


def _format_resume_command() -> str:
    words = [word for word in sys.argv[1:] if word != "--resume"]
    return shlex.join(["mygym-lite", *words, "--resume"])


def _parse_demonstrations(given: list[str]) -> int | list[Path]:
    """Return the number of episodes to generate, or the folders of recorded demonstrations."""
    if len(given) == 1 and given[0].isdecimal() and not Path(given[0]).exists():
        return int(given[0])
    return [Path(name) for name in given]


def _format_summary(result: ReinforcementResult, arguments: argparse.Namespace) -> str:
    from mygym_lite.learning.reinforcement.trainer import INTERRUPTED

    provenance, best, requested = result.policy.metadata.provenance, result.best, arguments.steps
    steps, reason = provenance["steps"], provenance["stop_reason"]
    stopped = f"stopped:  {reason}\n" if reason else ""
    if str(reason).startswith(INTERRUPTED):
        stopped += f"resume:   {_format_resume_command()}\n"
    rounded = f" ({requested} requested, rounded up to whole rollouts)" if requested and steps > requested else ""
    return (
        f"best:     step {best.steps}, {best.successes} of {best.episodes} solved "
        f"({100 * best.low:.1f} to {100 * best.high:.1f}%), {best.seconds:g} s\n{stopped}"
        f"trained:  {steps} steps{rounded}, {provenance['minutes']} minutes\n"
        f"policy:   {result.folder}; next: `mygym-lite evaluate {arguments.task} --policy {result.folder}`\n"
    )
