"""Train a policy by imitation of the scripted expert or of recorded demonstrations: `train imitate TASK`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli import options
from mygym_lite.cli.output import write_json
from mygym_lite.cli.progress import ProgressBars
from mygym_lite.cli.value_lists import add_values
from mygym_lite.errors import UsageError

if TYPE_CHECKING:
    from mygym_lite.learning.imitation.architecture import NetworkConfig
    from mygym_lite.learning.imitation.train import ImitationResult

ALGORITHMS = ("bc", "dagger", "act", "flow")
NETWORKS = ("mlp", "recurrent", "action_chunking", "flow_matching")
FEATURES = ("plain", "saturating")
_DEMONSTRATION_OPTIONS = ("episodes", "noise", "rounds", "rollouts_per_round")
_TRAINING_OPTIONS = ("epochs", "seed", "threads")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the tasks, the algorithm, the network, the demonstrations and the schedule."""
    tasks = "shipped task, or path of a task file; several tasks train one policy, which reads the instruction"
    parser.add_argument("tasks", nargs="+", metavar="TASK", help=tasks)
    algorithms = (
        "bc: behavior cloning (default); dagger: rollouts of the policy, labelled by the expert, are added in rounds; "
        "act: action chunking with transformers; flow: flow matching over chunks of actions"
    )
    parser.add_argument("--algo", type=options.Choice(ALGORITHMS), default="bc", metavar="A", help=algorithms)
    add_network(parser)
    add_start(parser)
    options.add_observe(parser)
    options.add_cameras(parser, "observe these cameras and proprioception instead of the state")
    options.add_size(parser, "image size in px (default 128x128)")
    options.add_perception(parser)
    options.add_out(parser, "folder of the policy", required=True)
    recorded = "folders of recorded demonstrations (default: the expert's, generated)"
    add_values(parser, "--demonstrations", recorded, "DIR", type=Path)
    options.add_count(
        parser, "--episodes", "demonstrations to generate without --demonstrations (default 100)", minimum=2
    )
    noise = (
        "standard deviation of noise on the expert's actions; recorded actions are noise-free "
        "(default 0.1, or the value in tasks/imitate/TASK.toml)"
    )
    parser.add_argument("--noise", type=options.parse_non_negative, metavar="X", help=noise)
    add_randomization(parser)
    curriculum = "widen the ranges of the randomization over the first half of the training"
    parser.add_argument("--curriculum", action="store_true", help=curriculum)
    options.add_count(parser, "--rounds", "maximum rounds of dagger, and stages of the curriculum", minimum=0)
    options.add_count(parser, "--rollouts-per-round", "policy rollouts per round of dagger")
    options.add_count(parser, "--epochs", "maximum number of epochs")
    options.add_count(parser, "--threads", "torch threads (default 1); results depend on the number")
    options.add_count(parser, "--seed", "seed of episodes, initial weights and shuffling (default 0)", minimum=0)
    options.add_settings(parser)
    options.add_json(parser)


def add_start(parser: argparse.ArgumentParser) -> None:
    """Add ``--start``."""
    about = "start from the weights of this policy, shipped or a folder, of any task or robot with the same spaces"
    parser.add_argument("--start", "--init-from", metavar="P", help=about)


def add_network(parser: argparse.ArgumentParser) -> None:
    """Add ``--network`` and ``--history``."""
    about = f"{', '.join(NETWORKS)} (default action_chunking with act, flow_matching with flow, else mlp)"
    parser.add_argument("--network", type=options.Choice(NETWORKS), metavar="H", help=about)
    options.add_count(parser, "--history", "past observations and actions in the input of mlp and flow_matching")
    features = (
        "input of an mlp: plain, the observations x alone (default with --history or --cameras); saturating, also "
        "tanh(4 x) and tanh(16 x), which resolve small offsets (default without)"
    )
    parser.add_argument("--features", type=options.Choice(FEATURES), metavar="F", help=features)


