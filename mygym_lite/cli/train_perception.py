"""Train the network that finds objects: `train perception --data DIR`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.options import add_json, make_integer_parser, parse_positive
from mygym_lite.cli.output import write_json
from mygym_lite.cli.progress import ProgressBar

if TYPE_CHECKING:
    from mygym_lite.perception.training.train import TrainedEstimator
    from mygym_lite.perception.training.trainer import Epoch

_INTERRUPTED = 130


def configure(parser: argparse.ArgumentParser) -> None:
    """From what it learns, and for how long."""
    parser.add_argument("--data", nargs="+", type=Path, required=True, metavar="DIR", help="datasets, written in COCO")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the weights")
    parser.add_argument("--epochs", type=make_integer_parser(1), metavar="N", help="at most")
    parser.add_argument("--batch-size", type=make_integer_parser(1), metavar="N", help="pictures at a time")
    parser.add_argument("--learning-rate", type=parse_positive, metavar="X", help="the highest learning rate")
    parser.add_argument(
        "--early-stopping", type=make_integer_parser(1), metavar="N", help="epochs that bring nothing, and it ends"
    )
    parser.add_argument(
        "--threads", type=make_integer_parser(1), metavar="N", help="2 by default; another number, other weights"
    )
    parser.add_argument(
        "--seed", type=make_integer_parser(0), metavar="N", help="of first weights and order, 0 by default"
    )
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Train, and say how good it is on scenes that it has not seen."""
    from mygym_lite.perception.training.train import train_perception
    from mygym_lite.perception.training.trainer import TrainingConfig

    chosen = {
        name: getattr(arguments, name)
        for name in ("epochs", "batch_size", "learning_rate", "early_stopping", "seed", "threads")
    }
    schedule = TrainingConfig(**{name: value for name, value in chosen.items() if value is not None})
    bar = ProgressBar(sys.stderr, "steps")

    def watch(step: int, steps: int, curve: list[Epoch]) -> None:
        bar(step, steps, f", epoch {curve[-1].number}: loss {curve[-1].val_loss:.3f}" if curve else "")

    print("reading the datasets", file=sys.stderr)
    try:
        trained = train_perception(arguments.data, arguments.out, training=schedule, progress=watch)
    except KeyboardInterrupt:
        bar.clear()
        print("interrupted before anything was learned; the same command begins again", file=sys.stderr)
        return _INTERRUPTED
    bar.clear()
    if arguments.json:
        write_json(out, {"folder": str(trained.folder), **trained.estimator.metadata.provenance})
    else:
        out.write(_summary(trained))
    return 0


def _summary(trained: TrainedEstimator) -> str:
    test, best = trained.test_metrics, min(trained.curve, key=lambda epoch: epoch.val_loss)
    return (
        f"kept:     epoch {best.number} of {len(trained.curve)}, loss {best.val_loss:.3f} on validation scenes\n"
        f"test:     {test.objects} objects, {test.recall:.1%} found, {test.class_accuracy:.1%} of their cells of the"
        f" right class, masks overlap {test.mask_iou:.2f}\n"
        f"position: median {1000 * test.position_median:.1f} mm, 95% within {1000 * test.position_95:.1f} mm;"
        f" {test.inside_68:.0%} in the 68% ellipsoid, {test.inside_95:.0%} in the 95% one\n"
        f"yaw:      median {57.29578 * test.yaw_median:.1f} degrees, 95% within {57.29578 * test.yaw_95:.1f}\n"
        f"weights:  {trained.folder}\n"
    )
