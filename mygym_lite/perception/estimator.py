"""Trained pose estimator: images and nominal camera views in, object poses out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mygym_lite.errors import ConfigError, UsageError
from mygym_lite.perception.association import PositionPrediction, TargetDescription, assign_groups, group_detections
from mygym_lite.perception.camera_encoding import STRIDE, Array, CameraBatch
from mygym_lite.perception.color import Color
from mygym_lite.perception.detection import CellOutputs, Detection, decode_outputs, extract_detections
from mygym_lite.perception.fusion import LOST, PoseEstimate, fuse_detections
from mygym_lite.perception.metadata import (
    EstimatorMetadata,
    find_estimator,
    read_metadata,
    read_weights,
    write_estimator,
)
from mygym_lite.perception.network import PoseNetwork
from mygym_lite.perception.yaw import count_folds
from mygym_lite.render.camera import View

Images = Sequence[NDArray[np.uint8]]


class PoseEstimator:
    """Estimates the poses of objects in images.

    Args:
        network: Trained network.
        metadata: Classes, image size, cameras and calibration of the network.
        name: Name in error messages.
    """

    def __init__(self, network: PoseNetwork, metadata: EstimatorMetadata, name: str = "") -> None:
        self.metadata, self.name = metadata, name
        self.network, self._inference_network = network.eval(), network.fuse_batch_norm()

    @classmethod
    def load(cls, folder: str | Path) -> PoseEstimator:
        """Load an estimator from a folder, or a shipped one by name."""
        folder = find_estimator(folder)
        metadata, tensors = read_metadata(folder), read_weights(folder)
        network = PoseNetwork(len(metadata.classes), metadata.size)
        state = {name: torch.from_numpy(tensor).to(torch.float32) for name, tensor in tensors.items()}
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            raise ConfigError(
                f"{folder}: weights and metadata belong to different networks; train again, or copy it again"
            ) from error
        return cls(network, metadata, folder.name)

    def save(self, folder: Path) -> Path:
        """Write metadata and weights."""
        tensors = {name: tensor.detach().numpy() for name, tensor in self.network.state_dict().items()}
        return write_estimator(folder, self.metadata, tensors)

    def copy_with_metadata(self, metadata: EstimatorMetadata) -> PoseEstimator:
        """Return an estimator with the same network and other metadata."""
        other = copy(self)
        other.metadata = metadata
        return other

    def predict(self, images: Images, camera_batch: CameraBatch) -> list[CellOutputs]:
        """Run the network on a batch of images, and decode its outputs."""
        width, height = self.metadata.size
        for image in images:
            if image.shape != (height, width, 3):
                actual = "x".join(map(str, (*image.shape[1::-1], *image.shape[2:])))
                raise UsageError(f"perception {self.name}: needs colour images of {width}x{height} px, not of {actual}")
        rays = camera_batch.compute_ray_channels(height // STRIDE, width // STRIDE)
        rgb = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
        with torch.inference_mode():
            outputs = self._inference_network(
                rgb.contiguous(memory_format=torch.channels_last),
                torch.from_numpy(rays),
                torch.from_numpy(camera_batch.compute_camera_features()),
            )
        arrays = [tensor.numpy() for tensor in outputs]
        decoded = [decode_outputs(*image_arrays) for image_arrays in zip(*arrays, rays, strict=True)]
        return [output._replace(image=image) for output, image in zip(decoded, images, strict=True)]

    def detect(self, outputs: Sequence[CellOutputs], camera_batch: CameraBatch) -> list[Detection]:
        """Detect the objects in all images."""
        return [
            detection
            for image, image_outputs in enumerate(outputs)
            for detection in extract_detections(image, image_outputs, camera_batch.take(np.array([image])))
        ]

    def estimate_poses(
        self,
        images: Mapping[str, NDArray[np.uint8]],
        views: Mapping[str, View],
        targets: Mapping[str, str],
        colors: Mapping[str, Color] | None = None,
        predictions: Mapping[str, PositionPrediction] | None = None,
    ) -> dict[str, PoseEstimate]:
        """Estimate the poses of objects.

        Args:
            images: Image of each camera.
            views: Nominal view of each camera.
            targets: Object model of each target by name.
            colors: Colours of targets, sRGB from 0 to 1, by which they differ from others of their class.
            predictions: Predicted positions of those targets that are tracked.
        """
        camera_batch = CameraBatch.from_views([views[camera] for camera in images])
        detections = self.detect(self.predict(list(images.values()), camera_batch), camera_batch)
        return self.assign_detections(detections, targets, camera_batch.headings, colors, predictions)

    def assign_detections(
        self,
        detections: Sequence[Detection],
        targets: Mapping[str, str],
        camera_headings: Array,
        colors: Mapping[str, Color] | None = None,
        predictions: Mapping[str, PositionPrediction] | None = None,
    ) -> dict[str, PoseEstimate]:
        """Assign the detections of a moment to targets, and estimate their poses; arguments as in ``estimate_poses``.

        Each detection is assigned to one target at most.
        """
        colors, predictions = colors or {}, predictions or {}
        class_indices = {name: self._find_class(model) for name, model in targets.items()}
        descriptions = [
            TargetDescription(index, colors.get(name), predictions.get(name)) for name, index in class_indices.items()
        ]
        groups = assign_groups(group_detections(detections), descriptions)
        estimates = {}
        for (name, index), group in zip(class_indices.items(), groups, strict=True):
            folds = 0 if index is None else count_folds(targets[name])
            estimates[name] = self._calibrate(fuse_detections(group or (), index, folds, camera_headings))
        return estimates

    def _find_class(self, model: str) -> int | None:
        """Return the index of a class, from 0; None if the network does not know it."""
        return self.metadata.classes.index(model) if model in self.metadata.classes else None

    def _calibrate(self, estimate: PoseEstimate) -> PoseEstimate:
        if estimate is LOST:
            return estimate
        scale = self.metadata.calibration
        covariance, deviation = scale.position**2 * estimate.covariance, scale.yaw * estimate.yaw_deviation
        return replace(estimate, covariance=covariance, yaw_deviation=deviation)
