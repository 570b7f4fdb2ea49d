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
from mygym_lite.perception.crops import DOWNSAMPLING, downsample
from mygym_lite.perception.detection import CellOutputs, Detection, decode_outputs, extract_detections
from mygym_lite.perception.fusion import LOST, PoseEstimate, fuse_detections
from mygym_lite.perception.masks import compute_instance_masks
from mygym_lite.perception.metadata import (
    EstimatorMetadata,
    find_estimator,
    read_metadata,
    read_weights,
    write_estimator,
)
from mygym_lite.perception.network import PoseNetwork
from mygym_lite.perception.refinement import refine_detections
from mygym_lite.perception.refinement_network import RefinementNetwork
from mygym_lite.render.camera import View

Images = Sequence[NDArray[np.uint8]]
_PREFIX = "refinement."  # of the tensors of the second network


class PoseEstimator:
    """Estimates the poses of objects in images.

    Args:
        network: Trained network.
        metadata: Classes, image size, cameras and calibration of the network.
        name: Name in error messages.
        refinement: Trained network that refines the detections, if any.
    """

    def __init__(
        self,
        network: PoseNetwork,
        metadata: EstimatorMetadata,
        name: str = "",
        refinement: RefinementNetwork | None = None,
    ) -> None:
        self.metadata, self.name = replace(metadata, refines=refinement is not None), name
        self.network, self._inference_network = network.eval(), network.fuse_batch_norm()
        self.refinement = refinement.eval() if refinement else None
        self._inference_refinement = refinement.fuse_batch_norm() if refinement else None

    @classmethod
    def load(cls, folder: str | Path) -> PoseEstimator:
        """Load an estimator from a folder, or a shipped one by name."""
        folder = find_estimator(folder)
        metadata, tensors = read_metadata(folder), read_weights(folder)
        width, height = metadata.size
        scale = DOWNSAMPLING if metadata.refines else 1
        network = PoseNetwork(len(metadata.classes), (width // scale, height // scale))
        refinement = RefinementNetwork(metadata.classes) if metadata.refines else None
        state = {name: torch.from_numpy(tensor).to(torch.float32) for name, tensor in tensors.items()}
        second = {name[len(_PREFIX) :]: state.pop(name) for name in list(state) if name.startswith(_PREFIX)}
        try:
            network.load_state_dict(state)
            if refinement:
                refinement.load_state_dict(second)
        except RuntimeError as error:
            raise ConfigError(
                f"{folder}: weights and metadata belong to different networks; train again, or copy it again"
            ) from error
        return cls(network, metadata, folder.name, refinement)

    def save(self, folder: Path) -> Path:
        """Write metadata and weights."""
        tensors = {name: tensor.detach().numpy() for name, tensor in self.network.state_dict().items()}
        if self.refinement is not None:
            tensors |= {_PREFIX + name: tensor.numpy() for name, tensor in self.refinement.state_dict().items()}
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
        if self.refinement is not None:
            images = [downsample(image) for image in images]
            height, width = images[0].shape[:2] if images else (height, width)
        camera_batch = self._scale_cameras(camera_batch)
        rays = camera_batch.compute_ray_channels(height // STRIDE, width // STRIDE)
        rgb = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
        with torch.inference_mode():
            outputs = self._inference_network(
                rgb.contiguous(memory_format=torch.channels_last),
                torch.from_numpy(rays),
                torch.from_numpy(camera_batch.compute_camera_features()),
            )
        classes, regressions, mask, features = (tensor.numpy() for tensor in outputs)
        return [
            decode_outputs(
                classes[row], regressions[row], mask[row], rays[row], features[row] if self.refinement else None
            )._replace(image=image)
            for row, image in enumerate(images)
        ]

    def _scale_cameras(self, camera_batch: CameraBatch) -> CameraBatch:
        """Return the cameras at the resolution of the detection network."""
        return camera_batch if self.refinement is None else camera_batch.scale(1.0 / DOWNSAMPLING)

    def detect(self, images: Images, outputs: Sequence[CellOutputs], camera_batch: CameraBatch) -> list[Detection]:
        """Detect the objects in all images, and refine the detections if there is a network for that.

        Args:
            images: Images.
            outputs: Outputs of ``predict`` for them.
            camera_batch: Their nominal cameras.
        """
        scaled = self._scale_cameras(camera_batch)
        detections = [
            detection
            for image, image_outputs in enumerate(outputs)
            for detection in extract_detections(image, image_outputs, scaled.take(np.array([image])))
        ]
        if self._inference_refinement is None:
            return detections
        return refine_detections(self._inference_refinement, detections, images, camera_batch)

    def segment(self, outputs: CellOutputs, detections: Sequence[Detection]) -> NDArray[np.bool_]:
        """Compute the mask of each detection in one image (n, height, width)."""
        masks = compute_instance_masks(outputs, detections)
        return masks if self.refinement is None else masks.repeat(DOWNSAMPLING, axis=1).repeat(DOWNSAMPLING, axis=2)

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
        arrays = list(images.values())
        detections = self.detect(arrays, self.predict(arrays, camera_batch), camera_batch)
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
            model = None if index is None else targets[name]
            estimates[name] = self._calibrate(fuse_detections(group or (), index, model, camera_headings))
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
