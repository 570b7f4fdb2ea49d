"""Measure the effect of domain randomization in training along every axis: `study randomization TASK`."""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mygym_lite.cli import options
from mygym_lite.cli.output import write_json, write_table
from mygym_lite.cli.progress import ProgressBars
from mygym_lite.cli.train_imitate import ALGORITHMS, add_network, make_network_config
from mygym_lite.cli.value_lists import add_values

if TYPE_CHECKING:
    from mygym_lite.studies.randomization.findings import StudyFindings

_PRESETS = ("none", "visual", "dynamics", "full", "adr")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the task, the presets, the training and the evaluation."""
    options.add_task(parser)
    presets = f"randomizations to train with: none, adr, shipped presets or files (default {' '.join(_PRESETS)})"
    add_values(parser, "--presets", presets, "R", default=_PRESETS)
    options.add_count(parser, "--seeds", "trainings per preset (default 3)", 3)
    _add_training(parser)
    options.add_suite(parser)
    severities = "severities of the suite (default 3)"
    add_values(parser, "--severities", severities, "L", default=[3], type=options.make_integer_parser(1))
    options.add_count(parser, "--episodes", "episodes per condition (default 50)", 50)
    options.add_workers(parser)
    options.add_out(parser, "folder of the study (default runs/TASK-randomization)")
    options.add_perception(parser)
    options.add_settings(parser)
    options.add_seed(parser, "seed of the study (default 0)")
    options.add_json(parser)


def _add_training(parser: argparse.ArgumentParser) -> None:
    """Add the options of the training runs, which all of them share."""
    algorithms = "dagger (default), bc, act or flow"
    parser.add_argument("--algo", type=options.Choice(ALGORITHMS), default="dagger", metavar="A", help=algorithms)
    add_network(parser)
    options.add_observe(parser)
    options.add_cameras(parser, "observe these cameras instead of the state")
    options.add_count(parser, "--demonstrations", "demonstrations per training (default 100)", minimum=2)
    noise = "standard deviation of noise on the expert's actions; recorded actions are noise-free"
    parser.add_argument("--noise", type=options.parse_non_negative, metavar="X", help=noise)
    options.add_count(parser, "--rounds", "maximum rounds of dagger, and curriculum stages of adr", minimum=0)
    options.add_count(parser, "--rollouts-per-round", "policy rollouts per round of dagger")
    options.add_count(parser, "--epochs", "maximum number of epochs")


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Run the missing trainings and evaluations, and print one line per preset."""
    from mygym_lite.studies.randomization.study import MATRIX_FILE, REPORT_FILE, RESULTS_FILE, study_randomization

    folder = arguments.out or Path("runs") / f"{Path(arguments.task).stem}-randomization"
    bars = ProgressBars(sys.stderr)
    with options.report_interrupt(bars, f"interrupted; {folder} keeps finished work; run the same command to resume"):
        findings = options.call_with_options(
            study_randomization,
            arguments,
            out=folder,
            **_make_training_arguments(arguments),
            severities=sorted(set(arguments.severities)),
            command=shlex.join(["mygym-lite", *sys.argv[1:]]),
            progress=bars,
        )
    if arguments.json:
        from mygym_lite.studies.randomization.study import read_document

        write_json(out, read_document(folder))
    else:
        _write_table(out, findings)
        print(f"written: {folder / REPORT_FILE}, {MATRIX_FILE}, {RESULTS_FILE}", file=out)
    return 0


def _make_training_arguments(arguments: argparse.Namespace) -> dict[str, Any]:
    from mygym_lite.learning.imitation.config import DemonstrationConfig
    from mygym_lite.learning.imitation.environment import ObservationConfig
    from mygym_lite.learning.imitation.trainer import TrainingConfig

    network = make_network_config(arguments)
    given = options.get_given(arguments, "noise", "rounds", "rollouts_per_round")
    demonstrations = DemonstrationConfig.for_task(arguments.task, **given)
    if arguments.demonstrations is not None:
        demonstrations = replace(demonstrations, episodes=arguments.demonstrations)
    return {
        "network": network,
        "observation": ObservationConfig(tuple(arguments.cameras), observe=tuple(arguments.observe)),
        "demonstrations": demonstrations,
        "training": replace(TrainingConfig.for_network(network.kind), **options.get_given(arguments, "epochs")),
    }


def _write_table(out: TextIO, findings: StudyFindings) -> None:
    from mygym_lite.studies.randomization import text

    def join_interval(pair: tuple[str, str]) -> str:
        return f"{pair[0]} ({pair[1]})" if pair[1] else pair[0]

    severity = f"severity {findings.reported_severity} %"
    head = ["training", "nominal %", severity, "retained %", "vs. none", "per training %"]
    rows = [
        [
            preset,
            join_interval(text.format_share(findings.get_nominal_cell(preset).success)),
            join_interval(text.format_share(mean.success)),
            join_interval(text.format_share(mean.retention)),
            join_interval(text.format_difference(mean.difference)),
            text.format_trainings(mean),
        ]
        for preset, mean in ((preset, findings.get_mean_cell(preset)) for preset in findings.presets)
    ]
    write_table(out, head, rows)
