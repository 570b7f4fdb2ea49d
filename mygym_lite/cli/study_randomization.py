"""What training randomization buys: twins, tested along every axis, `study randomization TASK`."""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mygym_lite.cli.options import (
    add_json,
    add_perception,
    add_seed,
    add_settings,
    make_choice,
    make_integer_parser,
    parse_non_negative,
)
from mygym_lite.cli.output import write_json, write_table
from mygym_lite.cli.progress import ProgressBars

if TYPE_CHECKING:
    from mygym_lite.studies.randomization.findings import StudyFindings

_ALGORITHMS, _HEADS = ("bc", "dagger", "act"), ("mlp", "recurrent", "action_chunking")
_PRESETS = ("none", "visual", "dynamics", "full", "adr")
_INTERRUPTED = 130


def configure(parser: argparse.ArgumentParser) -> None:
    """What is trained how often, and on what it is tested."""
    parser.add_argument("task", metavar="TASK", help="a shipped task, or the path of a task file")
    parser.add_argument(
        "--presets", nargs="+", default=list(_PRESETS), metavar="R",
        help="training randomizations: none, adr, shipped ones or files; none visual dynamics full adr by default",
    )  # fmt: skip
    parser.add_argument(
        "--seeds", type=make_integer_parser(1), default=3, metavar="N", help="trainings of each, 3 by default"
    )
    _add_learning(parser)
    parser.add_argument("--suite", metavar="S", default="sim2real", help="a shipped suite or the path of a suite file")
    parser.add_argument(
        "--severities",
        nargs="+",
        type=make_integer_parser(1),
        default=[3],
        metavar="L",
        help="of the suite, 3 by default",
    )
    parser.add_argument(
        "--episodes", type=make_integer_parser(1), default=50, metavar="N", help="of each condition, 50 by default"
    )
    parser.add_argument(
        "--workers", type=make_integer_parser(1), metavar="N", help="processes, one for each core by default"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of the study, runs/TASK-randomization by default"
    )
    add_perception(parser)
    add_settings(parser)
    add_seed(parser)
    add_json(parser)


def _add_learning(parser: argparse.ArgumentParser) -> None:
    """How every one of the twins is trained."""
    parser.add_argument(
        "--algo", type=make_choice(_ALGORITHMS), default="dagger", metavar="A", help="dagger (default), bc, act"
    )
    parser.add_argument("--network", type=make_choice(_HEADS), metavar="H", help="mlp (default), recurrent or chunks")
    parser.add_argument(
        "--history", type=make_integer_parser(1), metavar="N", help="observations and own actions that an mlp sees"
    )
    parser.add_argument("--cameras", nargs="+", default=[], metavar="CAMERA", help="see through these cameras")
    parser.add_argument(
        "--demonstrations", type=make_integer_parser(2), metavar="N", help="demonstrations of each, 100 by default"
    )
    parser.add_argument(
        "--noise", type=parse_non_negative, metavar="X", help="deviation of what is done from what is right"
    )
    parser.add_argument("--rounds", type=make_integer_parser(0), metavar="N", help="of dagger, at most; stages of adr")
    parser.add_argument(
        "--rollouts-per-round", type=make_integer_parser(1), metavar="N", help="episodes of the learner in each of them"
    )
    parser.add_argument("--epochs", type=make_integer_parser(1), metavar="N", help="at most")


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Train and test what is missing; print one line for each training."""
    from mygym_lite.studies.randomization.study import MATRIX_FILE, REPORT_FILE, RESULTS_FILE, study_randomization

    folder = arguments.out or Path("runs") / f"{Path(arguments.task).stem}-randomization"
    bars = ProgressBars(sys.stderr)
    try:
        findings = study_randomization(
            arguments.task, folder, arguments.presets, seeds=arguments.seeds, **_learning(arguments),
            suite=arguments.suite, severities=sorted(set(arguments.severities)), episodes=arguments.episodes,
            seed=arguments.seed, settings=arguments.settings, perception=arguments.perception, workers=arguments.workers,
            command=shlex.join(["mygym-lite", *sys.argv[1:]]), progress=bars,
        )  # fmt: skip
    except KeyboardInterrupt:
        bars.clear()
        print(f"interrupted; {folder} keeps what has ended, and the same command goes on", file=sys.stderr)
        return _INTERRUPTED
    bars.clear()
    if arguments.json:
        from mygym_lite.studies.randomization.study import read_document

        write_json(out, read_document(folder))
    else:
        _write_table(out, findings)
        print(f"written: {folder / REPORT_FILE}, {MATRIX_FILE}, {RESULTS_FILE}", file=out)
    return 0


def _learning(arguments: argparse.Namespace) -> dict[str, Any]:
    from mygym_lite.learning.imitation.architecture import NetworkConfig
    from mygym_lite.learning.imitation.config import DemonstrationConfig
    from mygym_lite.learning.imitation.environment import ObservationConfig
    from mygym_lite.learning.imitation.trainer import TrainingConfig

    head = NetworkConfig(
        arguments.network or ("action_chunking" if arguments.algo == "act" else "mlp"), **_given(arguments, "history")
    )
    lessons = DemonstrationConfig.for_task(arguments.task, **_given(arguments, "noise", "rounds", "rollouts_per_round"))
    return {
        "algo": arguments.algo, "network": head, "observation": ObservationConfig(tuple(arguments.cameras)),
        "demonstrations": lessons if arguments.demonstrations is None else replace(lessons, episodes=arguments.demonstrations),
        "training": replace(TrainingConfig.for_network(head.kind), **_given(arguments, "epochs")),
    }  # fmt: skip


def _given(arguments: argparse.Namespace, *names: str) -> dict[str, Any]:
    """What was said; the rest is left to the library."""
    return {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}


def _write_table(out: TextIO, findings: StudyFindings) -> None:
    from mygym_lite.studies.randomization import text

    def told(pair: tuple[str, str]) -> str:
        return f"{pair[0]} ({pair[1]})" if pair[1] else pair[0]

    head = [
        "training",
        "nominal %",
        f"severity {findings.reported_severity} %",
        "kept %",
        "against none",
        "by training %",
    ]
    rows = [
        [
            preset,
            told(text.format_share(findings.get_nominal_cell(preset).success)),
            told(text.format_share(mean.success)),
            told(text.format_share(mean.retention)),
            told(text.format_difference(mean.difference)),
            text.format_trainings(mean),
        ]
        for preset, mean in ((preset, findings.get_mean_cell(preset)) for preset in findings.presets)
    ]
    write_table(out, head, rows)
