"""Refinement of detections from crops at full resolution: class, position and orientation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from mygym_lite.perception.camera_encoding import Array, CameraBatch
from mygym_lite.perception.crops import CROP_SIZE, compute_crop_box, extract_crop
from mygym_lite.perception.detection import DEVIATION_1D, DEVIATION_2D, Detection
from mygym_lite.perception.refinement_network import RefinementNetwork, prepare_crops
from mygym_lite.perception.training.losses import LOG_CONCENTRATION_RANGE, LOG_DEVIATION_RANGE
from mygym_lite.perception.training.refinement_losses import AXIS_LOG_CONCENTRATION_RANGE


def refine_detections(
    network: RefinementNetwork,
    detections: Sequence[Detection],
    images: Sequence[NDArray[np.uint8]],
    camera_batch: CameraBatch,
) -> list[Detection]:
    """Predict class, position and orientation of each detection again, from its crop.

    Args:
        network: Trained network.
        detections: Detections in all images.
        images: Images at full resolution.
        camera_batch: Their nominal cameras.
    """
    if not detections:
        return []
    boxes = np.array([compute_crop_box(detection.cells) for detection in detections])
    crops = np.array(
        [extract_crop(images[entry.image], box, CROP_SIZE) for entry, box in zip(detections, boxes, strict=True)]
    )
    cameras = camera_batch.take(np.array([detection.image for detection in detections]))
    cell_features = np.array([detection.features for detection in detections], np.float32)
    features = np.concatenate([cameras.compute_crop_features(boxes), cell_features], 1)
    with torch.inference_mode():
        outputs = network(prepare_crops(crops), torch.from_numpy(features))
    arrays = (tensor.numpy().astype(np.float64) for tensor in outputs)
    classes, axes, axis_log_concentrations, yaws, yaw_log_concentrations, *geometry = arrays
    positions, covariances = _locate(boxes, cameras, *geometry)
    probabilities = _compute_softmax(classes).astype(np.float32)
    axes, yaws = _turn_to_robot(_normalize(axes), cameras.headings), _normalize(yaws)
    axis_concentrations = np.exp(np.clip(axis_log_concentrations, *AXIS_LOG_CONCENTRATION_RANGE)).tolist()
    yaw_concentrations = np.exp(np.clip(yaw_log_concentrations, *LOG_CONCENTRATION_RANGE)).tolist()
    return [
        replace(
            detection,
            classes=probabilities[row],
            position=positions[row],
            covariance=covariances[row],
            yaw_by_folds={
                folds: (yaws[row, :, column], yaw_concentrations[row][column])
                for column, folds in enumerate(network.folds)
            },
            axis=axes[row],
            axis_concentration=axis_concentrations[row],
        )
        for row, detection in enumerate(detections)
    ]


def _locate(
    boxes: Array, cameras: CameraBatch, offset: Array, log_depth: Array, offset_log_scale: Array, depth_log_scale: Array
) -> tuple[Array, Array]:
    """Compute positions (n, 3), m, in the robot's frame, and their covariances (n, 3, 3), m²."""
    pixels = boxes[:, :2] + offset * boxes[:, 2:]
    total_log_depth = cameras.compute_ground_log_depth(boxes[:, :2]) + log_depth
    points = np.concatenate([pixels, total_log_depth[:, None]], 1)[:, None]
    offset_scale, depth_scale = (
        np.exp(np.clip(values, *LOG_DEVIATION_RANGE)) for values in (offset_log_scale, depth_log_scale)
    )
    pixel_deviation = DEVIATION_2D * offset_scale * boxes[:, 2]
    covariances = cameras.compute_covariances(points, pixel_deviation[:, None], DEVIATION_1D * depth_scale[:, None])
    return cameras.unproject(points)[:, 0], covariances[:, 0]


def _turn_to_robot(directions: Array, headings: Array) -> Array:
    """Turn directions (n, 3) about the vertical axis from the headings of the cameras to the robot's frame."""
    cosine, sine = np.cos(headings), np.sin(headings)
    x, y, z = directions.T
    return np.stack([cosine * x - sine * y, sine * x + cosine * y, z], 1)


def _normalize(vectors: Array) -> Array:
    normalized: Array = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    return normalized


def _compute_softmax(logits: Array) -> Array:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: Array = exponentials / exponentials.sum(axis=1, keepdims=True)
    return probabilities
