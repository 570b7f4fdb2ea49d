"""Train object detection and pose estimation on datasets: `train perception --data DIR`."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mygym_lite.cli.options import add_count, add_json, add_out, get_given, parse_positive, report_interrupt
from mygym_lite.cli.output import write_json
from mygym_lite.cli.progress import ProgressBar
from mygym_lite.cli.value_lists import add_values

if TYPE_CHECKING:
    from mygym_lite.perception.training.train import TrainedEstimator
    from mygym_lite.perception.training.trainer import Epoch

_TRAINING_OPTIONS = ("epochs", "batch_size", "learning_rate", "early_stopping", "seed", "threads", "refinement_epochs")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the datasets and the training schedule."""
    add_values(parser, "--data", "datasets in COCO format", "DIR", type=Path, required=True)
    add_out(parser, "folder of the weights", required=True)
    add_count(parser, "--epochs", "maximum number of epochs")
    refinement = "epochs of a second network, on crops at full resolution; the first sees half of it (default 0)"
    add_count(parser, "--refinement-epochs", refinement, minimum=0)
    add_count(parser, "--batch-size", "images per batch")
    parser.add_argument("--learning-rate", type=parse_positive, metavar="X", help="peak learning rate")
    add_count(parser, "--early-stopping", "stop after N epochs without improvement")
    add_count(parser, "--threads", "torch threads (default 2); results depend on the number")
    add_count(parser, "--seed", "seed of initial weights and shuffling (default 0)", minimum=0)
    add_json(parser)


def run(arguments: argparse.Namespace, out: TextIO) -> int:
    """Train the estimator and print its metrics on the test scenes."""
    from mygym_lite.perception.training.train import train_perception
    from mygym_lite.perception.training.trainer import TrainingConfig

    training = TrainingConfig(**get_given(arguments, *_TRAINING_OPTIONS))
    bar = ProgressBar(sys.stderr, "steps")

    def report_step(step: int, steps: int, curve: list[Epoch]) -> None:
        bar(step, steps, f", epoch {curve[-1].number}: loss {curve[-1].val_loss:.3f}" if curve else "")

    print("reading the datasets", file=sys.stderr)
    with report_interrupt(bar, "interrupted; nothing was saved; the same command starts from the beginning"):
        result = train_perception(arguments.data, arguments.out, training=training, progress=report_step)
    if arguments.json:
        write_json(out, {"folder": str(result.folder), **result.estimator.metadata.provenance})
    else:
        out.write(_format_summary(result))
    return 0


def _format_summary(result: TrainedEstimator) -> str:
    test, best = result.test_metrics, min(result.curve, key=lambda epoch: epoch.val_loss)
    return (
        f"best:     epoch {best.number} of {len(result.curve)}, validation loss {best.val_loss:.3f}\n"
        f"test:     {test.objects} objects, recall {test.recall:.1%}, class accuracy {test.class_accuracy:.1%} of"
        f" cells, mask IoU {test.mask_iou:.2f}\n"
        f"position: median {1000 * test.position_median:.1f} mm, 95% within {1000 * test.position_95:.1f} mm;"
        f" coverage {test.inside_68:.0%} of the 68% ellipsoid, {test.inside_95:.0%} of the 95% ellipsoid\n"
        f"yaw:      median {math.degrees(test.yaw_median):.1f} degrees, 95% within {math.degrees(test.yaw_95):.1f}\n"
        f"weights:  {result.folder}\n"
    )