def add_randomization(parser: argparse.ArgumentParser) -> None:
    """Add ``--randomization`` and ``--adr``."""
    about = "domain randomization in training: visual, dynamics, sensing, full, identified, or path of a preset"
    parser.add_argument("--randomization", metavar="R", help=about)
    adr = "automatic domain randomization: widen the ranges of this preset while the policy succeeds"
    parser.add_argument("--adr", metavar="R", help=adr)


def make_network_config(arguments: argparse.Namespace) -> NetworkConfig:
    """Make the configuration of the network that ``--network``, ``--history``, ``--features`` and ``--algo`` select."""
    from mygym_lite.learning.imitation import architecture

    given = options.get_given(arguments, "history")
    if arguments.features is not None:
        given["scales"] = architecture.FEATURES[arguments.features]
    kind = arguments.network or architecture.ALGORITHM_NETWORKS.get(arguments.algo, "mlp")
    network = architecture.NetworkConfig.for_kind(kind, bool(arguments.cameras), **given)
    if arguments.features is not None and network.kind != "mlp":
        raise UsageError(f"--features: is for --network mlp, not for {network.kind}; leave it out")
    return network


def _read_network_config(arguments: argparse.Namespace) -> NetworkConfig:
    """Read the architecture of the policy in ``--start``, or make that of the other options."""
    from mygym_lite.learning.imitation.start_policy import read_start

    if arguments.start is None:
        return make_network_config(arguments)
    if arguments.features is not None:
        raise UsageError("--features: the policy to start from decides it; leave it out")
    is_given = options.get_given(arguments, "network", "history")
    return read_start(arguments.start, make_network_config(arguments) if is_given else None)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Train the policy and print a summary."""
    from mygym_lite.learning.imitation.config import DemonstrationConfig
    from mygym_lite.learning.imitation.environment import ObservationConfig
    from mygym_lite.learning.imitation.train import imitate
    from mygym_lite.learning.imitation.trainer import TrainingConfig

    bars = ProgressBars(sys.stderr)
    network = _read_network_config(arguments)
    observation = ObservationConfig(
        cameras=tuple(arguments.cameras),
        perception=arguments.perception,
        observe=tuple(arguments.observe),
        **options.get_given(arguments, "size"),
    )
    tasks = arguments.tasks
    training = TrainingConfig.for_network(network.kind, bool(observation.cameras), len(tasks))
    with options.report_interrupt(bars, "interrupted; nothing was saved; the same command starts from the beginning"):
        result = options.call_with_options(
            imitate,
            arguments,
            task=tasks if len(tasks) > 1 else tasks[0],
            data=arguments.demonstrations,
            demonstrations=[
                DemonstrationConfig.for_task(task, **options.get_given(arguments, *_DEMONSTRATION_OPTIONS))
                for task in tasks
            ],
            training=replace(training, **options.get_given(arguments, *_TRAINING_OPTIONS)),
            network=network,
            observation=observation,
            progress=bars,
        )
    if arguments.json:
        write_json(out, {"folder": str(result.folder), **result.policy.metadata.provenance})
    else:
        out.write(_format_summary(result, " ".join(tasks)))
    return 0


def _format_summary(result: ImitationResult, tasks: str) -> str:
    provenance, best = result.policy.metadata.provenance, min(result.curve, key=lambda epoch: epoch.val_loss)
    rounds = "".join(
        f"round {number}:  {round.successes} of {round.episodes} episodes solved after {round.examples} examples\n"
        for number, round in enumerate(result.rounds)
    )
    return (
        f"{rounds}best:     epoch {best.number} of {len(result.curve)}, validation loss {best.val_loss:.4f}\n"
        f"trained:  {provenance['examples']} examples from {provenance['episodes']} episodes, "
        f"{provenance['minutes']} minutes\n"
        f"policy:   {result.folder}; next: `mygym-lite evaluate {tasks} --policy {result.folder}`\n"
    )
