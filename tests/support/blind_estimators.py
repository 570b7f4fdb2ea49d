"""Pose estimators with an untrained network that detects nothing."""

import torch

from mygym_lite.perception.estimator import PoseEstimator
from mygym_lite.perception.metadata import EstimatorMetadata
from mygym_lite.perception.network import PoseNetwork

SIZE = (32, 32)  # px
METADATA = EstimatorMetadata(("cube", "ball", "goal"), SIZE, ("front", "wrist"), ("grasp",))


def make_blind_estimator(seed=0, classes=METADATA.classes):
    """Build an estimator that is certain that no object is visible; the same seed gives the same weights."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = PoseNetwork(len(classes), SIZE)
    with torch.no_grad():
        network.class_head.weight.zero_()
        network.class_head.bias.copy_(torch.tensor([0.0, *[-9.0] * len(classes)]))
    metadata = EstimatorMetadata(classes, SIZE, METADATA.cameras, METADATA.tasks)
    return PoseEstimator(network, metadata, "blind")
